import os
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from livermets.errors import InputError
from livermets.imaging.geometry import Grid, Volume
from livermets.io.atomic import write_text, written_aside
from livermets.io.images import write_volume
from livermets.io.tables import write_parquet


def _fail_half_way(target):
    with written_aside(target) as aside:
        aside.write_text("half")
        raise RuntimeError


def test_nothing_is_left_when_writing_fails(tmp_path):
    target = tmp_path / "table.csv"
    with pytest.raises(RuntimeError):
        _fail_half_way(target)
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_survives_a_failure(tmp_path):
    target = tmp_path / "table.csv"
    write_text(target, "old")
    with pytest.raises(RuntimeError):
        _fail_half_way(target)
    assert target.read_text() == "old"


def test_results_are_as_readable_as_any_other_file(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("x")
    write_text(tmp_path / "ours", "x")
    assert os.stat(tmp_path / "ours").st_mode == os.stat(plain).st_mode


def test_the_suffix_survives_for_writers_that_look_at_it(tmp_path):
    with written_aside(tmp_path / "a.nii.gz") as aside:
        assert aside.name.endswith(".nii.gz")
        aside.write_text("x")


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path):
    (tmp_path / ".writing-abcdefgha.csv").touch()
    (tmp_path / ".writing-abcdefghba.csv").touch()  # b"a.csv" may be being written right now
    write_text(tmp_path / "a.csv", "x")
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", ".writing-abcdefghba.csv"}


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 256 KiB, where this machine lets a test mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a test may not mount a disk on this machine")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def _noise() -> Volume:
    values = np.random.default_rng(1).integers(0, 999, (20, 200, 200), np.int16)
    return Volume(values, Grid((200, 200, 20), (1.0, 1.0, 1.0)))


FULL = r"the disk \(or your share of it\) is full\. Free some space"


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_text(path, "x" * 10**6),
        lambda path: write_parquet(path, pd.DataFrame({"a": np.random.default_rng(1).random(200_000)}), {}),
        lambda path: write_volume(path, _noise()),
    ],
    ids=["text", "parquet", "volume"],
)
def test_a_full_disk_is_one_sentence_and_leaves_no_file(small_disk, write):
    with pytest.raises(InputError, match=FULL):
        write(small_disk / "a.nii.gz")
    assert list(small_disk.iterdir()) == []


def test_a_read_only_disk_is_one_sentence(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(InputError, match="this folder cannot be written to"):
        write_text(small_disk / "a.csv", "x")
