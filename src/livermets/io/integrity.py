"""Is an image file whole? The image library reads damaged NIfTI and MHA files without a word, zeros instead of data."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import nibabel
import numpy as np

from livermets.errors import InputError, input_error

_CHUNK = 1 << 22


def check_whole(path: Path) -> None:
    """Raises `InputError` when a NIfTI or MHA file is cut short, fails its checksum, or holds values that are not
    numbers. Costs one pass over the file."""
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


def _check_nifti(path: Path) -> None:
    try:
        header: Any = nibabel.load(path).header
        shape, kind, start = header.get_data_shape(), header.get_data_dtype(), int(header.get_data_offset())
    except Exception:  # not a NIfTI file, which the image library says better
        return
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as stream:
        found, strange = _read_through(stream, start, kind)
    if found < math.prod(shape) * kind.itemsize:
        raise _damaged(path)
    if strange:
        raise input_error(path, f"{strange} voxels are not numbers (NaN or infinite)", "Export it again")


def _check_pair(path: Path) -> None:
    """A header and its data in two files: NIfTI, or its predecessor Analyze, in which left and right are anybody's
    guess."""
    try:
        image: Any = nibabel.load(path)
    except Exception:  # not such a pair, which the image library says better
        return
    if not isinstance(image, nibabel.Nifti1Pair):
        raise input_error(path, "an Analyze file does not say what is left and right", "Convert it to NIfTI or NRRD")
    needed = int(image.header.get_data_offset()) + math.prod(image.shape) * image.get_data_dtype().itemsize
    data = Path(str(image.file_map["image"].filename))
    if data.suffix != ".gz" and data.stat().st_size < needed:
        raise _damaged(path)


def placement_conflict(path: Path) -> str | None:
    """How the geometries that a NIfTI header states twice contradict each other, in words; None when they agree.

    The image library takes spacing from pixdim and placement from the sform (else the qform); programs differ."""
    try:
        header: Any = nibabel.load(path).header
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


def _read_through(stream: BinaryIO | gzip.GzipFile, start: int, kind: np.dtype) -> tuple[int, int]:
    """Bytes of data, and how many values are not finite."""
    stream.read(start)
    found = strange = 0
    while chunk := stream.read(_CHUNK):
        found += len(chunk)
        if kind.kind == "f" and kind.itemsize in (4, 8):
            values = np.frombuffer(chunk[: len(chunk) // kind.itemsize * kind.itemsize], kind)
            strange += int(np.count_nonzero(~np.isfinite(values)))
    return found, strange


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
