"""From the CT to what networks see, and back to the CT."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from tests.thick_ellipsoid import THICK, Copy, dice, ellipsoid, shift_mm

from livermets.config.architectures import UNetSettings
from livermets.config.preprocess import PreprocessSettings
from livermets.config.sampling import OrthogonalSampling
from livermets.config.segmentation import OutputSettings
from livermets.errors import InputError
from livermets.imaging.filters import equalised
from livermets.imaging.geometry import Grid, Volume
from livermets.imaging.resample import network_grid, resample_image
from livermets.segmentation.architectures.build import Several
from livermets.segmentation.classes import Classes
from livermets.segmentation.preprocess import network_image, preprocess_scan
from livermets.segmentation.segment import native_mask, on_native_grid
from livermets.segmentation.views.orthogonal import PLANES, OrthogonalView

LESIONS, LIVERS = Classes(("background", "lesion")), Classes(("background", "liver"))
JOINT = Classes(("background", "liver", "lesion"))
FOUND = OutputSettings(restrict_to_liver=False)


def settings(**keys) -> PreprocessSettings:
    return PreprocessSettings.model_validate({"network_grid": 32, **keys})


def noisy(shape=(6, 40, 40)) -> Volume:
    random = np.random.default_rng(3)
    return Volume(random.integers(-1024, 800, shape).astype(np.int16), Grid(shape[::-1], (0.7, 0.7, 3.0)))


def there_and_back(moved: bool = False, **keys) -> np.ndarray:
    """The native mask of three planes' networks that answer with the image itself, in place or half a voxel above."""
    image, mask = ellipsoid()
    chosen = settings(scale="window", window_hu=(-100, 100), **keys)
    scan = preprocess_scan(image, mask, None, chosen, LESIONS, "scan")
    view = OrthogonalView(OrthogonalSampling(view="orthogonal", field="image"), UNetSettings(levels=2), LESIONS)
    view.check_image(scan.image.array.shape, "scan")
    network = Several({plane: Copy() for plane in PLANES})
    probability = view.probabilities(network, scan.image.array, None, FOUND, torch.device("cpu"))
    placed = (probability + np.roll(probability, 1, axis=1)) / 2 if moved else probability
    native = on_native_grid(placed, scan, image)[0]
    found = native_mask(native[None], 0, FOUND.threshold, image, FOUND)
    assert native.shape == THICK.shape_zyx
    return found


@pytest.mark.parametrize(
    "keys",
    [
        {"pixel_spacing_mm": 1.4, "slice_spacing_mm": 1.4},
        {"pixel_spacing_mm": 0.8, "slice_spacing_mm": 0.8, "crop": "body"},
        {"network_grid": 64, "slice_spacing_mm": 2.0},
        {"network_grid": 48, "slice_spacing_mm": 1.5, "crop": "body"},
    ],
)
def test_the_mean_of_three_planes_comes_back_to_thick_slices_where_it_was(keys):
    found = there_and_back(**keys)
    assert dice(found) > 0.985
    assert np.abs(shift_mm(found)).max() < 0.1


def test_half_a_voxel_would_be_noticed():
    """Isotropic voxels of 1.4 mm, half of one along z."""
    found = there_and_back(moved=True, pixel_spacing_mm=1.4, slice_spacing_mm=1.4)
    assert shift_mm(found)[0] == pytest.approx(0.7, abs=0.15)


def test_a_crop_changes_no_voxel_that_it_keeps_and_masks_come_back_to_the_whole_grid():
    image, mask = ellipsoid()
    hu = np.full((18, 80, 96), -1000.0, dtype=np.float32)
    hu[:, 10:75, 20:90] = image.array[:, 10:75, 20:90]
    inside = np.argwhere((hu > -300).any(axis=0))
    (y, x), (y_end, x_end) = inside.min(axis=0), inside.max(axis=0) + 1
    seen = network_image(image.with_array(hu), settings(crop="body", pixel_spacing_mm=0.8), "scan")
    assert seen.array.shape == (18, y_end - y, x_end - x)
    assert np.allclose(seen.array, hu[:, y:y_end, x:x_end], atol=1e-2)
    back = resample_image(seen, image.grid, -1000).array
    assert back.shape == hu.shape
    assert np.allclose(back[:, y:y_end, x:x_end], hu[:, y:y_end, x:x_end], atol=0.1)
    scan = preprocess_scan(image.with_array(hu), mask, mask, settings(crop="body"), LESIONS, "scan")
    assert scan.liver.grid == scan.lesions.grid == scan.image.grid


