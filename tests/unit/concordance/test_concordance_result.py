"""The whole result: contracts, sums, and what happens when something cannot be computed."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from tests.lesion_tables import lesion_table, minimal

from livermets.concordance.optional_tables import OPTIONAL_TABLES
from livermets.concordance.result import ConcordanceResult, concordance
from livermets.concordance.roi_result import roi_concordance
from livermets.config.statistics import StatisticsSettings
from livermets.errors import InputError

FAST = StatisticsSettings(bootstrap_replicates=300)


@pytest.fixture(scope="module")
def result() -> ConcordanceResult:
    return concordance(lesion_table(), FAST, seed=1)


def test_columns_of_the_contract(result: ConcordanceResult) -> None:
    expected = {
        "diagnostics": ["mask_source", "measure", "k", "n", "value", "low", "high", "level", "method", "n_lesions",
                        "n_patients"],
        "agreement": ["measure", "value", "low", "high", "level", "method", "n_lesions", "n_patients"],
        "strata": ["dice_low", "dice_high", "diameter_low_mm", "diameter_high_mm", "n", "agree", "value", "low", "high",
                   "method"],
    }  # fmt: skip
    for name, columns in expected.items():
        assert list(getattr(result, name).columns[: len(columns)]) == columns


def test_optional_tables_have_the_same_columns_full_and_empty(result: ConcordanceResult) -> None:
    bare = concordance(minimal([("A", 1, 1, 0, 0.2, 11)]), FAST)
    for name, columns in OPTIONAL_TABLES.items():
        if name != "feature_icc":
            assert list(getattr(result, name).columns) == list(getattr(bare, name).columns) == list(columns)
            assert len(getattr(result, name))
            assert not len(getattr(bare, name))


def test_measures_of_the_contract(result: ConcordanceResult) -> None:
    assert list(dict.fromkeys(result.diagnostics["measure"])) == [
        "sensitivity", "specificity", "ppv", "npv", "accuracy", "auc",
    ]  # fmt: skip
    assert list(dict.fromkeys(result.agreement["measure"])) == [
        "agreement", "agreement_reader_classified", "agreement_all", "positive_agreement", "negative_agreement",
        "kappa", "mcnemar_p", "manual_only", "automatic_only",
    ]  # fmt: skip


def test_every_lesion_is_in_exactly_one_stratum_and_one_fate(result: ConcordanceResult) -> None:
    lesions = len(lesion_table())
    assert result.strata["n_lesions"].sum() == lesions
    assert result.accounting["n_lesions"].iloc[:-1].sum() == result.accounting["n_lesions"].iloc[-1] == lesions
    both = result.accounting.query("in_agreement")["n_lesions"].sum()
    assert both == result.strata["n"].sum() == result.agreement["n"].iloc[0]


def test_intervals_hold_their_value_and_stay_in_range(result: ConcordanceResult) -> None:
    for frame in (result.diagnostics, result.agreement):
        given = frame.dropna(subset=["low"])
        given = given[given["measure"] != "kappa"]
        assert len(given) >= 3
        assert given["low"].between(0, 1).all()
        assert given["high"].between(0, 1).all()
        assert (given["low"] <= given["value"]).all()
        assert (given["value"] <= given["high"]).all()


def test_a_missing_interval_says_why() -> None:
    """Every right call is made here, by two patients only: no measure has all of its intervals."""
    table = minimal([(patient, value, value, value, 0.8, 20) for patient in "AB" for value in (0, 1, 0, 1)])
    found = concordance(table.assign(share_manual=table["response"], share_automatic=table["response"]), FAST)
    for frame in (found.diagnostics, found.diagnostics_all, found.agreement):
        tests = ("mcnemar_p", "manual_only", "automatic_only")  # have no interval by nature
        measures = frame[~frame["measure"].isin(tests)]
        missing = measures[measures["low"].isna()]
        assert set(missing["measure"]) == set(measures["measure"])
        assert missing["note"].str.len().gt(0).all()


@pytest.mark.slow
def test_same_seed_same_digits_other_seed_other_bootstrap() -> None:
    first, again, other = (concordance(lesion_table(), FAST, seed) for seed in (1, 1, 2))
    for field in fields(first):
        if field.name != "notes":
            pd.testing.assert_frame_equal(getattr(first, field.name), getattr(again, field.name))
    columns = ["low", "high"]
    bootstrap = first.agreement["method"] == "cluster-bootstrap"
    assert not first.agreement.loc[bootstrap, columns].equals(other.agreement.loc[bootstrap, columns])
    assert first.agreement.loc[~bootstrap, columns].equals(other.agreement.loc[~bootstrap, columns])


@pytest.mark.slow
def test_order_of_rows_does_not_matter(result: ConcordanceResult) -> None:
    shuffled = concordance(lesion_table().sample(frac=1, random_state=3), FAST, seed=1)
    pd.testing.assert_frame_equal(result.agreement, shuffled.agreement)
    pd.testing.assert_frame_equal(result.diagnostics, shuffled.diagnostics)
    pd.testing.assert_frame_equal(result.agreement_model, shuffled.agreement_model, rtol=1e-6)


def test_groups_are_shown_apart_and_compared(result: ConcordanceResult) -> None:
    assert list(dict.fromkeys(result.subgroups["grouping"])) == ["cohort", "timepoint", "size"]
    assert list(dict.fromkeys(result.subgroups["group"])) == [
        "north", "south", "baseline", "TP1", "< 20 mm", "≥ 20 mm",
    ]  # fmt: skip
    assert list(dict.fromkeys(result.subgroup_differences["group"])) == [
        "north minus south", "baseline minus TP1", "≥ 20 mm minus < 20 mm",
    ]  # fmt: skip
    agreement = result.subgroups.query("measure == 'agreement' and method == 'clopper-pearson'")
    assert agreement.query("grouping == 'cohort'")["n"].sum() == result.strata["n"].sum()
    north, south = agreement.query("grouping == 'cohort'")["value"]
    difference = result.subgroup_differences.query("grouping == 'cohort' and measure == 'agreement'")["value"].iloc[0]
    assert difference == pytest.approx(north - south)


def test_aucs_of_groups_are_those_of_their_lesions_and_differ_by_their_difference(result: ConcordanceResult) -> None:
    lesions = result.lesions[result.lesions["compared"] & result.lesions["response"].notna()]
    found = {}
    for group, part in lesions.groupby("timepoint"):
        found[group] = roc_auc_score(part["response"], part["share_automatic"])
        row = result.subgroups.query("group == @group and measure == 'auc' and mask_source == 'automatic'").iloc[0]
        assert (row["value"], row["n_lesions"]) == (pytest.approx(found[group]), len(part))
    difference = result.subgroup_differences.query("grouping == 'timepoint' and measure == 'auc_automatic'").iloc[0]
    assert difference["value"] == pytest.approx(found["baseline"] - found["TP1"])
    assert difference["low"] < difference["value"] < difference["high"]
    assert difference["n_lesions"] == len(lesions)


def test_lesions_seen_twice_are_said(result: ConcordanceResult) -> None:
    twice = pd.concat([minimal([("A", 1, 1, 1, 0.8, 20), ("B", 0, 1, 0, 0.5, 12)]).assign(timepoint=t) for t in "ab"])
    assert any("once per timepoint (2 timepoints; 2 lesions" in note for note in concordance(twice, FAST).notes)
    assert not any("once per timepoint" in note for note in result.notes)  # there every lesion has one timepoint


def test_undetected_counted_as_wrong_lowers_accuracy(result: ConcordanceResult) -> None:
    rows = result.diagnostics_all.query(
        "mask_source == 'automatic' and measure == 'accuracy' and method == 'clopper-pearson'"
    ).set_index("population")
    with_mask = rows.loc["classified with this mask"]
    everyone = rows.loc["all lesions, unclassified counted as wrong"]
    assert everyone["k"] == with_mask["k"]
    assert everyone["n"] == lesion_table()["response"].notna().sum() > with_mask["n"]


EXTREME = {
    "one patient only": minimal([("A", 1, 1, 1, 0.8, 20), ("A", 0, 1, 0, 0.5, 12), ("A", 0, 0, 0, 0.3, 30)]),
    "no compared lesion is R+": minimal([(f"P{i}", 0, i % 2, 1, 0.5, 20) for i in range(8)]),
    "no compared lesion is R-": minimal([(f"P{i}", 1, i % 2, 1, 0.5, 20) for i in range(8)]),
    "no lesion is classified with both masks": minimal([(f"P{i}", i % 2, 1, np.nan, 0.0, 9) for i in range(8)]),
    "8 compared lesions have no known outcome": minimal([(f"P{i}", np.nan, 1, i % 2, 0.4, 9) for i in range(8)]),
    "1 lesion of 1 patient": minimal([("A", 1, 1, 0, 0.2, 11)]),
    "8 of 8 lesions are classified alike": minimal([(f"P{i}", i % 2, 1, 1, 0.1 * (i + 1), 9 + i) for i in range(8)]),
    "0 of 8 lesions are classified alike": minimal([(f"P{i}", i % 2, 1, 0, 0.1 * (i + 1), 9 + i) for i in range(8)]),
    "vary too little": minimal([(f"P{i}", i % 2, 1, i % 2, 0.5, 20) for i in range(8)]),
}


@pytest.mark.parametrize("said", EXTREME, ids=lambda said: said)
@pytest.mark.parametrize("scored", [False, True])
@pytest.mark.filterwarnings("error")
def test_what_cannot_be_computed_is_said_and_never_crashes(said: str, scored: bool) -> None:
    table = EXTREME[said]
    if scored:
        table = table.assign(share_manual=0.4, share_automatic=np.linspace(0.1, 0.9, len(table)))
    found = concordance(table, FAST)
    assert said in " | ".join(found.notes)
    assert found.accounting["n_lesions"].iloc[-1] == len(table) == found.strata["n_lesions"].sum()
    assert not any(" nan" in note.lower() for note in found.notes)


def test_lesions_without_dice_get_a_stratum_of_their_own() -> None:
    table = minimal([("A", 1, 1, 1, 0.8, 20), ("B", 0, 1, np.nan, np.nan, 12)])
    strata = concordance(table, FAST).strata
    assert len(strata) == 13
    assert strata.iloc[-1][["n", "n_lesions"]].tolist() == [0, 1]


def rois(source: str, places: list[tuple[int, int]], probability: list[float]) -> pd.DataFrame:
    table = pd.DataFrame(places, columns=["y", "x"]).assign(z=4, lesion_id=1, mask_source=source)
    table["probability"] = probability
    return pd.concat([table.assign(patient_id=patient) for patient in "ABCD"])


def test_rois_on_one_lattice() -> None:
    """Manual at (0,0), (0,2), (0,4); automatic at (0,2), (0,4), (0,6), (0,8): 2 common of 7 -> Dice 4/7; of the two
    common ROIs one is called alike (their probabilities differ, so that is no tautology)."""
    manual = rois("manual", [(0, 0), (0, 2), (0, 4)], [0.9, 0.9, 0.2])
    automatic = rois("automatic", [(0, 2), (0, 4), (0, 6), (0, 8)], [0.8, 0.6, 0.1, 0.7])
    found = roi_concordance(pd.concat([manual, automatic]), settings=FAST)
    overall = found.overall.drop_duplicates("measure").set_index("measure")
    assert overall.loc["lattice_dice", "value"] == pytest.approx(4 / 7)
    assert overall.loc["class_agreement", "value"] == pytest.approx(0.5)
    assert overall.loc["class_agreement", ["n", "n_lesions"]].tolist() == [8, 4]  # ROIs, and lesions
    lesion = found.per_lesion.iloc[0]
    assert (lesion["n_roi_manual"], lesion["n_roi_automatic"], lesion["n_roi_common"]) == (3, 4, 2)
    assert (lesion["share_manual_only"], lesion["share_automatic_only"]) == (1.0, 0.5)
    assert (lesion["share_common_manual"], lesion["share_common_automatic"]) == (0.5, 1.0)
    assert "feature ICC not computed" in found.notes[0]


def same_probabilities() -> pd.DataFrame:
    """As with ``binning: roi``: a ROI has one probability, whichever mask holds it. The automatic mask also has a
    false positive of two ROIs, called R+."""
    manual = rois("manual", [(0, 0), (0, 2), (0, 4)], [0.9, 0.9, 0.2])
    automatic = rois("automatic", [(0, 2), (0, 4), (0, 6), (0, 8)], [0.9, 0.2, 0.1, 0.7])
    false_positive = rois("automatic", [(40, 2), (40, 4)], [0.9, 0.9]).assign(lesion_id=1001)
    return pd.concat([manual, automatic, false_positive])


def test_agreement_by_construction_is_not_reported() -> None:
    """The rule: where every common ROI has one probability with both masks, their agreement says nothing."""
    found = roi_concordance(same_probabilities(), settings=FAST)
    assert "class_agreement" not in set(found.overall["measure"])
    assert any("agree by construction" in note for note in found.notes)


def test_rois_of_one_mask_alone_are_told_apart() -> None:
    """Common: 1 of 2 R+; manual only: 1 of 1; automatic only: 1 of 2; each in 4 lesions of 4 patients."""
    overall = roi_concordance(same_probabilities(), settings=FAST).overall.set_index("measure")
    for measure, k, n in (("share_common", 4, 8), ("share_manual_only", 4, 4), ("share_automatic_only", 4, 8)):
        assert overall.loc[measure, ["k", "n", "n_lesions", "n_patients"]].tolist() == [k, n, 4, 4]
    assert overall.loc["manual_only_minus_common", "value"] == pytest.approx(0.5)
    assert overall.loc["automatic_only_minus_common", "value"] == pytest.approx(0.0)


def test_a_false_positive_is_no_lesion_of_the_lattice() -> None:
    """The Dice of the lattice is that of the reader's lesions; false positives are counted apart. A reader's lesion
    that only the automatic mask fills with ROIs stays the reader's."""
    found = roi_concordance(same_probabilities(), settings=FAST)
    overall = found.overall.set_index("measure")
    assert overall.loc["lattice_dice", "value"] == pytest.approx(4 / 7)
    assert overall.loc["lattice_dice", "n_lesions"] == 4
    assert overall.loc["share_false_positive", ["k", "n", "n_lesions"]].tolist() == [8, 8, 4]
    assert found.per_lesion["kind"].tolist() == ["manual", "false_positive"] * 4
    alone = rois("automatic", [(9, 9)], [0.9]).assign(lesion_id=2)
    kinds = roi_concordance(pd.concat([same_probabilities(), alone]), settings=FAST).per_lesion
    assert set(kinds.query("lesion_id == 2")["kind"]) == {"manual"}


