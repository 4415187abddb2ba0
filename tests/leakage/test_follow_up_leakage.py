"""A follow-up image is part of the outcome: nothing that the response model is fitted on comes from one unasked."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from tests.selection_tables import SETTINGS, roi_table
from typer.testing import CliRunner

from livermets.cli import app
from livermets.cli import model as _selection  # noqa: F401  (registers the verbs)
from livermets.errors import InputError
from livermets.io.tables import write_csv, write_parquet
from livermets.model.selection import Inputs
from livermets.model.training_table import training_table
from livermets.workflow.plan import Plan
from livermets.workflow.readiness import selection_problems

REPOSITORY = Path(__file__).parents[2]
KEYS = ["cohort", "patient_id", "timepoint", "lesion_id"]
ROWS = [f"{patient},{point},{lesion},20,{followup}"
        for patient in "ABC" for point in ("baseline", "TP1") for lesion, followup in ((1, 15), (2, 25))]  # fmt: skip


def cohort(role: str, patients: list[str]) -> dict:
    files = {name: f"{{patient}}_{{timepoint}}_{name}.nii.gz" for name in ("liver", "lesions")}
    image = "{patient}_{timepoint}_ct.nii.gz"
    return {"role": role, "table": "table.csv", "select": {"patients": patients}, "image": image, **files}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study at two timepoints whose files are only named."""
    monkeypatch.chdir(tmp_path)
    for patient in "ABC":
        for point in ("baseline", "TP1"):
            for name in ("ct", "liver", "lesions"):
                Path(f"{patient}_{point}_{name}.nii.gz").touch()
    header = "patient_id,timepoint,lesion_id,baseline_diameter_mm,followup_diameter_mm"
    Path("table.csv").write_text("\n".join([header, *ROWS]) + "\n")
    return {"cohorts": {"learn": cohort("train", ["A", "B"]), "test": cohort("validation", ["C"])}}


def problems_of(config: dict) -> list[str]:
    with pytest.raises(InputError) as refused:
        Plan.from_config(config)
    return [str(problem) for problem in refused.value.problems]


def test_networks_learn_from_every_timepoint_and_the_response_model_from_baseline(study):
    plan = Plan.from_config(study)
    assert {scan.timepoint for scan in plan.scans(segmentation="train")} == {"baseline", "TP1"}
    assert [(scan.patient_id, scan.timepoint) for scan in plan.response_scans()] == [
        ("A", "baseline"),
        ("B", "baseline"),
    ]
    with_both = Plan.from_config({**study, "response_timepoints": ["baseline", "TP1"]})
    assert len(with_both.response_scans()) == 4


def test_classes_of_an_unasked_follow_up_count_in_no_figure(study):
    plan = Plan.from_config(study)
    assert {(scan.patient_id, scan.timepoint) for scan in plan.scans(response="validation")} == {("C", "baseline")}
    assert {scan.timepoint for scan in plan.scans(response="predict")} == {"TP1"}
    with_both = Plan.from_config({**study, "response_timepoints": ["baseline", "TP1"]})
    assert {scan.timepoint for scan in with_both.scans(response="validation")} == {"baseline", "TP1"}
    assert not with_both.scans(response="predict")


def inputs_of(job: str, dry_run: str) -> str:
    found = re.search(rf"^(?:local)?rule {job}:\n +input: (.*)$", dry_run, re.MULTILINE)
    assert found, dry_run
    return found.group(1)


