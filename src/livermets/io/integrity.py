"""Is an image file whole? The image library reads damaged NIfTI and MHA files without a word, zeros instead of data."""

from __future__ import annotations

import gzip
import logging
import math
import os
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from livermets.errors import InputError, input_error

_CHUNK = 1 << 22
_LARGEST_RATIO = 1100
"""Deflate makes nothing smaller than by 1032."""
_NIFTI1_HEADER = struct.Struct("<i104xf236x")
"""Size of a little-endian NIfTI-1 header, and where the voxels start (nifti1.h: sizeof_hdr, vox_offset)."""


def check_whole(path: Path, read: NDArray) -> None:
    """Raises `InputError` when a NIfTI or MHA file is cut short, fails its checksum, or holds values that are not
    numbers.

    ``read`` is what the image library made of it, in stored order: where the checksum of a compressed NIfTI is that of
    these values, the file need not be inflated a second time."""
    if _has_checksum_of(path, read):
        return
    name = path.name.lower()
    try:
        if name.endswith((".nii", ".nii.gz")):
            _check_nifti(path)
        elif name.endswith((".hdr", ".img")):
            _check_pair(path)
        elif name.endswith(".mha"):
            _check_mha(path)
    except (EOFError, zlib.error, OSError) as error:
        raise _damaged(path) from error


def check_size(path: Path, values: int) -> None:
    """Raises `InputError` when a header claims more values than the file can hold, before memory is taken for them."""
    beside = [path] if path.suffix.lower() not in (".hdr", ".nhdr", ".mhd") else path.parent.iterdir()
    if values > _LARGEST_RATIO * max(file.stat().st_size for file in beside):
        raise _damaged(path)


def _nifti(path: Path) -> Any:
    """The file's header by nibabel; its voxels are not read."""
    import nibabel  # half a second, which jobs on the pipeline's own files need not spend

    logging.getLogger("nibabel.global").setLevel(logging.CRITICAL)  # what is wrong is said once, in our words
    return nibabel.load(path)


def _has_checksum_of(path: Path, read: NDArray) -> bool:
    """Whether a gzip file's own checksum is that of its header and these values (not so for rescaled ones)."""
    if not path.name.lower().endswith(".nii.gz"):
        return False
    try:
        with gzip.open(path) as stream:
            header = stream.read(_NIFTI1_HEADER.size)
            size_of_header, offset = _NIFTI1_HEADER.unpack(header)
            if size_of_header != 348 or offset < len(header):
                return False
            start = int(offset)
            checksum = zlib.crc32(stream.read(start - len(header)), zlib.crc32(header))
        with path.open("rb") as stream:
            stream.seek(-8, os.SEEK_END)
            stated, size = struct.unpack("<II", stream.read(8))
    except Exception:  # the thorough check says what is wrong
        return False
    checksum = zlib.crc32(np.ascontiguousarray(read).data.cast("B"), checksum)
    return (checksum, (start + read.nbytes) % (1 << 32)) == (stated, size)


def _check_nifti(path: Path) -> None:
    try:
        stored = _nifti(path).dataobj  # the header itself has forgotten where the data start
        start, kind, needed = int(stored.offset), stored.dtype, math.prod(stored.shape) * stored.dtype.itemsize
    except Exception:  # not a NIfTI file, which the image library says better
        return
    compressed = path.name.lower().endswith(".gz")
    if not compressed and path.stat().st_size < start + needed:
        raise _damaged(path)
    if not compressed and kind.kind != "f":
        return
    with gzip.open(path) if compressed else path.open("rb") as stream:
        found, strange = _read_through(stream, start, kind)
    if found < needed:
        raise _damaged(path)
    if strange:
        raise input_error(path, f"{strange} voxels are not numbers (NaN or infinite)", "Export it again")


def _read_through(stream: BinaryIO | gzip.GzipFile, start: int, kind: np.dtype) -> tuple[int, int]:
    """Bytes of data, and how many values are not finite (the image library makes them 0)."""
    stream.read(start)
    found = strange = 0
    while chunk := stream.read(_CHUNK):
        found += len(chunk)
        if kind.kind == "f" and kind.itemsize in (4, 8):
            values = np.frombuffer(chunk[: len(chunk) // kind.itemsize * kind.itemsize], kind)
            strange += int(np.count_nonzero(~np.isfinite(values)))
    return found, strange


def _check_pair(path: Path) -> None:
    """A header and its data in two files: NIfTI, or its predecessor Analyze, in which left and right are anybody's
    guess."""
    try:
        image: Any = _nifti(path)
    except Exception:  # not such a pair, which the image library says better
        return
    from nibabel import Nifti1Pair

    if not isinstance(image, Nifti1Pair):
        raise input_error(path, "an Analyze file does not say what is left and right", "Convert it to NIfTI or NRRD")
    stored: Any = image.dataobj
    needed = int(stored.offset) + math.prod(stored.shape) * stored.dtype.itemsize
    data = Path(str(image.file_map["image"].filename))
    if data.suffix != ".gz" and data.stat().st_size < needed:
        raise _damaged(path)


def placement_conflict(path: Path) -> str | None:
    """How the geometries that a NIfTI header states twice contradict each other, in words; None when they agree.

    The image library takes spacing from pixdim and placement from the sform (else the qform); programs differ."""
    try:
        header = _nifti(path).header
        sform, sform_code = header.get_sform(coded=True)
        qform, qform_code = header.get_qform(coded=True)
        spacing = np.array(header.get_zooms()[:3], float)
        shape = np.array(header.get_data_shape()[:3])
    except Exception:  # not NIfTI: nothing is stated twice
        return None
    if sform_code and np.abs(np.linalg.norm(sform[:3, :3], axis=0) - spacing).max() > 0.01 * spacing.min():
        said = (
            " × ".join(f"{step:.3g}" for step in steps) for steps in (spacing, np.linalg.norm(sform[:3, :3], axis=0))
        )
        return "voxels of {} mm by its pixdim and of {} mm by its sform".format(*said)
    if sform_code and qform_code:
        corners = np.array([(x, y, z, 1.0) for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * [*(shape - 1), 1]
        apart = float(np.linalg.norm(corners @ (sform - qform).T, axis=1).max())
        if apart > 0.5 * spacing.min():
            return f"places that are up to {apart:.0f} mm apart by its sform and its qform"
    return None


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
