"""Scans that a network was trained on are marked wherever their masks are judged, and networks say what they are."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
from tests.network_descriptions import network_description

from livermets.config.programs import LesionProgram
from livermets.report.document import Figure, Pairs, Table
from livermets.report.results import Network, read_results
from livermets.report.sections.methods import methods_section
from livermets.report.sections.trained_networks import networks_sections
from livermets.report.seen import cohort_words, programs_note, seen_note

TABLES = ("overlap", "overlap-detected", "detection", "lesion-wise", "false-positives", "per-patient", "scan-measures")


def rows(made_study, identifier: str) -> list[list[str]]:
    return next(b for b in made_study.report.blocks() if isinstance(b, Table) and b.id == identifier).rows


@pytest.mark.parametrize("identifier", TABLES)
def test_rows_of_scans_seen_in_training_are_marked(made_study, identifier):
    cells = [row[0] for row in rows(made_study, identifier)]
    assert {cell.startswith("training") for cell in cells} == {True, False}
    assert [cell for cell in cells if ("seen in training" in cell) != cell.startswith("training")] == []


def test_the_figure_over_cohorts_says_which_are_not_of_new_patients(made_study):
    figure = next(b for b in made_study.report.blocks() if isinstance(b, Figure) and b.id == "dice-by-size")
    assert "Not of new patients: training (seen in training)." in figure.caption


def test_a_cohort_seen_in_part_says_in_how_many_scans(made_study):
    study = read_results(made_study.folder, made_study.config)
    scans = study.scan_metrics.copy()
    one = scans.index[scans["cohort"] == "validation"][0]
    scans.loc[one, "seen_in_training"] = 1
    partly = dataclasses.replace(study, scan_metrics=scans)
    assert cohort_words(partly, "validation") == "validation (1 of 16 scans seen in training)"
    assert "validation (1 of 16 scans)" in seen_note(partly)[0].text
    unknown = dataclasses.replace(study, scan_metrics=scans.drop(columns="seen_in_training"))
    assert cohort_words(unknown, "training") == "training"
    assert seen_note(unknown) == []


def test_a_network_names_the_epoch_whose_weights_it_has(made_study):
    study = read_results(made_study.folder, made_study.config)
    network = Network("lesions", network_description(epochs=9, kept_epoch=4), pd.DataFrame(), {})
    section = networks_sections(dataclasses.replace(study, networks={"lesions": network}))[0].sections[0]
    said = dict(next(block for block in section.blocks if isinstance(block, Pairs)).items)
    assert said["epoch kept"] == "4"


@pytest.mark.parametrize(
    "trained_on, said", [({"tool": None, "other": []}, ["tool"]), ({"tool": None, "other": None}, ["tool", "other"])]
)
def test_programs_of_unknown_training_are_named(made_study, trained_on, said):
    programs = {
        name: LesionProgram(command="x {image} {out}", trained_on=patients) for name, patients in trained_on.items()
    }
    config = made_study.results.config.model_copy(update={"programs": programs})
    (note,) = programs_note(dataclasses.replace(made_study.results, config=config))
    assert note.text.startswith(f"External programs: {' and '.join(said)}. The study does not say")


def test_nothing_is_said_of_programs_whose_training_is_stated(made_study):
    programs = {"tool": LesionProgram(command="x {image} {out}", trained_on=[])}
    config = made_study.results.config.model_copy(update={"programs": programs})
    assert programs_note(dataclasses.replace(made_study.results, config=config)) == []


def test_a_command_is_in_no_report(made_study):
    programs = {"tool": LesionProgram(command="/home/anna/x {image} {out}", trained_on=["anna"])}
    config = made_study.results.config.model_copy(update={"programs": programs})
    section = methods_section(dataclasses.replace(made_study.results, config=config))
    tables = [block for part in section.walk() for block in part.blocks]
    assert "anna" not in repr(tables)
    assert "programs.tool.command" in repr(tables)
