"""Counts of the flow add up, whatever the table holds."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.report.results_factory import PATHS

from livermets.masks.lesion_table import checked_lesions
from livermets.report.configuration import ReportedConfig, reported_config
from livermets.report.document import Bullets, Gallery, Paragraph
from livermets.report.exclusions import exclusions
from livermets.report.flow import flow_svg
from livermets.report.lesions import lesion_flow, split_findings
from livermets.report.results import _with_all_columns
from livermets.report.sections.analyses import analyses
from livermets.report.sections.cohorts import cohort_flows, cohorts_section, exclusion_reasons
from livermets.report.sections.lesion_list import lesion_section
from livermets.report.sections.methods import methods_section
from livermets.report.sections.model_card import model_card_section

CLASS = st.sampled_from([0.0, 1.0, np.nan])


def _table(rows: list[tuple[float, float, float, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["response", "predicted_manual", "predicted_automatic", "dice"])
    table["patient_id"] = [f"P{i // 3}" for i in range(len(table))]
    table["lesion_id"] = range(len(table))
    table["longest_diameter_mm"] = 20.0
    table["detected"] = (table["dice"] > 0).astype(float)
    table["n_roi_manual"] = np.where(table["predicted_manual"].isna(), 0, 10)
    table["n_roi_automatic"] = np.where(table["predicted_automatic"].isna(), 0, 10)
    return checked_lesions(_with_all_columns(table))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CLASS, CLASS, CLASS, st.sampled_from([0.0, 0.3, 0.9])), min_size=1, max_size=25))
def test_every_lesion_is_counted_once_in_every_partition(rows):
    flow = lesion_flow(_table(rows))
    assert flow.lesions == len(rows)
    assert flow.responders + flow.non_responders + flow.outcome_unknown == flow.lesions
    assert flow.manual_classified + flow.manual_no_roi + flow.manual_no_class == flow.lesions
    automatic = flow.automatic_classified + flow.automatic_not_detected + flow.automatic_no_roi
    assert automatic + flow.automatic_no_class == flow.lesions
    assert flow.both + flow.only_manual + flow.only_automatic + flow.neither == flow.lesions
    assert flow.agree + flow.differ == flow.both
    assert flow.agree + flow.differ + flow.no_class == flow.lesions


def test_the_words_of_the_diagram_add_up_for_either_mask():
    rows = [
        (1, 1, 1, 0.9),
        (1, np.nan, np.nan, 0.9),
        (0, np.nan, np.nan, 0.9),
        (0, 1, np.nan, 0.0),
        (0, 1, np.nan, 0.9),
    ]
    drawn = _table(rows).assign(n_roi_manual=[9, 3, 0, 9, 9], n_roi_automatic=[9, 3, 4, 9, np.nan], minimum_rois=5)
    flow = lesion_flow(checked_lesions(drawn.drop(columns="patient")))
    described = re.search(r"<desc[^>]*>([^<]+)", flow_svg(flow, "f", "t")).group(1).replace("\u00a0", " ")
    for mask, ends in (("Manual", "Automatic mask"), ("Automatic", "Both masks")):
        counts = described.split(f"{mask} mask: ")[1].split(ends)[0]
        assert sum(map(int, re.findall(r"\d+", counts))) == len(rows), counts
    assert "1 without a ROI, 1 with too few ROIs for a class" in described
    assert "1 with no class given, 2 with too few ROIs for a class" in described


def test_whoever_says_why_a_lesion_has_no_class_names_every_reason(made_study):
    bullets = next(block for block in model_card_section(made_study.results).blocks if isinstance(block, Bullets)).items
    lists = [cohorts_section(made_study.results), lesion_section(made_study.results)]
    said = [section.blocks[0].text for section in lists]
    said += [text for text in bullets if "get no class" in text]
    assert len(said) == 3
    for text in said:
        assert re.search(r"no (whole )?ROI", text), text
        assert re.search(r"too few (ROIs )?for a class", text), text


def test_the_diagram_shows_the_counts_and_says_them_in_words():
    flow = lesion_flow(_table([(1, 1, 0, 0.3), (1, 1, 1, 0.9), (0, 0, np.nan, 0.0), (0, np.nan, 0, 0.3)]))
    svg = flow_svg(flow, "f", "Cohort & co")
    assert "Cohort &amp; co" in svg
    shown = " ".join(re.findall(r">([^<]+)</text>", svg))
    assert "no class, not detected: 1" in shown
    assert "no ROI: 1" in shown
    assert "same class 1, other class 1" in shown
    assert "no class with at least one mask 2" in shown
    assert "4 lesions in 2 scans of 2 patients" in svg


def test_what_was_left_out_is_in_the_diagram_with_its_reason():
    exclude = [
        {"patient": "P8", "reason": "motion artefacts"},
        {"patient": "P9", "reason": "motion artefacts"},
        {"patient": "P0", "timepoint": "TP1", "reason": "other phase"},
        {"patient": "P0", "lesion": 2, "reason": "ablated"},
    ]
    scans = pd.DataFrame([{"cohort": "a", "patient_id": "P0", "timepoint": "baseline"}])
    cohort = {"role": "validation", **PATHS}
    config = reported_config({"cohorts": {"a": {**cohort, "exclude": exclude}, "b": cohort}})
    study = SimpleNamespace(excluded=exclusions(config, scans))
    assert exclusion_reasons(study, "b") == []
    reasons = exclusion_reasons(study, "a")
    assert reasons == ["1 lesion: ablated", "2 patients: motion artefacts", "1 scan: other phase"]
    svg = flow_svg(lesion_flow(_table([(1, 1, 0, 0.3)])), "f", "Cohort", reasons)
    assert "Left out before" in svg
    assert all(svg.count(reason) == 2 for reason in reasons)  # in the picture and in words


@pytest.mark.parametrize("with_kind", [True, False])
def test_false_positives_are_no_lesions(with_kind):
    table = pd.DataFrame({"lesion_id": [1, 2, 1001], "response": [1, 0, np.nan]})
    if with_kind:
        table["kind"] = ["manual", "manual", "false_positive"]
    lesions, false_positives, findings = split_findings(table)
    assert (len(lesions), len(false_positives), len(findings)) == (2, 1, 0)


def test_findings_of_scans_without_a_manual_mask_are_neither():
    table = pd.DataFrame({"lesion_id": [1, 1001], "response": [np.nan, np.nan], "kind": ["manual", "automatic"]})
    assert [len(part) for part in split_findings(table)] == [1, 0, 1]


def _predicting(made_study, *timepoints):
    return made_study.config.model_copy(update={"response_timepoints": list(timepoints)})


@pytest.fixture
def baseline_only(made_study):
    """The made-up study, whose validation cohort was seen twice, when only baseline is predicted from."""
    return replace(made_study.results, config=_predicting(made_study, "baseline"))


def test_lesions_at_other_timepoints_are_counted_apart_and_once(baseline_only):
    flows = cohort_flows(baseline_only)
    assert set(flows) == {*baseline_only.cohorts, "validation, TP1"}
    lesions = baseline_only.lesions
    assert sum(flow.lesions for flow in flows.values()) == len(lesions)
    seen = lesions[lesions["cohort"].eq("validation")]["timepoint"].value_counts()
    assert (flows["validation"].lesions, flows["validation, TP1"].lesions) == (seen["baseline"], seen["TP1"])
    section = cohorts_section(baseline_only)
    flow = next(block for block in section.blocks if isinstance(block, Gallery)).figures
    said = {figure.id: f"{seen['TP1']} lesions at TP1" in figure.svg for figure in flow}
    assert said == {"flow-training": False, "flow-validation": True, "flow-external": False, "flow-unknown": False}
    text = " ".join(block.text for block in methods_section(baseline_only).blocks if isinstance(block, Paragraph))
    assert "predicted from images at baseline" in text
    assert "Lesions of the other cohorts at TP1 test the masks only" in text


def test_nothing_is_counted_apart_where_every_timepoint_is_predicted(made_study):
    for config in (_predicting(made_study, "baseline", "TP1"), ReportedConfig()):
        study = replace(made_study.results, config=config)
        assert set(cohort_flows(study)) == set(study.cohorts)
        assert "counted apart" not in cohorts_section(study).blocks[0].text


def test_the_lesions_that_fit_the_model_are_those_of_its_table_not_those_drawn(made_study):
    fitted = pd.read_csv(made_study.folder / "model/training_lesions.csv")
    drawn = made_study.results.cohort_lesions("training")
    assert cohort_flows(made_study.results)["training"].fitted == len(fitted) <= len(drawn)
    less = replace(made_study.results, model={**made_study.results.model, "training_lesions": fitted.iloc[3:]})
    flow = cohort_flows(less)["training"]
    assert (flow.lesions, flow.fitted) == (len(drawn), len(fitted) - 3)
    assert f"the model is fitted on: {flow.fitted}" in flow_svg(flow, "f", "Cohort")


def test_every_analysis_states_the_lesions_of_its_file(baseline_only, made_study):
    table = analyses(baseline_only).set_index(["part", "analysis"])
    fitted = pd.read_csv(made_study.folder / "model/training_lesions.csv")
    row = table.loc["training", "Hold a ROI: features, network and threshold are fitted on these"]
    assert row["n_lesions"] == len(fitted)
    assert (row["r_plus"], row["r_minus"]) == (fitted.response.eq(1).sum(), fitted.response.eq(0).sum())
    all_lesions = pd.read_csv(made_study.folder / "lesions.csv").query("cohort == 'validation'")
    baseline = all_lesions.query("timepoint == 'baseline'")
    both = baseline.dropna(subset=["predicted_manual", "predicted_automatic", "response"])
    networks = pd.read_csv(made_study.folder / "overlap/lesions.csv")

    def of_step(stem: str) -> int:
        return pd.read_csv(made_study.folder / f"concordance/validation/automatic/{stem}.csv")["n_lesions"].max()

    counted = {words: table.loc[("validation", words), "n_lesions"] for words in table.loc["validation"].index}
    assert counted == {
        "Drawn by the reader": len(all_lesions),
        "Counted apart, seen at TP1: no prediction": len(all_lesions) - len(baseline),
        "Seen at baseline": len(baseline),
        "Class from the manual mask": baseline["predicted_manual"].notna().sum(),
        "Class from the automatic mask": baseline["predicted_automatic"].notna().sum(),
        "Class from both masks: agreement": len(both),
        "Class from both, outcome known: diagnostics": len(both),
        "Automatic mask compared: segmentation": all_lesions["dice"].notna().sum(),
        "Networks side by side": len(networks.query("network == 'other' and cohort == 'validation'")),
        "Outcome known, with a class or not: diagnostics end to end": baseline["response"].notna().sum(),
        "Calibration": of_step("calibration_summary"),
        "Net benefit": of_step("decision"),
    }
    assert "validation and external" in table.index.get_level_values("part")  # pooled


def test_a_check_that_left_no_file_is_not_said_to_have_found_nothing(made_study, tmp_path):
    gone = replace(made_study.results, folder=tmp_path, problems=pd.DataFrame())
    section = next(section for section in cohorts_section(gone).sections if section.id == "check")
    assert "was not found" in section.blocks[0].text
    (tmp_path / "check").mkdir()
    (tmp_path / "check/problems.csv").write_text("severity,where,what,fix\n")
    section = next(section for section in cohorts_section(gone).sections if section.id == "check")
    assert section.blocks == [Paragraph("The check before the run left no remark.")]
