"""What a cohort accepts with a reason: windowed CTs, told from sound ones by their limits."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from tests.small_study import SmallStudy, patient_arrays

import livermets
from livermets.config.cohorts import CohortSettings
from livermets.errors import Finding, ProblemList
from livermets.intake.checks import check_intensities
from livermets.intake.scan_data import ScanData, read_ct

DATA = os.environ.get("LIVERMETS_DATA")


def found_in(data: ScanData) -> list[str]:
    """Names of the findings about a CT's intensities."""
    from livermets.cohort.scan import Scan

    problems = ProblemList()
    check_intensities(Scan("c", "p", "baseline", Path("ct.nii")), data, problems)
    return [problem.finding or problem.what for problem in problems.errors]


def ct_with(array: np.ndarray) -> ScanData:
    from livermets.imaging.geometry import Grid, Volume

    return ScanData(Volume(array, Grid(array.shape[::-1], (2.0, 2.0, 4.0))), "NIfTI")


def body() -> np.ndarray:
    """A sound CT: air, noise, and bone that few voxels are made of."""
    ct = patient_arrays(0)[0].astype(np.int16)
    bone = np.random.default_rng(0).uniform(300, 1500, ct.shape)
    return np.where(np.random.default_rng(1).random(ct.shape) < 0.02, bone, ct).astype(np.int16)


@pytest.mark.parametrize("low, high", [(-160, 240), (-150, 250), (-200, 300), (-100, 400), (-1000, 400), (-400, 3000)])
@pytest.mark.parametrize("stored", ["whole numbers", "8 bit", "floats"])
def test_a_window_is_seen_whatever_its_limits_and_storage(low: int, high: int, stored: str) -> None:
    ct = np.clip(body() + np.random.default_rng(2).normal(0, 0.3, body().shape), low, high)
    if stored == "whole numbers":
        ct = np.rint(ct).astype(np.int16)
    elif stored == "8 bit":
        ct = np.rint((ct - low) / (high - low) * 255) * (high - low) / 255 + low
    assert found_in(ct_with(ct)) == ["windowed"]


def test_a_window_is_seen_where_hardly_anything_lies_at_one_limit() -> None:
    assert found_in(ct_with(np.clip(body(), -160, 1400))) == ["windowed"]
    assert found_in(ct_with(np.clip(body(), -1024, 240))) == ["windowed"]


def test_limits_that_scanners_and_padding_have_are_no_window() -> None:
    assert found_in(ct_with(body())) == []
    assert found_in(ct_with(np.clip(body(), -1024, 1023))) == []
    assert found_in(ct_with(np.clip(body(), -1000, 3071))) == []
    inside = body()[4:12, 18:30, 18:30] - 100  # a box of fat and organs: no air, and nothing cut off
    assert found_in(ct_with(inside)) == []


@pytest.mark.skipif(not DATA, reason="LIVERMETS_DATA is not set")
def test_real_windowed_cts_are_seen_and_true_ones_are_not() -> None:
    windowed = sorted(Path(str(DATA)).glob("real-liver-ct/*/ct.nii.gz"))
    if not windowed:
        pytest.skip("real-liver-ct is not there")
    for path in (windowed[0], windowed[8]):  # all sixteen give the same; each costs a second
        assert found_in(read_ct(path)) == ["windowed"]
    assert found_in(read_ct(Path(str(DATA)) / "ircadb01-p01/ct.nii.gz")) == []


def test_an_accepted_window_is_a_warning_whose_reason_reaches_the_table_of_problems(tmp_path: Path) -> None:
    study = SmallStudy.written(tmp_path)
    study.edit("T1/ct.nii.gz", lambda hu: np.clip(hu, -160, 240))
    assert study.check() == 2
    study.cohort()["accept"] = {"windowed": "public copies"}
    assert study.check() == 0
    table = pd.read_csv(study.folder / "results/check/problems.csv")
    (accepted,) = table[table["where"] == "cohort train, accept.windowed"].itertuples()
    assert (accepted.what, accepted.fix) == ("accepted for 1 of 2 scans", "Reason: public copies")
    scan = table[table["what"].str.contains("a windowed image")]
    assert scan["severity"].tolist() == ["warning"]
    assert scan["fix"].tolist() == ["Accepted: public copies"]


def test_air_is_still_seen_under_the_masks_of_a_windowed_ct(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def in_two_corners(lesions: np.ndarray) -> np.ndarray:
        moved = np.zeros_like(lesions)
        moved[2:6, :4, :4], moved[2:6, :4, -4:] = 1, 2
        return moved

    study = SmallStudy.written(tmp_path)
    for patient in ("T1", "T2"):
        study.edit(f"{patient}/ct.nii.gz", lambda hu: np.clip(hu, -160, 240))
    study.edit("T1/liver.nii.gz", lambda liver: np.roll(liver, 16, axis=2))
    study.edit("T2/lesions.nii.gz", in_two_corners)
    study.cohort()["accept"] = {"windowed": "public copies", "lesion_outside_liver": "moved for a test"}
    assert study.check() == 2
    said = capsys.readouterr().err
    assert "of the liver mask is air or lung" in said
    assert "lesion 1 lies in air or lung (mean -160 HU)" in said
    study.cohort()["accept"] |= {"liver_air": "moved for a test", "lesion_air": "moved for a test"}
    assert study.check() == 0


def test_an_accepted_finding_that_no_scan_has_is_said(tmp_path: Path) -> None:
    study = SmallStudy.written(tmp_path)
    study.cohort()["accept"] = {"windowed": "public copies"}
    assert study.check() == 0
    table = pd.read_csv(study.folder / "results/check/problems.csv")
    assert table.loc[table["where"] == "cohort train, accept.windowed", "what"].tolist() == ["no scan needs it"]


def test_every_finding_is_documented_and_refused_somewhere() -> None:
    documented = CohortSettings.model_fields["accept"].description or ""
    calls = [
        node.args[0].value
        for file in Path(livermets.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("refusal", "refuse")
        if isinstance(node.args[0], ast.Constant)
    ]
    assert set(calls) == set(get_args(Finding))
    assert all(f"`{finding}`" in documented for finding in get_args(Finding))
