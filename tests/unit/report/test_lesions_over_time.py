"""The section of lesions over time: what it says of a made-up series, and of a study without one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.unit.report.made_follow_up import write_follow_up

from livermets.report.document import Bullets, Details, Figure, Note, Paragraph, Section, Table
from livermets.report.results import read_results
from livermets.report.sections.follow_up import MOST_SHOWN, follow_up_section
from livermets.report.study import StudyResults


def section(study: StudyResults, **changes: object) -> Section:
    found = follow_up_section(StudyResults(**{**vars(study), **changes}))
    assert found is not None
    return found


def paragraphs(found: Section) -> list[str]:
    return [block.text for block in found.blocks if isinstance(block, Paragraph)]


@pytest.fixture
def series(made_study, tmp_path: Path):
    """Tables of one patient, 4 ml and 1 ml at first, with a network that sees the larger one only."""

    def made(dice: float = 0.8, other: str | None = "automatic") -> dict[str, pd.DataFrame]:
        rows = [("P1", t, i, v, d) for t, grown in (("baseline", 1), ("TP1", 2))
                for i, v, d in ((1, 4.0 * grown, dice), (2, 1.0 * grown, 0.0))]  # fmt: skip
        lesions = pd.DataFrame(rows, columns=["patient_id", "timepoint", "lesion_id", "volume_ml", "dice"])
        write_follow_up(tmp_path / "a", lesions.assign(longest_diameter_mm=20.0), "manual", other)
        read = {name: pd.read_csv(tmp_path / "a/follow_up/P1" / f"{name}.csv") for name in ("lesions", "scans")}
        return {name: table.assign(patient_id="P1") for name, table in read.items()}

    return made


def test_a_study_without_a_series_has_no_such_section(made_study) -> None:
    assert follow_up_section(StudyResults(**{**vars(made_study.results), "follow_up": {}})) is None


def test_tables_and_pictures_are_read_by_cohort_and_patient(made_study) -> None:
    found = read_results(made_study.folder, made_study.config)
    followed = set(zip(found.follow_up["scans"]["cohort"], found.follow_up["scans"]["patient_id"], strict=True))
    assert followed == set(found.follow_up_pictures)
    assert {cohort for cohort, _ in followed} == {"validation"}


def test_counts_and_the_direction_of_change_are_said(made_study, series) -> None:
    found = section(made_study.results, follow_up=series())
    first, how, direction = paragraphs(found)
    assert first == (
        "1 patient with lesion masks at several timepoints: 2 scans, in which 4 lesions make 3 tracks. Livers agree "
        "after registration with a Dice of 0.97 to 0.97."
    )
    assert how.startswith("Lesions are linked by position")
    assert direction.endswith("automatic changes in the same direction as manual in 1 of 1.")


def test_a_patient_has_curves_a_table_and_the_picture(made_study, series) -> None:
    found = section(made_study.results, follow_up=series(), follow_up_pictures={})
    (details,) = (block for block in found.blocks if isinstance(block, Details))
    figure, table = details.blocks
    assert isinstance(figure, Figure)
    assert isinstance(table, Table)
    assert details.title == "a, patient P1"
    assert "3 lesions at 2 timepoints" in figure.caption
    assert table.rows[0] == ["1", "4.00\u00a0ml,\u00a020\u00a0mm\nfirst", "gone"]
    assert table.rows[1] == [
        "2",
        "1.00\u00a0ml,\u00a020\u00a0mm\nfirst",
        "2.00\u00a0ml,\u00a020\u00a0mm\nlinked, +100\u00a0%",
    ]
    assert table.rows[2] == ["901", "", "8.00\u00a0ml,\u00a020\u00a0mm\nnew"]


def test_a_source_that_is_not_there_is_not_spoken_of(made_study, series) -> None:
    found = section(made_study.results, follow_up=series(other=None))
    assert len(paragraphs(found)) == 2
    table = next(block for block in found.blocks if isinstance(block, Table))
    assert [column.label for column in table.columns][-1] == "Volume, manual (ml)"


def test_doubts_are_repeated_and_what_links_cannot_know_is_said(made_study, series) -> None:
    tables = series()
    note = tables["scans"]["note"].astype(object)
    tables["scans"] = tables["scans"].assign(note=note.where(tables["scans"].index != 1, "the livers agree poorly"))
    found = section(made_study.results, follow_up=tables)
    assert [block.items for block in found.blocks if isinstance(block, Bullets)] == [["P1: the livers agree poorly."]]
    assert any("not that they are the same" in block.text for block in found.blocks if isinstance(block, Note))


def test_of_many_patients_the_first_have_figures(made_study, series) -> None:
    tables, n = series(), MOST_SHOWN + 2
    many = {name: pd.concat([table.assign(patient_id=f"P{i}") for i in range(n)]) for name, table in tables.items()}
    many = {name: table.reset_index(drop=True) for name, table in many.items()}
    found = section(made_study.results, follow_up=many, follow_up_pictures={})
    assert sum(isinstance(block, Details) for block in found.blocks) == MOST_SHOWN
    assert isinstance(found.blocks[-1], Note)
    table = next(block for block in found.blocks if isinstance(block, Table))
    assert len(table.rows) == 2 * n
