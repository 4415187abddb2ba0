"""Cohorts and centres whose names a table reader takes for missing count like any others."""

import numpy as np
import pandas as pd
from typer.testing import CliRunner

from livermets.cli import app
from livermets.cli import concordance as _concordance  # noqa: F401  (registers the verb)
from livermets.concordance.rois import roi_agreement
from livermets.io.tables import read_table, write_csv
from livermets.masks.lesion_table import NOT_STATED, checked_lesions


def lesions(*cohorts: object, patients: int = 6) -> pd.DataFrame:
    random = np.random.default_rng(0)
    rows = [
        {
            "cohort": cohort, "centre": cohort, "timepoint": "baseline", "patient_id": f"P{patient}",
            "lesion_id": lesion, "response": random.integers(2), "predicted_manual": random.integers(2),
            "predicted_automatic": random.integers(2), "dice": 0.5 + 0.4 * random.random(), "longest_diameter_mm": 22.0,
        }
        for cohort in cohorts for patient in range(patients) for lesion in (1, 2)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_concordance_names_a_cohort_called_na(tmp_path):
    write_csv(tmp_path / "lesions.csv", lesions("NA", "EU"))
    arguments = [
        "concordance",
        str(tmp_path / "lesions.csv"),
        "--no-figures",
        "--settings",
        '{"bootstrap_replicates": 200}',
    ]
    for out, more, cohorts in (("all", [], ["EU", "NA"]), ("one", ["--cohort", "NA"], ["NA"])):
        done = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / out), *more])
        assert done.exit_code == 0, done.output
        for name in ("lesions", "per_patient"):
            table = read_table(tmp_path / out / f"{name}.csv")
            assert sorted(table["cohort"].unique()) == sorted(table["centre"].unique()) == cohorts
    assert {"EU", "NA"} <= set(read_table(tmp_path / "all" / "subgroups.csv")["group"])


def test_an_empty_centre_is_a_group_of_its_own():
    table = checked_lesions(lesions("A", None))
    assert table["centre"].value_counts().to_dict() == {"A": 12, NOT_STATED: 12}
    assert table["patient"].nunique() == 12


def test_rois_without_a_cohort_are_compared():
    place = {"cohort": [None, None, "A"], "patient_id": ["1", "1", "1"], "lesion_id": 1, "z": 0, "y": [0, 1, 0], "x": 0}
    rois = pd.DataFrame(place)
    found = roi_agreement(rois, rois, random=np.random.default_rng(0), replicates=200)
    assert found.per_lesion["n_roi_common"].sum() == 3
