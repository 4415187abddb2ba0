"""What a change makes Snakemake do again: what depends on it. The rules of the study make empty files and folders."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.empty_study import write_study
from tests.workflow.tiny_runs import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("reruns")]

READERS = {"report", "manifest"}
STATISTICS = {"concordance", "roi_concordance"}
AFTER_CLASSIFY = {"classify", "lesion_table", *STATISTICS, *READERS}
AFTER_MODEL = {"select", *AFTER_CLASSIFY}
FEATURES = {"features", "lesion_feature_table"}
COMPARED = {"preprocess_compared", "train_compared", "segment_compared", "compare_networks"}
AFTER_SEGMENT = {"segment", *FEATURES, *AFTER_CLASSIFY}
OF_ONE_SCAN = {"check", "intake", "liver", "preprocess", *AFTER_SEGMENT}
ALL_BUT_COMPILING = {*OF_ONE_SCAN, "train_segmentation", "training_table", "select"}
# One output is a folder.
EMPTY_OUTPUTS = "for path in {output}; do if [[ $path == */figures ]]; then mkdir -p $path; else touch $path; fi; done"


class Study:
    """A study folder and a checkout of its own, so that both can be changed. Its rules make empty files."""

    def __init__(self, folder: Path):
        self.folder, self.checkout = folder / "study", folder / "checkout"
        self.folder.mkdir()
        write_study(self.folder, patients=4, training=2)
        self.checkout.mkdir()
        for name in ("src", "workflow", "envs", "presets"):
            skipped = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(REPOSITORY / name, self.checkout / name, ignore=skipped)
        shutil.copy(REPOSITORY / "Snakefile", self.checkout)
        for rules in (self.checkout / "workflow/rules").glob("*.smk"):
            text = rules.read_text()
            rules.write_text(re.sub(r'    shell:\n(?: +".*"\n)+', f'    shell:\n        "{EMPTY_OUTPUTS}"\n', text))
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
        ({"statistics": {"level": 0.9}}, {*STATISTICS, *READERS}),
        ({"report": {"title": "Other"}}, READERS),
        ({"selection": {"search": {"generations": 3}}}, AFTER_MODEL),
        ({"segmentation": {"output": {"threshold": 0.4}}}, AFTER_SEGMENT),
        ({"segmentation": {"output": {"field": "image"}}}, {"train_segmentation", *AFTER_SEGMENT}),
        ({"compare_networks": {"paper": {"preset": "giannini2020"}}}, {*COMPARED, *READERS}),
        ({"segmentation": {"cpu_threads": 2}}, {"train_segmentation", *AFTER_SEGMENT}),
        ({"preprocess": {"network_grid": 128}}, {"preprocess", "train_segmentation", *AFTER_SEGMENT}),
    ],
    ids=[
        "statistics",
        "report",
        "selection",
        "threshold",
        "what the network is shown",
        "another network beside it",
        "threads of the networks",
        "preprocess",
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
    assert set(planned) == OF_ONE_SCAN
    assert planned["intake"] == planned["segment"] == planned["liver"] == 1


def test_a_training_patients_row(study):
    study.change(
        study.folder / "learn.csv", lambda text: text.replace(b"P0000,TP1,3,A,20.0,25.0", b"P0000,TP1,3,A,20.0,9.0")
    )
    planned = study.planned()
    assert set(planned) == ALL_BUT_COMPILING
    assert planned["intake"] == planned["liver"] == planned["preprocess"] == 1
    assert planned["segment"] == 8  # another network


def test_a_validation_image(study):
    study.change(study.folder / "data/P0002/baseline/ct.nii.gz", lambda _: b"other")
    planned = study.planned()
    assert set(planned) == OF_ONE_SCAN
    assert planned["intake"] == planned["liver"] == planned["preprocess"] == planned["segment"] == 1


@pytest.mark.parametrize(
    "file, rules",
    [
        ("intake/units.py", ALL_BUT_COMPILING),
        ("stats/icc.py", {*STATISTICS, *READERS}),
        ("reporting/render.py", READERS),
        ("selection/ga.py", AFTER_MODEL),
        ("lesions/matching.py", AFTER_SEGMENT),
    ],
)
def test_a_line_of_code(study, file, rules):
    study.change(study.checkout / "src/livermets" / file, lambda text: text + b"\n_another_line = 1\n")
    assert set(study.planned()) == rules
