"""Does an image lie where its own header says? What was read is compared with what is stated, for every file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from livermets.errors import input_error
from livermets.imaging.itk import without_itk_warnings
from livermets.io.nifti import RAS_TO_LPS, NiftiHeader, read_header
from livermets.io.text_headers import check_axes, check_statements, says_left_and_right, stated_placement

_SAME_VOXELS = 0.1
"""Two placements are one where no corner differs by more than this part of a voxel (headers are rounded)."""
_APART_VOXELS = 0.5
_SAME_SIZE = 0.01
_EXPORT = "Export it again from the DICOM series"


def check_placement(path: Path, image: sitk.Image) -> None:
    """Raises `InputError` where an image was read otherwise than its header says, or the header contradicts itself."""
    if image.GetDimension() not in (3, 4):
        return
    header = read_header(path)
    used = _used(image)
    stated = _stated(path, header)
    if header is not None:
        _check_forms(path, header, stated)
    else:
        check_statements(path)
        check_axes(path, _axes(used))
    if stated and all(_apart_voxels(used, form, image) > _SAME_VOXELS for form in stated.values()):
        name, form = next(iter(stated.items()))
        read, said = _told_apart(used, form)
        what = f"it would be read with {read}, but the {name} of its header says {said}"
        raise input_error(path, what, _how_to_correct(header))


def _how_to_correct(header: NiftiHeader | None) -> str:
    if header is None or all(size > 0 for size in header.pixdim_mm):
        return _EXPORT
    found = ", ".join(f"{size:g}" for size in header.pixdim_mm)
    return f"The voxel sizes of pixdim must be above 0 (found {found}): correct them, or export it again"


def left_and_right(path: Path) -> bool:
    """Whether the file's header says what is left and right."""
    header = read_header(path)
    return bool(header.forms) if header is not None else says_left_and_right(path)


@without_itk_warnings()
def forms_apart(path: Path) -> tuple[str, str] | None:
    """How far apart sform and qform place a NIfTI image, in words, and the one that it is read by; None where they
    agree or only one is there."""
    header = read_header(path)
    if header is None or len(header.forms) < 2:
        return None
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    sform, qform = header.forms["sform"], header.forms["qform"]
    if _apart_voxels(sform, qform, reader) <= _APART_VOXELS:
        return None
    used = min(header.forms, key=lambda name: _apart_mm(_used(reader), header.forms[name], reader))
    return f"places that are up to {_apart_mm(sform, qform, reader):.0f} mm apart by its sform and its qform", used


def _stated(path: Path, header: NiftiHeader | None) -> dict[str, NDArray]:
    if header is None:
        found = stated_placement(path)
        return {} if found is None else {"placement": found}
    if header.forms:
        return dict(header.forms)
    return {"pixdim": RAS_TO_LPS @ np.diag([-1, -1, 1, 1]) @ np.diag([*np.abs(header.pixdim_mm), 1.0])}


def _check_forms(path: Path, header: NiftiHeader, stated: dict[str, NDArray]) -> None:
    """The sform's voxel sizes are those of pixdim, and both forms have the same axes, where pixdim is given."""
    sizes = np.abs(header.pixdim_mm)
    if not np.all(sizes > 0):
        return
    steps = np.linalg.norm(stated.get("sform", np.eye(4))[:3, :3], axis=0)
    if "sform" in stated and np.abs(steps - sizes).max() > _SAME_SIZE * sizes.min():
        what = f"the header states voxels of {_sizes(sizes)} mm by its pixdim and of {_sizes(steps)} mm by its sform"
        raise input_error(path, what, _EXPORT)
    axes = {name: _axes(form) for name, form in stated.items()}
    if len(set(axes.values())) > 1:
        what = f"the header states the axes {axes['sform']} by its sform and {axes['qform']} by its qform"
        raise input_error(path, what, _EXPORT)


def _used(image: sitk.Image | sitk.ImageFileReader) -> NDArray:
    """From voxel indices to LPS mm, as the image library has it."""
    n = image.GetDimension()
    placement = np.eye(4)
    direction = np.array(image.GetDirection()).reshape(n, n)[:3, :3]
    placement[:3, :3], placement[:3, 3] = direction * image.GetSpacing()[:3], image.GetOrigin()[:3]
    return placement


def _apart_mm(one: NDArray, other: NDArray, image: sitk.Image | sitk.ImageFileReader) -> float:
    """The largest distance between places of a corner voxel, mm; infinite where one is not a number."""
    ends = [(0, max(size - 1, 1)) for size in image.GetSize()[:3]]
    corners = np.array([(x, y, z, 1.0) for x in ends[0] for y in ends[1] for z in ends[2]])
    apart = float(np.linalg.norm(corners @ (one - other).T, axis=1).max())
    return apart if np.isfinite(apart) else float("inf")


def _apart_voxels(one: NDArray, other: NDArray, image: sitk.Image | sitk.ImageFileReader) -> float:
    return _apart_mm(one, other, image) / min(image.GetSpacing()[:3])


def _axes(placement: NDArray) -> str:
    """The anatomical directions in which the three indices grow ("LPS")."""
    letters = []
    for column in placement[:3, :3].T:
        axis = int(np.argmax(np.abs(column)))
        letters.append("LPS"[axis] if column[axis] >= 0 else "RAI"[axis])
    return "".join(letters)


def _told_apart(used: NDArray, form: NDArray) -> tuple[str, str]:
    """Two placements, each by what the other has not."""
    steps = [np.linalg.norm(placement[:3, :3], axis=0) for placement in (used, form)]
    ways = [
        [f"axes {_axes(placement)}" for placement in (used, form)],
        [f"voxels of {_sizes(step)} mm" for step in steps],
        ["its first voxel at ({})".format(", ".join(f"{value:.4g}" for value in p[:3, 3])) for p in (used, form)],
    ]
    different = [(one, other) for one, other in ways if one != other] or [("one direction", "another")]
    return " and ".join(one for one, _ in different), " and ".join(other for _, other in different)


def _sizes(values: object) -> str:
    return " × ".join(f"{value:.3g}" for value in np.asarray(values, float))
