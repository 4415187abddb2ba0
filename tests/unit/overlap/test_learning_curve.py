"""The learning curve has the numbers of the tables beside it, and says on whom a network was trained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.network_descriptions import network_description
from tests.unit.overlap.test_cross_validated import crossed
from tests.unit.overlap.test_networks import masks
from tests.unit.overlap.test_study import DICE, of_cohorts, resampling

from livermets.errors import InputError
from livermets.overlap.files import LEARNING_CURVE, curves_of, read_network_masks, write_overlap
from livermets.overlap.learning_curve import COLUMNS, SENSITIVITY, shown_places
from livermets.overlap.learning_curve import DICE as MEAN_DICE
from livermets.overlap.networks import NetworkMasks, networks_table
from livermets.overlap.study import OverlapTables, overlap_tables
from livermets.segmentation.description import NetworkDescription, write_description
from livermets.stats.results import shown_interval

SIZES = [12.0, 25.0] * 8
CURVE = [["automatic", "half", "quarter"]]


def trained(share: float, patients: int, **more: object) -> NetworkDescription:
    names = tuple(f"T{number}" for number in range(patients))
    return network_description(
        training_share=share, training_patients=names, validation_patients=("V",), training_scans=2 * patients, **more
    )


def network(one: NetworkMasks, share: float, patients: int) -> NetworkMasks:
    return replace(one, description=trained(share, patients))


def three(*cohorts: str, timepoints: tuple[str, ...] = ("baseline",)) -> dict[str, NetworkMasks]:
    """The study's own network and two of smaller shares, the smaller the worse, each on these cohorts."""
    made = {}
    for name, share, patients, worse in (("automatic", 1.0, 8, 1.0), ("quarter", 0.25, 2, 0.5), ("half", 0.5, 4, 0.8)):
        drawn = masks([worse * dice for dice in DICE], SIZES, rule=0.3, timepoints=timepoints)
        made[name] = network(of_cohorts(**dict.fromkeys(cohorts, drawn)), share, patients)
    return made


def tables_of(networks: dict[str, NetworkMasks], curves=CURVE) -> OverlapTables:
    return overlap_tables(networks, resampling(), resampling(1), curves=curves)


@pytest.mark.parametrize("timepoints", [("baseline",), ("baseline", "TP1")])
def test_every_number_is_that_of_the_tables_beside_it(timepoints):
    found = tables_of(three("a", "b", timepoints=timepoints))
    curve = found.learning_curve
    assert list(curve) == list(COLUMNS)
    keys = ["network", "cohort", "timepoint", "size"]
    assert len(curve) == 2 * len(found.overlap)
    dice = curve[curve["measure"].eq(MEAN_DICE)].merge(found.overlap, on=keys, suffixes=("", "_there"))
    assert len(dice) == len(found.overlap)
    assert dice["value"].tolist() == dice["dice_mean"].tolist()
    assert dice["n_lesions"].tolist() == dice["n_lesions_there"].tolist()
    assert ((dice["low"] < dice["value"]) & (dice["value"] < dice["high"])).all()
    own = found.detection[found.detection["study_rule"].eq(1)]
    for _, row in curve[curve["measure"].eq(SENSITIVITY)].iterrows():
        shown = shown_interval(own[(own[keys] == row[keys]).all(axis=1)])
        columns = ["k", "n", "value", "low", "high", "level", "method"]
        pd.testing.assert_series_equal(row[columns], shown[columns], check_names=False, check_dtype=False)


def test_networks_stand_in_the_order_of_their_shares_with_whom_they_were_trained_on():
    curve = tables_of(three("a")).learning_curve
    facts = ["curve", "network", "training_share", "n_training_patients", "n_training_scans", "scans"]
    assert curve[facts].drop_duplicates().to_numpy().tolist() == [
        ["automatic", "quarter", 0.25, 2.0, 4.0, "validation"],
        ["automatic", "half", 0.5, 4.0, 8.0, "validation"],
        ["automatic", "automatic", 1.0, 8.0, 16.0, "validation"],
    ]
    mean = curve.query("measure == 'dice' and size == 'all'")["value"]
    assert mean.tolist() == pytest.approx([np.mean(DICE) * worse for worse in (0.5, 0.8, 1.0)])


def test_all_networks_have_the_same_resamples_and_a_curve_moves_no_other_number():
    same = {
        name: network(of_cohorts(a=masks(DICE, SIZES)), share, 8) for name, share in (("automatic", 1), ("half", 0.5))
    }
    curve = tables_of(same, [["automatic", "half"]]).learning_curve.query("measure == 'dice'")
    ends = curve.groupby("network")[["low", "high"]].agg(list)
    assert ends.loc["automatic"].tolist() == ends.loc["half"].tolist()
    with_curve, without = vars(tables_of(three("a", "b"))), vars(tables_of(three("a", "b"), []))
    assert without["learning_curve"].empty
    for name in without.keys() - {"learning_curve"}:
        pd.testing.assert_frame_equal(with_curve[name], without[name])


