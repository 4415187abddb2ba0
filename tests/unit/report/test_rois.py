"""ROI by ROI in the report: no column twice under two names, and ids are names."""

from __future__ import annotations

import pandas as pd
import pytest

from livermets.concordance.rois import BY_CONSTRUCTION
from livermets.report.document import Details, Table
from livermets.report.sections.rois import roi_blocks
from livermets.report.tables import cell

LESIONS = pd.DataFrame({
    "patient_id": ["P1", "P1"], "lesion_id": [1, 1001], "n_roi_manual": [9, 0], "n_roi_automatic": [8, 1200],
    "n_roi_common": [7, 0], "lattice_dice": [0.82, 0.0], "n_common_alike": [7, 0],
    "share_common_manual": [0.5, None], "share_manual_only": [0.5, None],
    "share_common_automatic": [0.5, None], "share_automatic_only": [1.0, 0.0], "kind": ["manual", "false_positive"],
})  # fmt: skip


def shown(note: str) -> Table:
    [block] = roi_blocks("x", {"roi_lesions": LESIONS, "roi_notes": pd.DataFrame({"note": [note]})})
    assert isinstance(block, Details)
    [table] = block.blocks
    assert isinstance(table, Table)
    return table


def test_what_agrees_by_construction_is_shown_once_and_saved_whole():
    headings = [column.label for column in shown(BY_CONSTRUCTION).columns]
    assert headings[5:] == [
        "Lattice Dice", "R+ among common", "R+ among manual only", "R+ among automatic only", "Kind",
    ]  # fmt: skip
    assert "by construction" in shown(BY_CONSTRUCTION).caption
    assert b"n_common_alike" in shown(BY_CONSTRUCTION).download.content


def test_what_can_differ_is_shown_for_each_mask():
    headings = [column.label for column in shown("ROI classes not compared").columns]
    assert {"Common ROIs called alike", "R+ among common, manual", "R+ among common, automatic"} <= set(headings)


def test_ids_are_names_and_counts_are_numbers():
    row = shown(BY_CONSTRUCTION).rows[1]
    assert (row[1], row[3]) == ("1001", "1,200")


@pytest.mark.parametrize("value", [1001, 1001.0, "1001"])
def test_an_id_has_no_thousands(value):
    assert cell("lesion_id", value) == "1001"
