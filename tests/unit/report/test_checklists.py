"""Checklists are as long as their sources, claim only what the run left behind, and change with the study."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from livermets.report import checklists
from livermets.report.checklists import NAMES, STATES, UNPROVEN, answered, checklist, checklist_section
from livermets.report.configuration import ReportedConfig
from livermets.report.document import ChecklistTable
from livermets.report.evidence import Fact, facts, feature_classes, intervals
from livermets.report.results import StudyResults

NO_CONFIGURATION = ReportedConfig()


def _state(study: StudyResults, name: str, item: str) -> str:
    return next(row.state for row in answered(name, study) if row.item == item)


@pytest.fixture(scope="module")
def study(made_study):
    return made_study.results


@pytest.mark.parametrize("name,items", [("clear", 58), ("tripod_ai", 52), ("metrics", 35)])
def test_items_are_as_many_as_in_the_source(name, items):
    # CLEAR: 58 items. TRIPOD+AI: 27 items with 52 parts. METRICS: 30 items and 5 conditions.
    assert len(checklist(name)["items"]) == items
    assert "held against" in checklist(name)["checked"]


def test_items_are_numbered_as_in_the_sources():
    numbers = {name: [item["n"] for item in checklist(name)["items"]] for name in NAMES}
    assert numbers["clear"] == [str(n) for n in range(1, 59)]
    assert [n for n in numbers["metrics"] if n.isdigit()] == [str(n) for n in range(1, 31)]
    assert [n for n in numbers["metrics"] if not n.isdigit()] == ["C1", "C2", "C3", "C4", "C5"]
    assert list(dict.fromkeys(int(re.match(r"\d+", n).group()) for n in numbers["tripod_ai"])) == list(range(1, 28))


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_claimed_rests_on_a_known_fact(name, study):
    known = set(facts(study))
    for item in checklist(name)["items"]:
        assert sum(state in item for state in UNPROVEN) == 1, item["n"]
        for case in item.get("answers", []):
            assert case["needs"], item["n"]
            assert set(case["needs"]) <= known, item["n"]
            assert case["state"] in set(STATES) - {"write"}, item["n"]
            assert ("Missing: " in case["text"]) == (case["state"] == "partly"), item["n"]
    for row in answered(name, study):
        assert bool(row.rests_on) or row.state in UNPROVEN, row.item


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_an_answer_falls_with_any_fact_it_rests_on(name, study, monkeypatch):
    full, found = answered(name, study), facts(study)
    tried = 0
    for row, item in zip(full, checklist(name)["items"], strict=True):
        given = next((c for c in item.get("answers", []) if all(found[n].holds for n in c["needs"])), None)
        for need in given["needs"] if given else []:
            without = {**found, need: Fact(False, found[need].source)}
            monkeypatch.setattr(checklists, "facts", lambda _, without=without: without)
            other = next(r for r in answered(name, study) if r.item == row.item)
            assert (other.state, other.answer) != (row.state, row.answer), (row.item, need)
            tried += 1
    assert tried > 10


@pytest.mark.parametrize("name", NAMES)
def test_every_anchor_exists_in_a_complete_report(made_study, name):
    used = {case["at"] for item in checklist(name)["items"] for case in item.get("answers", []) if "at" in case}
    assert used - made_study.report.anchors() == set()


def _without(**changes: object) -> Callable[[StudyResults], StudyResults]:
    return lambda study: replace(study, **changes)


def _with_centre(train: str, validation: str) -> Callable[[StudyResults], StudyResults]:
    def changed(study: StudyResults) -> StudyResults:
        trained = study.lesions["cohort"].isin(study.of_role("train"))
        return replace(study, lesions=study.lesions.assign(centre=trained.map({True: train, False: validation})))

    return changed


def _without_table(stem: str) -> Callable[[StudyResults], StudyResults]:
    def changed(study: StudyResults) -> StudyResults:
        left = {name: {k: t for k, t in tables.items() if k != stem} for name, tables in study.concordance.items()}
        return replace(study, concordance=left, model={k: t for k, t in study.model.items() if k != stem})

    return changed


def _without_intervals(study: StudyResults) -> StudyResults:
    def bare(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(low=float("nan")) if "low" in table else table

    tables = {n: {k: bare(t) for k, t in tables.items()} for n, tables in study.concordance.items()}
    return replace(study, concordance=tables)


def _every_interval(study: StudyResults) -> StudyResults:
    tables = {k: t for k, t in study.concordance["pooled"].items() if k in ("diagnostics", "agreement")}
    return replace(study, concordance={"pooled": tables})


def _differences_without_interval(study: StudyResults) -> StudyResults:
    """Groups by centre and size, as in a study of few patients: the size has intervals, the centres have none."""
    tables = study.concordance["pooled"]
    groups = tables["subgroups"][tables["subgroups"]["grouping"].isin(["centre", "size"])]
    differences = tables["subgroup_differences"]
    differences = differences[differences["grouping"].isin(["centre", "size"])]
    bare = differences.assign(low=differences["low"].where(differences["grouping"].eq("size")))
    return replace(study, concordance={"pooled": {**tables, "subgroups": groups, "subgroup_differences": bare}})


def _one_class_of_features(study: StudyResults) -> StudyResults:
    only = pd.DataFrame({"feature": ["original_glcm_Contrast", "original_glcm_Idm"]})
    return replace(study, model={**study.model, "selection": only, "dropped_features": pd.DataFrame()})


CHANGES = {
    "trained and tested in one centre": (_with_centre("A", "A"), {"METRICS 26": "done", "METRICS 27": "not"}),
    "tested in another centre": (_with_centre("A", "B"), {"METRICS 26": "partly", "METRICS 27": "done"}),
    "one centre": (_with_centre("A", "A"), {"METRICS 4": "not"}),
    "centres unknown": (
        _with_centre("not stated", "not stated"),
        {"METRICS 4": "write", "METRICS 27": "write", "TRIPOD+AI 6a": "write", "METRICS 26": "partly"},
    ),
    "no nested folds": (_without_table("evaluation"), {"TRIPOD+AI 21": "partly"}),
    "no training": (_without_table("training_lesions"), {"TRIPOD+AI 21": "partly", "TRIPOD+AI 12a": "write"}),
    "no calibration": (_without_table("calibration_summary"), {"METRICS 22": "not", "CLEAR 40": "partly"}),
    "no decision curve": (_without_table("decision"), {"CLEAR 42": "not"}),
    "no groups": (_without_table("subgroups"), {"TRIPOD+AI 23b": "not", "TRIPOD+AI 12d": "not"}),
    "no difference with an interval": (_differences_without_interval, {"TRIPOD+AI 23b": "partly"}),
    "no interval": (_without_intervals, {"METRICS 21": "not", "CLEAR 40": "not", "TRIPOD+AI 23a": "not"}),
    "every interval": (_every_interval, {"METRICS 21": "done"}),
    "no comparison": (_without_table("comparison"), {"METRICS 24": "not", "METRICS 25": "not", "CLEAR 48": "not"}),
    "no ICC": (_without_table("feature_icc"), {"METRICS 14": "not", "CLEAR 31": "partly"}),
    "no scans": (_without(scans=pd.DataFrame()), {"CLEAR 16": "write", "CLEAR 22": "partly", "METRICS 6": "write"}),
    "one class of features": (_one_class_of_features, {"CLEAR 26": "partly", "CLEAR 27": "done"}),
    "no settings": (
        _without(config=NO_CONFIGURATION),
        {"CLEAR 22": "write", "CLEAR 23": "write", "METRICS 13": "write"},
    ),
    "no networks": (_without(networks={}), {"METRICS 20": "partly", "METRICS 8": "write"}),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_answers_follow_the_study(study, change):
    changed, expected = CHANGES[change]
    other = changed(study)
    names = {checklist(name)["title"]: name for name in NAMES}
    got = {key: _state(other, names[key.rpartition(" ")[0]], key.rpartition(" ")[2]) for key in expected}
    assert got == expected


def test_features_are_counted_per_roi_not_in_the_model(study):
    """CLEAR 27 asks for the features of an instance: those computed, dropped ones too, not those selected."""
    computed = set(study.model["selection"]["feature"]) | set(study.model["dropped_features"]["feature"])
    assert len(computed) == sum(feature_classes(study).values()) > len(study.model_facts["features"])
    answer = next(row.answer for row in answered("clear", study) if row.item == "27")
    assert answer.startswith(f"{len(computed)} features of every ROI")


def test_cross_validation_alone_is_no_internal_test(study):
    """METRICS 26 gives cross-validation inside the training data as what does not count."""
    other = _with_centre("A", "B")(study)
    row = next(row for row in answered("metrics", other) if row.item == "26")
    assert row.state == "partly"
    assert "Missing: an independent test set" in row.answer


def test_intervals_are_counted_over_all_quoted_estimates(study):
    with_interval, estimates = intervals(study)
    assert 0 < with_interval < estimates  # small groups have none
    row = next(row for row in answered("tripod_ai", study) if row.item == "23a")
    assert f"{with_interval} of {estimates}" in row.answer


def test_a_caption_counts_its_own_rows(study):
    sections = checklist_section(study, {"CLEAR 8": "Committee X, no. 1"}).sections
    assert len(sections) == len(NAMES)
    for section in sections:
        block = next(b for b in section.blocks if isinstance(b, ChecklistTable))
        said = {
            words: int(n) for n, words in re.findall(r"(\d+) ([a-z ]+?)[;.]", block.caption.partition(" items: ")[2])
        }
        counted = {STATES[s].split(";")[0]: sum(row.state == s for row in block.rows) for s in STATES}
        assert said == {words: n for words, n in counted.items() if n}
        assert f", {len(block.rows)} items: " in block.caption


def test_items_are_not_done_without_their_artefact(study):
    bare = replace(
        study,
        config=NO_CONFIGURATION,
        concordance={},
        model={},
        model_facts={},
        scans=pd.DataFrame(),
        networks={},
        manifest={},
    )
    states = {row.state for name in NAMES for row in answered(name, bare)}
    assert states <= {"partly", "done", "not", "write", "na"}
    done = {(name, row.item) for name in NAMES for row in answered(name, bare) if row.state == "done"}
    assert done <= {("metrics", "4"), ("metrics", "9"), ("metrics", "C1"), ("metrics", "C2")}  # from lesions.csv alone


def test_results_by_size_alone_are_no_results_by_group(study):
    tables = study.concordance["pooled"]
    by_size = tables["subgroups"].query("grouping == 'size'")
    assert len(by_size)
    only = replace(study, concordance={"pooled": {**tables, "subgroups": by_size}})
    assert not facts(only)["subgroups"].holds


def test_groups_are_those_of_the_tables(study):
    few = {row.item: row.answer for row in answered("tripod_ai", _differences_without_interval(study))}
    assert few["12d"].startswith("Performance by centre. ")
    assert few["23b"] == "Results by centre. Missing: intervals of the differences between groups."
    every = {row.item: row.answer for row in answered("tripod_ai", study)}
    assert every["12d"].startswith("Performance by cohort and centre. ")
    table = pd.concat(t["subgroup_differences"] for t in study.concordance.values())
    table = table[table["grouping"].isin(["cohort", "centre"])]
    assert f"{table['low'].notna().sum()} of {len(table)} differences" in every["23b"]


def test_answers_hold_no_open_placeholder(study):
    for name in NAMES:
        for row in answered(name, study):
            assert "{" not in row.answer
