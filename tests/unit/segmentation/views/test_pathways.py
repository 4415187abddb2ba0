"""Segments at several scales: tiles that come together to what one tile gives, samples against NumPy's indexing, and
networks of lesions and of livers that learn from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.solid_scans import solid_scan, solid_scans

from livermets.config.architectures import DeepMedicSettings
from livermets.config.sampling import LiverSegmentSampling, SegmentSampling
from livermets.config.segmentation import LiverOutputSettings, OutputSettings
from livermets.config.training import AugmentationSettings, TrainingSettings
from livermets.errors import InputError
from livermets.segmentation.architectures.build import NetworkPlan, build_network
from livermets.segmentation.architectures.pathways import Pathway
from livermets.segmentation.classes import Classes, most_probable
from livermets.segmentation.training_loop import train_network
from livermets.segmentation.training_set import assemble
from livermets.segmentation.views.build import view_of
from livermets.segmentation.views.pathways import PathwayView, around

LESIONS = Classes(("background", "lesion"))
LIVERS = Classes(("background", "liver"))
SMALL = DeepMedicSettings(
    architecture="deepmedic",
    downsampling=(1, 3),
    filters=((4, 8), (4, 8)),
    combining_filters=(8,),
    dropout=0.0,
    initialisation="normal",
)
CPU = torch.device("cpu")
ANYWHERE = OutputSettings(restrict_to_liver=False, batch_size=4)
STILL = AugmentationSettings(flip=0)


class Mean(torch.nn.Module):
    """Gives the mean of each voxel's 3×3×3 neighbours as logits, and loses a voxel on every side."""

    pathways = (Pathway(1, 1),)

    def forward(self, images):
        (image,) = images
        return torch.nn.functional.avg_pool3d(image, 3, stride=1)