def test_filters_come_before_or_after_resampling_and_equalisation_before_the_median():
    image = noisy()
    keys = {"clip_hu": (-150, 250), "histogram_equalisation": True, "median_filter": {"dimensions": 3}}
    clipped = image.with_array(np.clip(image.array, -150, 250))
    grid = network_grid(image.grid, 32)

    def filtered(volume: Volume) -> Volume:
        ranks = equalised(volume.array, (-150, 250))
        return volume.with_array(ndimage.median_filter(ranks, size=3, mode="nearest"))

    after = filtered(resample_image(clipped, grid, -150)).array
    before = resample_image(filtered(clipped), grid, -150).array
    assert np.array_equal(network_image(image, settings(**keys), "scan").array, after)
    assert np.array_equal(network_image(image, settings(filter_grid="acquired", **keys), "scan").array, before)
    assert not np.allclose(before, after, atol=1)


def test_a_median_of_two_dimensions_leaves_slices_apart():
    image = noisy()
    seen = network_image(image, settings(network_grid=40, median_filter={"size_voxels": 5}), "scan").array
    assert np.array_equal(seen, ndimage.median_filter(image.array.astype(np.float32), size=(1, 5, 5), mode="nearest"))


@pytest.mark.parametrize(
    "scale, classes, method",
    [
        ("liver-zscore", LESIONS, "z-score over the liver volume"),
        ("window", LESIONS, "HU window"),
        ("liver-zscore", LIVERS, "HU window"),
        ("liver-zscore", JOINT, "HU window"),
    ],
)
def test_a_network_that_finds_the_liver_always_gets_the_window(scale, classes, method):
    image, mask = ellipsoid()
    chosen = settings(scale=scale, window_hu=(-200, 200), window_values=(-0.2, 0.2))
    scan = preprocess_scan(image, mask, mask, chosen, classes, "scan")
    assert scan.normalisation["method"] == method
    hu = network_image(image, chosen, "scan").array
    how = scan.normalisation
    assert np.allclose(scan.image.array, (np.clip(hu, *how["clip_hu"]) - how["mean"]) / how["sd"], atol=1e-5)
    if method == "HU window":
        assert np.allclose(scan.image.array, np.clip(hu, -200, 200) / 1000, atol=1e-5)
    else:
        assert scan.image.array[scan.liver.array > 0].mean() == pytest.approx(0, abs=1e-4)


def test_a_grid_that_would_fill_the_memory_is_refused_with_a_spacing_that_fits():
    image = Volume(np.zeros((400, 8, 8), np.int16), Grid((8, 8, 400), (50.0, 50.0, 1.5)))
    said = (
        "scan: the network grid would have 4000 × 4000 × 400 voxels, 24 GiB for its image alone. "
        "Choose a larger preprocess.pixel_spacing_mm; isotropic voxels of 0.71 mm would fit."
    )
    with pytest.raises(InputError) as caught:
        network_image(image, settings(pixel_spacing_mm=0.1), "scan")
    assert str(caught.value) == said
    extent = network_grid(image.grid, 32, 0.71, 0.71).size_xyz
    assert np.prod(extent) == pytest.approx(512 * 512 * 1024, rel=0.02)


def test_what_cannot_be_meant_is_refused_before_anything_is_opened():
    for wrong in (
        {"median_filter": {"size_voxels": 4}},
        {"window_values": (1, -1)},
        {"window_hu": (250, -150)},
        {"pixel_spacing_mm": 0.01},
        {"slice_spacing_mm": 0},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong)) if "median_filter" not in wrong else "odd side"):
            settings(**wrong)


def test_a_scan_says_how_it_was_prepared():
    image, mask = ellipsoid()
    scan = preprocess_scan(image, mask, None, settings(pixel_spacing_mm=1.4), LESIONS, "scan")
    assert scan.normalisation["preprocess"] == settings(pixel_spacing_mm=1.4).model_dump(mode="json")
    assert scan.lesions is None
