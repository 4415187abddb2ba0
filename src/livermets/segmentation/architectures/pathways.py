"""What a network of several scales is shown: around one place, an image at full resolution and others that are coarser
and reach farther. Without padding, each pathway gives back less than it is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Images = Tensor | list[Tensor]
"""What a network is shown at once, ``(batch, channels, …)``; one with pathways is shown one tensor for each."""


@dataclass(frozen=True)
class Pathway:
    """One scale: every ``factor``-th voxel, of which the convolutions lose ``margin`` on every side. The factor is odd,
    so that the block of voxels for which a coarse one stands lies evenly around it."""

    factor: int
    margin: int

    def side(self, output: int) -> int:
        """Voxels that it must be shown along an axis to give back ``output`` voxels at full resolution."""
        return -(-output // self.factor) + 2 * self.margin

    def places(self, output: int) -> NDArray[np.int64]:
        """Where these voxels lie along an axis, in voxels at full resolution from the first one of the output.

        Where the output is no multiple of the factor, what is covered in excess lies on both sides."""
        first = self.factor // 2 - self.excess(output) - self.factor * self.margin
        return first + self.factor * np.arange(self.side(output))

    def excess(self, output: int) -> int:
        """Voxels at full resolution that are covered before the first one of the output."""
        return (-output % self.factor) // 2
