"""The verb on files: what it writes, and what it says of what it could not do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.small_study import save
from typer.testing import CliRunner

import livermets.cli.follow_up
import livermets.cli.readers  # noqa: F401 (a program of one verb would not ask for its name)
from livermets.cli import app
from livermets.errors import InputError


def lesions(path: Path, *rows: int) -> Path:
    """One lesion per row of pixels named, numbered in this order."""
    labels = np.zeros((4, 40, 40), dtype=np.uint8)
    for number, row in enumerate(rows, start=1):
        labels[1:3, row : row + 4, 10:14] = number
    save(path, labels)
    return path


def followed(folder: Path, *options: str):
    before, after = lesions(folder / "before.nii.gz", 4, 24), lesions(folder / "after.nii.gz", 24)
    words = ["follow-up", "--cohort=a", "--patient=7", f"--lesions=before={before}", f"--lesions=after={after}"]
    return CliRunner().invoke(app, [*words, f"--out={folder / 'out'}", *options])


def test_ids_need_no_liver(tmp_path: Path) -> None:
    result = followed(tmp_path, "--by-id", "--days=before=0", "--days=after=30")
    assert (result.exit_code, result.output) == (0, "")
    table = pd.read_csv(tmp_path / "out/lesions.csv")
    assert table["status"].tolist() == ["first", "first", "linked", "gone"]
    assert table["days"].tolist() == [0, 0, 30, 30]
    assert (tmp_path / "out/tracks.png").stat().st_size > 1000


def test_by_position_without_a_liver_nothing_is_linked_which_is_said(tmp_path: Path) -> None:
    result = followed(tmp_path)
    assert result.output == "note: lesions of before and after are not linked: no liver mask at before and after\n"
    assert pd.read_csv(tmp_path / "out/lesions.csv")["status"].tolist() == ["first", "first", "unlinked"]


@pytest.mark.parametrize(
    "settings,found",
    [('{"gate_mm": -1}', "follow_up.gate_mm"), ('{"gate": 10}', "Did you mean `gate_mm`?")],
)
def test_wrong_settings_write_nothing(tmp_path: Path, settings: str, found: str) -> None:
    result = followed(tmp_path, f"--settings={settings}")
    assert isinstance(result.exception, InputError)
    assert found in str(result.exception)
    assert not (tmp_path / "out").exists()
