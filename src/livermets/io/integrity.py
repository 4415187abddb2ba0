"""Is an image file whole, and was it read as it is stored? The image library reads damaged NIfTI and MHA files without
a word, zeros instead of data, and rescales NIfTI values by rules of its own."""

from __future__ import annotations

import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livermets.errors import InputError, input_error
from livermets.io.nifti import NiftiHeader, is_analyze, opened, read_header

_CHUNK = 1 << 22
_LARGEST_RATIO = 1100
"""Deflate makes nothing smaller than by 1032."""
_FIRST_VOXEL = 352
"""A NIfTI file's voxels start here or later (nifti1.h: vox_offset), those of a pair anywhere in their own file."""
_ROUNDING = 1e-5
"""The image library rescales in single precision."""


def check_whole(path: Path, read: NDArray) -> None:
    """Raises `InputError` when a NIfTI or MHA file is cut short, fails its checksum, holds values that are not
    numbers, or was read with other values than its header says.

    ``read`` is what the image library made of it, in stored order: where the checksum of a compressed NIfTI is that of
    these values, the file need not be inflated a second time."""
    if is_analyze(path):
        raise input_error(path, "an Analyze file does not say what is left and right", "Convert it to NIfTI or NRRD")
    header = read_header(path)
    try:
        if header is not None:
            _check_nifti(path, header, read)
        elif path.name.lower().endswith(".mha"):
            _check_mha(path)
    except (EOFError, zlib.error, OSError) as error:
        raise _damaged(path) from error


def check_size(path: Path, values: int) -> None:
    """Raises `InputError` when a header claims more values than the file can hold, before memory is taken for them."""
    beside = [path] if path.suffix.lower() not in (".hdr", ".nhdr", ".mhd") else path.parent.iterdir()
    if values > _LARGEST_RATIO * max(file.stat().st_size for file in beside):
        raise _damaged(path)


def _check_nifti(path: Path, header: NiftiHeader, read: NDArray) -> None:
    if header.start < (_FIRST_VOXEL if header.single else 0):
        what = f"the header says that the voxels start at byte {header.start}, within the header"
        raise input_error(path, what, "Export it again")
    if header.kind is None or _has_checksum_of(header, read):
        return
    needed = math.prod(header.shape) * header.kind.itemsize
    found, strange, wrong = _read_through(header, read.reshape(-1))
    if found < needed:
        raise _damaged(path)
    if strange:
        raise input_error(path, f"{strange} voxels are not numbers (NaN or infinite)", "Export it again")
    if wrong:
        what = (
            f"a voxel would be read as {wrong[0]:g}, but the header says {wrong[1]:g} "
            f"(scl_slope {header.slope:g}, scl_inter {header.intercept:g})"
        )
        raise input_error(path, what, "Set the slope to 1 if the intercept is meant, or export it again")


def _has_checksum_of(header: NiftiHeader, read: NDArray) -> bool:
    """Whether a gzip file's own checksum is that of its header and these values, which need no rescaling."""
    if header.rescaled or not header.data.name.lower().endswith(".gz"):
        return False
    try:
        with opened(header.data) as stream:
            checksum = zlib.crc32(stream.read(header.start))
        with header.data.open("rb") as stream:
            stream.seek(-8, os.SEEK_END)
            stated, size = struct.unpack("<II", stream.read(8))
    except Exception:  # the thorough check says what is wrong
        return False
    checksum = zlib.crc32(np.ascontiguousarray(read).data.cast("B"), checksum)
    return (checksum, (header.start + read.nbytes) % (1 << 32)) == (stated, size)


def _read_through(header: NiftiHeader, read: NDArray) -> tuple[int, int, tuple[float, float] | None]:
    """Bytes of data, how many values are not finite (the image library makes them 0), and the first value that was
    read otherwise than the header says, with what it says."""
    kind = header.kind or np.dtype("u1")
    found = strange = 0
    wrong = None
    with opened(header.data) as stream:
        stream.read(header.start)
        while chunk := stream.read(_CHUNK):
            stored = np.frombuffer(chunk[: len(chunk) // kind.itemsize * kind.itemsize], kind)
            first = found // kind.itemsize
            found += len(chunk)
            if kind.kind == "f":
                strange += int(np.count_nonzero(~np.isfinite(stored)))
            if wrong is None and not strange:
                wrong = _read_otherwise(header, stored, read[first : first + len(stored)])
    return found, strange, wrong


def _read_otherwise(header: NiftiHeader, stored: NDArray, read: NDArray) -> tuple[float, float] | None:
    stored = stored[: len(read)]
    if not header.rescaled:
        expected, differ = stored, stored != read
    else:
        expected = stored * float(header.slope) + header.intercept
        tolerance = _ROUNDING * (np.abs(stored * float(header.slope)) + abs(header.intercept))
        differ = ~(np.abs(expected - read) <= tolerance)
    if not differ.any():
        return None
    place = int(np.argmax(differ))
    return float(read[place]), float(expected[place])


def _check_mha(path: Path) -> None:
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
        start = head.find(b"ElementDataFile")
        if start < 0 or b"CompressedData = True" not in head[:start]:
            return
        stream.seek(head.index(b"\n", start) + 1)
        inflate = zlib.decompressobj()
        while chunk := stream.read(_CHUNK):
            inflate.decompress(chunk)
        if not inflate.eof:
            raise EOFError


def _damaged(path: Path) -> InputError:
    return input_error(path, "this file is cut short or damaged", "Copy or export it again")
