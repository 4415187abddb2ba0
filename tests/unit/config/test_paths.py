"""Every path of the configuration is resolved by one module: what `check` finds, the workflow finds too."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from tests.finished_study import finished_study
from tests.small_study import SmallStudy

from livermets.bundle.handover import write_bundle
from livermets.config.base import PathMark
from livermets.config.load import read_yaml
from livermets.config.study import StudyConfig
from livermets.errors import InputError
from livermets.workflow.plan import Plan


def _settings(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, info in model.model_fields.items():
        yield f"{place}{name}", info
        for inner in _models(info.annotation):
            yield from _settings(inner, f"{place}{name}.")


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _is_marked(info: FieldInfo) -> bool:
    def marked(part: Any) -> bool:
        return isinstance(part, PathMark) or any(marked(inner) for inner in get_args(part))

    return any(map(marked, info.metadata)) or marked(info.annotation)


MARKED = {place for place, info in _settings(StudyConfig) if _is_marked(info)}


def _in_cohort(**changes: Any) -> Callable[[SmallStudy], None]:
    def change(study: SmallStudy) -> None:
        for cohort in study.config["cohorts"].values():
            cohort.update(changes)

    return change


def _weights(*places: str) -> Callable[[SmallStudy], None]:
    def change(study: SmallStudy) -> None:
        (study.folder / "data/weights.pth").write_bytes(b"weights")
        found = {"file": "$DATA/weights.pth", "sha256": hashlib.sha256(b"weights").hexdigest()}
        section = study.config.setdefault("segmentation", {})
        for place in places:
            section = section.setdefault(place, {})
        section["network"] = {"architecture": "resnet18-unet", "pretrained": found}
        if places:
            section["replace_given"] = True

    return change


def _preset(study: SmallStudy) -> None:
    (study.folder / "data/paper.yaml").write_text("segmentation: {network: {base_filters: 8}}\n")
    study.config["networks"] = {"paper": {"preset": "$DATA/paper.yaml"}}


def _bundle(study: SmallStudy) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(study.folder / "data")
        finished_study(Path())
        write_bundle(Path("study.zip"), Path("results"), ["config.yaml"])
    shutil.rmtree(study.folder / "data/results")
    study.config["model"] = "$DATA/study.zip"
    for cohort in study.config["cohorts"].values():
        cohort["role"] = "validation"
    for section in ("preprocess", "segmentation", "radiomics", "selection", "outcome"):
        study.config.pop(section, None)


# By setting: a study, whose files lie in `data`, that reaches them through this setting and an environment variable.
STUDIES: dict[str, Callable[[SmallStudy], None]] = {
    "cohorts.folder": _in_cohort(
        folder="${DATA}", table="table.csv", image="{patient}/ct.nii.gz", liver="{patient}/liver.nii.gz",
        lesions="{patient}/lesions.nii.gz",
    ),
    "cohorts.table": _in_cohort(table="$DATA/table.csv"),
    "cohorts.image": _in_cohort(image="$DATA/{patient}/ct.nii.gz"),
    "cohorts.liver": _in_cohort(liver="$DATA/{patient}/liver.nii.gz"),
    "cohorts.lesions": _in_cohort(lesions="$DATA/{patient}/lesions.nii.gz"),
    "cohorts.masks": _in_cohort(masks={"reader2": "$DATA/{patient}/lesions.nii.gz"}),
    "cohorts.masks.path": _in_cohort(masks={"reader2": {"path": "$DATA/{patient}/lesions.nii.gz"}}),
    "cohorts.livers": _in_cohort(
        masks={"reader2": "$DATA/{patient}/lesions.nii.gz"}, livers={"reader2": "$DATA/{patient}/liver.nii.gz"}
    ),
    "cohorts.livers.path": _in_cohort(
        masks={"reader2": "$DATA/{patient}/lesions.nii.gz"},
        livers={"reader2": {"path": "$DATA/{patient}/liver.nii.gz"}},
    ),
    "segmentation.network.pretrained.file": _weights(),
    "segmentation.liver.network.pretrained.file": _weights("liver"),
    "model": _bundle,
    "networks.preset": _preset,
}  # fmt: skip


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallStudy:
    """A study whose files lie in the folder `data`, which the variable DATA names."""
    SmallStudy.written(tmp_path / "data").save_settings()
    monkeypatch.setenv("DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    study = SmallStudy(tmp_path)
    for cohort in study.config["cohorts"].values():
        cohort.update({key: f"data/{cohort[key]}" for key in ("table", "image", "liver", "lesions")})
    study.rows = None  # type: ignore[assignment]  # the table is in the folder already
    return study


def test_every_path_of_the_configuration_has_a_study_here() -> None:
    assert set(STUDIES) == MARKED


def test_no_path_is_left_unmarked() -> None:
    says_so = re.compile(r"^(The )?(path|folder|file|outcome table)\b|\bpath of\b", re.IGNORECASE)
    texts = {
        place for place, info in _settings(StudyConfig) if says_so.search(info.description or "") and "str" in str(info)
    }
    assert texts == MARKED


@pytest.mark.parametrize("setting", sorted(STUDIES))
def test_check_and_workflow_find_the_same_files(study: SmallStudy, setting: str) -> None:
    STUDIES[setting](study)
    assert study.check() == 0
    plan = Plan.from_config(read_yaml("config.yaml"))
    given = plan.given_files()
    assert len(given) >= 10
    assert [path for path in given if not Path(path).exists()] == []
    assert {path.name for cohort in plan.cohorts() if (path := cohort.table_path)} == {"table.csv"}


@pytest.mark.parametrize("setting", sorted(STUDIES))
def test_an_unset_variable_is_said_by_both(
    study: SmallStudy, setting: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    STUDIES[setting](study)
    monkeypatch.delenv("DATA")
    assert study.check() == 2
    said = capsys.readouterr().err
    with pytest.raises(InputError, match="the environment variable DATA is not set") as caught:
        Plan.from_config(read_yaml("config.yaml"))
    for problem in caught.value.problems:
        assert f"error: {problem}" in said


def test_no_given_file_can_be_missing_when_rules_are_planned(study: SmallStudy) -> None:
    study.save_settings()
    given = Plan.from_config(read_yaml("config.yaml")).given_files()
    assert len(given) >= 10
    for path in map(Path, given):
        aside = path.rename(path.with_name("aside"))
        with pytest.raises(InputError, match=str(path)):
            Plan.from_config(read_yaml("config.yaml"))
        aside.rename(path)


def test_a_synthetic_cohort_is_read_from_where_it_is_written(study: SmallStudy) -> None:
    study.config["cohorts"]["learn"] = {"role": "train", "phantom": {"patients": 2, "prefix": "L"}, "folder": "data"}
    study.save_settings()
    plan = Plan.from_config(read_yaml("config.yaml"))
    (scan, _) = plan.study.cohort("learn").scans()
    assert scan.image_path == Path("results/learn/phantom/L001/baseline/ct.nii.gz")
