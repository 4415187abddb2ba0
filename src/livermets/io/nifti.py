"""What a NIfTI header itself says, before any library has interpreted it (nifti1.h: field offsets and meanings)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_SIZE = 348
_NIFTI2_SIZE = 540
_FIELDS = np.dtype({
    "names": ["dim", "datatype", "pixdim", "vox_offset", "slope", "intercept", "units", "qform_code", "sform_code",
              "quaternion", "qoffset", "sform", "magic"],
    "formats": ["8i2", "i2", "8f4", "f4", "f4", "f4", "u1", "i2", "i2", "3f4", "3f4", "(3,4)f4", "S4"],
    "offsets": [40, 70, 76, 108, 112, 116, 123, 252, 254, 256, 268, 280, 344],
    "itemsize": _SIZE,
})  # fmt: skip
_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
_MM_PER_UNIT = {1: 1000.0, 3: 0.001}
"""xyzt_units: 1 metre, 3 micrometre; everything else is taken for mm."""


@dataclass(frozen=True)
class NiftiHeader:
    """A NIfTI-1 header as stored."""

    shape: tuple[int, ...]
    kind: np.dtype | None
    """Type of the stored values; None for colours, complex and extended numbers."""
    data: Path
    """The file that holds the voxels."""
    single: bool
    """Whether it holds the header too."""
    start: int
    """Where they start in it, in bytes."""
    pixdim_mm: tuple[float, float, float]
    """Voxel sizes with their signs."""
    forms: Mapping[str, NDArray]
    """Every placement that is stated ("sform", "qform"), from voxel indices to LPS mm."""
    slope: float
    intercept: float

    @property
    def rescaled(self) -> bool:
        """Whether values are slope × stored + intercept; a slope of 0 (or none) says that they are as stored."""
        return self.slope != 0 and bool(np.isfinite(self.slope)) and (self.slope, self.intercept) != (1.0, 0.0)


def opened(path: Path) -> gzip.GzipFile | BinaryIO:
    """The file's bytes, unpacked where it is a gzip file, whatever its name says."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")


def is_nifti2(path: Path) -> bool:
    """Whether this is a NIfTI-2 file."""
    return _NIFTI2_SIZE in _first_numbers(_head(_header_file(path)))


def is_analyze(path: Path) -> bool:
    """Whether this is a file of NIfTI's predecessor, which does not say what is left and right."""
    head = _head(_header_file(path))
    return _SIZE in _first_numbers(head) and head[344:347] not in (b"n+1", b"ni1")


def read_header(path: Path) -> NiftiHeader | None:
    """The header of a NIfTI-1 file (alone or in a pair), None for any other file."""
    head = _head(_header_file(path))
    if _SIZE not in _first_numbers(head) or is_analyze(path):
        return None
    fields = np.frombuffer(head, _FIELDS.newbyteorder("<" if _first_numbers(head)[0] == _SIZE else ">"))[0]
    kind = _TYPES.get(int(fields["datatype"]))
    single = fields["magic"] == b"n+1"
    mm = _MM_PER_UNIT.get(int(fields["units"]) & 7, 1.0)
    return NiftiHeader(
        shape=tuple(max(int(size), 1) for size in fields["dim"][1 : 1 + max(int(fields["dim"][0]), 0)]),
        kind=None if kind is None else np.dtype(kind).newbyteorder(fields["dim"].dtype.byteorder),
        data=path if single else _data_file(path),
        single=bool(single),
        start=_whole(fields["vox_offset"]),
        pixdim_mm=tuple((fields["pixdim"][1:4].astype(float) * mm).tolist()),
        forms=_forms(fields, mm),
        slope=float(fields["slope"]),
        intercept=float(fields["intercept"]),
    )


def _first_numbers(head: bytes) -> tuple[int, int]:
    """The header's own size, read from either end."""
    if len(head) < _SIZE:
        return 0, 0
    return int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big")


def _head(path: Path) -> bytes:
    try:
        with opened(path) as stream:
            return stream.read(_SIZE)
    except (OSError, EOFError, zlib.error):
        return b""


def _header_file(path: Path) -> Path:
    """The file of a pair that holds the header."""
    name = path.name.removesuffix(".gz")
    if not name.lower().endswith(".img"):
        return path
    beside = [path.with_name(name[:-4] + suffix) for suffix in (".hdr", ".hdr.gz", ".HDR")]
    return next((file for file in beside if file.exists()), path)


def _data_file(path: Path) -> Path:
    """The file of a pair that holds the voxels."""
    stem = path.name.removesuffix(".gz")[:-4]
    beside = [path.with_name(stem + suffix) for suffix in (".img", ".img.gz", ".IMG")]
    return next((file for file in beside if file.exists()), path)


def _whole(value: np.floating) -> int:
    return int(value) if np.isfinite(value) else -1


def _forms(fields: np.void, mm: float) -> dict[str, NDArray]:
    found = {}
    if fields["sform_code"] > 0:
        found["sform"] = np.vstack([fields["sform"].astype(float), [0, 0, 0, 1]])
    if fields["qform_code"] > 0:
        found["qform"] = _qform(fields)
    in_mm = np.diag([mm, mm, mm, 1.0])
    return {name: RAS_TO_LPS @ in_mm @ form for name, form in found.items()}


def _qform(fields: np.void) -> NDArray:
    """Rotation by a unit quaternion (nifti1.h, METHOD 2), voxel sizes without their signs, z turned by qfac."""
    b, c, d = fields["quaternion"].astype(float)
    rest = 1.0 - (b * b + c * c + d * d)
    if rest < 1e-7:  # a half turn; the three are made a unit vector
        a = 0.0
        b, c, d = np.array([b, c, d]) / np.sqrt(b * b + c * c + d * d)
    else:
        a = np.sqrt(rest)
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    sizes = np.abs(fields["pixdim"][1:4].astype(float)) * [1, 1, -1 if fields["pixdim"][0] < 0 else 1]
    form = np.eye(4)
    form[:3, :3], form[:3, 3] = rotation * sizes, fields["qoffset"]
    return form
