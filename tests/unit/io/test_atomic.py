import os

import pytest

from livermets.io.atomic import write_text, written_aside


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
