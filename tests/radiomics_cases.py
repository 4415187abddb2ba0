"""What the radiomics benchmarks run on: the tumours of one CT (``LIVERMETS_DATA``), or noise with liver-like HU."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livermets.config.radiomics import RadiomicsSettings
from livermets.radiomics.lattice import labels_in, windows_by_label


@dataclass(frozen=True)
class Case:
    """An image with lesions and the windows to take from them."""

    name: str
    image: NDArray[np.float64]
    labels: NDArray[np.int64]
    spacing_zyx_mm: tuple[float, float, float]
    zscored: NDArray[np.float64] | None = None
    """The image z-scored over the whole liver."""

    @property
    def hu_range(self) -> str:
        inside = self.image[self.labels > 0]
        return f"{inside.min():g} to {inside.max():g}"

    def windows(self, settings: RadiomicsSettings) -> dict[int, NDArray[np.int64]]:
        return windows_by_label(self.labels, labels_in(self.labels), settings.size, settings.step)


def tumours() -> Case | None:
    """3D-IRCADb-01 patient 1: seven liver tumours in one portal-phase CT; None without the data."""
    folder = Path(os.environ.get("LIVERMETS_DATA", "")) / "ircadb01-p01"
    if "LIVERMETS_DATA" not in os.environ or not folder.exists():
        return None
    from livermets.io.images import read_volume

    ct = read_volume(folder / "ct.nii.gz")
    labels = np.zeros(ct.array.shape, dtype=np.int64)
    for path in sorted(folder.glob("livertumor*.nii.gz")):
        labels[read_volume(path).array > 0] = int(path.name[len("livertumor") : len("livertumor") + 2])
    liver = (read_volume(folder / "liver.nii.gz").array > 0) | (labels > 0)
    low, high = np.argwhere(labels > 0).min(axis=0), np.argwhere(labels > 0).max(axis=0) + 1
    low -= low % (1, 64, 64)  # keeps the lattice where it is
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    image = ct.array.astype(np.float64)
    zscored = (image[box] - image[liver].mean()) / image[liver].std()
    return Case("ircadb01-p01", image[box], labels[box], ct.grid.spacing_zyx_mm, zscored)


def noise(slices: int = 40, side: int = 128, seed: int = 7) -> Case:
    """Smooth noise around 100 HU: what the speed is measured on where no CT is at hand."""
    from scipy.ndimage import gaussian_filter

    field = np.random.default_rng(seed).normal(size=(slices, side, side))
    image = np.rint(100 + 60 * gaussian_filter(field, (0, 1.2, 1.2)))
    labels = np.ones(image.shape, dtype=np.int64)
    return Case("noise", image, labels, (2.0, 0.7, 0.7))
