"""What a pathway must be shown, against places counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from livermets.segmentation.architectures.pathways import Pathway


def test_deepmedics_own_segment_has_the_published_sides():
    # Kamnitsas 2017: 25 voxels give back 9; the pathway that sees every third voxel is shown 19.
    assert Pathway(1, 8).side(9) == 25
    assert Pathway(3, 8).side(9) == 19


@pytest.mark.parametrize("factor", [1, 3, 5, 15])
@pytest.mark.parametrize("output", [1, 9, 15, 30, 31])
def test_every_output_voxel_lies_in_the_block_of_a_coarse_one(factor, output):
    pathway = Pathway(factor, 2)
    centres = pathway.places(output)[2:-2]
    blocks = (centres[:, None] + np.arange(factor) - factor // 2).ravel()
    assert np.array_equal(blocks[pathway.excess(output) :][:output], np.arange(output))
    assert 0 <= len(blocks) - output < factor


def test_the_margin_lies_on_both_sides():
    assert Pathway(5, 1).places(10).tolist() == [-3, 2, 7, 12]
    assert Pathway(1, 1).places(2).tolist() == [-1, 0, 1, 2]
