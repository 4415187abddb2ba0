"""Counts of the flow add up, whatever the table holds."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livermets.reporting.flow import flow_svg
from livermets.reporting.lesions import lesion_flow, split_findings
from livermets.reporting.results import _with_all_columns, left_out
from livermets.reporting.sections.cohorts import exclusion_reasons
from livermets.stats.lesions import checked_lesions

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


def test_the_diagram_shows_the_counts_and_says_them_in_words():
    flow = lesion_flow(_table([(1, 1, 0, 0.3), (1, 1, 1, 0.9), (0, 0, np.nan, 0.0), (0, np.nan, 0, 0.3)]))
    svg = flow_svg(flow, "f", "Cohort & co")
    assert "Cohort &amp; co" in svg
    shown = " ".join(re.findall(r">([^<]+)</text>", svg))
    assert "not detected: 1" in shown
    assert "no ROI: 1" in shown
    assert "same class 1, other class 1" in shown
    assert "4 lesions in 2 scans of 2 patients" in svg


def test_what_was_left_out_is_in_the_diagram_with_its_reason():
    exclude = [
        {"patient": "P8", "reason": "motion artefacts"},
        {"patient": "P9", "reason": "motion artefacts"},
        {"patient": "P0", "timepoint": "TP1", "reason": "other phase"},
        {"patient": "P0", "lesion": 2, "reason": "ablated"},
    ]
    who = {"cohort": "a", "patient_id": "P0", "timepoint": "baseline"}
    lesions = pd.DataFrame([{**who, "lesion_id": "2", "reason": "ablated"}])
    table = left_out({"cohorts": {"a": {"exclude": exclude}, "b": {}}}, lesions)
    study = SimpleNamespace(excluded=table)
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
