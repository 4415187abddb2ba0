"""Where in a scan the voxels of a segment are taken from, at every scale, under random changes of place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livermets.config.training import AugmentationSettings
from livermets.segmentation.architectures.pathways import Pathway
from livermets.segmentation.deformation import grid_places, random_deformation


class SegmentPlaces:
    """The places of what each pathway is shown and, last, of the output; all about the centre of the output, so that
    flips, turns and deformations mean the same at every scale."""

    def __init__(self, pathways: Sequence[Pathway], output: Sequence[int], settings: AugmentationSettings) -> None:
        self.settings = settings
        self.axes = [
            [pathway.places(side) - (side - 1) / 2 for side in output] for pathway in (*pathways, Pathway(1, 0))
        ]
        self.grids = [grid_places(axes) for axes in self.axes]
        reach = [[(axes[number][0], axes[number][-1]) for axes in self.axes] for number in range(3)]
        self.low = [min(first for first, _ in ends) for ends in reach]
        self.high = [max(last for _, last in ends) for ends in reach]

    def drawn(self, random: np.random.Generator, centre: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Places (3, z, y, x) in the voxels of a scan around a centre, changed at random as the settings say."""
        grids, settings, matrix = self.grids, self.settings, random_matrix(random, self.settings)
        if settings.elastic > 0 and random.uniform() < settings.elastic:
            spacing, sd = settings.elastic_spacing_voxels, settings.elastic_sd_voxels
            deformation = random_deformation(random, self.low, self.high, spacing, sd)
            grids = [grid + deformation.at(axes) for grid, axes in zip(grids, self.axes, strict=True)]
        return [np.tensordot(matrix, grid, axes=1) + centre[:, None, None, None] for grid in grids]


def random_matrix(random: np.random.Generator, settings: AugmentationSettings) -> NDArray[np.float64]:
    """A random flip, turn and scaling in the plane of the slices (``zyx``)."""
    matrix = np.eye(3)
    if settings.affine > 0 and random.uniform() < settings.affine:
        angle = np.deg2rad(settings.rotation_degrees) * random.uniform(-1, 1)
        turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        matrix[1:, 1:] = turn * (1 + settings.scale * random.uniform(-1, 1, 2))
    for axis in (1, 2):
        if settings.flip > 0 and random.uniform() < settings.flip:
            matrix[:, axis] *= -1
    return matrix
