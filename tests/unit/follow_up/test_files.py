"""The verb on files: what it writes, and what is wrong with its words and files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import SimpleITK as sitk
from tests.unit.follow_up.phantom import MOVED, STILL, lesions, liver

from livermets.config.follow_up import FollowUpSettings
from livermets.errors import InputError
from livermets.follow_up.files import FollowedPatient, Words, follow_patient, write_followed
from livermets.follow_up.tables import LESION_COLUMNS, SCAN_COLUMNS
from livermets.imaging.geometry import Volume
from livermets.imaging.itk import image_of

KEY = {"cohort": "c", "patient_id": "007"}
BALLS = {1: (0.0, 0.0, -30.0, 14.0), 2: (40.0, 0.0, 0.0, 12.0)}
SWAPPED = {2: BALLS[1], 1: BALLS[2]}


def saved(path: Path, volume: Volume) -> Path:
    sitk.WriteImage(image_of(volume.array, volume.grid), str(path))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two timepoints, the livers moved by a known map, lesions with swapped ids."""
    place = tmp_path_factory.mktemp("series")
    for name, balls, affine in (("before", BALLS, STILL), ("after", SWAPPED, MOVED)):
        saved(place / f"{name}_lesions.nii.gz", lesions(balls, affine))
        saved(place / f"{name}_liver.nii.gz", liver(affine))
    saved(place / "none.nii.gz", lesions({}))
    pd.DataFrame({"lesion_id": [1, 2], "kind": "manual", "volume_automatic_ml": [5.0, 3.0]}).to_csv(
        place / "matching.csv", index=False
    )
    return place


def words(folder: Path, **more: list[str]) -> Words:
    each = {kind: [f"{t}={folder}/{t}_{kind[:-1] if kind == 'livers' else kind}.nii.gz" for t in ("before", "after")]
            for kind in ("lesions", "livers")}  # fmt: skip
    return Words(**{**each, **more})


def follow(folder: Path, by_id: bool = False, **more: list[str]) -> FollowedPatient:
    return follow_patient(words(folder, **more), KEY, "manual", by_id, FollowUpSettings())


def problems(folder: Path, **more: list[str]) -> list[str]:
    with pytest.raises(InputError) as error:
        follow(folder, **more)
    return [str(problem).replace(f"{folder}/", "") for problem in error.value.problems]


def test_two_timepoints_become_two_tables_and_a_picture(folder: Path, tmp_path: Path) -> None:
    found = follow(folder, matching=[f"before/net={folder}/matching.csv"], days=["before=0", "after=61"])
    write_followed(tmp_path, found, "007")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lesions.csv", "scans.csv", "tracks.png"]
    table = pd.read_csv(tmp_path / "lesions.csv", dtype={"patient_id": str})
    assert tuple(table.columns) == LESION_COLUMNS
    assert tuple(pd.read_csv(tmp_path / "scans.csv").columns) == SCAN_COLUMNS
    manual = table[table["mask_source"] == "manual"]
    assert manual[["track", "lesion_id"]].to_numpy().tolist() == [[1, 1], [2, 2], [1, 2], [2, 1]]
    assert manual["distance_mm"].dropna().max() < 4
    assert table.loc[table["mask_source"] == "net", "volume_ml"].tolist() == [5, 3]
    assert set(table["patient_id"]) == {"007"}


def test_believed_ids_stay_what_they_are_and_the_doubt_is_said(folder: Path) -> None:
    found = follow(folder, by_id=True)
    assert found.lesions["track"].tolist() == found.lesions["lesion_id"].tolist()
    assert "the same id" in found.scans["note"].iloc[1]


def test_without_a_liver_lesions_are_left_unlinked(folder: Path, tmp_path: Path) -> None:
    found = follow(folder, livers=[f"before={folder}/before_liver.nii.gz"])
    assert found.lesions["status"].tolist() == ["first", "first", "unlinked", "unlinked"]
    assert found.scans["note"].iloc[1] == "lesions of before and after are not linked: no liver mask at after"
    write_followed(tmp_path, found, "007")


def test_a_timepoint_without_lesions_is_drawn_and_counted_too(folder: Path, tmp_path: Path) -> None:
    masks = [f"before={folder}/before_lesions.nii.gz", f"after={folder}/none.nii.gz"]
    found = follow(folder, lesions=masks)
    assert found.lesions["status"].tolist() == ["first", "first", "gone", "gone"]
    assert found.scans["volume_ml"].iloc[1] == 0
    write_followed(tmp_path, found, "007")


def test_every_wrong_word_is_told_at_once(folder: Path) -> None:
    mask = f"before={folder}/before_lesions.nii.gz"
    told = problems(
        folder,
        lesions=[mask, mask, "after"],
        livers=["late=x.nii.gz"],
        days=["before=soon"],
        matching=["before=x.csv"],
        images=["=x"],
    )
    assert told == [
        "--lesions before=before_lesions.nii.gz: before is named twice. Give each once.",
        "--lesions after: this is not TIMEPOINT=PATH. Name timepoint and file.",
        "--liver late=x.nii.gz: no lesions have this timepoint. Add --lesions TIMEPOINT=PATH.",
        "--image =x: this is not TIMEPOINT=PATH. Name timepoint and file.",
        "--days before=soon: this is no number of days. Give days since the first scan.",
        "--matching before=x.csv: this is not TIMEPOINT/SOURCE=PATH. Name timepoint, source and file.",
    ]


def test_one_timepoint_is_nothing_to_follow(folder: Path) -> None:
    told = problems(folder, lesions=[f"before={folder}/before_lesions.nii.gz"], livers=[])
    assert told == ["--lesions: there is nothing to follow. Give lesion masks of two timepoints, or more."]


def test_an_empty_liver_and_a_table_of_something_else_are_refused(folder: Path) -> None:
    liver_mask = f"after={folder}/none.nii.gz"
    told = problems(folder, livers=[liver_mask], matching=[f"before/net={folder}/other.csv"])
    assert [text.partition(".csv")[0].partition(".nii")[0] for text in told] == ["other", "none"]
    assert "the liver mask is empty" in told[1]
    (folder / "other.csv").write_text("lesion_id\n1\n")
    told = problems(folder, matching=[f"before/net={folder}/other.csv"])
    assert told == ["other.csv: missing columns kind, volume_automatic_ml. Give a matching.csv."]
    (folder / "other.csv").unlink()


def test_a_liver_on_another_grid_is_refused(folder: Path, tmp_path: Path) -> None:
    whole = liver()
    part = saved(tmp_path / "part.nii.gz", whole.within((slice(0, 20), slice(0, 60), slice(0, 64))))
    told = problems(folder, livers=[f"before={part}"])
    assert "not on the grid of its CT" in told[0]
