"""Every lesion has one of three fates, and every table of them adds up to all lesions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lesion_tables import lesion_table, minimal

from livermets.concordance.diagnostics import END_TO_END
from livermets.concordance.fates import ANY, fate_table
from livermets.concordance.result import ConcordanceResult, concordance
from livermets.concordance.strata import strata_margins, strata_table
from livermets.config.statistics import StatisticsSettings
from livermets.errors import InputError
from livermets.masks.lesion_table import FATES, checked_lesions

FAST = StatisticsSettings(bootstrap_replicates=200)
CLASS = st.sampled_from([0.0, 1.0, np.nan])
ROWS = st.lists(
    st.tuples(
        st.sampled_from("ABC"), CLASS, CLASS, CLASS, st.sampled_from([0.0, 0.25, 0.5, 0.9, np.nan]),
        st.sampled_from([0.0, 9.0, 15.0, 20.0, 45.0, np.nan]),
    ),
    min_size=1, max_size=15,
)  # fmt: skip
CUTS = st.sampled_from([(), (15.0,), (20.0,), (15.0, 20.0), (8.0, 15.0, 30.0)])


@pytest.fixture(scope="module")
def result() -> ConcordanceResult:
    return concordance(lesion_table(), FAST, seed=1)


@given(ROWS, CUTS, st.booleans())
@settings(max_examples=25, deadline=None)
def test_cells_add_up_to_all_lesions_of_any_table(rows: list[tuple], cuts: tuple[float, ...], stated: bool) -> None:
    table = minimal(rows)
    if stated:
        table["detected"] = (table["dice"] > 0).astype(float)
    lesions = checked_lesions(table)
    chosen = StatisticsSettings(diameter_cuts_mm=cuts)
    counts = [int((lesions["fate"] == fate).sum()) for fate in FATES]
    assert sum(counts) == len(rows)
    strata = strata_table(lesions, chosen)
    assert strata[["agree", "other", "no_class"]].sum().tolist() == counts
    assert (strata["agree"] + strata["other"] == strata["n"]).all()
    assert (strata["n"] + strata["no_class"] == strata["n_lesions"]).all()
    margins = strata_margins(lesions, chosen).set_index("margin", append=False)
    assert margins.loc["overall", ["agree", "other", "no_class"]].tolist() == counts
    for side in ("dice", "diameter"):
        parts = margins[margins.index.isin([side, "unplaced"])]
        assert parts[["agree", "other", "no_class"]].sum().tolist() == counts
    fates = fate_table(lesions, chosen)
    cells = fates[(fates["size"] != ANY) & (fates["dice"] != ANY)]
    assert cells[["same", "other", "no_class"]].sum().tolist() == counts
    totals = fates[(fates["size"] != ANY) & (fates["dice"] == ANY)]
    assert totals.drop(columns=["size", "dice", "n_patients"]).sum().tolist() == (
        fates.iloc[-1].drop(["size", "dice", "n_patients"]).tolist()
    )


def test_a_lesion_without_a_class_says_which_mask_lacks_it_and_why() -> None:
    table = minimal([("A", 1, 1, np.nan, 0.0, 9), ("A", 1, np.nan, 1, 0.5, 9), ("A", 1, np.nan, np.nan, 0.5, 9)])
    table = table.assign(n_roi_manual=[3, 0, 0], n_roi_automatic=[0, 3, 0], detected=[0, 1, 1])
    assert checked_lesions(table)["no_class_because"].tolist() == [
        "automatic mask: undetected", "manual mask: no ROI", "manual mask: no ROI; automatic mask: no ROI",
    ]  # fmt: skip


def test_agreement_is_given_of_three_populations(result: ConcordanceResult) -> None:
    lesions = result.lesions
    same = (lesions["fate"] == "same").sum()
    counts = result.agreement.drop_duplicates("measure").set_index("measure")[["k", "n"]]
    assert counts.loc["agreement"].tolist() == [same, lesions["compared"].sum()]
    assert counts.loc["agreement_reader_classified"].tolist() == [same, lesions["predicted_manual"].notna().sum()]
    assert counts.loc["agreement_all"].tolist() == [same, len(lesions)]
    of_whom = result.agreement.drop_duplicates("measure").set_index("measure")["population"]
    assert of_whom.loc[["agreement", "agreement_reader_classified", "agreement_all"]].is_unique
    assert {"clopper-pearson", "cluster-logit-t"} <= set(result.agreement.query("measure == 'agreement_all'")["method"])


def test_predictive_values_are_given_of_calls_only(result: ConcordanceResult) -> None:
    """A lesion without a class is no call, so nothing can be predicted from it."""
    end_to_end = result.diagnostics_all.query("population == @END_TO_END")
    assert set(end_to_end["measure"]) == {"sensitivity", "specificity", "accuracy"}
    assert END_TO_END in set(result.diagnostics_all["population"])


@pytest.mark.parametrize("cut", [15.0, 25.0])
def test_size_is_named_and_compared_in_one_direction_at_any_cut(cut: float) -> None:
    found = concordance(lesion_table(), FAST.model_copy(update={"diameter_cuts_mm": (cut,)}), seed=1)
    differences = found.subgroup_differences.query("grouping == 'size'")
    assert set(differences["group"]) == {f"≥ {cut:g} mm minus < {cut:g} mm"}
    assert set(found.fates["size"]) == {f"≥ {cut:g} mm", f"< {cut:g} mm", ANY}
    agreement = found.lesions.query("compared").assign(big=lambda t: t["longest_diameter_mm"] >= cut)
    small, big = agreement.groupby("big")["agree"].mean()
    assert differences.query("measure == 'agreement'")["value"].iloc[0] == pytest.approx(big - small)


# Timepoints: a follow-up image is part of the outcome.


def test_classes_of_other_timepoints_are_no_predictions() -> None:
    whole = lesion_table()
    baseline = whole[whole["timepoint"] == "baseline"]
    found = concordance(whole, FAST, seed=1, timepoints=["baseline"])
    alone = concordance(baseline, FAST, seed=1)
    assert len(found.lesions) == len(whole)
    assert found.lesions["headline"].sum() == len(baseline)
    for name in ("diagnostics", "diagnostics_all", "agreement", "strata", "fates", "accounting", "roc", "per_patient"):
        ours, theirs = getattr(found, name), getattr(alone, name)
        columns = [column for column in ours if column not in ("low", "high")]  # patients are drawn once for all
        pd.testing.assert_frame_equal(ours[columns], theirs[columns])
    by_time = found.agreement_by_timepoint
    assert set(by_time["timepoint"]) == {"baseline", "TP1"}
    assert dict(zip(by_time["timepoint"], by_time["headline"], strict=True)) == {"baseline": True, "TP1": False}
    assert not by_time["measure"].str.contains("sensitivity|specificity|auc|ppv|npv|accuracy").any()
    assert any("predict nothing" in note for note in found.notes)


def test_scrambled_follow_up_changes_no_headline_figure() -> None:
    whole = lesion_table()
    later = whole["timepoint"] == "TP1"
    scrambled = whole.copy()
    for column in ("response", "predicted_manual", "predicted_automatic"):
        scrambled.loc[later, column] = 1 - scrambled.loc[later, column]
    first, second = (concordance(table, FAST, seed=1, timepoints=["baseline"]) for table in (whole, scrambled))
    for name in ("diagnostics", "diagnostics_all", "agreement", "strata", "fates", "subgroups", "calibration", "roc"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))


@pytest.mark.filterwarnings("error")
def test_patients_seen_at_other_timepoints_only_change_no_headline_figure() -> None:
    baseline = lesion_table(10).query("timepoint == 'baseline'")
    later = lesion_table(25, seed=3).assign(timepoint="TP1")
    later["patient_id"] = [f"{'A' if index % 2 else 'Z'}{name}" for index, name in enumerate(later["patient_id"])]
    alone, together = (
        concordance(table, FAST, seed=1, timepoints=["baseline"])
        for table in (baseline, pd.concat([later, baseline, lesion_table(10).query("timepoint == 'TP1'")]))
    )
    for name, table in vars(alone).items():
        if name not in ("lesions", "notes", "agreement_by_timepoint"):
            assert table.to_csv() == getattr(together, name).to_csv(), name
    by_time = together.agreement_by_timepoint.query("timepoint == 'baseline'").set_index(["measure", "method"])
    agreement = alone.agreement.set_index(["measure", "method"]).loc[by_time.index]
    assert by_time[["low", "high"]].to_csv() == agreement[["low", "high"]].to_csv()


def test_no_lesion_at_the_named_timepoints_is_said() -> None:
    found = concordance(lesion_table(6), FAST, timepoints=["later"])
    assert found.notes[0] == "no lesion at later: nothing of a prediction can be said"
    assert found.strata["n_lesions"].sum() == found.fates["n_lesions"].iloc[-1] == 0
    assert len(found.agreement_by_timepoint)


def test_timepoints_of_a_table_without_them_are_refused() -> None:
    with pytest.raises(InputError, match="missing column timepoint"):
        concordance(minimal([("A", 1, 1, 1, 0.8, 20)]), FAST, timepoints=["baseline"])