def test_features_of_every_image_get_an_icc_and_the_model_s_come_first() -> None:
    random = np.random.default_rng(0)
    lesions = pd.DataFrame({"patient_id": np.arange(12) // 3, "lesion_id": np.arange(12) % 3, "z": 0, "y": 0})
    lesions = lesions.assign(x=np.arange(12))
    names = ["original_a", "log-sigma-2-0-mm-3D_b", "wavelet-LLH_c"]
    values = {name: random.normal(size=12) for name in names}
    table = pd.concat([lesions.assign(mask_source=s, **values) for s in ("manual", "automatic")])
    found = roi_concordance(table, settings=FAST, selected=["wavelet-LLH_c"]).feature_icc
    assert found["feature"].tolist() == ["wavelet-LLH_c", "original_a", "log-sigma-2-0-mm-3D_b"]
    assert found["selected"].tolist() == [1, 0, 0]
    assert (found["quantity"] == "median over the lesion's ROIs").all()
    assert roi_concordance(table, settings=FAST).feature_icc["selected"].isna().all()


def test_features_that_keep_their_value_have_icc_one() -> None:
    random = np.random.default_rng(0)
    value = random.normal(size=40)
    lesions = pd.DataFrame({"patient_id": np.arange(40) // 4, "lesion_id": np.arange(40) % 4, "z": np.arange(40)})
    lesions = lesions.assign(y=0, x=0)
    manual = lesions.assign(mask_source="manual", original_a=value, original_b=value, original_c=1.0)
    automatic = lesions.assign(mask_source="automatic", original_a=value, original_b=value + 3, original_c=1.0)
    table = pd.concat([manual, automatic])
    by_kind = {
        kind: roi_concordance(table, settings=FAST.model_copy(update={"icc": kind})).feature_icc.set_index("feature")
        for kind in ("ICC(2,1)", "ICC(3,1)")
    }
    assert by_kind["ICC(2,1)"].loc["original_a", "value"] == pytest.approx(1)
    assert by_kind["ICC(2,1)"].loc["original_b", "value"] < 0.5  # a shift is no absolute agreement
    assert by_kind["ICC(3,1)"].loc["original_b", "value"] == pytest.approx(1)
    assert by_kind["ICC(2,1)"].loc["original_c", "note"] == "the same value in every lesion"


def test_a_table_of_findings_only_is_refused() -> None:
    table = minimal([("A", np.nan, np.nan, 1, np.nan, 8.0)]).assign(kind="automatic")
    with pytest.raises(InputError, match="no lesion was drawn by a reader"):
        concordance(table, FAST)


def test_a_training_lesion_of_a_pooled_table_is_counted_nowhere() -> None:
    """A cohort may hold training and validation timepoints: every table is as if the former were not there."""
    whole = lesion_table(16)
    roles = whole.assign(role=np.where(whole["timepoint"] == "baseline", "validation", "train"))
    settings = StatisticsSettings(bootstrap_replicates=200)
    found = concordance(roles, settings, seed=2)
    alone = concordance(roles[roles["role"] == "validation"], settings, seed=2)
    assert 0 < len(found.lesions) < len(whole)
    for name, table in vars(alone).items():
        if name != "notes":
            pd.testing.assert_frame_equal(getattr(found, name), table, obj=name)
    trained = int((roles["role"] == "train").sum())
    assert found.notes == (f"{trained} lesions of scans with the role train left out", *alone.notes)


def test_lesions_that_nothing_is_predicted_of_stand_beside_the_headline() -> None:
    whole = lesion_table(16)
    roles = whole.assign(role=np.where(whole["timepoint"] == "baseline", "validation", "none"))
    found = concordance(roles, StatisticsSettings(bootstrap_replicates=200))
    baseline = int((whole["timepoint"] == "baseline").sum())
    assert found.accounting["n_lesions"].iloc[-1] == baseline
    assert len(found.lesions) == len(whole)
    by_timepoint = found.agreement_by_timepoint.groupby("timepoint", dropna=False)["headline"].all()
    assert by_timepoint.to_dict() == {"TP1": False, "baseline": True}
    assert any(note.startswith("the figures are about validation; ") for note in found.notes)
