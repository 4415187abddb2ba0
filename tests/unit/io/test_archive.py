"""An archive depends on what it holds alone, and damage is noticed."""

from __future__ import annotations

import hashlib
import zipfile

import pytest

from livermets.errors import InputError
from livermets.io.archive import read_member, write_archive

MEMBERS = {"b/two.bin": bytes(range(256)), "a.txt": b"one"}


def test_the_bytes_depend_on_the_members_alone(tmp_path, monkeypatch):
    write_archive(tmp_path / "one.zip", MEMBERS)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    write_archive(tmp_path / "two.zip", dict(reversed(MEMBERS.items())))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.namelist() == ["a.txt", "b/two.bin"]
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(1980, 1, 1)}


def test_a_member_is_read_by_its_digest(tmp_path):
    write_archive(tmp_path / "one.zip", MEMBERS)
    digest = hashlib.sha256(b"one").hexdigest()
    assert read_member(tmp_path / "one.zip", "a.txt", digest) == b"one"
    with pytest.raises(InputError, match="damaged"):
        read_member(tmp_path / "one.zip", "b/two.bin", digest)
    with pytest.raises(InputError, match=r"c\.txt: this part is missing"):
        read_member(tmp_path / "one.zip", "c.txt")


def test_a_flipped_bit_and_a_cut_file_are_damage(tmp_path):
    path = tmp_path / "one.zip"
    write_archive(path, MEMBERS)
    whole = path.read_bytes()
    at = whole.index(bytes(range(256)))
    for content in (whole[:at] + b"\xff" + whole[at + 1 :], whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(InputError, match="damaged"):
            read_member(path, "b/two.bin")
