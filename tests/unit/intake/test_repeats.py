"""The same liver is found again whatever became of the scan, and another person's is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from livermets.cohort.scan import Scan
from livermets.errors import ProblemList
from livermets.imaging.geometry import Grid, Volume
from livermets.intake.repeated_people import SeenLivers, repeat_picture
from livermets.intake.repeats import FEWEST_VALUES, LIKELY, likeness, liver_profile
from livermets.intake.scan_data import ScanData

SPACING_XYZ = (2.5, 2.5, 4.0)
SHAPE = (40, 70, 70)
Made = tuple[NDArray[np.int16], NDArray[np.bool_]]


def person(seed: int, noise: int = 0, radius: float = 55.0) -> Made:
    """A CT with a liver of one's own pattern: smooth random structures of some mm, and the noise of one scan."""
    z, y, x = np.meshgrid(*[np.arange(n) - n / 2 for n in SHAPE], indexing="ij")
    liver = (4.0 * z / 0.9) ** 2 + (2.5 * y / 1.1) ** 2 + (2.5 * x) ** 2 < radius**2
    pattern = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), (2, 3, 3))
    pattern *= 25 / pattern.std()
    hu = np.where(liver, 100 + pattern, 20) + np.random.default_rng(1000 + noise).normal(0, 10, SHAPE)
    return np.rint(hu).astype(np.int16), liver


def profile(made: Made, spacing: tuple[float, float, float] = SPACING_XYZ):
    ct, liver = made
    return liver_profile(Volume(ct, Grid(ct.shape[::-1], spacing)), liver)


ONE = person(1)


def every_second_slice(made: Made) -> tuple[Made, tuple[float, float, float]]:
    return (made[0][::2], made[1][::2]), (2.5, 2.5, 8.0)


def resampled(made: Made) -> tuple[Made, tuple[float, float, float]]:
    zoom = (1.0, 0.8, 0.8)
    ct, liver = (ndimage.zoom(array.astype(float), zoom, order=1) for array in made)
    return (np.rint(ct).astype(np.int16), liver > 0.5), (2.5 / 0.8, 2.5 / 0.8, 4.0)


def windowed(made: Made) -> tuple[Made, tuple[float, float, float]]:
    return (np.clip(made[0], 60, 150), made[1]), SPACING_XYZ


def shifted(made: Made) -> tuple[Made, tuple[float, float, float]]:
    return (np.roll(made[0], (3, -6, 5), (0, 1, 2)), np.roll(made[1], (3, -6, 5), (0, 1, 2))), SPACING_XYZ


@pytest.mark.parametrize("copied", [every_second_slice, resampled, windowed, shifted])
def test_a_copy_that_was_changed_is_alike(copied) -> None:
    assert likeness([profile(ONE), profile(*copied(ONE))])[0, 1] > 0.7


def test_another_scan_of_one_person_is_alike_and_other_people_are_not() -> None:
    found = likeness([profile(ONE), profile(person(1, noise=7)), *(profile(person(seed)) for seed in (2, 3, 4))])
    assert found[0, 1] > 0.7
    others = found[:2, 2:]
    assert np.nanmax(np.abs(others)) < LIKELY
    assert np.isnan(np.diag(found)).all()
    np.testing.assert_array_equal(found, found.T)


def test_the_correlation_is_that_of_the_points_inside_both() -> None:
    first, second = profile(ONE), profile(person(1, noise=7, radius=50.0))
    both = first.inside & second.inside
    expected = np.corrcoef(first.values[both].astype(float), second.values[both].astype(float))[0, 1]
    assert likeness([first, second])[0, 1] == pytest.approx(expected, abs=1e-4)


def test_a_small_liver_is_compared_with_none() -> None:
    small = person(1, radius=35.0)
    assert np.count_nonzero(small[1]) * 2.5 * 2.5 * 4 / 1000 < 300
    assert np.isnan(likeness([profile(ONE), profile(small)])).all()


@pytest.mark.parametrize("turned", [np.s_[:], np.s_[:, ::-1], np.s_[4:], np.s_[:, :, 3:]], ids=str)
def test_a_copy_that_was_cut_out_or_mirrored_has_the_same_histogram(turned) -> None:
    ct, liver = ONE
    assert profile((ct[turned], liver[turned]), (1.0, 1.0, 3.0)).histogram == profile(ONE).histogram != ""
    assert profile(person(1, noise=7)).histogram != profile(ONE).histogram


def test_a_drawn_liver_has_no_histogram() -> None:
    ct, liver = ONE
    assert profile((np.where(liver, ct % (FEWEST_VALUES - 1), 0).astype(np.int16), liver)).histogram == ""


def seen(*scans: tuple[str, str, Made]) -> tuple[SeenLivers, ProblemList]:
    livers, problems = SeenLivers(), ProblemList()
    for patient, timepoint, (ct, liver) in scans:
        data = ScanData(Volume(ct, Grid(ct.shape[::-1], SPACING_XYZ)), "NIfTI", liver=liver)
        livers.add(Scan("a", patient, timepoint, Path("ct.nii.gz")), data)
    return livers, problems


def test_the_same_scan_under_another_name_is_an_error() -> None:
    ct, liver = ONE
    livers, problems = seen(("p1", "baseline", ONE), ("p2", "baseline", (ct[2:], liver[2:])))
    assert livers.check(problems) == []
    (problem,) = problems.errors
    assert problem.where == "cohort a, patient p2, baseline"
    assert problem.what == "the liver of this CT has exactly the values of cohort a, patient p1, baseline"


def test_one_person_under_two_names_is_a_warning_with_a_picture(tmp_path: Path) -> None:
    livers, problems = seen(("p1", "t", ONE), ("q", "t", person(2)), ("p2", "t", person(1, noise=7)))
    (repeat,) = livers.check(problems)
    (problem,) = problems.warnings
    assert problem.where == "cohort a, patient p2, t"
    assert problem.what.startswith("this is probably the same person as cohort a, patient p1, t: laid over each other")
    assert problems.errors == []
    repeat_picture(tmp_path, repeat)
    assert (tmp_path / "a_p2_t_a_p1_t.png").stat().st_size > 1000
    assert "repeats/a_p2_t_a_p1_t.png" in problem.fix


def test_timepoints_of_one_patient_are_expected_to_be_alike_and_equal_images_said_elsewhere() -> None:
    livers, problems = seen(("p1", "baseline", ONE), ("p1", "TP1", person(1, noise=7)), ("p2", "baseline", ONE))
    repeats = livers.check(problems)
    assert problems.errors == []
    assert [(repeat.scan.patient_id, repeat.other.timepoint) for repeat in repeats] == [("p2", "TP1")]


def test_a_scan_without_a_liver_is_left_out() -> None:
    livers, problems = SeenLivers(), ProblemList()
    livers.add(
        Scan("a", "p", "t", Path("ct.nii.gz")), ScanData(Volume(ONE[0], Grid(SHAPE[::-1], SPACING_XYZ)), "NIfTI")
    )
    assert livers.check(problems) == []
