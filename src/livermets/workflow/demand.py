"""What a job is expected to need, from the size of the scans that it reads: time, memory and disk.

The same constants decide what a rule asks a cluster for and what `livermets check --estimate` predicts."""

from __future__ import annotations

import gzip
import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from livermets.config.preprocess import PreprocessSettings

MILLION = 1e6
SLICE_MEGAVOXELS = 512 * 512 / MILLION
# Slices of a synthetic scan, on average over its protocols.
PHANTOM_SLICES = 30
# Asked for is more than expected: processors differ, and a killed job costs more than idle memory.
TIME_MARGIN, MEMORY_MARGIN = 6.0, 1.6
LEAST_MINUTES, LEAST_MEMORY_MB = 10, 1000


@dataclass(frozen=True)
class Demand:
    """Needs of one job of a rule: a fixed part and a part per million voxels of the scans that it reads.

    Measured on one core of a shared server, on the embedded cohort and on a CT of 512 × 512 × 129 voxels with seven
    tumours (3D-IRCADb-01, patient 1); the default network's part of `segment` is scaled up from a small one."""

    seconds: float
    seconds_per_megavoxel: float
    memory_mb: float
    memory_mb_per_megavoxel: float
    disk_mb: float = 0.0
    disk_mb_per_megavoxel: float = 0.0
    gpu: bool = False

    def expected_seconds(self, megavoxels: float) -> float:
        return self.seconds + self.seconds_per_megavoxel * megavoxels

    def expected_memory_mb(self, megavoxels: float) -> float:
        return self.memory_mb + self.memory_mb_per_megavoxel * megavoxels

    def expected_disk_mb(self, megavoxels: float) -> float:
        return self.disk_mb + self.disk_mb_per_megavoxel * megavoxels


ON_THE_NETWORK_GRID = ("preprocess", "train_segmentation", "segment")
"""Rules whose jobs depend on how large that grid is."""
DEMANDS = {
    "phantom": Demand(5.4, 2.05, 2000, 0, disk_mb_per_megavoxel=1.0),
    "check": Demand(2, 0.2, 1500, 0.1),  # scans are opened one after the other
    "intake": Demand(3.4, 0.22, 320, 13, disk_mb=0.4, disk_mb_per_megavoxel=1.0),
    "outcome": Demand(1.5, 0.001, 200, 0),
    "liver": Demand(1.1, 0.03, 180, 4, disk_mb_per_megavoxel=0.005),
    "preprocess": Demand(1.1, 0.16, 190, 19, disk_mb_per_megavoxel=0.5),
    "train_segmentation": Demand(5, 0, 1500, 3, gpu=True),  # and what its settings say
    "unpack_network": Demand(2, 0, 300, 0, disk_mb=60),
    "unpack_model": Demand(2, 0, 300, 0),
    "unpack_facts": Demand(2, 0, 300, 0),
    "segment": Demand(4, 1.0, 600, 25, disk_mb=0.4, disk_mb_per_megavoxel=0.02, gpu=True),
    "diagnostics": Demand(4, 0.001, 400, 0.1),
    "lesion_program": Demand(60, 8.0, 8000, 50, disk_mb_per_megavoxel=0.005, gpu=True),  # a guess: whose program it is
    "match": Demand(3.4, 0.22, 320, 13, disk_mb=0.4, disk_mb_per_megavoxel=0.02),
    "overlap": Demand(4, 0.001, 400, 0.1),
    "readers_scan": Demand(3, 0.6, 300, 25),
    "reader_scores": Demand(2, 0, 200, 0),
    "readers": Demand(8, 0.005, 400, 0.2),
    "follow_up": Demand(10, 0.5, 500, 16, disk_mb=0.5),
    "mask_errors": Demand(5, 0.08, 1200, 0.1),  # a scan as often as there are sources of masks
    "perturb": Demand(6, 0.8, 500, 16, disk_mb=0.3),  # and what its settings say
    "altered_features": Demand(4, 0.5, 500, 16, disk_mb=0.3),  # and what its settings say
    "required_mask": Demand(20, 0.02, 800, 1),
    "warm_radiomics": Demand(30, 0, 500, 0),
    "features": Demand(3.5, 0.4, 400, 12, disk_mb=0.6, disk_mb_per_megavoxel=0.4),
    "training_table": Demand(4, 0.03, 400, 2.4, disk_mb_per_megavoxel=0.6),
    "select": Demand(5, 0.05, 1000, 2.4),  # and what its settings say
    "retrain": Demand(5, 0.1, 1200, 5),  # and what its settings say
    "class_noise": Demand(6, 0.005, 600, 1),
    "classify": Demand(3.8, 0.035, 400, 0.3, disk_mb_per_megavoxel=0.02),
    "resubstitution": Demand(4, 0.001, 400, 0.1),
    "lesion_table": Demand(1, 0.001, 200, 0),
    "lesion_feature_table": Demand(1, 0.001, 200, 0),
    "concordance": Demand(5, 0.005, 400, 0.1),
    "concordance_sources": Demand(5, 0.005, 400, 0.1),
    "roi_concordance": Demand(2.5, 0.05, 400, 1),
    "report": Demand(6, 0.005, 700, 0.1, disk_mb=8, disk_mb_per_megavoxel=0.01),
    "manifest": Demand(2, 0.005, 300, 0),
}


