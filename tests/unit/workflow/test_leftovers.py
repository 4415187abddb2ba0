"""What an earlier configuration has left is named as a whole, and nothing of the present one is."""

from pathlib import Path

import pytest

from livermets.report.configuration import ReportedConfig, reported_config
from livermets.workflow.leftovers import Made, kept, left_over, left_over_problems, made_by

FILES = (
    "check/problems.csv", "model/model.json", "report/report.html", "lesions.csv", "logs/gone/x.log",
    "networks/automatic/network.json", "networks/automatic/fold1/network.json", "networks/one/network.json",
    "overlap/networks.csv", "a/preprocess/one/P1/TP0/image.nii.gz", "concordance/b/roc.csv",
    "concordance/pooled/roc.csv", "a/lesions.csv", "a/phantom/P9/TP0/ct.nii.gz", "a/intake/P1/TP0/image.nii.gz",
    "a/liver/P1/TP0.nii.gz", "a/liver/P1/TP0_problems.csv", "a/features/P1/TP0/rois_manual.parquet",
    "a/preprocess/automatic/P1/TP0/image.nii.gz", "a/segmentation/automatic/P1/TP0/lesions.nii.gz",
    "b/intake/P2/TP0/image.nii.gz", "readers/pairs.csv", "a/readers/P1/TP0.csv", "unknown/intake/X/TP0/image.nii.gz",
)  # fmt: skip
SCANS = {"a": frozenset({("P1", "TP0")}), "b": frozenset({("P2", "TP0")}), "unknown": None}
MADE = Made(SCANS, frozenset({"b", "unknown"}), frozenset({"one"}), liver_network=False, folds=2)


@pytest.fixture
def results(tmp_path):
    for name in FILES:
        _make(tmp_path / name)
    return tmp_path


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def _names(results: Path, made: Made | None = MADE) -> list[str]:
    return [path.relative_to(results).as_posix() for path in left_over(results, made)]


def test_what_the_configuration_makes_is_not_left_over(results):
    assert _names(results) == []
    assert _names(results, None) == []


@pytest.mark.parametrize(
    "file, whole",
    [
        ("gone/intake/P1/TP0/image.nii.gz", "gone"),
        ("a/intake/P7/TP0/image.nii.gz", "a/intake/P7"),
        ("a/intake/P1/TP1/image.nii.gz", "a/intake/P1/TP1"),
        ("a/liver/P1/TP1.nii.gz", "a/liver/P1/TP1.nii.gz"),
        ("a/readers/P1/TP1.csv", "a/readers/P1/TP1.csv"),
        ("a/follow_up/P1/lesions.csv", "a/follow_up/P1"),
        ("a/preprocess/liver/P1/TP0/image.nii.gz", "a/preprocess/liver"),
        ("a/preprocess/two/P1/TP0/image.nii.gz", "a/preprocess/two"),
        ("a/preprocess/one/P7/TP0/image.nii.gz", "a/preprocess/one/P7"),
        ("a/segmentation/automatic/P1/TP1/lesions.nii.gz", "a/segmentation/automatic/P1/TP1"),
        ("concordance/gone/roc.csv", "concordance/gone"),
        ("networks/two/network.json", "networks/two"),
        ("networks/liver/network.json", "networks/liver"),
        ("networks/automatic/fold2/network.json", "networks/automatic/fold2"),
        # As folders were laid out before.
        ("models/lesions/network.json", "models"),
        ("networks/networks.csv", "networks/networks.csv"),
        ("networks/one/a/preprocess/P1/TP0/image.nii.gz", "networks/one/a"),
        ("a/preprocess_liver/P1/TP0/image.nii.gz", "a/preprocess_liver"),
        ("a/preprocess/P1/TP0/image.nii.gz", "a/preprocess/P1"),
        ("a/segmentation/P1/TP0/lesions.nii.gz", "a/segmentation/P1"),
        ("a/segmentation/automatic/TP0/lesions.nii.gz", "a/segmentation/automatic/TP0"),
    ],
)
def test_each_kind_is_named_as_a_whole(results, file, whole):
    _make(results / file)
    assert _names(results) == [whole]
    files = [path for path in results.rglob("*") if path.is_file()]
    assert set(files) - set(kept(files, left_over(results, MADE))) == {results / file}


def test_a_patient_with_two_timepoints_is_followed(results):
    _make(results / "a/follow_up/P1/lesions.csv")
    both = Made({**SCANS, "a": frozenset({("P1", "TP0"), ("P1", "TP1")})}, MADE.validation, MADE.networks, False, 2)
    assert _names(results, both) == []


def test_without_comparison_its_networks_are_left_over(results):
    made = Made(SCANS, frozenset({"b"}), frozenset(), liver_network=False, folds=0)
    assert _names(results, made) == [
        "a/preprocess/one", "concordance/pooled", "networks/automatic/fold1", "networks/one",
    ]  # fmt: skip


def test_cohorts_whose_tables_are_gone_are_known_by_name():
    cohort = {
        "role": "validation",
        "table": "/gone/t.csv",
        "image": "x/{patient}.nii.gz",
        "lesions": "y/{patient}.nii.gz",
    }
    made = made_by(reported_config({"cohorts": {"c": cohort}}))
    assert made is not None
    assert made.scans == {"c": None}
    assert made.validation == {"c"}
    assert made_by(ReportedConfig(seed=1)) is None


def test_the_many_patients_of_a_folder_are_told_together():
    few, many = (
        [Path(f"results/a/intake/P{n}") for n in range(2)],
        [Path(f"results/a/preprocess/P{n}") for n in range(9)],
    )
    told = left_over_problems([*few, *many])
    assert [problem.where for problem in told] == [*map(str, few), "results/a/preprocess"]
    assert told[-1].what.startswith("P0, P1, P2, P3, P4 and 4 more in this folder are left over")
