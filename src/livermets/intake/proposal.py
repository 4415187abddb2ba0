"""A look at a folder, and the lines of configuration that would bring it in."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from livermets.errors import InputError, input_error
from livermets.io.rows import read_rows

IMAGE_SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
TABLE_SUFFIXES = (".csv", ".tsv", ".xlsx")
_LESION = re.compile(r"tumou?r|lesion|mts|metasta|\bmets?\b", re.IGNORECASE)
_LIVER = re.compile(r"liver|hepat|leber|fegato", re.IGNORECASE)
_MASK = re.compile(r"seg|mask|label|roi|rtstruct|annot|contour", re.IGNORECASE)
_KIND = re.compile(r"image|label|mask|segm|volume|dicom|nifti", re.IGNORECASE)
_LARGEST_LISTING = 200_000
_COLUMN_WORDS = {
    "patient_id": r"^(patient|pat|subject|case|pid|id)[\s_.-]*(id|no|nr|number)?\.?$",
    "timepoint": r"time.?point|visit|^tp$",
    "lesion_id": r"(lesion|tumou?r|mts).*(id|no|nr|number|label)|^(lesion|label)$",
    "response": r"respon",
    "baseline_diameter_mm": r"(base|pre|before).*(diam|ld|size)|(diam|ld|size).*(base|pre|before)",
    "followup_diameter_mm": r"(follow|post|after|fu).*(diam|ld|size)|(diam|ld|size).*(follow|post|after|fu)",
    "centre": r"cent(re|er)|hospital|site$|institution",
}


@dataclass
class Found:
    """Path templates of a folder with the patients that have each, and its tables."""

    templates: dict[str, set[str]] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)

    @property
    def patients(self) -> list[str]:
        """Ids of every patient, numbers in their own order."""
        ids = {patient for patients in self.templates.values() for patient in patients}
        return sorted(
            ids, key=lambda name: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
        )


def propose(folder: Path, role: str = "predict") -> str:
    """The YAML lines of a cohort for this folder, with what could not be decided as comments."""
    if not folder.is_dir():
        raise input_error(folder, "this folder does not exist", "Give the folder that holds the patients")
    found = look(folder)
    if not found.templates:
        fix = "It must hold NIfTI, NRRD or MHA files or DICOM slices"
        raise input_error(folder, "no image in this folder or below", fix)
    image, liver, lesions, other = _roles(found)
    names = _structure_names(folder, found, lesions)
    if names and liver == lesions and not any(map(_LIVER.search, names)):
        liver = None
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-") or "cohort"
    lines = ["cohorts:", f"  {name}:", f"    role: {role}", f"    folder: {folder}"]
    lines += [f"    {line}" for line in _table_lines(folder, found, role)]
    for key, template in (("image", image), ("liver", liver), ("lesions", lesions)):
        if template is not None:
            having = len(found.templates[template])
            note = "" if having == len(found.patients) else f"  # {having} of {len(found.patients)} patients have it"
            lines.append(f'    {key}: "{template}"{note}')
        elif key == "image" or role != "predict":
            lines.append(f"    # {key}: nothing here is named like it; give its path with {{patient}}")
    if names:
        lines += [f"    {line}" for line in _label_lines(names, liver == lesions)]
    elif lesions is not None and lesions == liver:
        lines += ["    liver_labels: [1, 2]    # one label map for both: say which values are liver ...",
                  "    lesion_labels: [2]      # ... and which are lesions",
                  "    lesion_ids: components  # each connected piece is a lesion"]  # fmt: skip
    lines += [f"    # also there: {template} ({len(found.templates[template])} patients)" for template in other[:10]]
    return "\n".join(lines) + "\n"


def look(folder: Path) -> Found:
    """Image files and DICOM folders below a folder as templates with `{patient}`.

    Patients have a folder each, or a number in each file name: the reading that explains more files, with fewer
    templates, is taken."""
    files = _images(folder)
    readings = []
    for read in (_by_folder, _by_number):
        templates: dict[str, set[str]] = defaultdict(set)
        pairs = [(template, patient) for template, patient in map(read, files) if patient]
        for template, patient in pairs:
            templates[template].add(patient)
        kinds = sum(bool(_KIND.search(patient)) for _, patient in pairs)  # a folder "labelsTr" is no patient
        readings.append((len(files) - len(pairs) + kinds, len(templates), templates))
    return Found(min(readings, key=lambda reading: reading[:2])[2], _tables(folder))


def _images(folder: Path) -> list[str]:
    """Relative paths of image files, single DICOM objects (masks, enhanced CT), and folders of DICOM slices."""
    from livermets.io.dicom import dicom_kind, is_dicom_file
    from livermets.io.dicom_frames import is_enhanced

    def stands_alone(file: Path) -> bool:
        return is_dicom_file(file) and (dicom_kind(file) in ("SEG", "RTSTRUCT") or is_enhanced(file))

    found, seen = [], 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        seen += len(names)
        if seen > _LARGEST_LISTING:
            raise input_error(folder, f"more than {_LARGEST_LISTING} files", "Give the folder of one cohort")
        here = Path(place)
        images = [name for name in sorted(names) if name.lower().endswith(IMAGE_SUFFIXES)]
        found += [(here / name).relative_to(folder).as_posix() for name in images]
        others = [here / name for name in sorted(names) if name not in images and not name.startswith(".")]
        if len(others) <= 2:
            found += [file.relative_to(folder).as_posix() for file in others if stands_alone(file)]
        elif any(is_dicom_file(file) for file in others[:5]) and here != folder:
            found.append(here.relative_to(folder).as_posix())
    return found


def _by_folder(path: str) -> tuple[str, str]:
    patient, slash, rest = path.partition("/")
    if not slash and path.lower().endswith(IMAGE_SUFFIXES):
        return path, ""
    return "{patient}/" + _numbered(rest) if rest else "{patient}", patient


def _by_number(path: str) -> tuple[str, str]:
    """The last number of the file name as patient: ``volume-12.nii`` is patient 12 of ``volume-{patient}.nii``."""
    place, _, name = path.rpartition("/")
    stem = name.split(".", 1)[0]
    numbers = list(re.finditer(r"\d+", stem))
    if not numbers:
        return path, ""
    start, end = numbers[-1].span()
    template = name[:start] + "{patient}" + name[end:]
    return f"{place}/{template}" if place else template, numbers[-1][0]


def _numbered(rest: str) -> str:
    """``MASKS/livertumor03`` is one of many: ``MASKS/livertumor{lesion}``."""
    place, slash, name = rest.rpartition("/")
    if not _LESION.search(name):
        return rest
    return place + slash + re.sub(r"\d+(?=(\.\w+)*$)", "{lesion}", name, count=1)


def _roles(found: Found) -> tuple[str | None, str | None, str | None, list[str]]:
    """The templates of CT, liver and lesions by their names, and those left over."""
    left = sorted(found.templates, key=lambda template: (-len(found.templates[template]), template))

    def take(wanted: Iterable[str]) -> str | None:
        return next(iter(wanted), None)

    def own(template: str) -> str:
        return template.replace("{patient}", "").replace("{lesion}", "")

    lesions = take(t for t in left if _LESION.search(own(t)))
    liver = take(t for t in left if t != lesions and _LIVER.search(own(t)) and not _LESION.search(own(t))
                 and (_MASK.search(own(t)) or "image" not in own(t).lower()))  # fmt: skip
    masks = [t for t in left if t not in (lesions, liver) and _MASK.search(own(t).replace("MASKS", ""))]
    if lesions is None and liver is not None and re.search(r"labels|segmentation", liver):
        lesions = liver
    elif lesions is None and masks:
        lesions = masks[0]
        liver = liver or lesions
    image = take(t for t in left if t not in (lesions, liver) and t not in masks and "MASK" not in t.upper())
    return image, liver, lesions, [t for t in left if t not in (image, liver, lesions)]


def _structure_names(folder: Path, found: Found, template: str | None) -> list[str]:
    """Names in the first patient's DICOM-SEG or RTSTRUCT; none for another kind of mask."""
    from livermets.io.dicom import structure_names

    if template is None or "{lesion}" in template:
        return []
    return structure_names(folder / template.replace("{patient}", min(found.templates[template])))


