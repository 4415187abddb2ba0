"""The order of a patient's scans, and the days between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from livermets.cohort.load import found_cohorts
from livermets.cohort.scan_dates import days_since_first, in_time
from livermets.cohort.study import Study
from livermets.config.cohorts import CohortSettings
from livermets.config.outcome import OutcomeSettings

FILES = {"image": "{patient}_{timepoint}.nii.gz", "lesions": "{patient}_{timepoint}_l.nii.gz", "role": "predict"}


def study(folder: Path, rows: list[str], header: str = "patient_id,timepoint,scan_date", **more: object) -> Study:
    (folder / "table.csv").write_text("\n".join([header, *rows]) + "\n")
    settings = CohortSettings.model_validate({**FILES, "table": str(folder / "table.csv"), **more})
    return found_cohorts({"a": settings}, OutcomeSettings(), 1)


def order(found: Study, patient: str = "P1") -> list[str]:
    return [scan.timepoint for scan in in_time(found.cohort("a"), patient)]


def problems(found: Study) -> list[str]:
    return [str(problem) for problem in found.problems.errors]


@pytest.mark.parametrize("dates", [("2024-03-01", "2023-12-31", "2024-02-29"), ("20240301", "20231231", "20240229"),
                                   ("61", "0", "60"), ("-3", "-64", "-4")])  # fmt: skip
def test_dates_order_the_scans_and_give_the_days_between_them(tmp_path: Path, dates: tuple[str, ...]) -> None:
    found = study(tmp_path, [f"P1,{name},{date}" for name, date in zip(("x", "y", "z"), dates, strict=True)])
    assert problems(found) == []
    assert order(found) == ["y", "z", "x"]
    assert days_since_first(found.cohort("a"), "P1") == {"x": 61, "y": 0, "z": 60}


def test_a_date_may_have_another_name_in_the_table(tmp_path: Path) -> None:
    rows, header = ["P1,x,2024-03-01", "P1,y,2024-02-01"], "patient_id,timepoint,CT date"
    found = study(tmp_path, rows, header, columns={"scan_date": "CT date"})
    assert order(found) == ["y", "x"]


@pytest.mark.parametrize("date", ["", "NA", "-999"])
def test_one_date_that_is_not_known_leaves_the_order_to_the_names(tmp_path: Path, date: str) -> None:
    found = study(tmp_path, ["P1,baseline,2024-03-01", f"P1,TP1,{date}"], missing=[-999])
    assert (problems(found), days_since_first(found.cohort("a"), "P1")) == ([], {})
    assert order(found) == ["baseline", "TP1"]


def test_equal_dates_of_two_scans_say_nothing(tmp_path: Path) -> None:
    found = study(tmp_path, ["P1,late,2024-03-01", "P1,early,2024-03-01"])
    assert days_since_first(found.cohort("a"), "P1") == {}


def test_without_dates_the_baseline_comes_first_and_numbers_count_as_numbers(tmp_path: Path) -> None:
    rows = [f"P1,{name}," for name in ("TP10", "TP2", "after", "baseline")]
    assert order(study(tmp_path, rows)) == ["baseline", "after", "TP2", "TP10"]


def test_the_configuration_names_the_order(tmp_path: Path) -> None:
    rows = [f"P1,{name}," for name in ("before", "after", "late")]
    assert order(study(tmp_path, rows, timepoints=["before", "after"])) == ["before", "after", "late"]


def test_dates_and_numbers_of_days_are_not_mixed_in_a_patient(tmp_path: Path) -> None:
    (told,) = problems(study(tmp_path, ["P1,x,2024-03-01", "P1,y,60", "P2,x,0", "P2,y,60"]))
    assert 'scan_date "60" and that of another scan are a date and a number of days' in told


def test_what_is_no_date_and_what_disagrees_is_told(tmp_path: Path) -> None:
    rows = ["P1,x,01.03.2024", "P1,y,2024-02-30", "P2,x,2024-03-01", "P2,x,2024-03-02", "P2,y,99999"]
    header, rows = "patient_id,timepoint,scan_date,lesion_id", [f"{row},{n}" for n, row in enumerate(rows, start=1)]
    told = problems(study(tmp_path, rows, header))
    assert [text.partition(": ")[2].partition(".")[0] for text in told] == [
        'scan_date "01', 'scan_date "2024-02-30" is no date',
        "scan_date differs from that of the same scan (x) in row 4", 'scan_date "99999" is no date',
    ]  # fmt: skip
    assert told[0].startswith("cohort a, table row 2, patient P1")
