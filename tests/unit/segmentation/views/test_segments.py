"""3D segments: what is cut apart comes together again, and a 3D network learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.solid_scans import solid_scan, solid_scans

from livermets.config.architectures import UNet3DSettings
from livermets.config.sampling import SegmentSampling
from livermets.config.segmentation import OutputSettings
from livermets.config.training import AugmentationSettings, TrainingSettings
from livermets.errors import InputError
from livermets.segmentation.architectures.build import NetworkPlan
from livermets.segmentation.classes import Classes, most_probable
from livermets.segmentation.training_loop import train_network
from livermets.segmentation.training_set import assemble
from livermets.segmentation.views.segments import SegmentView

LESIONS = Classes(("background", "lesion"))
BOTH = Classes(("background", "liver", "lesion"))
SMALL = UNet3DSettings(architecture="unet3d", levels=2, base_filters=4)
CPU = torch.device("cpu")
ANYWHERE = OutputSettings(restrict_to_liver=False, batch_size=4)


class Copy(torch.nn.Module):
    """Gives its input back as logits."""

    size_multiple = 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def view(classes=LESIONS, **sampling) -> SegmentView:
    return SegmentView(SegmentSampling(view="segments", **sampling), SMALL, classes)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.6])
@pytest.mark.parametrize("shape", [(9, 20, 13), (5, 3, 30)], ids=["larger", "smaller than a segment"])
def test_a_network_that_copies_its_input_gives_it_back(overlap, shape):
    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    shown = view(segment=(8, 8, 8), overlap=overlap, field="image")
    (found,) = shown.probabilities(Copy(), image, None, ANYWHERE, CPU)
    assert np.allclose(found, sigmoid(image), atol=1e-6)


@pytest.mark.parametrize("field", ["image", "liver"])
def test_outside_the_liver_the_probability_is_zero(field):
    image = np.random.default_rng(1).normal(size=(30, 28, 26)).astype(np.float32)
    liver = np.zeros(image.shape, dtype=np.uint8)
    (found,) = view(field=field).probabilities(Copy(), image, liver, OutputSettings(), CPU)
    assert not found.any()
    liver[12:15, 10:17, 9:20] = 1
    (found,) = view(segment=(8, 8, 8), field=field).probabilities(Copy(), image, liver, OutputSettings(), CPU)
    assert np.allclose(found, sigmoid(image) * liver, atol=1e-6)


def test_monitoring_sees_every_voxel_of_every_scan():
    scan = solid_scan("a", 1, LESIONS, (9, 20, 13))
    numbered = np.arange(1, scan.image.size + 1, dtype=np.float32).reshape(scan.image.shape)
    scan = type(scan)("a", "a", numbered, scan.target, scan.liver)
    batches = list(view(segment=(8, 8, 8), within="all", field="image").samples([scan], Copy()).batches(3))
    assert all(batch.target.shape == batch.images.shape for batch in batches)
    assert set(np.unique(numbered)) <= {float(value) for batch in batches for value in batch.images.unique()}


@pytest.mark.parametrize("balance, least, most", [(True, 0.5, 1.0), (False, 0.0, 0.45)])
def test_half_of_balanced_segments_lie_around_a_lesion(balance, least, most):
    scans = solid_scans(LESIONS)
    shown = view(segment=(4, 4, 4), segments_per_epoch=200, balance=balance)
    epoch = shown.samples(scans, Copy()).epochs(AugmentationSettings(), 0)
    centres = np.mean([bool(epoch[position][1].any()) for position in range(len(epoch))])
    assert len(epoch) == 200
    assert least <= centres <= most


def test_segments_depend_on_seed_epoch_and_position_only():
    everything = AugmentationSettings(flip=0.5, affine=1, intensity=1, noise=1)
    samples = view(segment=(8, 16, 16), segments_per_epoch=8).samples(solid_scans(LESIONS), Copy())
    one, other = samples.epochs(everything, 7), samples.epochs(everything, 7)
    _ = [one[position] for position in (5, 2)]
    assert torch.equal(one[3][0], other[3][0])
    assert one[3][0].shape == (1, 8, 16, 16)
    one.set_epoch(1)
    assert not torch.equal(one[3][0], other[3][0])


def test_segments_are_turned_in_the_plane_of_the_slices():
    """An image that changes along z alone looks the same after every rotation about z."""
    scan = solid_scan("a", 1, LESIONS, (8, 16, 16))
    ramp = np.broadcast_to(np.arange(8, dtype=np.float32)[:, None, None], (8, 16, 16)).copy()
    scan = type(scan)("a", "a", ramp, scan.target, scan.liver)
    samples = view(segment=(8, 16, 16), within="all", field="image", segments_per_epoch=4).samples([scan], Copy())
    epoch = samples.epochs(AugmentationSettings(flip=0.5, affine=1, rotation_degrees=40), 0)
    for position in range(4):
        assert np.allclose(epoch[position][0][0], ramp, atol=1e-3)


def test_segments_that_do_not_fit_the_network_are_refused():
    network = NetworkPlan(SMALL, LESIONS).build()
    with pytest.raises(
        InputError, match=r"a segment of 8 × 10 × 8 voxels does not fit the network\. Use sides that are"
    ):
        view(segment=(8, 10, 8)).samples(solid_scans(LESIONS), network)


@pytest.mark.slow
@pytest.mark.parametrize("classes", [LESIONS, BOTH], ids=str)
def test_a_3d_network_learns_one_class_or_liver_and_lesions_in_one_go(classes):
    plan = NetworkPlan(SMALL, classes)
    shown = view(classes, segment=(8, 16, 16), segments_per_epoch=48, within="all", field="image")
    settings = TrainingSettings(epochs=14, batch_size=8, learning_rate=0.02)
    data = assemble(solid_scans(classes), shown, plan.build(), classes, settings, 0)
    trained = train_network(data.training, data.validation, plan, settings, 0)
    assert trained.log["training_loss"].iloc[-1] < 0.5 * trained.log["training_loss"].iloc[0]
    network = plan.build()
    network.load_state_dict(trained.weights)
    scan = data.validation_scans[0]
    found = most_probable(shown.probabilities(network, scan.image, None, ANYWHERE, CPU))
    assert len(found) == len(classes.found)
    for channel, mask in enumerate(found, start=1):
        true = scan.target == channel
        assert 2 * (mask & true).sum() / (mask.sum() + true.sum()) > 0.7
