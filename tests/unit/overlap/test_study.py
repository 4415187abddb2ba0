"""Tables of the study's own network on every cohort, and of others beside it where they were applied."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.unit.overlap.test_networks import masks

from livermets.errors import InputError
from livermets.overlap.files import write_overlap
from livermets.overlap.networks import NetworkMasks, compare_networks
from livermets.overlap.study import compared_lesions, overlap_tables
from livermets.stats.resampling import Resampling

DICE = [0.5, 0.0, 0.7, 0.9] * 4


def resampling(seed: int = 0) -> Resampling:
    return Resampling(200, 0.95, np.random.default_rng(seed))


def of_cohorts(**cohorts: NetworkMasks) -> NetworkMasks:
    """One network applied to several cohorts."""
    matching, scans = (
        pd.concat([getattr(one, table).assign(cohort=name) for name, one in cohorts.items()], ignore_index=True)
        for table in ("matching", "scans")
    )
    first = next(iter(cohorts.values()))
    return NetworkMasks(first.description, matching, scans.assign(false_positives=1, seen_in_training=0))


def test_one_network_has_its_tables_and_no_comparison():
    found = overlap_tables({"automatic": of_cohorts(b=masks(DICE), a=masks(DICE))}, resampling(), resampling())
    assert found.overlap["cohort"].unique().tolist() == ["b", "a"]
    assert found.networks["n_scans"].tolist() == [16]
    assert found.per_patient["n_detected"].sum() == 24
    assert found.false_positives[["cohort", "n_scans", "n_components", "per_scan"]].to_numpy().tolist() == [
        ["b", 8, 8, 1.0],
        ["a", 8, 8, 1.0],
    ]
    for table in (found.pairs, found.missed, found.timepoints):
        assert table.empty
        assert len(table.columns)


def test_networks_are_compared_on_the_cohorts_of_all_and_the_own_one_keeps_its_other_rows():
    own, other = of_cohorts(a=masks(DICE), b=masks(DICE), c=masks(DICE)), of_cohorts(b=masks([0.4] * 16))
    found = overlap_tables({"automatic": own, "other": other}, resampling(), resampling(1))
    alone = compare_networks({"automatic": of_cohorts(b=masks(DICE)), "other": other}, resampling(1))
    for name in ("networks", "pairs", "missed", "timepoints"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(alone, name))
    for name in ("overlap", "detection", "lesion_wise", "lesions"):
        table = getattr(found, name)
        assert table.loc[table["network"] == "automatic", "cohort"].unique().tolist() == ["a", "b", "c"]
        compared = table[table["cohort"] == "b"].reset_index(drop=True)
        pd.testing.assert_frame_equal(compared, getattr(alone, name), check_dtype=False)
    assert compared_lesions(found.lesions)["cohort"].unique().tolist() == ["b"]


def test_a_scan_that_only_one_network_saw_is_refused_in_a_compared_cohort():
    own, other = of_cohorts(a=masks(DICE), b=masks(DICE)), of_cohorts(b=masks(DICE[:7], patients=7))
    with pytest.raises(InputError, match="only automatic has the scan cohort b, patient_id P7"):
        overlap_tables({"automatic": own, "other": other}, resampling(), resampling())


def test_sizes_of_every_table_follow_the_cuts():
    """By hand: 6 of 16 lesions below 10 mm, none of them detected; none from 10 to 20 mm."""
    diameters = [5.0, 9.9, 9.9, *[20.0, 45.0, 30.0, 20.0, 25.0]] * 2
    dice = [0.0, 0.0, 0.0, *[0.5, 0.7, 0.5, 0.6, 0.8]] * 2
    two = {"timepoints": ("baseline", "TP1")}
    own, other = (of_cohorts(a=masks(values, diameters, **two)) for values in (dice, [0.4] * 16))
    found = overlap_tables({"automatic": own, "other": other}, resampling(), resampling(1), cuts_mm=[10, 20])
    of_own = found.overlap[found.overlap["network"].eq("automatic") & found.overlap["timepoint"].eq("all")]
    counts = of_own.set_index("size")[["n_lesions", "n_detected"]]
    assert counts.to_numpy().tolist() == [[16, 10], [6, 0], [0, 0], [10, 10]]
    assert counts.index.tolist() == ["all", "< 10 mm", "10–20 mm", "≥ 20 mm"]
    for table in (found.detection, found.pairs, found.timepoints, found.timepoints_unseen):
        assert table["size"].unique().tolist() == ["all", "< 10 mm", "≥ 20 mm"]  # no row of no lesion
    together = overlap_tables({"automatic": own, "other": other}, resampling(), resampling(1), cuts_mm=[])
    for table in (together.overlap, together.detection, together.pairs, together.timepoints):
        assert table["size"].unique().tolist() == ["all"]


def test_scans_without_any_lesion_give_tables_without_rows():
    one = of_cohorts(a=masks([0.5]))
    empty = NetworkMasks(one.description, one.matching.iloc[:0], one.scans.assign(manual_lesions=np.nan))
    found = overlap_tables({"automatic": empty}, resampling(), resampling())
    assert found.overlap.empty
    assert len(found.scan_measures)


def test_one_network_and_several_leave_the_same_files(tmp_path):
    own, other = of_cohorts(b=masks(DICE)), of_cohorts(b=masks([0.4] * 16))
    found = []
    for networks in ({"automatic": own, "other": other}, {"automatic": own}):
        write_overlap(tmp_path / str(len(networks)), overlap_tables(networks, resampling(), resampling()))
        found.append({path.name for path in (tmp_path / str(len(networks))).iterdir()})
        assert pd.read_csv(tmp_path / str(len(networks)) / "pairs.csv").empty == (len(networks) == 1)
    assert found[0] == found[1] > {"dice.png", "pairs.csv", "missed.csv"}


def test_scans_without_any_lesion_have_a_picture_too(tmp_path):
    one = of_cohorts(a=masks([0.5]))
    empty = NetworkMasks(one.description, one.matching.iloc[:0], one.scans.assign(manual_lesions=np.nan))
    write_overlap(tmp_path, overlap_tables({"automatic": empty}, resampling(), resampling()))
    assert (tmp_path / "dice.png").stat().st_size > 0
