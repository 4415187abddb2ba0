"""What goes into a reader comes out of it or is counted: rows of a table, files of a folder."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from livermets.cohort.load import load_cohorts
from livermets.config.cohorts import CohortSettings
from livermets.config.outcome import OutcomeSettings
from livermets.intake.listing import listed
from livermets.io.rows import read_rows

KINDS = st.lists(st.sampled_from(["lesion", "blank", "Mean", "SD", "hidden"]), max_size=12)
FILES = st.dictionaries(
    st.sampled_from(["a", "b", "a/c", "a/c/d"]),
    st.sets(
        st.sampled_from([".x.nii", "._y.nii.gz", "ct.nii.gz", "M.NRRD", "t.csv", "n.pdf", "raw", "i.raw", "i.mhd"])
    ),
)


@settings(max_examples=25, deadline=None)
@given(kinds=KINDS, above=st.integers(0, 3))
def test_rows(kinds: list[str], above: int) -> None:
    """Rows with content = lesions read + rows left out and said so; hidden rows are read and said."""
    kinds = ["lesion", *kinds]
    book = Workbook()
    for line in range(above):
        book.active.append([f"title {line}"])
    book.active.append(["patient_id", "lesion_id", "baseline_diameter_mm", "followup_diameter_mm"])
    for number, kind in enumerate(kinds, start=1):
        book.active.append(
            [None] if kind == "blank" else [kind] if kind in ("Mean", "SD") else [f"P{number}", 1, 20, 10]
        )
        book.active.row_dimensions[above + 1 + number].hidden = kind == "hidden"
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "t.xlsx"
        book.save(table)
        cohort = CohortSettings.model_validate({
            "role": "validation", "table": str(table), "image": "{patient}.nii", "lesions": "{patient}.nii",
            "header_row": above + 1, "ignore_rows": ["Mean", "SD"],
        })  # fmt: skip
        study = load_cohorts({"c": cohort}, OutcomeSettings(), 1)
        assert len(read_rows(table, header_row=above + 1).rows) == len(kinds) - kinds.count("blank")
    said = " ".join(problem.what for problem in study.warnings)
    left_out = sum(int(found) for found in re.findall(r"(\d+) rows? (?:is|are) left out", said))
    assert len(study.cohorts[0].rows) + left_out == len(kinds) - kinds.count("blank")
    hidden = [above + 1 + number for number, kind in enumerate(kinds, start=1) if kind == "hidden"]
    assert all(str(row) in said for row in hidden)
    assert ("hidden" in said) == bool(hidden)


@settings(max_examples=25, deadline=None)
@given(tree=FILES)
def test_files(tree: dict[str, set[str]]) -> None:
    """Files = images + tables + others by their count; voxels beside their header belong to it."""
    with tempfile.TemporaryDirectory() as folder:
        for place, names in tree.items():
            (Path(folder) / place).mkdir(parents=True, exist_ok=True)
            for name in names:
                (Path(folder) / place / name).write_text("x")
        found = listed(Path(folder))
        empty = [place for place in Path(folder).rglob("*") if place.is_dir() and not list(place.glob("[!.]*"))]
    files = sum(len(names) for names in tree.values())
    beside = sum({"i.raw", "i.mhd"} <= names for names in tree.values())
    assert len(found.items) + len(found.tables) + sum(found.others.values()) + beside == files
    assert len([name for name in found.empty if name != "."]) == len(empty)
