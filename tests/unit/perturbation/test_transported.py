"""Errors of one lesion carried to another: exact between balls, and given back to the lesion that they came from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.unit.perturbation.lesions import ball

from livermets.config.perturbation import PerturbationSettings
from livermets.masks.metrics import overlap_metrics
from livermets.perturbation.draws import alterations_like, lesion_table
from livermets.perturbation.engine.flips import cut
from livermets.perturbation.errors import COLUMNS, lesion_errors
from livermets.perturbation.neighbourhood import Lattice, neighbourhood
from livermets.perturbation.transported import (
    DIRECTIONS,
    MINIMUM_DONORS,
    border_error,
    directions_zyx,
    equivalent_radius_mm,
    nearest_donors,
    transported,
)

SPACING = (2.0, 0.8, 0.8)
SHAPE = (34, 70, 70)
CENTRE = (17.0, 35.0, 35.0)
FINE = (0.8, 0.8, 0.8)


def lesion(radius_mm, spacing=SPACING):
    inside = ball(CENTRE, radius_mm, SHAPE, SPACING) if spacing == SPACING else fine_ball(radius_mm)
    return neighbourhood(inside.astype(np.uint8), 1, None, spacing, 10.0)


def fine_ball(radius_mm, up_mm=0.0):
    return ball((26 + up_mm / 0.8, 26, 26), radius_mm, (53, 53, 53), FINE)


def whole(near, error):
    mask = np.empty_like(near.reference)
    cut(near.reference, transported(near, error), 1.0, mask)
    return mask


def dice(one, other):
    return overlap_metrics(one, other)["dice"]


def errors_of(patients, diameters, source="net", value=0.1):
    count = len(patients)
    return pd.DataFrame(
        {
            "cohort": "c", "patient_id": patients, "timepoint": "baseline", "lesion_id": range(1, count + 1),
            "mask_source": source, "longest_diameter_mm": diameters, "dice": 0.7,
            "displacement": [np.full(DIRECTIONS, value * (number + 1)) for number in range(count)],
        }
    )  # fmt: skip


def test_directions_are_spread_evenly():
    assert np.linalg.norm(directions_zyx(), axis=1) == pytest.approx(1)
    assert directions_zyx().mean(axis=0) == pytest.approx(0, abs=0.005)
    nearest = np.sort(directions_zyx() @ directions_zyx().T, axis=1)[:, -2]
    assert np.degrees(np.arccos(nearest)) == pytest.approx(14, abs=3)


@pytest.mark.parametrize("grown", [0.6, 0.8, 1.25, 1.6])
@pytest.mark.parametrize("radii_mm", [(10, 10), (10, 6), (7, 10)])
def test_the_error_of_a_ball_is_that_of_any_other_in_its_own_measure(grown, radii_mm):
    """A source that draws a ball of radius r as one of radius g r draws one of radius R as one of g R."""
    donor, receiver = (lesion(radius_mm, FINE) for radius_mm in radii_mm)
    error = border_error(donor, fine_ball(grown * radii_mm[0])[donor.box])
    assert 1 + error.mean() == pytest.approx(grown, abs=0.05)
    assert error.std() < 0.07
    got = whole(receiver, error)
    assert dice(got, fine_ball(grown * radii_mm[1])[receiver.box]) > 0.93
    assert (got.sum() / receiver.volume) ** (1 / 3) == pytest.approx(grown, abs=0.05)


def test_a_ball_shifted_is_drawn_shifted_in_another():
    donor, receiver = (lesion(radius_mm, FINE) for radius_mm in (10, 8))
    moved = fine_ball(10, 5.0)[donor.box]
    got = whole(receiver, border_error(donor, moved))
    assert dice(got, fine_ball(8, 4.0)[receiver.box]) > 0.93
    assert dice(got, receiver.reference) == pytest.approx(dice(moved, donor.reference), abs=0.03)


SOURCES = {
    "smaller": ball(CENTRE, 6, SHAPE, SPACING),
    "larger": ball(CENTRE, 13, SHAPE, SPACING),
    "moved up": ball((20, 35, 35), 10, SHAPE, SPACING),
    "moved aside": ball((17, 35, 42), 10, SHAPE, SPACING),
    "bulging": ball(CENTRE, 10, SHAPE, SPACING) | ball((17, 46, 35), 6, SHAPE, SPACING),
    "bitten": ball(CENTRE, 10, SHAPE, SPACING) & ~ball((17, 46, 35), 8, SHAPE, SPACING),
    "without its lower slices": ball(CENTRE, 10, SHAPE, SPACING) & (np.arange(34)[:, None, None] > 15),
}


@pytest.mark.parametrize("drawn", SOURCES)
def test_a_lesion_is_given_its_own_mask_back(drawn):
    near = lesion(10)
    mask = SOURCES[drawn][near.box]
    assert dice(mask, near.reference) < 0.96
    assert dice(whole(near, border_error(near, mask)), mask) > 0.92


def test_an_ellipsoid_is_given_its_own_mask_back():
    """Whose border does not face its centre."""
    places = np.meshgrid(
        *((np.arange(n) - c) * mm for n, c, mm in zip(SHAPE, CENTRE, SPACING, strict=True)), indexing="ij"
    )
    inside = [sum((p / (axis * by)) ** 2 for p, axis in zip(places, (6, 14, 9), strict=True)) <= 1 for by in (1, 1.3)]
    near = neighbourhood(inside[0].astype(np.uint8), 1, None, SPACING, 16.0)
    assert dice(whole(near, border_error(near, inside[1][near.box])), inside[1][near.box]) > 0.95


def test_no_error_leaves_the_reference_and_a_direction_without_a_border_has_its_neighbour_s():
    near = lesion(10)
    assert (border_error(near, near.reference) == 0).all()
    assert (whole(near, np.zeros(DIRECTIONS)) == near.reference).all()
    few = np.zeros(SHAPE, dtype=np.uint8)
    few[17, 35, 34:37] = 1
    small = neighbourhood(few, 1, None, SPACING, 8.0)
    assert (border_error(small, ball(CENTRE, 4, SHAPE, SPACING)[small.box]) > 0).all()


def test_the_radius_is_that_of_a_ball_of_the_volume():
    assert equivalent_radius_mm(lesion(10)) == pytest.approx(10, abs=0.1)


def test_donors_are_lesions_of_other_patients_of_the_nearest_diameters():
    errors = errors_of(["own", "a", "a", "b", "c", "d", "e"], [20.0, 21, 40, 19, 10, 22, 80])
    found = nearest_donors(errors, ("c", "own"), 20.0, 3)
    assert found["net"][:, 0] == pytest.approx([0.2, 0.4, 0.6])
    assert nearest_donors(errors, ("other", "own"), 20.0, 3)["net"][0, 0] == pytest.approx(0.1)
    assert len(nearest_donors(errors, ("c", "own"), 20.0, 99)["net"]) == 6


def test_a_source_with_few_donors_gives_none_and_missed_lesions_are_no_donors():
    errors = errors_of([f"p{i}" for i in range(MINIMUM_DONORS)], 20.0)
    more = errors_of([f"p{i}" for i in range(9)], 20.0, "reader", 0.2)
    assert set(nearest_donors(pd.concat([errors, more]), ("c", "x"), 20.0, 20)) == {"net", "reader"}
    assert set(nearest_donors(pd.concat([errors, more]), ("c", "p0"), 20.0, 20)) == {"reader"}
    errors.at[0, "displacement"] = None
    assert nearest_donors(errors, ("c", "x"), 20.0, 20) == {}
    assert nearest_donors(more, ("c", "x"), 20.0, 0) == {}
    assert nearest_donors(more, ("c", "x"), np.nan, 20) == {}


def test_every_donor_gives_its_whole_error_once_and_all_share_the_spread():
    near, random = lesion(10), np.random.default_rng(1)
    errors = random.normal(0, 0.2, (6, 1)) + random.normal(0, 0.1, (6, DIRECTIONS))
    scored = Lattice(np.ones((34, 32, 32)), 7, 2).sum_within
    settings = PerturbationSettings(draws=330)
    table = lesion_table(near, scored, settings, 3, ("t",), donors={"net": errors})
    mine = table[table["kind"] == "transported"]
    assert set(mine["mask_source"]) == {"net"}
    assert table.loc[table["kind"] != "transported", "mask_source"].isna().all()
    assert mine["draw"].is_unique
    assert mine["whole_error"].sum() == 6
    assert (mine.loc[mine["whole_error"] == 1, "dial"] == 1).all()
    spread = np.sort(mine.loc[mine["whole_error"] == 0, "dice"])
    assert np.abs(spread - (0.1 + 0.87 * (np.arange(30) + 0.5) / 30)).mean() < 0.1
    for donor in range(6):
        first = next(alterations_like(near, settings, 3, ("t",), "net", errors, donor))
        assert (first.mask == whole(near, errors[donor])).all()
    again = lesion_table(near, scored, settings, 3, ("t",), threads=3, donors={"net": errors})
    pd.testing.assert_frame_equal(again, table)
    others = lesion_table(near, scored, settings, 3, ("t",))
    pd.testing.assert_frame_equal(others, table[table["kind"] != "transported"], check_dtype=False)


def test_the_errors_of_a_scan_name_every_lesion_and_none_of_a_missed_one():
    reference, drawn = np.zeros(SHAPE, np.uint16), np.zeros(SHAPE, np.uint16)
    reference[ball((17, 20, 20), 8, SHAPE, SPACING)] = 2
    reference[ball((17, 50, 50), 6, SHAPE, SPACING)] = 5
    drawn[ball((17, 20, 20), 10, SHAPE, SPACING)] = 2
    drawn[ball((17, 20, 55), 5, SHAPE, SPACING)] = 1001
    table = lesion_errors(reference, drawn, SPACING)
    assert list(table) == list(COLUMNS)
    assert table["lesion_id"].tolist() == [2, 5]
    assert table["equivalent_radius_mm"].tolist() == pytest.approx([8, 6], abs=0.15)
    assert table["displacement"][0].mean() == pytest.approx(0.25, abs=0.04)
    assert table["displacement"][1] is None
    assert table["dice"][1] == 0
    assert lesion_errors(reference * 0, drawn, SPACING).empty
