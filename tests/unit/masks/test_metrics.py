"""Metrics against MONAI, SimpleITK, brute force and closed forms, and the table of empty masks."""

from __future__ import annotations

import math

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial.distance import cdist

from livermets.masks.metrics import (
    OVERLAP_METRICS,
    SURFACE_METRICS,
    WHEN_EMPTY,
    mask_metrics,
    overlap_metrics,
    surface_metrics,
)

SPACING = (3.0, 0.7, 0.9)


def blobs(seed: int, shape: tuple[int, int, int] = (9, 24, 20)) -> tuple[np.ndarray, np.ndarray]:
    """Two ragged overlapping masks, one of which touches the border."""
    random = np.random.default_rng(seed)
    z, y, x = np.indices(shape)
    first = (z - 4) ** 2 * 3 + (y - 10) ** 2 + (x - 9) ** 2 < 50 + 20 * random.random(shape)
    second = (z - 5) ** 2 * 2 + (y - 13) ** 2 + (x - 3) ** 2 < 40 + 20 * random.random(shape)
    return first, second


@pytest.mark.parametrize("seed", range(4))
def test_surface_distances_equal_monai(seed):
    import torch
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance

    reference, found = blobs(seed)
    ours = surface_metrics(reference, found, SPACING)
    pair = [torch.from_numpy(mask)[None, None].float() for mask in (found, reference)]
    options = {"include_background": True, "spacing": SPACING}
    assert ours["hausdorff_mm"] == pytest.approx(float(compute_hausdorff_distance(*pair, **options)), rel=1e-5)
    assert ours["hd95_mm"] == pytest.approx(
        float(compute_hausdorff_distance(*pair, percentile=95, **options)), rel=1e-5
    )
    # MONAI's symmetric mean pools both directions, as ours does.
    assert ours["assd_mm"] == pytest.approx(
        float(compute_average_surface_distance(*pair, symmetric=True, **options)), rel=1e-5
    )


@pytest.mark.parametrize("seed", range(4))
def test_overlap_equals_scikit_learn(seed):
    from sklearn.metrics import f1_score, jaccard_score, precision_score, recall_score

    reference, found = blobs(seed)
    pair = reference.ravel(), found.ravel()
    ours = overlap_metrics(reference, found)
    assert ours["dice"] == pytest.approx(f1_score(*pair))
    assert ours["voe"] == pytest.approx(1 - jaccard_score(*pair))
    assert ours["recall"] == pytest.approx(recall_score(*pair))
    assert ours["precision"] == pytest.approx(precision_score(*pair))


@pytest.mark.parametrize("seed", range(4))
def test_volumes_equal_simpleitk(seed):
    reference, found = blobs(seed)
    measures = sitk.LabelOverlapMeasuresImageFilter()
    measures.Execute(*(sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (reference, found)))
    ours = overlap_metrics(reference, found)
    assert ours["dice"] == pytest.approx(measures.GetDiceCoefficient())
    # ITK: 2 (V1 - V2) / (V1 + V2)
    assert 2 * (1 - ours["volume_ratio"]) / (1 + ours["volume_ratio"]) == pytest.approx(measures.GetVolumeSimilarity())


@pytest.mark.parametrize("case", ["both", "reference", "found"])
def test_empty_masks_follow_the_table(case):
    some = np.zeros((3, 4, 5), dtype=bool)
    some[1, 1, 2] = True
    none = np.zeros_like(some)
    reference, found = {"both": (none, none), "reference": (none, some), "found": (some, none)}[case]
    values = mask_metrics(reference, found, SPACING)
    assert set(values) == {*OVERLAP_METRICS, *SURFACE_METRICS} == set(WHEN_EMPTY)
    for metric, value in values.items():
        expected = getattr(WHEN_EMPTY[metric], case)
        assert value == expected or (math.isnan(value) and math.isnan(expected))