def test_the_interval_of_dice_is_that_of_a_mean_by_patient():
    """Of many patients with a lesion each, the normal interval of a mean."""
    rng = np.random.default_rng(3)
    dice = rng.uniform(0.2, 0.9, 400).round(3).tolist()
    networks = {
        name: network(of_cohorts(a=masks(dice, patients=400)), share, 8)
        for name, share in (("automatic", 1), ("h", 0.5))
    }
    found = overlap_tables(networks, resampling(), replace(resampling(1), replicates=4000), curves=[["automatic", "h"]])
    row = found.learning_curve.query("measure == 'dice' and size == 'all'").iloc[0]
    reach = 1.96 * np.std(dice, ddof=1) / np.sqrt(400)
    assert (row["high"] - row["low"]) / 2 == pytest.approx(reach, rel=0.05)


def test_the_curve_is_of_validation_scans_where_there_are_any_else_of_cross_validated_ones():
    both = {name: crossed(one, "a") for name, one in three("a", "b").items()}
    assert set(tables_of(both).learning_curve["cohort"]) == {"b"}
    assert set(tables_of(both).learning_curve["scans"]) == {"validation"}
    alone = {name: crossed(one, "a") for name, one in three("a").items()}
    curve = tables_of(alone).learning_curve
    assert set(curve["scans"]) == {"cross-validated"}
    assert sorted(set(curve["n_training_patients"])) == [2, 4, 8]  # folds that are not known


def test_cross_validated_networks_count_the_patients_that_their_folds_learnt_from():
    alone = {
        name: replace(
            crossed(one, "a"), folds={fold: trained(0.5, 3 + 2 * fold, fold=fold, folds=2) for fold in (0, 1)}
        )
        for name, one in three("a").items()
    }
    curve = tables_of(alone, [["automatic", "half"]]).learning_curve
    assert set(curve["n_training_patients"]) == {4.0}
    assert set(curve["n_training_scans"]) == {8.0}


def test_patients_seen_at_another_timepoint_are_counted():
    networks = three("a")
    seen = networks["automatic"].scans["patient_id"].isin(["P1", "P3"]).astype(int)
    networks["automatic"] = replace(
        networks["automatic"], scans=networks["automatic"].scans.assign(seen_in_training=seen)
    )
    curve = tables_of(networks).learning_curve
    assert curve.groupby("network")["n_patients_seen"].max().to_dict() == {"automatic": 2, "half": 0, "quarter": 0}


def test_the_picture_is_there_only_with_a_curve(tmp_path):
    write_overlap(tmp_path, tables_of(three("a", "b", timepoints=("baseline", "TP1"))))
    assert (tmp_path / LEARNING_CURVE).stat().st_size > 1000
    write_overlap(tmp_path, tables_of(three("a"), []))
    assert not (tmp_path / LEARNING_CURVE).exists()
    assert list(pd.read_csv(tmp_path / "learning_curve.csv")) == list(COLUMNS)


def test_a_figure_shows_all_timepoints_of_a_cohort_together_where_there_are_several():
    curve = tables_of(three("a", "b", timepoints=("baseline", "TP1"))).learning_curve
    shown = shown_places(curve)
    assert list(shown) == ["automatic: a, all timepoints", "automatic: b, all timepoints"]
    assert all(set(part["timepoint"]) == {"all"} for part in shown.values())


def test_a_curve_of_a_network_that_nobody_described_is_refused():
    networks = three("a")
    assert curves_of(["automatic,half", "quarter,half"], networks) == [["automatic", "half"], ["quarter", "half"]]
    with pytest.raises(InputError) as refused:
        curves_of(["automatic,none"], {"automatic": replace(networks["automatic"], description=None)})
    assert [problem.what for problem in refused.value.problems] == [
        "the network automatic is not known",
        "the network none is not known",
    ]


def test_the_networks_of_the_folds_that_drew_the_scans_are_read(tmp_path):
    one = crossed(three("a")["half"], "a")
    write_description(tmp_path / "half", trained(0.5, 4))
    for fold in (0, 1, 2):  # the last one is of a study with more folds
        write_description(tmp_path / "half" / f"fold{fold}", trained(0.5, 3, fold=fold, folds=2))
    for index, (_, scan) in enumerate(one.scans.iterrows()):
        folder = tmp_path / "scans" / str(index)
        folder.mkdir(parents=True)
        one.matching[one.matching["patient_id"].eq(scan["patient_id"])].to_csv(folder / "matching.csv", index=False)
        scan.to_frame().T.to_csv(folder / "scan_metrics.csv", index=False)
    (read,) = read_network_masks([f"half={tmp_path}/half"], [f"half={tmp_path}/scans/*"]).values()
    assert {fold: known.fold for fold, known in read.folds.items()} == {0: 0, 1: 1}
    assert read.part(read.scans["fold"].eq(0)).folds == read.folds
    facts = networks_table({"half": read})
    assert facts["fold"].isna().tolist() == [True, False, False]
    assert facts["n_training_patients"].tolist() == [4, 3, 3]
    assert facts["n_scans"].tolist() == [8, 4, 4]
    (tmp_path / "half/network.json").unlink()  # nobody asked for the network of all training patients
    (alone,) = read_network_masks([f"half={tmp_path}/half"], [f"half={tmp_path}/scans/*"]).values()
    assert networks_table({"half": alone})["n_training_patients"].isna().tolist() == [True, False, False]
    assert curves_of(["half"], {"half": alone}) == [["half"]]
