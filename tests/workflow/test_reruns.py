"""What a change makes Snakemake do again: what depends on it. The rules of the study make empty files and folders."""

import copy
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.empty_study import TIMEPOINTS, write_study
from tests.workflow.tiny_runs import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("reruns")]

READERS = {"report", "manifest"}
STATISTICS = {"concordance", "roi_concordance", "concordance_sources", "required_mask", "class_noise"}
AFTER_CLASSIFY = {"classify", "lesion_table", "retrain", *STATISTICS, *READERS}
AFTER_MODEL = {"select", "perturb", "resubstitution", *AFTER_CLASSIFY}
FEATURES = {"features", "lesion_feature_table"}
ERRORS = {"mask_errors", "perturb"}
COMPARED = {"preprocess", "train_segmentation", "segment", "overlap"}
AFTER_SEGMENT = {"segment", "overlap", "follow_up", *ERRORS, *FEATURES, *AFTER_CLASSIFY}
AFTER_EVERY_SEGMENT = {*AFTER_SEGMENT, "resubstitution"}
OF_ONE_SCAN = {"check", "intake", "outcome", "liver", "preprocess", "perturb", *AFTER_SEGMENT}
OF_THE_TRAINING_OUTCOME = {"training_outcome", "training_table", "select", "perturb"}
ALL_BUT_COMPILING = {*OF_ONE_SCAN, "train_segmentation", *OF_THE_TRAINING_OUTCOME, "resubstitution"}
AFTER_OUTCOME = {"check", "outcome", *OF_THE_TRAINING_OUTCOME, "resubstitution", *AFTER_CLASSIFY}
# One output is a folder.
EMPTY_OUTPUTS = "for path in {output}; do if [[ $path == */figures ]]; then mkdir -p $path; else touch $path; fi; done"


class Study:
    """A study folder and a checkout of its own, so that both can be changed. Its rules make empty files."""

    def __init__(self, folder: Path):
        self.folder, self.checkout = folder / "study", folder / "checkout"
        self.folder.mkdir()
        write_study(self.folder, patients=4, training=2)
        config = yaml.safe_load((self.folder / "config.yaml").read_text())
        few = {"search": {"folds": 2}, "audit": {"outer_folds": 0}}  # two patients train
        (self.folder / "config.yaml").write_text(yaml.safe_dump(config | {"selection": few}))
        self.checkout.mkdir()
        for name in ("src", "workflow", "envs", "presets"):
            skipped = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(REPOSITORY / name, self.checkout / name, ignore=skipped)
        shutil.copy(REPOSITORY / "Snakefile", self.checkout)
        for rules in (self.checkout / "workflow/rules").glob("*.smk"):
            text = rules.read_text()
            text = re.sub(r'( +)shell:\n(?: +".*"\n)+', lambda m: f'{m[1]}shell:\n{m[1]}    "{EMPTY_OUTPUTS}"\n', text)
            rules.write_text(text)
        self.snakemake("--cores", "2", "--quiet", "all")

    def snakemake(self, *options: str) -> str:
        place = ["-s", str(self.checkout / "Snakefile"), "--directory", str(self.folder)]
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", *place, *options],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(self.checkout / "src")},
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return done.stdout + done.stderr

    def planned(self) -> dict[str, int]:
        """Jobs per rule that a change has made necessary."""
        counts = dict(re.findall(r"^(\w+) +(\d+)$", self.snakemake("-n", "--quiet", "rules"), re.MULTILINE))
        return {rule: int(number) for rule, number in counts.items() if rule not in ("all", "total")}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Study(tmp_path_factory.mktemp("reruns"))


@pytest.fixture
def study(made):
    """The study, with every changed file put back as it was."""
    kept: dict[Path, tuple[bytes, os.stat_result]] = {}

    def change(path: Path, edit) -> None:
        kept[path] = (path.read_bytes(), path.stat())
        path.write_bytes(edit(path.read_bytes()))

    made.change = change
    yield made
    for path, (content, stat) in kept.items():
        path.write_bytes(content)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_nothing_changed_nothing_to_do(study):
    assert study.planned() == {}


