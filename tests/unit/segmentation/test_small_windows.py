"""Windows smaller than the receptive field are worth a warning, and only they."""

import logging
from math import inf
from types import SimpleNamespace

import pytest

from livermets.config.sampling import AxialSampling, SegmentSampling
from livermets.segmentation.trained_network import warn_of_small_windows

SEGMENTS = SegmentSampling(view="segments", segment=(16, 16, 16))


@pytest.mark.parametrize(
    "sampling, field, warned",
    [
        (AxialSampling(patch=64), (65, 70), True),
        (AxialSampling(patch=64), (60, 65), True),  # the largest of all positions counts
        (AxialSampling(patch=64), (64, 64), False),
        (AxialSampling(patch=None), (500, 500), False),
        (AxialSampling(patch=64), None, False),
        (AxialSampling(patch=64), (inf, inf), True),
        (SEGMENTS, (500, 500), False),
    ],
)
def test_windows_smaller_than_the_receptive_field_are_said(sampling, field, warned, caplog):
    with caplog.at_level(logging.WARNING):
        warn_of_small_windows(SimpleNamespace(sampling=sampling, receptive_sides=field))
    assert [record.levelname for record in caplog.records] == ["WARNING"] * warned
    if warned:
        assert f"windows of 64 pixels are smaller than the receptive field of {max(field)}" in caplog.text
