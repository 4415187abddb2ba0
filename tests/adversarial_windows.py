"""Windows that are hard on a texture engine, by name: each a square of values and a bin width."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def adversarial(size: int, seed: int = 3) -> dict[str, tuple[NDArray[np.float64], float]]:
    """Name -> (size x size values, bin width)."""
    rows, columns = np.mgrid[:size, :size].astype(np.float64)
    draw = np.random.default_rng([seed, size]).normal
    checkers = (rows + columns) % 2
    corner = np.zeros((size, size))
    corner[0, -1] = 1.0
    edge = np.where(columns < size // 2, 0.0, 1.0)
    noise = draw(size=(size, size))
    return {
        "flat": (np.full((size, size), 5.0), 25.0),
        "flat zero": (np.zeros((size, size)), 25.0),
        "flat negative": (np.full((size, size), -37.0), 25.0),
        "flat 0.1": (np.full((size, size), 0.1), 25.0),
        "flat 0.3, fractional width": (np.full((size, size), 0.3), 0.1),
        "checkerboard": (100 * checkers, 25.0),
        "checkerboard, far levels": (2000 * checkers, 25.0),
        "one corner": (60 * corner, 25.0),
        "two halves": (60 * edge, 25.0),
        "two halves, adjacent levels": (25 * edge, 25.0),
        "stripes down": (50 * (columns % 2), 25.0),
        "stripes across": (50 * (rows % 2), 25.0),
        "stripes of three": (50 * ((rows + columns) % 3), 25.0),
        "ramp across": (10 * columns, 25.0),
        "ramp down": (-40 * rows, 25.0),
        "ramp diagonal": (13 * (rows + columns), 25.0),
        "every pixel its own level": (25 * (size * rows + columns), 25.0),
        "on the edges of bins": (25 * np.rint(noise), 25.0),
        "just below the edges": (np.nextafter(25 * np.rint(noise), -np.inf), 25.0),
        "noise, sd 5": (np.rint(100 + 5 * noise), 25.0),
        "noise, sd 25": (np.rint(100 + 25 * noise), 25.0),
        "noise, sd 100": (np.rint(100 + 100 * noise), 25.0),
        "noise, negative": (np.rint(-300 + 40 * noise), 25.0),
        "noise, real values": (100 + 30 * noise, 25.0),
        "z-score, width 0.1": (noise, 0.1),
        "z-score, width 0.25": (noise, 0.25),
        "z-score, width 1/3": (noise, 1 / 3),
        "z-score as float32": (noise.astype(np.float32).astype(np.float64), 0.1),
        "width 5.5": (np.rint(40 * noise), 5.5),
        "width 7.3": (np.rint(40 * noise), 7.3),
        "extreme range": (np.rint(np.where(checkers > 0, -1024 + 20 * noise, 3000 + 20 * noise)), 25.0),
    }