@pytest.mark.parametrize(
    "setting, rules",
    [
        ({"statistics": {"level": 0.9}}, {"overlap", "resubstitution", *STATISTICS, *READERS}),
        ({"statistics": {"size_cuts_mm": [10, 20]}}, {"overlap", *READERS}),
        ({"report": {"title": "Other"}}, READERS),
        ({"perturbation": {"draws": 50}}, {"perturb", "required_mask", "class_noise", *READERS}),
        ({"perturbation": {"donors": 7}}, {"perturb", "required_mask", "class_noise", *READERS}),
        ({"perturbation": {"target_agreements": [0.8]}}, {"required_mask", *READERS}),
        ({"retraining": {"seeds": 3}}, {"retrain", "class_noise", *READERS}),
        ({"selection": {"search": {"generations": 3}}}, AFTER_MODEL),
        ({"selection": {"stable_features": {"icc": 0.75}}}, {"altered_features", *AFTER_MODEL}),
        ({"segmentation": {"output": {"threshold": 0.4}}}, AFTER_EVERY_SEGMENT),
        ({"segmentation": {"sampling": {"field": "image"}}}, {"train_segmentation", *AFTER_EVERY_SEGMENT}),
        (
            {"networks": {"paper": {"preset": "giannini2020"}}},
            {*COMPARED, "follow_up", *ERRORS, *FEATURES, *AFTER_CLASSIFY},
        ),
        ({"segmentation": {"cpu_threads": 2}}, {"train_segmentation", *AFTER_EVERY_SEGMENT}),
        ({"preprocess": {"network_grid": 128}}, {"preprocess", "train_segmentation", *AFTER_EVERY_SEGMENT}),
        ({"outcome": {"limit_mm": 1.0}}, AFTER_OUTCOME),
    ],
    ids=[
        "statistics",
        "sizes of lesions",
        "report",
        "altered masks",
        "donors of errors",
        "what is asked of altered masks",
        "refits",
        "selection",
        "stable features",
        "threshold",
        "what the network is shown",
        "another network beside it",
        "threads of the networks",
        "preprocess",
        "outcome",
    ],
)
def test_a_setting(study, setting, rules):
    def edit(content):
        return yaml.safe_dump(yaml.safe_load(content) | setting).encode()

    study.change(study.folder / "config.yaml", edit)
    assert set(study.planned()) == rules


def test_a_validation_patients_row(study):
    study.change(
        study.folder / "test.csv", lambda text: text.replace(b"P0003,TP1,3,A,20.0,25.0", b"P0003,TP1,3,A,20.0,9.0")
    )
    planned = study.planned()
    assert set(planned) == {"check", "outcome", *AFTER_CLASSIFY}
    assert planned["outcome"] == planned["classify"] == 1


@pytest.mark.parametrize("timepoint", ["baseline", "TP1"])
def test_a_training_patients_row(study, timepoint):
    """The model learns from baseline only: what a follow-up's row says does not fit it again."""
    row = f"P0000,{timepoint},3,A,20.0,".encode()

    def edit(text):
        assert row + b"25.0" in text
        return text.replace(row + b"25.0", row + b"9.0")

    study.change(study.folder / "learn.csv", edit)
    planned, learnt = study.planned(), timepoint == "baseline"
    of_its_own = {"check", "outcome", "classify", "resubstitution", "lesion_table", *READERS}
    assert set(planned) == (AFTER_OUTCOME if learnt else of_its_own)
    assert planned["outcome"] == 1
    assert planned["classify"] == (2 if learnt else 1)


def test_a_training_patients_centre(study):
    def edit(text):
        return re.sub(rb"^(P0000,.*),A,", rb"\1,B,", text, flags=re.MULTILINE)

    study.change(study.folder / "learn.csv", edit)
    planned = study.planned()
    assert set(planned) == {"check", "outcome", "classify", "resubstitution", "lesion_table", *READERS}
    assert planned["outcome"] == planned["classify"] == 1


def add_patient(study, table):
    """One more patient with two scans in a table."""
    for timepoint in TIMEPOINTS:
        place = study.folder / "data/P0009" / timepoint
        place.mkdir(parents=True, exist_ok=True)
        for file in ("ct", "liver", "lesions"):
            (place / f"{file}.nii.gz").touch()
    rows = "".join(f"P0009,{timepoint},1,A,20.0,15.0\n" for timepoint in TIMEPOINTS)
    study.change(study.folder / table, lambda text: text + rows.encode())


def test_one_more_validation_patient(study):
    add_patient(study, "test.csv")
    planned = study.planned()
    assert set(planned) == OF_ONE_SCAN
    assert planned["intake"] == planned["liver"] == planned["preprocess"] == planned["segment"] == 2
    assert planned["features"] == 4
    assert planned["outcome"] == planned["classify"] == 1


def test_one_more_training_patient(study):
    add_patient(study, "learn.csv")
    planned = study.planned()
    assert set(planned) == ALL_BUT_COMPILING
    assert planned["intake"] == planned["liver"] == planned["preprocess"] == 2
    assert planned["segment"] == 10  # another network


