"""Which values of an image become black and which white."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Window:
    """A display window: ``level`` is shown mid-grey, and ``width`` is the way from black to white."""

    level: float
    width: float

    @property
    def limits(self) -> tuple[float, float]:
        """The values shown black and white."""
        return self.level - self.width / 2, self.level + self.width / 2


LIVER = Window(level=70.0, width=260.0)
"""In HU, for every picture of a CT: lesions stand out in a portal phase, and fat is still told from air."""


def window_of(values: NDArray) -> Window:
    """For images that are not in HU: centred on these values (an organ's pixels), and twice as wide as the middle 99 %
    of them, so that the surroundings show."""
    dark, bright = (float(value) for value in np.percentile(values, (0.5, 99.5)))
    return Window((dark + bright) / 2, 2 * (bright - dark))
