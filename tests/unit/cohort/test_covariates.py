"""Clinical covariates out of the cohorts' tables: one value per patient or lesion, and what cannot be one."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from livermets.cohort.covariates import covariate_cells
from livermets.cohort.lesion_row import LesionRow
from livermets.cohort.study import Cohort
from livermets.config.cohorts import CohortSettings
from livermets.config.covariates import CovariateSettings
from livermets.errors import InputError

COVARIATES = {
    "cea": CovariateSettings(column="CEA (ng/ml)"),
    "RAS": CovariateSettings(kind="category"),
    "depth": CovariateSettings(level="lesion"),
    "lesions": CovariateSettings(derived="lesion_count"),
}


def cohort(*rows: tuple[str, int, dict[str, str]], **settings: object) -> Cohort:
    """A cohort of rows (patient, lesion, cells), numbered from 2."""
    made = CohortSettings.model_validate(
        {"role": "train", "table": "t.csv", "image": "{patient}", "lesions": "{patient}", **settings}
    )
    found = [
        LesionRow(patient, "baseline", lesion, row=row, cells=cells)
        for row, (patient, lesion, cells) in enumerate(rows, start=2)
    ]
    return Cohort("a", made, rows=tuple(found))


def cells(cea: str = "", ras: str = "", depth: str = "") -> dict[str, str]:
    return {"CEA (ng/ml)": cea, "RAS": ras, "depth": depth}


def test_a_patient_has_one_value_however_its_rows_share_it() -> None:
    found = covariate_cells(
        [cohort(("P1", 1, cells("12,5", "wild type", "3")), ("P1", 2, cells("", "", "4")), ("P2", 1, cells("n/a")))],
        COVARIATES,
    )
    assert found == {
        ("a", "P1", "baseline"): {"cea": 12.5, "RAS": "wild type"},
        ("a", "P1", "baseline", 1): {"depth": 3.0},
        ("a", "P1", "baseline", 2): {"depth": 4.0},
    }


def test_everything_wrong_is_said_at_once() -> None:
    table = cohort(("P1", 1, cells("high", "mutant")), ("P2", 1, cells("3")), ("P2", 2, cells("4")))
    with pytest.raises(InputError) as error:
        covariate_cells([table], {**COVARIATES, "LDH": CovariateSettings()})
    said = [str(problem) for problem in error.value.problems]
    assert len(said) == 3
    assert 'covariates.LDH: no table of a cohort has a column "LDH"' in said[0]
    assert 'table row 2, patient P1: "CEA (ng/ml)" is "high", which is no number' in said[1]
    assert "row 4, patient P2" in said[2]
    assert "is 4 here and 3.0 in an earlier row of the same patient" in said[2]


def test_codes_of_the_table_are_not_available() -> None:
    assert covariate_cells([cohort(("P1", 1, cells("-9", "unknown")), missing=[-9, "unknown"])], COVARIATES) == {}


def test_what_a_mask_says_has_no_column() -> None:
    with pytest.raises(ValidationError, match="leave out column, level"):
        CovariateSettings(derived="lesion_count", column="n", level="lesion")
