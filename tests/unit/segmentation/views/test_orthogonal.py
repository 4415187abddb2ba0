"""Three planes: what is cut apart comes together again, and each plane's network learns as if it were alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.solid_scans import solid_scan, solid_scans

from livermets.config.architectures import UNetSettings
from livermets.config.sampling import OrthogonalSampling
from livermets.config.segmentation import OutputSettings
from livermets.config.training import AugmentationSettings, TrainingSettings
from livermets.errors import InputError
from livermets.segmentation.architectures.build import NetworkPlan, Several, networks_in
from livermets.segmentation.classes import Classes
from livermets.segmentation.training_loop import train_network
from livermets.segmentation.training_set import assemble
from livermets.segmentation.views.orthogonal import PLANES, OrthogonalView

LESIONS = Classes(("background", "lesion"))
SMALL = UNetSettings(levels=2, base_filters=4)
CPU = torch.device("cpu")
ANYWHERE = OutputSettings(restrict_to_liver=False)


class Copy(torch.nn.Module):
    """Gives its input back as logits, times a factor."""

    size_multiple = 1

    def __init__(self, factor: float = 1.0) -> None:
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(factor))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor


def view(**sampling) -> OrthogonalView:
    settings = OrthogonalSampling(view="orthogonal", **sampling)
    return OrthogonalView(settings, SMALL, LESIONS)


def test_three_networks_that_copy_their_input_give_it_back():
    image = np.random.default_rng(0).normal(size=(5, 6, 7)).astype(np.float32)
    network = Several({plane: Copy() for plane in PLANES})
    (found,) = view(field="image").probabilities(network, image, None, ANYWHERE, CPU)
    assert np.allclose(found, 1 / (1 + np.exp(-image)), atol=1e-6)


@pytest.mark.parametrize("field", ["image", "liver"])
def test_the_probability_is_the_mean_of_the_planes_within_the_liver(field):
    image = np.random.default_rng(1).normal(size=(30, 28, 26)).astype(np.float32)
    liver = np.zeros(image.shape, dtype=np.uint8)
    liver[12:15, 10:17, 9:20] = 1
    factors = (1.0, 2.0, -1.0)
    network = Several({plane: Copy(factor) for plane, factor in zip(PLANES, factors, strict=True)})
    (found,) = view(field=field).probabilities(network, image, liver, OutputSettings(), CPU)
    expected = np.mean([1 / (1 + np.exp(-factor * image)) for factor in factors], axis=0)
    assert np.allclose(found, expected * liver, atol=1e-6)


def test_the_planes_are_those_of_the_patient():
    """Coronal slices lie one behind the other (y), sagittal ones side by side (x)."""
    scan = solid_scan("a", 1, LESIONS, shape=(8, 12, 16))
    axial, coronal, sagittal = view(slices="all").samples([scan], torch.nn.Module.__new__(Copy)).planes
    assert np.array_equal(axial.image(3)[0], scan.image[3])
    assert np.array_equal(coronal.image(3)[0], scan.image[:, 3])
    assert np.array_equal(sagittal.image(3)[0], scan.image[:, :, 3])
    assert np.array_equal(sagittal.target[3, 0], scan.target[:, :, 3])


def test_every_plane_of_scans_of_other_sizes_makes_batches():
    scans = [solid_scan("a", 1, LESIONS, (8, 12, 16)), solid_scan("b", 2, LESIONS, (10, 16, 12))]
    planes = view(slices="all").samples(scans, torch.nn.Module.__new__(Copy)).planes
    assert [tuple(plane.stack.shape) for plane in planes] == [(18, 16, 16), (28, 10, 16), (28, 10, 16)]
    assert sum(int(plane.liver.sum()) for plane in planes) == 3 * sum(int(scan.liver.sum()) for scan in scans)


def test_a_scan_of_few_thick_slices_is_refused():
    """A network that halves twice needs 8 slices."""
    view().check_image((8, 32, 32), "scan a")
    said = (
        "scan a: 7 slices are too few for the coronal and sagittal planes of a network that halves them 2 times. "
        "Set preprocess.slice_spacing_mm, so that a scan has at least 8, or use fewer levels."
    )
    with pytest.raises(InputError) as caught:
        view().check_image((7, 32, 32), "scan a")
    assert str(caught.value) == said
    with pytest.raises(InputError, match="slices of 7 pixels are too small"):
        view().check_image((32, 7, 32), "scan a")


def test_a_batch_is_of_one_plane_and_every_position_is_in_one():
    scans = solid_scans(LESIONS)
    samples = view(slices_per_epoch=6, patch=16).samples(scans, networks_in(NetworkPlan(SMALL, LESIONS).build())[0])
    epoch = samples.epochs(AugmentationSettings(), 0)
    batches = epoch.batches(4)
    assert [len(batch) for batch in batches] == [4, 2] * 3
    assert sorted(position for batch in batches for position in batch) == list(range(len(epoch)))
    assert [{epoch[position][2] for position in batch} for batch in batches] == [{0}, {0}, {1}, {1}, {2}, {2}]
    assert len(list(samples.batches(1000))) == 3


@pytest.mark.slow
def test_the_network_of_a_plane_learns_as_if_alone():
    """Other samples of the coronal plane change the coronal network and no other."""
    plan = NetworkPlan(SMALL, LESIONS, tuple(PLANES))
    settings = TrainingSettings(epochs=2, batch_size=8, keep="last", schedule="constant")
    scans = solid_scans(LESIONS)
    samples = view(slices_per_epoch=16).samples(scans, plan.build())
    other = replace(samples, planes=list(samples.planes))
    coronal = samples.planes[1]
    other.planes[1] = replace(coronal, stack=coronal.stack + 1)
    one, two = (train_network(made, None, plan, settings, 0).weights for made in (samples, other))
    changed = {name.split(".")[1] for name in one if not torch.equal(one[name], two[name])}
    assert changed == {"coronal"}


@pytest.mark.slow
def test_a_ball_is_learnt_in_three_planes():
    plan, shown = NetworkPlan(SMALL, LESIONS, tuple(PLANES)), view()
    settings = TrainingSettings(epochs=12, batch_size=8, learning_rate=0.01)
    data = assemble(solid_scans(LESIONS), shown, plan.build(), LESIONS, settings, 0)
    trained = train_network(data.training, data.validation, plan, settings, 0)
    assert trained.log["training_loss"].iloc[-1] < 0.6 * trained.log["training_loss"].iloc[0]
    network = plan.build()
    network.load_state_dict(trained.weights)
    scan = data.validation_scans[0]
    (found,) = shown.probabilities(network, scan.image, scan.liver, OutputSettings(), CPU)
    overlap = 2 * ((found > 0.5) & (scan.target == 1)).sum() / ((found > 0.5).sum() + scan.target.sum())
    assert overlap > 0.8
