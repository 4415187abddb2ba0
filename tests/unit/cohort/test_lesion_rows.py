"""Names in an outcome table are text: what means "no number" elsewhere may be the name of a hospital."""

import json

import pytest

from livermets.cohort.lesion_rows import TableReader
from livermets.config.cohorts import CohortSettings
from livermets.config.outcome import OutcomeSettings
from livermets.io.rows import read_rows


@pytest.mark.parametrize("name", ["NA", "None", "null", "NaN", "n.a"])
def test_patients_centres_and_timepoints_may_be_called_na(tmp_path, name):
    (tmp_path / "t.csv").write_text(
        "patient_id,timepoint,centre,lesion_id,baseline_diameter_mm,followup_diameter_mm\n"
        f"{name},{name},{name},1,20,NA\n"
        "P2,baseline,,1,20,-999\n"
    )
    settings = CohortSettings.model_validate(
        {"role": "validation", "table": "t.csv", "image": "{patient}", "lesions": "{patient}", "missing": [-999],
         "lesions_without_outcome": "keep", "centre": "elsewhere"}
    )  # fmt: skip
    reader = TableReader("c", settings, OutcomeSettings(), read_rows(tmp_path / "t.csv"))
    first, second = reader.read([0, 1])
    assert not reader.problems.errors, json.dumps([str(problem) for problem in reader.problems])
    assert (first.patient_id, first.timepoint, first.centre, first.followup_diameter_mm) == (name, name, name, None)
    assert (second.centre, second.followup_diameter_mm) == ("elsewhere", None)