@pytest.mark.parametrize(
    "cohort, changes, rules",
    [
        (
            "test",
            {"exclude": [{"patient": "P0003", "reason": "motion"}]},
            {"check", "outcome", "lesion_feature_table", "overlap", *ERRORS, *AFTER_CLASSIFY},
        ),
        (
            "test",
            {"role": "predict"},
            {
                "check",
                "outcome",
                "classify",
                "lesion_table",
                "perturb",
                "required_mask",
                "retrain",
                "class_noise",
                *READERS,
            },
        ),
        ("learn", {"centre": "B"}, {"check", "outcome", "classify", "resubstitution", "lesion_table", *READERS}),
        ("test", {"lesion_ids": "components"}, {*OF_ONE_SCAN}),
    ],
    ids=["exclusion", "role", "centre", "how masks are read"],
)
def test_a_setting_of_a_cohort(study, cohort, changes, rules):
    def edit(content):
        values = yaml.safe_load(content)
        values["cohorts"][cohort] |= changes
        return yaml.safe_dump(values).encode()

    study.change(study.folder / "config.yaml", edit)
    planned = study.planned()
    assert set(planned) == rules
    assert planned.get("intake", 4) == 4  # those of the other cohort are left alone


@pytest.fixture
def another(made, tmp_path):
    """A copy of the finished study, in which more may be made."""
    other = copy.copy(made)
    other.folder = tmp_path / "study"
    shutil.copytree(made.folder, other.folder)
    return other


def add_cts_without_liver(study, *patients, **liver):
    """CTs without any mask in a cohort of their own, whose livers are found so."""
    for patient in patients:
        place = study.folder / "data" / patient / "baseline"
        place.mkdir(parents=True, exist_ok=True)
        (place / "ct.nii.gz").touch()
    path = study.folder / "config.yaml"
    values = yaml.safe_load(path.read_text()) | {"segmentation": {"liver": liver}}
    image = "data/{patient}/baseline/ct.nii.gz"
    values["cohorts"]["bare"] = {"role": "predict", "patients": list(patients), "image": image}
    path.write_text(yaml.safe_dump(values))


OF_ONE_CT = {"intake": 1, "outcome": 1, "liver": 1, "preprocess": 1, "segment": 1, "features": 1, "classify": 1}
TABLES = {**dict.fromkeys({"check", "overlap", "lesion_feature_table", *READERS}, 1), "lesion_table": 2}


def test_one_ct_without_a_liver_trains_the_liver_network_once_and_no_other(another):
    assert another.planned() == {}
    add_cts_without_liver(another, "B1")
    of_the_network = {"preprocess": 1 + 4, "train_segmentation": 1}  # four training scans, as it is to see them
    assert another.planned() == {**TABLES, **OF_ONE_CT, **of_the_network}
    assert "results/networks/liver/network.safetensors" in another.snakemake("-n")
    another.snakemake("--cores", "2", "--quiet", "all")
    assert another.planned() == {}
    add_cts_without_liver(another, "B1", "B2")
    assert another.planned() == {**TABLES, **OF_ONE_CT}


def test_one_ct_whose_liver_a_program_finds_trains_nothing(another):
    add_cts_without_liver(another, "B1", missing="command", command="tool {image} {out}")
    assert another.planned() == {**TABLES, **OF_ONE_CT}


def test_a_validation_image(study):
    study.change(study.folder / "data/P0002/baseline/ct.nii.gz", lambda _: b"other")
    planned = study.planned()
    assert set(planned) == OF_ONE_SCAN
    assert planned["intake"] == planned["liver"] == planned["preprocess"] == planned["segment"] == 1


def test_a_study_whose_check_cannot_find_a_file_does_not_go_on_without_it(study):
    """Snakemake takes what is there for given where an input of its job is missing, and drops the job."""
    image = study.folder / "data/P0002/baseline/liver.nii.gz"
    aside = image.rename(image.with_name("aside"))
    try:
        place = ["-s", str(study.checkout / "Snakefile"), "--directory", str(study.folder), "-n"]
        done = subprocess.run([sys.executable, "-m", "snakemake", *place], capture_output=True, text=True)
    finally:
        aside.rename(image)
    assert done.returncode == 2
    assert "liver.nii.gz: this mask does not exist" in done.stderr


@pytest.mark.parametrize(
    "file, rules",
    [
        ("cohort/units.py", ALL_BUT_COMPILING),
        ("concordance/feature_icc.py", {"concordance", "roi_concordance", *READERS}),
        ("report/render.py", READERS),
        ("model/ga.py", AFTER_MODEL),
        ("masks/matching.py", {"check", *AFTER_EVERY_SEGMENT}),  # `check` looks at every piece of a mask
    ],
)
def test_a_line_of_code(study, file, rules):
    study.change(study.checkout / "src/livermets" / file, lambda text: text + b"\n_another_line = 1\n")
    assert set(study.planned()) == rules
