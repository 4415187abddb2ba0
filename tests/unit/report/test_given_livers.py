"""The report says how many livers were given, and what found the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livermets.report.document import Paragraph, Table
from livermets.report.sections.cohorts import cohorts_section


def _scans(made_study, without: int = 0, **liver):
    """The section on scans, with the first scans of every cohort brought in without a liver mask."""
    results = made_study.results
    order = results.scans.groupby("cohort").cumcount()
    segmentation = results.config.segmentation
    changed = segmentation.model_copy(update={"liver": segmentation.liver.model_copy(update=liver)})
    config = results.config.model_copy(update={"segmentation": changed})
    study = replace(results, config=config, scans=results.scans.assign(has_liver=order >= without))
    return next(section for section in cohorts_section(study).walk() if section.id == "scans")


def _text(section) -> str:
    return " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))


@pytest.mark.parametrize("without", [0, 1])
def test_given_livers_are_counted(made_study, without):
    (table,) = [block for block in _scans(made_study, without).blocks if isinstance(block, Table)]
    head = [column.label for column in table.columns]
    scans, given = (head.index(label) for label in ("Scans", "With a given liver mask"))
    assert [int(row[given]) for row in table.rows] == [int(row[scans]) - without for row in table.rows]


def test_what_found_the_other_livers_is_said(made_study):
    assert _text(_scans(made_study)) == ""
    assert "without a mask of it was found by a network trained on given ones" in _text(_scans(made_study, 1))
    assert "was found by an external program" in _text(_scans(made_study, 1, missing="command"))
    assert "All livers in use were found by a network" in _text(_scans(made_study, replace_given=True))