class Middle(torch.nn.Module):
    """Gives as logits the coarse voxel in whose block a voxel lies."""

    pathways = (Pathway(1, 1), Pathway(3, 1))

    def forward(self, images):
        fine, coarse = images
        inner = coarse[:, :, 1:-1, 1:-1, 1:-1]
        for axis in (2, 3, 4):
            side = fine.shape[axis] - 2
            blocks = inner.repeat_interleave(3, dim=axis)
            inner = blocks.narrow(axis, (blocks.shape[axis] - side) // 2, side)
        return inner


def view(classes=LESIONS, **sampling) -> PathwayView:
    return PathwayView(SegmentSampling(view="segments", **sampling), SMALL, classes)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def random_image(shape=(9, 20, 13)):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_an_unpadded_network_is_shown_segments_at_its_scales():
    assert isinstance(view_of(SegmentSampling(view="segments"), SMALL, LESIONS), PathwayView)


@pytest.mark.parametrize("start", [(0, 0, 0), (3, 15, 7), (-4, 18, 2)])
def test_what_a_pathway_sees_is_every_so_manieth_voxel(start):
    image, output, factor, margin = random_image(), (6, 9, 3), 3, 4
    grown = np.pad(image, 40, mode="edge")
    (found,) = around(image, start, output, [Pathway(factor, margin)])
    first = [40 + begin + factor // 2 - factor * margin for begin in start]
    cut = [slice(at, at + side + 2 * factor * margin, factor) for at, side in zip(first, output, strict=True)]
    assert np.array_equal(found, grown[tuple(cut)])


@pytest.mark.parametrize("segment", [(8, 7, 6), (5, 40, 5)])
@pytest.mark.parametrize("batch_size", [1, 3, 50])
def test_the_margin_that_a_network_loses_is_shown_to_it(segment, batch_size):
    image = random_image()
    output = OutputSettings(restrict_to_liver=False, batch_size=batch_size)
    (found,) = view(segment=segment, field="image").probabilities(Mean(), image, None, output, CPU)
    grown = torch.from_numpy(np.pad(image, 1, mode="edge"))[None, None]
    assert np.allclose(found, sigmoid(torch.nn.functional.avg_pool3d(grown, 3, stride=1)[0, 0].numpy()), atol=1e-6)


@pytest.mark.parametrize("tta", ["none", "flips"])
@pytest.mark.parametrize("batch_size", [1, 4, 1000])
def test_a_voxel_has_the_same_coarse_one_in_every_tile(batch_size, tta):
    image = random_image()
    output = OutputSettings(restrict_to_liver=False, batch_size=batch_size, tta=tta)
    (found,) = view(segment=(5, 8, 11), field="image").probabilities(Middle(), image, None, output, CPU)
    axes = [np.minimum(np.arange(side) // 3 * 3 + 1, side - 1) for side in image.shape]
    assert np.allclose(found, sigmoid(image[np.ix_(*axes)]), atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 5])
def test_where_segments_leave_blocks_incomplete_tiles_are_segments(batch_size):
    """Four voxels lie in two blocks of three: as in training, the first voxel of a segment is the first of a block."""
    image = random_image()
    output = OutputSettings(restrict_to_liver=False, batch_size=batch_size)
    (found,) = view(segment=(6, 6, 6), field="image").probabilities(Middle(), image, None, output, CPU)
    axes = []
    for side in image.shape:
        tile, within = np.divmod(np.arange(side), 4)
        axes.append(np.minimum(4 * tile + (within + 1) // 3 * 3, side - 1))
    assert np.allclose(found, sigmoid(image[np.ix_(*axes)]), atol=1e-6)


def test_tiles_of_a_trained_network_come_together_to_one_large_one():
    image, network = random_image((20, 33, 27)), build_network(SMALL, LESIONS).eval()
    shown = view(segment=(7, 10, 7), field="image")
    whole = shown.probabilities(network, image, None, OutputSettings(restrict_to_liver=False, batch_size=500), CPU)
    tiles = shown.probabilities(network, image, None, OutputSettings(restrict_to_liver=False, batch_size=1), CPU)
    assert np.allclose(whole, tiles, atol=1e-5)
    assert whole.std() > 0.01


@pytest.mark.parametrize("field", ["image", "liver"])
def test_outside_the_liver_the_probability_is_zero_and_within_it_that_of_the_whole_image(field):
    image = random_image((40, 38, 36))
    liver = np.zeros(image.shape, dtype=np.uint8)
    shown = view(segment=(8, 8, 8), field=field)
    assert not shown.probabilities(Mean(), image, liver, OutputSettings(), CPU).any()
    liver[15:18, 10:17, 9:20] = 1
    found = shown.probabilities(Mean(), image, liver, OutputSettings(), CPU)
    everywhere = view(segment=(8, 8, 8), field="image").probabilities(Mean(), image, None, ANYWHERE, CPU)
    assert np.allclose(found, everywhere * liver, atol=1e-6)


def test_segments_at_the_edge_of_the_livers_box_see_beyond_it():
    scan = solid_scan("a", 1, LESIONS, (40, 60, 60))
    liver = np.zeros_like(scan.liver)
    liver[18:22, 28:32, 28:32] = 1
    scan = replace(scan, liver=liver)
    shown = view(segment=(12, 12, 12), field="liver", within="all", balance=False, segments_per_epoch=40)
    epoch = shown.samples(shown.shown([scan], Mean()), Mean()).epochs(STILL, 0)
    # The box reaches 8 voxels beyond the liver, and the network loses one more.
    inside, beyond = (
        np.unique(scan.image[tuple(slice(at, at + 20 + 2 * far) for at in (10 - far, 20 - far, 20 - far))])
        for far in (0, 1)
    )
    seen = [epoch[position][0][0].numpy() for position in range(40)]
    assert all(np.isin(image, beyond).all() for image in seen)
    assert not all(np.isin(image, inside).all() for image in seen)


@pytest.mark.parametrize("shape", [(9, 20, 13), (4, 20, 13)], ids=["larger", "smaller than a segment"])
def test_monitoring_sees_every_voxel_of_every_scan(shape):
    scan = solid_scan("a", 1, LESIONS, shape)
    numbered = np.arange(1, scan.image.size + 1, dtype=np.float32).reshape(scan.image.shape)
    scan = replace(scan, image=numbered, target=(numbered % 2).astype(np.uint8))
    batches = list(view(segment=(8, 8, 8), within="all", field="image").samples([scan], Middle()).batches(3))
    inner = [images[0][:, :, 1:-1, 1:-1, 1:-1] for images, _, _ in batches]
    assert all(torch.equal(batch.target, image % 2) for batch, image in zip(batches, inner, strict=True))
    assert set(np.unique(numbered)) == {float(value) for image in inner for value in image.unique()}
    assert all(batch.images[1].shape[2:] == (4, 4, 4) for batch in batches)


@pytest.mark.parametrize("within", ["all", "liver"])
@pytest.mark.parametrize("balance, least, most", [(True, 0.4, 1.0), (False, 0.0, 0.3)])
def test_half_of_balanced_segments_lie_around_a_lesion(balance, least, most, within):
    shown = view(segment=(5, 5, 5), segments_per_epoch=200, balance=balance, within=within)
    epoch = shown.samples(solid_scans(LESIONS), Mean()).epochs(STILL, 0)
    assert least <= np.mean([bool(epoch[position][1].any()) for position in range(len(epoch))]) <= most


def test_segments_within_the_liver_lie_around_its_voxels():
    scans = [solid_scan("a", 1, LIVERS)]
    shown = view(LIVERS, segment=(5, 5, 5), segments_per_epoch=50, within="liver", balance=False)
    epoch = shown.samples(scans, Mean()).epochs(STILL, 0)
    assert all(bool(epoch[position][1][0, 1, 1, 1]) for position in range(50))


def test_image_and_target_are_changed_in_place_alike():
    scans = [replace(scan, image=scan.target.astype(np.float32)) for scan in solid_scans(LIVERS)]
    augmentation = AugmentationSettings(flip=0.5, affine=1, elastic=1, elastic_sd_voxels=1, elastic_spacing_voxels=12)
    samples = view(LIVERS, segment=(8, 14, 14), segments_per_epoch=12, within="all").samples(scans, Middle())
    varied, still = samples.epochs(augmentation, 3), samples.epochs(STILL, 3)
    moved = []
    for position in range(12):
        images, target, _ = varied[position]
        inner = images[0][:, 1:-1, 1:-1, 1:-1]
        clear = (inner - 0.5).abs() > 0.45
        assert torch.equal(inner[clear] > 0.5, target[clear] > 0)
        moved.append(not torch.equal(images[0], still[position][0][0]))
    assert np.mean(moved) > 0.5


def test_values_are_changed_alike_at_every_scale():
    scans = [replace(scan, image=np.ones_like(scan.image), hu_per_unit=1000.0) for scan in solid_scans(LESIONS)]
    augmentation = AugmentationSettings(flip=0, intensity=1, shift=1, shift_mean_hu=-40)
    epoch = view(segment=(8, 8, 8)).samples(scans, Middle()).epochs(augmentation, 0)
    values = [epoch[position][0] for position in range(5)]
    assert all(len(torch.cat([fine.unique(), coarse.unique()]).unique()) == 1 for fine, coarse in values)
    assert len({float(fine[0, 0, 0, 0]) for fine, _ in values}) == 5


def test_segments_depend_on_seed_epoch_and_position_only():
    everything = AugmentationSettings(flip=0.5, affine=1, elastic=1, intensity=1, shift=1, noise=1)
    samples = view(segment=(8, 16, 16), segments_per_epoch=8).samples(solid_scans(LESIONS), Middle())
    one, other = samples.epochs(everything, 7), samples.epochs(everything, 7)
    _ = [one[position] for position in (5, 2)]
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(one[3][0], other[3][0], strict=True))
    assert [image.shape for image in one[3][0]] == [(1, 8, 16, 16), (1, 4, 7, 7)]
    one.set_epoch(1)
    assert not torch.equal(one[3][0][0], other[3][0][0])


def test_a_segment_smaller_than_the_receptive_field_is_refused():
    sentence = (
        r"a segment of 16 × 64 × 64 voxels is smaller than the receptive field of the network, 17 voxels\. "
        r"Use sides from 17 on, e\.g\. 31, which give back 15"
    )
    network = build_network(DeepMedicSettings(architecture="deepmedic"), LESIONS)
    with pytest.raises(InputError, match=sentence):
        view().samples(solid_scans(LESIONS), network)
    with pytest.raises(InputError, match=sentence):
        view(field="image").probabilities(network, random_image(), None, ANYWHERE, CPU)


@pytest.mark.slow
@pytest.mark.parametrize(
    "classes, sampling, output",
    [
        (LESIONS, SegmentSampling, OutputSettings()),
        (LIVERS, LiverSegmentSampling, LiverOutputSettings()),
    ],
    ids=["lesions", "livers"],
)
def test_a_network_of_two_scales_learns(classes, sampling, output):
    shown = PathwayView(sampling(view="segments", segment=(7, 13, 13), segments_per_epoch=32), SMALL, classes)
    plan = NetworkPlan(SMALL, classes)
    settings = TrainingSettings(epochs=8, batch_size=8, learning_rate=0.01, loss="cross-entropy")
    data = assemble(solid_scans(classes), shown, plan.build(), classes, settings, 0)
    trained = train_network(data.training, data.validation, plan, settings, 0)
    assert trained.log["training_loss"].iloc[-1] < 0.5 * trained.log["training_loss"].iloc[0]
    network = plan.build()
    network.load_state_dict(trained.weights)
    scan = data.validation_scans[0]
    (found,) = most_probable(shown.probabilities(network, scan.image, scan.liver, output, CPU))
    true = scan.target == classes.focus
    assert 2 * (found & true).sum() / (found.sum() + true.sum()) > 0.7


def test_two_trainings_give_the_same_weights():
    augmentation = AugmentationSettings(affine=0.5, elastic=0.5, shift=0.5, noise=0.5)
    settings = TrainingSettings(epochs=2, batch_size=4, augmentation=augmentation)
    shown, plan = view(segment=(7, 7, 7), segments_per_epoch=8), NetworkPlan(SMALL, LESIONS)
    data = assemble(solid_scans(LESIONS), shown, plan.build(), LESIONS, settings, 0)
    first, again = (train_network(data.training, None, plan, settings, 0).weights for _ in range(2))
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    begun = plan.build().state_dict()
    assert any(not torch.equal(value, begun[name]) for name, value in first.items())