def brute_force(reference: np.ndarray, found: np.ndarray, spacing: tuple[float, float, float]) -> dict[str, float]:
    """Surface distances by comparing every pair of surface voxels; a surface voxel has a face-neighbour outside."""

    def surface(mask: np.ndarray) -> np.ndarray:
        padded = np.pad(mask, 1)
        inside = [np.roll(padded, step, axis)[1:-1, 1:-1, 1:-1] for axis in range(3) for step in (-1, 1)]
        return np.argwhere(mask & ~np.logical_and.reduce(inside)) * np.array(spacing)

    pairs = cdist(surface(reference), surface(found))
    to_found, to_reference = pairs.min(axis=1), pairs.min(axis=0)
    pooled = np.concatenate([to_found, to_reference])
    return {
        "assd_mm": pooled.mean(),
        "rms_mm": np.sqrt((pooled**2).mean()),
        "hausdorff_mm": pooled.max(),
        "hd95_mm": max(np.percentile(to_found, 95), np.percentile(to_reference, 95)),
    }


def degenerate_pairs() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    shape = (5, 8, 7)
    none = np.zeros(shape, dtype=bool)
    voxel, corner, slab, border = (none.copy() for _ in range(4))
    voxel[2, 4, 3] = corner[0, 0, 0] = True
    slab[2] = True
    border[:, 0], border[:, -1] = True, True
    everything = np.ones(shape, dtype=bool)
    holed = everything.copy()
    holed[2, 3:5, 3:5] = False
    one = {"voxel": voxel, "corner": corner, "one slice": slab, "borders": border, "all": everything, "holed": holed}
    return {f"{a} and {b}": (one[a], one[b]) for a in one for b in one}


@pytest.mark.parametrize("name", degenerate_pairs())
def test_degenerate_masks_equal_brute_force(name):
    reference, found = degenerate_pairs()[name]
    assert surface_metrics(reference, found, SPACING) == pytest.approx(brute_force(reference, found, SPACING))
    values = mask_metrics(reference, found, SPACING)  # cut to the box around both, which changes nothing
    assert values == pytest.approx({**overlap_metrics(reference, found), **brute_force(reference, found, SPACING)})


@pytest.mark.parametrize("seed", range(20))
def test_random_masks_equal_brute_force(seed):
    random = np.random.default_rng(seed)
    shape = tuple(random.integers(1, 9, 3))
    reference, found = (random.random(shape) < random.choice([0.1, 0.5, 0.9]) for _ in range(2))
    if not (reference.any() and found.any()):
        reference[0, 0, 0] = found[-1, -1, -1] = True
    spacing = tuple(random.uniform(0.4, 6, 3))
    assert surface_metrics(reference, found, spacing) == pytest.approx(brute_force(reference, found, spacing))


def test_single_voxels_are_measured_by_their_distance():
    reference, found = np.zeros((2, 4, 6, 5), dtype=bool)
    reference[0, 0, 0], found[2, 4, 1] = True, True
    distance = math.dist((0, 0, 0), (2 * 3.0, 4 * 0.7, 1 * 0.9))
    values = mask_metrics(reference, found, SPACING)
    assert all(values[metric] == pytest.approx(distance) for metric in SURFACE_METRICS)
    assert values["dice"] == 0


def test_identical_masks_agree_perfectly():
    mask, _ = blobs(0)
    values = mask_metrics(mask, mask, SPACING)
    assert [values[m] for m in ("dice", "precision", "recall", "volume_ratio")] == [1, 1, 1, 1]
    assert [values[m] for m in ("voe", "rvd", *SURFACE_METRICS)] == [0] * 6


def test_concentric_spheres():
    # Radii 10 and 12 mm: every surface point is 2 mm from the other sphere, Dice is 2 r³ / (r³ + R³).
    step = 0.5
    axis = np.arange(-14, 14 + step, step)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    squared = z**2 + y**2 + x**2
    values = mask_metrics(squared <= 100, squared <= 144, (step, step, step))
    assert values["dice"] == pytest.approx(2 * 10**3 / (10**3 + 12**3), rel=0.005)
    assert values["rvd"] == pytest.approx(1.2**3 - 1, rel=0.01)
    assert values["assd_mm"] == pytest.approx(2.0, abs=step / 2)
    assert values["hausdorff_mm"] == pytest.approx(2.0, abs=step)
