"""Checklists are as long as their sources and only claim what the run left behind."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from livermets.reporting.checklists import NAMES, answered, checklist, evidence


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
def test_every_item_has_one_kind_of_answer(name):
    for item in checklist(name)["items"]:
        kinds = [key for key in ("answer", "write", "na") if key in item]
        assert len(kinds) == 1, item["n"]
        assert ("needs" in item) == ("otherwise" in item), item["n"]


@pytest.mark.parametrize("name", NAMES)
def test_every_anchor_exists_in_a_complete_report(made_study, name):
    anchors = made_study.report.anchors() | {"flow"}
    used = {item["at"] for item in checklist(name)["items"] if "at" in item}
    assert used - anchors == set()


def test_items_are_not_done_without_their_artefact(made_study):
    bare = replace(made_study.results, concordance={}, model={}, model_facts={}, scans=pd.DataFrame(), networks={})
    full = {(name, row[0]): row[2] for name in NAMES for row in answered(name, made_study.results)}
    empty = {(name, row[0]): row[2] for name in NAMES for row in answered(name, bare)}
    assert full["clear", "39"] == "done"
    assert empty["clear", "39"] == "write"
    assert empty["metrics", "26"] == "write"
    assert not {k for k, state in empty.items() if state == "done" and full[k] == "write"}


def test_evidence_knows_external_centres(made_study):
    assert {"external", "several_centres", "subgroups", "nested"} <= evidence(made_study.results)
    one = made_study.results.lesions.assign(centre="A")
    assert not {"external", "several_centres"} & evidence(replace(made_study.results, lesions=one))


def test_results_by_size_alone_are_no_results_by_group(made_study):
    tables = made_study.results.concordance["pooled"]
    by_size = tables["subgroups"].query("grouping == 'size'")
    assert len(by_size)
    only = replace(made_study.results, concordance={"pooled": {**tables, "subgroups": by_size}})
    assert "subgroups" not in evidence(only)


def test_answers_hold_no_open_placeholder(made_study):
    for name in NAMES:
        for row in answered(name, made_study.results):
            assert "{" not in row[3]
