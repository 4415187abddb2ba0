"""The liver by a network is shown the scan as in its training, and comes back to the CT's grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.network_descriptions import network_description
from tests.thick_ellipsoid import THICK, Copy, dice, ellipsoid, shift_mm

from livermets.config.architectures import UNetSettings
from livermets.config.preprocess import PreprocessSettings
from livermets.config.sampling import AxialSampling, OrthogonalSampling
from livermets.config.segmentation import LiverSettings
from livermets.errors import InputError
from livermets.segmentation import liver_network
from livermets.segmentation.architectures.build import Several
from livermets.segmentation.liver_network import liver_by_network
from livermets.segmentation.views.orthogonal import PLANES

CT = Path("ct.nii.gz")
ISOTROPIC = {"pixel_spacing_mm": 1.4, "slice_spacing_mm": 1.4, "crop": "body"}


@pytest.fixture
def found(monkeypatch):
    """The mask of a network that copies what it is shown, HU from -100 to 100 as logits."""

    def mask(sampling, network, **keys) -> np.ndarray:
        window = {"window_hu": (-100, 100), "scale": "liver-zscore"}
        known = network_description(
            classes=("background", "liver"),
            network=UNetSettings(levels=3),
            sampling=sampling,
            preprocess=PreprocessSettings.model_validate({**window, **keys}),
        )
        monkeypatch.setattr(liver_network, "load_network", lambda folder: (network, known))
        return liver_by_network(CT, ellipsoid()[0], Path("network"), LiverSettings()) > 0

    return mask


@pytest.mark.parametrize("keys", [{"network_grid": 64}, ISOTROPIC])
def test_axial_slices_come_back_where_they_were(found, keys):
    mask = found(AxialSampling(field="image"), Copy(), **keys)
    assert mask.shape == THICK.shape_zyx
    assert dice(mask) > 0.985
    assert np.abs(shift_mm(mask)).max() < 0.1


def test_three_planes_of_isotropic_voxels_come_back_where_they_were(found):
    planes = OrthogonalSampling(view="orthogonal", field="image")
    mask = found(planes, Several({plane: Copy() for plane in PLANES}), **ISOTROPIC)
    assert dice(mask) > 0.985
    assert np.abs(shift_mm(mask)).max() < 0.1


def test_a_scan_that_is_too_thin_for_three_planes_is_named(found):
    """18 slices of 5 mm are 9 of 10 mm; three halvings need 16."""
    planes = OrthogonalSampling(view="orthogonal", field="image")
    with pytest.raises(
        InputError, match=r"ct\.nii\.gz: 9 slices are too few .* halves them 3 times\. Set preprocess\."
    ):
        found(planes, Several({plane: Copy() for plane in PLANES}), network_grid=64, slice_spacing_mm=10)
