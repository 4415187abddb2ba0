"""A scan is brought in without its outcome; joined afterwards, the tables are what they would have been in one go."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.small_study import ROWS, SmallStudy, patient_arrays, save

from livermets.config.cohorts import CohortSettings
from livermets.config.intake import OF_IMAGES, OF_TABLES
from livermets.config.load import read_yaml
from livermets.io.tables import read_table
from livermets.workflow.plan import Plan


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallStudy:
    monkeypatch.chdir(tmp_path)
    study = SmallStudy.written(tmp_path)
    study.cohort()["exclude"] = [{"patient": "T2", "lesion": 2, "reason": "ablated before CT"}]
    study.save_settings()
    return study


def planned() -> Plan:
    return Plan.from_config(read_yaml("config.yaml"))


def brought_in(study: SmallStudy, plan: Plan) -> list[str]:
    """The scans of the training cohort as the workflow brings them in; the places of their facts."""
    places = []
    for scan in plan.scans(segmentation="train"):
        places.append(f"out/{scan.patient_id}")
        names = ("--cohort", scan.cohort, "--patient", scan.patient_id, "--timepoint", scan.timepoint)
        assert study.run("intake", *names, "--settings", plan.scan_settings(scan), "--out", places[-1]) == 0
    return [f"{place}/scan.json" for place in places]


def test_joined_tables_are_what_they_would_have_been_at_once(study: SmallStudy) -> None:
    plan = planned()
    facts = brought_in(study, plan)
    assert not list(study.folder.rglob("out/**/*.csv"))
    settings = plan.outcome_settings(plan.cohorts("train"))
    assert study.run("outcome", *facts, "--settings", settings, "--out", "joined.csv") == 0
    lines = []
    for patient in ("T1", "T2"):
        assert study.run("intake", "--cohort", "train", "--patient", patient, "--out", f"once/{patient}") == 0
        header, *rows = (study.folder / f"once/{patient}/lesions.csv").read_bytes().splitlines(keepends=True)
        lines += rows
        for name in ("image.nii.gz", "lesions.nii.gz", "liver.nii.gz", "qc.png", "scan.json"):
            once, apart = (study.folder / place / patient / name for place in ("once", "out"))
            assert once.read_bytes() == apart.read_bytes(), name
    assert (study.folder / "joined.csv").read_bytes() == header + b"".join(lines)
    assert study.run("outcome", *facts, "--out", "by_hand.csv") == 0
    assert (study.folder / "by_hand.csv").read_bytes() == (study.folder / "joined.csv").read_bytes()
    assert study.run("outcome", *facts, "--settings", settings, "--no-centres", "--out", "fitted.csv") == 0
    assert b"centre" not in (study.folder / "fitted.csv").read_bytes()


def test_what_a_scan_is_read_by_is_not_filled_in_twice(study: SmallStudy) -> None:
    strange = study.folder / "$x {y} ~"
    (study.folder / "T1").rename(strange)
    study.header += ",place"
    study.rows = [f"{row},{'$x {y} ~' if row.startswith('T1') else row[:2]}" for row in study.rows]
    for cohort in study.config["cohorts"].values():
        cohort.update({key: cohort[key].replace("{patient}", "{place}") for key in ("image", "liver", "lesions")})
    (study.folder / "table.csv").unlink()
    study.save_settings()
    assert len(brought_in(study, planned())) == 2


@pytest.mark.parametrize(
    "row, sentence",
    [
        ("T2,baseline,3,B,16.0,19.5", "lesion 3 (row 5) of the table is not in the mask, which has 1, 2"),
        (None, "lesion 2 of the mask is not in the table"),
    ],
)
def test_lesions_of_one_side_only_are_said(
    study: SmallStudy, row: str | None, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = brought_in(study, planned())
    del study.cohort()["exclude"]
    study.rows[3:4] = [row] if row else []
    (study.folder / "table.csv").unlink()
    study.save_settings()
    plan = planned()
    capsys.readouterr()
    settings = plan.outcome_settings(plan.cohorts("train"))
    assert study.run("outcome", *facts, "--settings", settings, "--out", "joined.csv") == 2
    assert f"patient T2, baseline, out/T2/lesions.nii.gz: {sentence}" in capsys.readouterr().err
    assert not (study.folder / "joined.csv").exists()


def test_what_a_table_says_is_no_setting_of_a_scan(study: SmallStudy) -> None:
    before = {scan.patient_id: planned().scan_settings(scan) for scan in planned().scans()}
    outcome = planned().outcome_settings(planned().cohorts("train"))
    study.cohort().update(
        centre="B", exclude=[{"patient": "T2", "reason": "motion"}], timepoints=["baseline", "later"],
        lesions_without_outcome="keep", table="./table.csv", decimal=",", missing=[-1],
    )  # fmt: skip
    study.cohort("test").update(role="train", diameter_unit="mm")
    study.save_settings()
    changed = planned()
    assert {scan.patient_id: changed.scan_settings(scan) for scan in changed.scans()} == {
        name: text for name, text in before.items() if name != "T2"
    }
    assert changed.outcome_settings(changed.cohorts("train")) != outcome


def test_how_images_are_read_is_no_setting_of_an_outcome(study: SmallStudy) -> None:
    plan = planned()
    study.cohort().update(
        image="./{patient}/ct.nii.gz", resample_masks=True, liver_labels=[1], lesion_labels=[1, 2], series={"number": 3}
    )
    study.save_settings()
    changed = planned()
    assert changed.outcome_settings(changed.cohorts()) == plan.outcome_settings(plan.cohorts())
    assert changed.outcome_digest(changed.scans()) == plan.outcome_digest(plan.scans())
    scan = plan.scan("train", "T1", "baseline")
    assert json.loads(changed.scan_settings(scan)) != json.loads(plan.scan_settings(scan))


def test_the_keys_that_are_told_apart_are_keys_of_a_cohort() -> None:
    assert set(CohortSettings.model_fields) >= OF_TABLES | OF_IMAGES
    assert {"folder", "liver_optional"} == OF_TABLES & OF_IMAGES


def test_a_lesion_without_a_voxel_is_judged_where_exclusions_are_known(study: SmallStudy) -> None:
    """Drawn twice: the job of the images says it and goes on; the one that joins the outcome asks for an exclusion."""
    lesion = (patient_arrays(0)[2] == 1).astype(np.uint8)
    for number in (1, 2):
        save(study.folder / f"T1/mts{number}.nii.gz", lesion)
        save(study.folder / f"T2/mts{number}.nii.gz", (patient_arrays(1)[2] == number).astype(np.uint8))
    study.cohort()["lesions"] = "{patient}/mts{lesion}.nii.gz"
    study.save_settings()
    facts = brought_in(study, planned())
    assert "lesion 2 has no voxel of its own" in " ".join(json.loads(Path(facts[0]).read_text())["warnings"])
    assert study.run("outcome", *facts, "--settings", planned().outcome_settings(planned().cohorts("train")),
                     "--out", "joined.csv") == 2  # fmt: skip
    study.cohort()["exclude"] = [{"patient": "T1", "lesion": 2, "reason": "drawn twice"}]
    study.save_settings()
    assert study.run("outcome", *facts, "--settings", planned().outcome_settings(planned().cohorts("train")),
                     "--out", "joined.csv") == 0  # fmt: skip


def test_covariates_stand_beside_the_outcome_of_what_is_fitted_alone(study: SmallStudy) -> None:
    study.header += ",CEA,RAS"
    said = iter(["12.5,mutant", ",", ",", "3,wild type", "5,mutant", "5,mutant"])
    study.rows = [f"{row},{next(said)}" for row in study.rows]
    study.config["covariates"] = {
        "cea": {"column": "CEA"}, "RAS": {"kind": "category"}, "n": {"derived": "lesion_count"},
    }  # fmt: skip
    (study.folder / "table.csv").unlink()
    study.save_settings()
    plan = planned()
    facts = brought_in(study, plan)
    cohorts = plan.cohorts(response="train")
    for name, fitted in (("fitted.csv", True), ("plain.csv", False)):
        settings = plan.outcome_settings(cohorts, fitted=fitted)
        assert study.run("outcome", *facts, "--settings", settings, "--out", name) == 0
    assert "covariate" not in (study.folder / "plain.csv").read_text()
    table = read_table(study.folder / "fitted.csv").set_index(["patient_id", "lesion_id"])
    columns = ["covariate_cea", "covariate_RAS=mutant", "covariate_RAS=wild type", "covariate_n"]
    assert {name for name in table if name.startswith("covariate_")} == set(columns)
    assert table[columns].to_numpy().tolist() == [[12.5, 1, 0, 2]] * 2 + [[3, 0, 1, 2]] * 2

    study.rows[3] = study.rows[3].replace("3,wild type", "4,wild type")
    (study.folder / "table.csv").unlink()
    study.save_settings()
    changed, scans = planned(), [planned().scan("train", name, "baseline") for name in ("T1", "T2")]
    assert [plan.outcome_digest([one], fitted=True) == changed.outcome_digest([one], fitted=True) for one in scans] == [
        True, False,
    ]  # fmt: skip
    assert plan.outcome_digest(scans) == changed.outcome_digest(scans)


def test_what_is_fitted_knows_centres_where_one_is_left_out(study: SmallStudy) -> None:
    def told(centre: str, left_out: bool) -> tuple[str, str]:
        study.rows = [row.replace(",A,", f",{centre},") for row in ROWS]
        study.config["selection"] = {"audit": {"leave_one_centre_out": left_out}}
        (study.folder / "table.csv").unlink(missing_ok=True)
        study.save_settings()
        plan = planned()
        scans = plan.scans(segmentation="train")
        return plan.outcome_settings(plan.cohorts("train"), fitted=True), plan.outcome_digest(scans, fitted=True)

    assert told("A", False) == told("C", False)
    assert told("A", True) != told("C", True)
