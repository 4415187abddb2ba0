"""Reading and writing volumes: any stored axes in, canonical LPS ``zyx`` arrays inside, the stored axes back out."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from livermets.errors import InputError, input_error
from livermets.imaging.geometry import CANONICAL_ORIENTATION, Grid, Volume
from livermets.imaging.itk import image_of, without_itk_warnings
from livermets.io.atomic import written_aside
from livermets.io.integrity import check_size, check_whole
from livermets.io.nifti import is_nifti2
from livermets.io.placement import check_placement
from livermets.io.presence import require
from livermets.io.text_headers import check_statements

# Level 1 compresses CT nearly as well as the default and is several times faster.
_COMPRESSION_LEVEL = 1
_PERPENDICULAR = 1e-3
"""Largest error of the axes' products with each other; headers with three decimals have 0.7e-3."""


@without_itk_warnings()
def read_volume(path: Path | str) -> Volume:
    """One 3D image file (NIfTI, NRRD, MHA) in canonical axes.

    Raises `InputError` for a file that is missing, unreadable, damaged, not 3D, not scalar or not of numbers."""
    path = Path(path)
    require(path, "this file")
    if path.is_dir():  # which the image library would try to read
        raise input_error(path, "this is a folder, not an image file", "Give a file in it")
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        check_size(path, math.prod(reader.GetSize()))
        image = reader.Execute()
    except RuntimeError as error:
        check_statements(path)
        raise _unreadable(path) from error
    values = sitk.GetArrayViewFromImage(image)
    if image.GetNumberOfComponentsPerPixel() == 1:
        check_whole(path, values)
        check_placement(path, image)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        n = int(np.count_nonzero(~np.isfinite(values)))
        raise input_error(path, f"{n} voxels are not numbers (NaN or infinite)", "Export it again")
    return volume_from_sitk(image, path)


def _unreadable(path: Path) -> InputError:
    """Why a file cannot be read: its header is fine but its data are not, or it is no image at all.

    The library's own text is not passed on: it is long, and for DICOM it may quote the header."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        if "orthonormal" in str(error):
            return _sheared(path)
        if is_nifti2(path):
            what = "this is a NIfTI-2 file, which the image library (SimpleITK) does not read"
            fix = "Convert it to NIfTI-1, NRRD or MHA (in Python: nibabel.Nifti1Image.from_image(nibabel.load(...)))"
            return input_error(path, what, fix)
        packed = _packed(path)
        if packed:
            return input_error(
                path, f"this is {packed}, not an image", "Unpack it; only NIfTI is read packed (.nii.gz)"
            )
        fix = "It must be NIfTI, NRRD, MHA or DICOM; export it again"
        return input_error(path, "this file cannot be read as an image", fix)
    # MetaImage's reader checks the data first, NRRD's the header: here the header was fine.
    return input_error(path, "this file is cut short or damaged", "Copy or export it again")


def _sheared(where: object) -> InputError:
    what = "the axes of this image are not perpendicular (sheared affine)"
    return input_error(where, what, "Resample it to a regular grid first")


def _packed(path: Path) -> str:
    """The kind of archive that a file is, whatever its name says; empty for none, and for a packed NIfTI."""
    with path.open("rb") as stream:
        magic = stream.read(4)
    if magic[:2] == b"\x1f\x8b" and not path.name.lower().endswith(".nii.gz"):
        return "a gzip file"
    return "a zip archive" if magic == b"PK\x03\x04" else ""


def volume_from_sitk(image: sitk.Image, where: object) -> Volume:
    """A SimpleITK image as a canonical volume; ``where`` names it in errors."""
    if image.GetDimension() == 4 and image.GetSize()[3] == 1:
        image = image[..., 0]
    if image.GetDimension() != 3:
        what = f"a 3D volume is needed, this has {image.GetDimension()} dimensions"
        raise input_error(where, what, "Give one phase as its own file")
    if image.GetNumberOfComponentsPerPixel() != 1:
        what = f"one value per voxel is needed, this has {image.GetNumberOfComponentsPerPixel()}"
        raise input_error(where, what, "Give the CT or one label map, not a picture in colours or layers")
    axes = np.array(image.GetDirection()).reshape(3, 3)
    if np.abs(axes.T @ axes - np.eye(3)).max() > _PERPENDICULAR:
        raise _sheared(where)
    stored = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(image.GetDirection())
    array, grid = _canonical(image)
    return Volume(array, grid, stored)


def _canonical(image: sitk.Image) -> tuple[NDArray, Grid]:
    """An image's values and grid in canonical axes. ITK says how to turn them; turning a view is cheaper than its
    filter, and this is done for every file that is read."""
    probe = sitk.Image([1, 1, 1], sitk.sitkUInt8)
    probe.SetDirection(image.GetDirection())
    turn = sitk.DICOMOrientImageFilter()
    turn.SetDesiredCoordinateOrientation(CANONICAL_ORIENTATION)
    turn.Execute(probe)
    order, flipped = turn.GetPermuteOrder(), turn.GetFlipAxes()
    size, spacing = (tuple(values[axis] for axis in order) for values in (image.GetSize(), image.GetSpacing()))
    corner = [0, 0, 0]
    for axis, flip in zip(order, flipped, strict=True):
        corner[axis] = image.GetSize()[axis] - 1 if flip else 0
    signs = np.where(flipped, -1.0, 1.0)
    direction = np.array(image.GetDirection()).reshape(3, 3)[:, list(order)] * signs + 0.0
    grid = Grid(size, spacing, image.TransformIndexToPhysicalPoint(corner), tuple(direction.ravel().tolist()))
    stored_zyx = sitk.GetArrayViewFromImage(image).transpose([2 - axis for axis in order[::-1]])
    turned = stored_zyx[tuple(slice(None, None, -1 if flip else 1) for flip in flipped[::-1])]
    return np.array(turned, order="C"), grid


def write_volume(path: Path | str, volume: Volume) -> None:
    """Writes a volume with the axes it was stored with, in one step."""
    image = sitk.DICOMOrient(image_of(volume.array, volume.grid), volume.stored_orientation)
    with written_aside(path) as aside:
        sitk.WriteImage(image, str(aside), useCompression=True, compressionLevel=_COMPRESSION_LEVEL)
        check_whole(aside, sitk.GetArrayViewFromImage(image))  # on a full disk the library stops without a word
        check_placement(aside, image)