def grid_growth(preprocess: PreprocessSettings) -> float:
    """How many times as many voxels the network grid of a usual scan has as the one that the constants were measured
    with, 256 × 256 pixels and slices as acquired; a smaller one counts as that, since the scan itself is read too."""
    return max(1.0, (preprocess.usual_pixels / 256) ** 2 * preprocess.usual_slices)


def asked_memory_mb(rule: str, megavoxels: float, attempt: int = 1) -> int:
    """What a job asks for; it doubles with every attempt."""
    expected = MEMORY_MARGIN * DEMANDS[rule].expected_memory_mb(megavoxels)
    return math.ceil(max(LEAST_MEMORY_MB, expected) / 100) * 100 * 2 ** (attempt - 1)


def asked_minutes(rule: str, megavoxels: float, attempt: int = 1) -> int:
    """The time limit that a job asks for; it doubles with every attempt."""
    expected = TIME_MARGIN * DEMANDS[rule].expected_seconds(megavoxels) / 60
    return math.ceil(max(LEAST_MINUTES, expected)) * 2 ** (attempt - 1)


@cache
def megavoxels(path: Path) -> float:
    """Size of a scan in millions of voxels, from its header, from the number of files of a DICOM series, or (any
    other file) from its bytes."""
    if path.is_dir():
        return SLICE_MEGAVOXELS * sum(1 for entry in path.iterdir() if entry.is_file())
    if not path.is_file():
        return 0.0
    suffixes = "".join(path.suffixes[-2:]).lower()
    for ending, shape in _HEADERS.items():
        if suffixes.endswith(ending):
            sizes = shape(path)
            if sizes:
                return math.prod(sizes) / MILLION
    return path.stat().st_size / 2 / MILLION


def _nifti_shape(path: Path) -> tuple[int, ...]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            header = stream.read(348)
    except (OSError, EOFError):
        return ()
    if len(header) < 56:
        return ()
    order = "<" if struct.unpack("<i", header[:4])[0] == 348 else ">"
    return tuple(struct.unpack(f"{order}3h", header[42:48]))


def _text_shape(key: bytes) -> Callable[[Path], tuple[int, ...]]:
    def shape(path: Path) -> tuple[int, ...]:
        with path.open("rb") as stream:
            found = re.search(rb"^" + key + rb"((?:\s+\d+){3})", stream.read(4096), re.MULTILINE)
        return tuple(int(word) for word in found.group(1).split()) if found else ()

    return shape


_HEADERS: dict[str, Callable[[Path], tuple[int, ...]]] = {
    ".nii": _nifti_shape,
    ".nii.gz": _nifti_shape,
    ".nrrd": _text_shape(rb"sizes:"),
    ".mha": _text_shape(rb"DimSize ="),
    ".mhd": _text_shape(rb"DimSize ="),
}


def phantom_megavoxels(grid: int) -> float:
    """Expected size of one synthetic scan."""
    return grid * grid * PHANTOM_SLICES / MILLION
