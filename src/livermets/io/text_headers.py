"""What the headers of NRRD and MetaImage (MHA, MHD) files themselves say; both are text before the voxels."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livermets.errors import input_error

_EXPORT = "Correct its header, or export it again"
_UNITS = ("distanceunits", "space units", "units")
_META_SUFFIXES = (".mha", ".mhd")
_OPPOSITE = str.maketrans("RLAPSI", "LRPAIS")


def text_header(path: Path) -> dict[str, str]:
    """The fields of a NRRD or MetaImage header by lower-case name; empty for any other file."""
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
    if head.startswith(b"NRRD"):
        lines, sign = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0].decode("latin-1").splitlines()[1:], ":"
    elif path.name.lower().endswith(_META_SUFFIXES):
        lines, sign = head[: head.find(b"ElementDataFile")].decode("latin-1").splitlines(), "[=:]"
    else:
        return {}
    parts = [re.split(sign, line, maxsplit=1) for line in lines if re.search(sign, line) and not line.startswith("#")]
    return {name.strip().lower(): value.strip() for name, value in parts}


def is_nrrd(path: Path) -> bool:
    """Whether this is a NRRD file."""
    with path.open("rb") as stream:
        return stream.read(4) == b"NRRD"


def says_left_and_right(path: Path) -> bool:
    """Whether the header names the patient's axes (MetaImage without a matrix or an orientation does not)."""
    fields = text_header(path)
    if is_nrrd(path):
        return bool(_space(fields)) and "space directions" in fields
    stated = any(name in fields for name in ("transformmatrix", "rotation", "orientation"))
    return not fields or stated or _orientation(fields) != ""


def stated_placement(path: Path) -> NDArray | None:
    """From voxel indices to LPS mm as the header says; None where it does not say it or is not of these formats."""
    fields = text_header(path)
    if not fields:
        return None
    return _nrrd_placement(fields) if is_nrrd(path) else _meta_placement(fields)


def check_statements(path: Path) -> None:
    """Raises `InputError` for what such a header says and the image library passes over or stumbles at: voxel sizes
    that are not above 0, other units than mm, values that are yet to be rescaled, a space without directions."""
    fields = text_header(path)
    if "space" in fields and "spacings" in fields and "space directions" not in fields:
        raise input_error(path, f"the header names the space {fields['space']} but no space directions", _EXPORT)
    for said in _sizes(fields):
        if any(not size > 0 for size in said):
            sizes = " × ".join(f"{size:g}" for size in said)
            raise input_error(path, f"the header states voxels of {sizes} mm", _EXPORT)
    units = set(re.findall(r'[^\s"]+', " ".join(fields.get(name, "") for name in _UNITS)))
    if units - {"mm", "???"}:
        what = f"the header gives lengths in {', '.join(sorted(units - {'mm', '???'}))}, which would be read as mm"
        raise input_error(path, what, _EXPORT)
    if rescaling := _rescaling(fields):
        raise input_error(path, f"the header says {rescaling}, which the image library does not do", _EXPORT)


def check_axes(path: Path, axes: str) -> None:
    """Raises `InputError` where MetaImage names other axes than those read (``axes``, by their ends). Its manual names
    the ends, ITK the starts: either is right."""
    named = _orientation(text_header(path))
    if named and axes not in (named, named.translate(_OPPOSITE)):
        what = f"the axes are {axes} by its TransformMatrix and {named} by its AnatomicalOrientation"
        raise input_error(path, what, _EXPORT)


def _orientation(fields: dict[str, str]) -> str:
    named = fields.get("anatomicalorientation", "").upper()
    return named if re.fullmatch("[RLAPSI]{3}", named) else ""


def _sizes(fields: dict[str, str]) -> list[list[float]]:
    names = ("elementspacing", "elementsize", "spacings")
    said = [_numbers(fields[name]) for name in names if name in fields]
    return [sizes for sizes in said if len(sizes) == 3]


def _rescaling(fields: dict[str, str]) -> str:
    slope = fields.get("elementtointensityfunctionslope", "1")
    offset = fields.get("elementtointensityfunctionoffset", "0")
    if (_numbers(slope), _numbers(offset)) != ([1.0], [0.0]):
        return f"that values are {slope} × stored + {offset}"
    if "old min" in fields or "old max" in fields:
        return f"that values went from {fields.get('old min', '?')} to {fields.get('old max', '?')} before packing"
    return ""


def _space(fields: dict[str, str]) -> str:
    """The NRRD space as three letters ("RAS"), empty where it does not name the patient's axes."""
    space = fields.get("space", "").lower().removesuffix("-time").removesuffix("t")
    letters = "".join(word[0] for word in space.split("-")) if "-" in space else space
    return letters.upper() if re.fullmatch("[rl][ap][si]", letters) else ""


def _nrrd_placement(fields: dict[str, str]) -> NDArray | None:
    vectors = [_numbers(vector) for vector in re.findall(r"\(([^)]*)\)", fields.get("space directions", ""))]
    space, origin = _space(fields), _numbers(fields.get("space origin", "(0,0,0)"))
    if not space or [len(vector) for vector in (*vectors, origin)] != [3, 3, 3, 3]:
        return None
    placement = np.eye(4)
    placement[:3] = np.array([*vectors, origin]).T
    return np.diag([1.0 if letter in "LPS" else -1.0 for letter in space] + [1.0]) @ placement


def _meta_placement(fields: dict[str, str]) -> NDArray | None:
    def of(*names: str) -> list[float]:
        return next((_numbers(fields[name]) for name in names if name in fields), [])

    matrix = of("transformmatrix", "rotation", "orientation") or np.eye(3).ravel().tolist()
    sizes, origin = of("elementspacing", "elementsize"), of("offset", "position", "origin") or [0.0, 0.0, 0.0]
    if (len(matrix), len(sizes), len(origin)) != (9, 3, 3):
        return None
    placement = np.eye(4)
    placement[:3, :3] = np.array(matrix).reshape(3, 3).T * sizes
    placement[:3, 3] = origin
    return placement


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in re.split(r"[\s,]+", text.strip(" ()")) if part]
    except ValueError:
        return []