def test_no_job_of_the_model_reads_a_follow_up(study, tmp_path):
    Path("config.yaml").write_text(yaml.safe_dump(study))
    command = [sys.executable, "-m", "snakemake", "-s", REPOSITORY / "Snakefile", "--directory", tmp_path, "-n", "-p"]
    done = subprocess.run([*command, "results/model/model.safetensors"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for job in ("training_outcome", "training_table", "select"):
        assert "A/baseline" in inputs_of(job, done.stdout) or "outcome.csv" in inputs_of(job, done.stdout), job
        assert "TP1" not in inputs_of(job, done.stdout), job
    commands = [line for line in done.stdout.splitlines() if "-m livermets" in line]
    assert {"training-table", "select"} <= {word for line in commands for word in line.split()}
    assert not [line for line in commands if "TP1" in line and re.search("training-table| select |model/outcome", line)]


def test_a_training_cohort_without_such_a_scan_is_one_problem(study):
    study["response_timepoints"] = ["TP0"]
    assert problems_of(study) == [
        "cohort learn: no scan of this training cohort is at TP0 (response_timepoints); its timepoints: TP1, baseline. "
        "Set response_timepoints to those that the response is to be predicted from."
    ]


@pytest.mark.parametrize("point", ["TP7", "TP2"])
def test_a_timepoint_that_no_training_cohort_has_is_a_problem(study, point):
    """TP2 is one of the validation cohort: its follow-up classes would count as predictions of a model that never saw
    such an image."""
    with Path("table.csv").open("a") as table:
        table.write("C,TP2,1,20,15\n")
    for name in ("ct", "liver", "lesions"):
        Path(f"C_TP2_{name}.nii.gz").touch()
    study["response_timepoints"] = ["baseline", point]
    assert problems_of(study) == [
        f"response_timepoints: no training cohort has a scan at {point}; timepoints of the training cohorts: TP1, "
        "baseline. Correct the name, or leave it out: classes count where the model was trained."
    ]


def test_a_timepoint_named_twice_is_refused(study):
    study["response_timepoints"] = ["baseline", "TP1", "baseline"]
    (problem,) = problems_of(study)
    assert "response_timepoints" in problem
    assert "baseline stands there twice" in problem


def test_both_classes_are_needed_at_these_timepoints(study):
    table = Path("table.csv").read_text()
    Path("table.csv").write_text(table.replace("baseline,2,20,25", "baseline,2,20,15"))
    assert problems_of(study) == [
        "cohort learn: no lesion of the training patients is R-. "
        "The model needs both classes; check the outcome rule and the table."
    ]


TOO_FEW = [
    f"cohort learn: class {name} occurs in 2 patients, cross-validation with 5 folds needs at least 5. "
    "Add patients or lower the number of folds."
    for name in ("R+ (1)", "R- (0)")
]


def test_too_few_patients_for_the_folds_are_said_before_anything_is_computed(study, tmp_path):
    plan = Plan.from_config(study)
    assert [str(problem) for problem in selection_problems(plan.config, plan.study)] == TOO_FEW
    Path("config.yaml").write_text(yaml.safe_dump(study))
    command = [sys.executable, "-m", "snakemake", "-s", REPOSITORY / "Snakefile", "--directory", tmp_path, "-c1"]
    done = subprocess.run([*command, "results/model/model.safetensors"], capture_output=True, text=True)
    assert done.returncode != 0
    assert [f"error: {text}" for text in TOO_FEW] == [s for s in done.stderr.splitlines() if s.startswith("error:")]
    assert not list(tmp_path.glob("results/**/scan.json"))


def test_the_audit_needs_patients_too(study):
    folds = {"search": {"folds": 2}, "audit": {"outer_folds": 3}}
    plan = Plan.from_config({**study, "selection": folds})
    said = [problem.what for problem in selection_problems(plan.config, plan.study)]
    assert said == [
        f"class {name} occurs in 2 patients, nested evaluation with 3 outer folds needs at least 3"
        for name in ("R+ (1)", "R- (0)")
    ]
    enough = Plan.from_config({**study, "selection": {"search": {"folds": 2}, "audit": {"outer_folds": 0}}})
    assert not selection_problems(enough.config, enough.study).errors


def with_follow_up(table: pd.DataFrame, change: float) -> pd.DataFrame:
    """The same lesions once more, three months later; ``change`` is added to every value."""
    later = table.assign(timepoint="TP1")
    features = [name for name in table if name.startswith("original_")]
    later[features] = later[features] * 3 + change
    return pd.concat([table, later], ignore_index=True)


def fitted(folder: Path, change: float, *options: str) -> dict[str, bytes]:
    """Every file of a model that is fitted through the verbs on tables that hold a follow-up."""
    both = with_follow_up(roi_table(rois=(3, 9)), change)
    lesions = both[[*KEYS, "response"]].drop_duplicates().assign(longest_diameter_mm=20.0)
    lesions.loc[lesions["timepoint"] == "TP1", "longest_diameter_mm"] += change
    write_parquet(folder / "rois.parquet", both.drop(columns="response"), {"settings": {}})
    write_csv(folder / "lesions.csv", lesions)
    run("training-table", folder / "rois.parquet", f"--lesions={folder / 'lesions.csv'}", *options,
        "--out", folder / "training.parquet")  # fmt: skip
    run("select", folder / "training.parquet", "--target", "response", "--group", "cohort", "--group", "patient_id",
        "--lesion", "timepoint", "--lesion", "lesion_id", f"--lesions={folder / 'lesions.csv'}",
        "--out", folder / "model", "--settings", AUDITED.model_dump_json(), "--no-figures")  # fmt: skip
    return {path.name: path.read_bytes() for path in sorted((folder / "model").iterdir())}


AUDITED = SETTINGS.model_copy(update={"audit": SETTINGS.audit.model_copy(update={"comparisons": True})})


def run(*arguments) -> None:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output


def test_altered_follow_ups_leave_model_threshold_and_comparators_byte_identical(tmp_path):
    plain = fitted(tmp_path / "plain", 0.0, "--timepoint", "baseline")
    altered = fitted(tmp_path / "altered", 1e3, "--timepoint", "baseline")
    assert {"model.safetensors", "model.json", "threshold.csv", "comparison.csv"} <= set(plain)
    assert plain == altered
    assert fitted(tmp_path / "both", 0.0, "--timepoint", "baseline", "--timepoint", "TP1") != plain


def test_a_table_with_several_timepoints_is_remarked_on():
    both = with_follow_up(roi_table(rois=(3, 4)), 1.0)
    settings = AUDITED.model_copy(update={"audit": AUDITED.audit.model_copy(update={"outer_folds": 0})})
    inputs = [Inputs.checked(table, "response", ["patient_id"], [], [], None, settings, 1, "table")
              for table in (both, both[both["timepoint"] == "baseline"])]  # fmt: skip
    assert inputs[0].notes == ("the table holds TP1, baseline: a follow-up image is part of the outcome it predicts",)
    assert inputs[1].notes == ()


def test_several_timepoints_are_not_learnt_from_unasked():
    both = with_follow_up(roi_table(rois=(3, 4)), 1.0)
    lesions = both[[*KEYS, "response"]].drop_duplicates()
    with pytest.raises(InputError, match=r"several timepoints \(TP1, baseline\).*Name those to learn from"):
        training_table([both.drop(columns="response")], [lesions])
    made = training_table([both.drop(columns="response")], [lesions], ["baseline"])
    assert set(made.table["timepoint"]) == {"baseline"}
