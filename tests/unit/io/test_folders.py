"""Links are followed; what they do not lead to is said, wherever files are named or listed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.dicom_files import write_series
from tests.small_study import patient_arrays, save

from livermets.config.paths import lesion_files
from livermets.errors import InputError
from livermets.intake.scan_data import read_ct
from livermets.io.folders import files_below
from livermets.io.images import read_volume
from livermets.io.masks import read_mask
from livermets.io.rows import read_rows
from livermets.io.tables import read_table

CROP = patient_arrays(0)[0][:8, 10:34, 8:40]
POINTERS = {
    "git annex get": "/annex/objects/SHA256E-s526--0a1b.dcm\n",
    "git lfs pull": "version https://git-lfs.github.com/spec/v1\noid sha256:0a1b\nsize 526\n",
}


def test_links_to_the_folder_to_one_in_it_and_to_each_file(tmp_path: Path) -> None:
    files = write_series(tmp_path / "archive/series", CROP)
    (tmp_path / "itself").symlink_to(tmp_path / "archive/series")
    for name in ("inside", "each"):
        (tmp_path / name).mkdir()
    (tmp_path / "inside/series").symlink_to(tmp_path / "archive/series")
    (tmp_path / "inside/again").symlink_to(tmp_path / "archive/series")
    for file in files:
        (tmp_path / "each" / file.name).symlink_to(file)
    for name in ("itself", "inside", "each"):
        data = read_ct(tmp_path / name)
        np.testing.assert_array_equal(data.ct.array, CROP)
        assert data.files == {"slices": 8}


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    files = write_series(tmp_path / "ct/series", CROP)
    (tmp_path / "ct/series/up").symlink_to(tmp_path / "ct")
    (tmp_path / "ct/here").symlink_to(".")
    assert files_below(tmp_path / "ct") == sorted(files)


def test_links_that_lead_nowhere_among_slices(tmp_path: Path) -> None:
    """The slices at one end: what is left is a regular volume."""
    files = write_series(tmp_path, CROP, names="IM{:04d}.dcm")
    for file in sorted(files)[:5]:
        file.unlink()
        file.symlink_to(f"../gone/{file.name}")
    (tmp_path / "IM0007.dcm").unlink()
    (tmp_path / "IM0007.dcm").symlink_to("IM0007.dcm")
    with pytest.raises(InputError) as refused:
        read_ct(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path}: 6 of 8 files here are links that lead nowhere: IM0000.dcm (to ../gone/IM0000.dcm), "
        "IM0001.dcm (to ../gone/IM0001.dcm), IM0002.dcm (to ../gone/IM0002.dcm), ... "
        "Fetch what is missing (git annex get, datalad get), mount the disk it is on, or remove the link."
    )


@pytest.mark.parametrize("command", POINTERS)
def test_slices_whose_content_was_not_fetched(tmp_path: Path, command: str) -> None:
    files = sorted(write_series(tmp_path, CROP, names="IM{:04d}.dcm"))
    for file in files[-2:]:
        file.write_text(POINTERS[command])
    with pytest.raises(InputError, match=rf"2 of 8 files here were not fetched, the first is IM0006.dcm.*{command}"):
        read_ct(tmp_path)


@pytest.mark.parametrize("read", [read_ct, read_volume, read_rows, read_table, lambda path: read_mask(path, None)])
def test_every_reader_says_what_a_path_is(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    link, inside = tmp_path / "P1/x.csv", tmp_path / "P2/x.csv"
    link.parent.mkdir()
    link.symlink_to("../.git/annex/x")
    inside.parent.symlink_to("/no/disk")
    with pytest.raises(InputError, match=r"is a link that leads nowhere \(to \.\./\.git/annex/x\)\. Fetch what is"):
        read(link)
    with pytest.raises(InputError, match=r"is behind P2, a link that leads nowhere \(to /no/disk\)"):
        read(inside)
    for command, text in POINTERS.items():
        (tmp_path / "pointer.csv").write_text(text)
        with pytest.raises(InputError, match=f"only a stand-in for this file is here.*{command}"):
            read(tmp_path / "pointer.csv")


def test_lesion_masks_behind_links(tmp_path: Path) -> None:
    """Of three lesions, one file and one folder are links to nothing: both are still lesions of the patient."""
    for number in (1, 2, 3):
        (tmp_path / f"flat/t{number}.nii.gz").parent.mkdir(exist_ok=True)
        save(tmp_path / f"flat/t{number}.nii.gz", CROP)
        save(tmp_path / f"deep/t{number}_x/m{number}.nii.gz", CROP)
    (tmp_path / "flat/t2.nii.gz").unlink()
    (tmp_path / "flat/t2.nii.gz").symlink_to("gone")
    (tmp_path / "deep/t04_x").symlink_to("gone")
    assert [number for number, _ in lesion_files(f"{tmp_path}/flat/t{{lesion}}.nii.gz")] == [1, 2, 3]
    found = lesion_files(f"{tmp_path}/deep/t{{lesion}}_x/m{{lesion}}.nii.gz")
    assert found[-1] == (4, tmp_path / "deep/t04_x/m04.nii.gz")
    assert [number for number, _ in found] == [1, 2, 3, 4]
    with pytest.raises(InputError, match=r"this mask is behind t04_x, a link that leads nowhere \(to gone\)"):
        read_mask(found[-1][1], None)  # type: ignore[arg-type]


def test_a_folder_that_may_not_be_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    write_series(tmp_path / "closed", CROP)
    entered = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return entered(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(InputError, match=r"closed: the system cannot read it \(Permission denied\)"):
        files_below(tmp_path)