def _label_lines(names: list[str], with_liver: bool) -> list[str]:
    """Which structures are lesions, and which is the liver, by their names."""
    lines = []
    if with_liver:
        shortest = min((name for name in names if _LIVER.search(name)), key=len)
        lines.append(f"liver_labels: {json.dumps([shortest])}")
    lesions = sorted({re.sub(r"\d+$", "*", name) for name in names if _LESION.search(name)})
    if lesions:
        lines.append(f"lesion_labels: {json.dumps(lesions)}")
    else:
        lines.append("# lesion_labels: none of the structures is named like a lesion; choose")
    return [*lines, f"# structures of the first patient: {', '.join(names)}"]


def _tables(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.name.lower().endswith(TABLE_SUFFIXES))


def _table_lines(folder: Path, found: Found, role: str) -> list[str]:
    if not found.tables:
        ids = ", ".join(f'"{name}"' if name.isdigit() else name for name in found.patients)
        missing = [] if role == "predict" else ["# table: the outcome table (role predict needs none)"]
        return [*missing, f"patients: [{ids}]"]
    lines = [f"table: {found.tables[0]}"]
    try:
        columns = read_rows(folder / found.tables[0]).columns
    except InputError as error:
        return [f"# {error}", *lines]
    mapped = {}
    for ours, words in _COLUMN_WORDS.items():
        guess = next((name for name in columns if re.search(words, name, re.IGNORECASE)), None)
        if guess is not None and ours not in columns:
            mapped[ours] = guess
    if mapped:
        inside = ", ".join(f'{ours}: "{theirs}"' for ours, theirs in mapped.items())
        lines.append(f"columns: {{{inside}}}  # guessed from the header; check")
    return lines
