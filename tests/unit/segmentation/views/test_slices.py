"""Which slices are seen, in which order, and that their variation is repeatable."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.disc_scans import disc_scan

from livermets.config.sampling import AxialSampling
from livermets.config.training import AugmentationSettings
from livermets.segmentation.field import crop_scans, liver_box, padding_to
from livermets.segmentation.views.axial import padded
from livermets.segmentation.views.slices import EpochSlices, channel_rows, epoch_order, same_size, select_slices

EVERY = AxialSampling(slices="all")
EVERYTHING = AugmentationSettings(flip=0.5, affine=1, intensity=1, noise=1)


def test_neighbours_are_channels_and_the_ends_repeat_themselves():
    assert channel_rows(4, 1).tolist() == [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 3]]
    assert channel_rows(1, 2).tolist() == [[0] * 5]


@pytest.mark.parametrize("which", ["all", "liver"])
def test_channels_are_the_slices_around_each_of_its_own_scan(disc_scans, which):
    liver = disc_scans[0].liver.copy()
    liver[[0, -1]] = 0  # not selected, yet a neighbour
    scans = [replace(disc_scans[0], liver=liver, target=disc_scans[0].target * liver), *disc_scans[1:]]
    slices = select_slices(scans, AxialSampling(slices=which), 1)
    expected = [
        scan.image[np.clip([z - 1, z, z + 1], 0, len(scan.image) - 1)]
        for scan in scans
        for z in range(len(scan.image))
        if which == "all" or scan.liver[z].any()
    ]
    assert len(slices) == len(expected)
    assert np.array_equal(slices.image(slice(None)).numpy(), np.stack(expected))
    assert torch.equal(slices.image(3), torch.from_numpy(expected[3]))
    assert len(slices.stack) <= sum(len(scan.image) for scan in scans)


def test_balanced_epochs_hold_as_many_slices_of_either_kind():
    kinds = np.array([True] * 10 + [False] * 90)
    order = epoch_order(kinds, AxialSampling(balance=True), 0, 0)
    assert len(order) == 20
    assert kinds[order].sum() == 10
    limited = epoch_order(kinds, AxialSampling(balance=True, slices_per_epoch=8), 0, 0)
    assert kinds[limited].sum() == 4
    assert len(epoch_order(kinds, AxialSampling(balance=False), 0, 0)) == 100


@pytest.mark.slow
def test_real_slices_are_balanced(disc_scans):
    slices = select_slices(disc_scans, EVERY, 0)
    assert slices.with_focus.dtype == bool
    order = EpochSlices(slices, AugmentationSettings(), 0).order
    with_focus = slices.target.numpy().any(axis=(1, 2, 3))[order]
    assert 0 < with_focus.sum() == (~with_focus).sum()


@pytest.mark.parametrize("balance", [True, False])
def test_an_epoch_of_windows_is_as_long_as_asked(balance):
    kinds = np.array([True] * 10 + [False] * 30)
    order = epoch_order(kinds, AxialSampling(balance=balance, patch=16, slices_per_epoch=100), 0, 0)
    assert len(order) == 100
    if balance:
        assert kinds[order].sum() == 50
    whole = epoch_order(kinds, AxialSampling(balance=balance, slices_per_epoch=100), 0, 0)
    assert len(whole) == len(set(whole)) == (20 if balance else 40)


def test_every_epoch_draws_anew_and_repeatably():
    kinds = np.array([True] * 10 + [False] * 90)
    settings = AxialSampling(balance=True)
    assert (epoch_order(kinds, settings, 0, 3) == epoch_order(kinds, settings, 0, 3)).all()
    assert set(epoch_order(kinds, settings, 0, 3)) != set(epoch_order(kinds, settings, 0, 4))


@pytest.mark.slow
@pytest.mark.parametrize("balance", [True, False])
@pytest.mark.parametrize("slices_per_epoch", [None, 4])
def test_class_weights_are_counted_over_what_epochs_show(disc_scans, balance, slices_per_epoch):
    sampling = AxialSampling(slices="all", balance=balance, slices_per_epoch=slices_per_epoch)
    slices = select_slices(disc_scans, sampling, 0)
    dataset = EpochSlices(slices, AugmentationSettings(flip=0), 0)
    shown = []
    for epoch in range(200):
        dataset.set_epoch(epoch)
        shown.append(float(slices.target[torch.from_numpy(dataset.order)].float().mean()))
    assert dataset.class_shares() == (pytest.approx(np.mean(shown), rel=0.02),)
    of_all_slices = float(slices.target.float().mean())
    assert (dataset.class_shares()[0] < 0.95 * of_all_slices) == balance  # most of these slices show a lesion


@pytest.mark.slow
def test_class_weights_of_windows_are_counted_over_windows(disc_scans):
    slices = select_slices(disc_scans, AxialSampling(patch=16, slices_per_epoch=64), 0)
    dataset = EpochSlices(slices, AugmentationSettings(flip=0), 0)
    shown = torch.stack([dataset[position][1].float() for position in range(len(dataset))])
    assert shown.shape[-2:] == (16, 16)
    assert dataset.class_shares() == (pytest.approx(float(shown.mean())),)
    assert dataset.class_shares()[0] > 1.2 * float(slices.target.float().mean())


def test_one_kind_only_needs_no_balance():
    assert sorted(epoch_order(np.ones(5, dtype=bool), AxialSampling(balance=True), 0, 0)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("patch", [None, 16])
def test_augmentation_depends_on_epoch_and_position_only(disc_scans, patch):
    slices = select_slices(disc_scans, AxialSampling(patch=patch), 0)
    first, second = EpochSlices(slices, EVERYTHING, 7), EpochSlices(slices, EVERYTHING, 7)
    _ = [first[position] for position in (5, 2, 8)]
    for one, other in zip(first[3][:2], second[3][:2], strict=True):
        assert torch.equal(one, other)
    before = first[3][0]
    first.set_epoch(1)
    assert not torch.equal(before, first[3][0])
    assert before.shape[1:] == ((16, 16) if patch else (32, 32))


def test_masks_stay_masks_under_augmentation(disc_scans):
    dataset = EpochSlices(select_slices(disc_scans, EVERY, 1), EVERYTHING, 1)
    compared = 0
    for position in range(6):
        image, target, _ = dataset[position]
        assert image.shape == (3, 32, 32)
        assert set(target.unique().tolist()) <= {0, 1}
        # Where the target says lesion, the image (-2) is darker than the liver (0): both moved alike.
        if target.sum() > 30:
            assert image[1][target[0] == 1].mean() < -1
            compared += 1
    assert compared > 0


def test_slices_of_other_sizes_are_as_large_as_the_largest(disc_scans):
    """Edges are repeated in the image, and nothing in the masks."""
    small, large = disc_scans[0], disc_scan("P9", 9, size=48)
    slices = select_slices([small, large], EVERY, 0)
    assert slices.stack.shape[1:] == (48, 48)
    first = slices.image(0)[0].numpy()
    assert (first[:32, :32] == small.image[0]).all()
    assert (first[:32, 32:] == small.image[0][:, -1:]).all()
    assert slices.liver.sum() == small.liver.sum() + large.liver.sum()
    assert same_size([small, small]) == [small, small]


def test_liver_box_is_a_multiple_within_the_image():
    liver = np.zeros((2, 40, 60), dtype=bool)
    liver[1, 2:12, 20:50] = True
    y, x = liver_box(liver, 16)
    assert (y.stop - y.start, x.stop - x.start) == (32, 48)
    assert y.start == 0
    assert liver[:, y, x].sum() == liver.sum()
    assert liver_box(np.zeros((2, 40, 60)), 16) == (slice(0, 40), slice(0, 60))


def test_cropped_scans_share_one_size_and_lose_no_target(disc_scans):
    cropped = crop_scans([disc_scan("a", 1, size=64), disc_scan("b", 2, size=64)], 8)
    assert len({scan.image.shape for scan in cropped}) == 1
    assert cropped[0].target.sum() == disc_scan("a", 1, size=64).target.sum()


def test_padding_reaches_the_multiple(disc_scans):
    assert padding_to((32, 33), 16) == (7, 8, 0, 0)
    slices = padded(select_slices([disc_scan("a", 1, size=33)], EVERY, 0), 16)
    assert slices.image(0).shape == (1, 48, 48)
    assert slices.target.sum() == disc_scan("a", 1, size=33).target.sum()
