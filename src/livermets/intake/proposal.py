"""A look at a folder, and the lines of configuration that would bring it in: only what then loads, and in comments what
was seen and not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from livermets.cohort import load_cohorts
from livermets.config.cohorts import CohortSettings
from livermets.config.load import validate_section
from livermets.config.outcome import OutcomeSettings
from livermets.errors import InputError, input_error
from livermets.intake.choosing import Chosen, Scan, chosen, roles, series_choice, timepoints_of
from livermets.intake.lesion_rows import ID_PATTERN
from livermets.intake.listing import Listing, listed
from livermets.intake.proposed_labels import label_lines
from livermets.intake.readings import FIRST_TIMEPOINT, Read, readings, with_timepoints
from livermets.intake.table_guess import TableGuess, guessed

_SHOWN = 20
_SPECIAL = re.compile(r"[{}$\n\r]|^~")
NO_IMAGE, NO_LESIONS = "no image in this folder", "no lesion mask in this folder"


@dataclass
class Proposal:
    """Keys of the cohort in their order, remarks by key, and remarks on the whole."""

    name: str
    keys: dict[str, Any]
    beside: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    outcome: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        lines = _dumped({"outcome": self.outcome}, {}) if self.outcome else []
        lines += ["cohorts:", f"  {_flow(self.name)}:"]
        lines += [f"    {line}" for line in _dumped(self.keys, self.beside)]
        lines += [f"    # {' '.join(remark.split())}" for remark in self.remarks]
        return "\n".join(lines) + "\n"


def _dumped(keys: dict[str, Any], beside: dict[str, str]) -> list[str]:
    """One line per key, written by YAML itself so that whatever needs quoting is quoted."""
    lines = []
    for key, value in keys.items():
        note = f"  # {beside[key]}" if key in beside else ""
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [f"{_flow(key)}:{note}", *(f"- {_flow(entry)}" for entry in value)]
        else:
            lines.append(f"{_flow(key)}: {_flow(value)}{note}")
    return lines


def _flow(value: object) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True, sort_keys=False)
    return text.removesuffix("...\n").rstrip("\n")


def propose(folder: Path, role: str = "predict") -> str:
    """The YAML lines of a cohort for this folder, with what could not be decided as comments."""
    if not folder.is_dir():
        raise input_error(folder, "this folder does not exist", "Give the folder that holds the patients")
    listing = listed(folder)
    if not listing.items:
        seen = "; ".join(_left_over(listing))
        fix = "It must hold NIfTI, NRRD or MHA files or DICOM slices"
        raise input_error(folder, "no image in this folder or below", fix + (f"; seen: {seen}" if seen else ""))
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-_") or "cohort"
    read, place = _read(listing, folder)
    remarks: list[str] = []
    read = _usable(read, listing, remarks)
    image, masks = _chosen_roles(read, role, remarks)
    if image is None:
        raise input_error(folder, "no image whose path holds a patient id", "; ".join(remarks) or _ITS_LAYOUT)
    proposal = _assembled(name, role, place, listing, image, masks, remarks)
    proposal.remarks += _also_there(read, image, masks) + _left_over(listing)
    return proposal.text()


_ITS_LAYOUT = "Give each patient a folder, or name the files by the patient"


def _read(listing: Listing, folder: Path) -> tuple[list[Read], Path]:
    """The items by patient; a folder in which nothing tells patients apart is the folder of one patient."""
    read = with_timepoints(readings(listing.items))
    if read:
        return read, folder
    one = folder.resolve().name
    inside = [replace(item, path=f"{one}/{item.path}".rstrip("/")) for item in listing.items]
    listing.tables = [f"{one}/{table}" for table in listing.tables]
    return with_timepoints(readings(inside)), folder.resolve().parent


def _usable(read: list[Read], listing: Listing, remarks: list[str]) -> list[Read]:
    """Without paths and patients that a configuration cannot name; what is left out is said."""
    no_id = sorted({one.patient for one in read if not ID_PATTERN.fullmatch(one.patient) or not one.patient.strip(".")})
    if no_id:
        remarks.append(
            f"left out, because a patient id has only letters without accents, digits, . _ -: {_some(no_id)}"
        )
    special = sorted({one.item.path for one in read if _SPECIAL.search(one.template.replace("{patient}", "")
                      .replace("{lesion}", "").replace("{timepoint}", ""))})  # fmt: skip
    if special:
        remarks.append(f"left out, because a path cannot hold {{ }} $: {_some(special)}")
    unread = sorted({item.path for item in listing.items} - {one.item.path for one in read})
    if len(read) < len(listing.items) and len({one.item for one in read} & set(listing.items)) == len(read):
        remarks.append(f"not understood, no patient in the path: {_some(unread)}")
    return [one for one in read if one.patient not in no_id and one.item.path not in special]


def _chosen_roles(read: list[Read], role: str, remarks: list[str]) -> tuple[Chosen | None, dict[str, Chosen]]:
    """The image and the masks, on the timepoints that can be used together."""
    kinds = roles(read)

    def of(*wanted: str) -> list[Read]:
        return [one for one in read if kinds[one.template] in wanted]

    image = chosen(of("image"), read)
    lesions, liver, both = (chosen(of(kind), read) for kind in ("lesions", "liver", "mask"))
    masks = {"lesions": lesions or both, "liver": liver or (both if lesions is None else None)}
    if lesions is None and liver is not None and both is None:
        masks["lesions"] = None
    found = {key: mask for key, mask in masks.items() if mask is not None}
    if image is None or "{timepoint}" not in image.template:
        return image, {key: mask for key, mask in found.items() if "{timepoint}" not in mask.template}
    return _at_timepoints(image, found, role, remarks)


def _at_timepoints(
    image: Chosen, masks: dict[str, Chosen], role: str, remarks: list[str]
) -> tuple[Chosen, dict[str, Chosen]]:
    """All timepoints that every patient has; one of them where an outcome is wanted (`lesions` drawn there)."""
    having = timepoints_of(image)
    everyone = {patient for patient, _ in image.scans}
    full = sorted((point for point in having if having[point] == everyone), key=_time_order)
    drawn = timepoints_of(masks["lesions"]) if "lesions" in masks else {}
    with_lesions = [point for point in full if not drawn or drawn.get(point, set()) >= everyone]
    points = with_lesions or full or sorted(having, key=lambda point: (-len(having[point]), *_time_order(point)))[:1]
    if role != "predict":
        points = points[:1]
    others = sorted(set(having) - set(points), key=_time_order)
    if others:
        remarks.append(
            "timepoints not used: " + ", ".join(f"{point} ({len(having[point])} patients)" for point in others)
        )
    return _only(image, points), {key: _only(mask, points) for key, mask in masks.items()}


def _only(group: Chosen, points: Sequence[str]) -> Chosen:
    """The group at these timepoints; a single one is written into the template."""
    if "{timepoint}" not in group.template:
        return group
    template = group.template.replace("{timepoint}", points[0]) if len(points) == 1 else group.template
    items = {(patient, point if len(points) > 1 else ""): items
             for (patient, point), items in group.items.items() if point in points}  # fmt: skip
    return Chosen(template, items)


def _time_order(point: str) -> tuple[bool, str]:
    return not re.fullmatch(FIRST_TIMEPOINT, point, re.IGNORECASE), point


def _assembled(
    name: str, role: str, place: Path, listing: Listing, image: Chosen, masks: dict[str, Chosen], remarks: list[str]
) -> Proposal:
    """The cohort with the first table that loads with it; without one only its patients, to predict."""
    patients = sorted({patient for patient, _ in image.scans}, key=_natural)
    tables = [guessed(place, table, patients) for table in listing.tables]
    tables.sort(key=lambda guess: (bool(guess.trouble), -guess.n_on_disk, -len(guess.columns)))
    for guess in tables:
        if guess.trouble:
            remarks.append(f"table {guess.path} is not used: {guess.trouble}")
            continue
        proposal = _with_table(name, role, place, image, masks, guess)
        problems = load_problems(proposal, place)
        if not problems:
            proposal.remarks = [*remarks, *proposal.remarks]
            proposal.remarks += [f"table {other.path} is not used" for other in tables
                                 if other is not guess and not other.trouble]  # fmt: skip
            return proposal
        remarks.append(f"table {guess.path} is not used: {' '.join(problems[:5])}")
    if role != "predict":
        remarks.append(f"role {role} needs a table with the outcome of every lesion; until there is one: predict")
    proposal = _base(name, "predict", place, image, masks, patients)
    proposal.remarks = [*remarks, *proposal.remarks]
    proposal.remarks += [f"`check` will say: {problem}" for problem in load_problems(proposal, place)]
    return proposal


def _with_table(
    name: str, role: str, place: Path, image: Chosen, masks: dict[str, Chosen], guess: TableGuess
) -> Proposal:
    on_disk = {patient for patient, _ in image.scans}
    proposal = _base(name, role, place, image, masks, sorted(on_disk, key=_natural), guess)
    left_out = [patient for patient in guess.patients if patient not in on_disk]
    reasons = dict.fromkeys(left_out, NO_IMAGE)
    if role != "predict" and "lesions" in masks:
        drawn = {patient for patient, _ in masks["lesions"].scans}
        reasons |= {p: NO_LESIONS for p in guess.patients if p in on_disk and p not in drawn}
    if reasons:
        proposal.keys["exclude"] = [{"patient": patient, "reason": reason} for patient, reason in reasons.items()]
    lacking = sorted(on_disk - set(guess.patients), key=_natural)
    if lacking:
        proposal.remarks.append(f"not in the table: {_some(lacking)}")
    if guess.unknown:
        proposal.remarks.append(f"headings of the table that were not understood: {', '.join(guess.unknown)}")
    if role != "predict" and guess.rule == "column":
        proposal.outcome = {"rule": "column"}
    return proposal


def _base(
    name: str, role: str, place: Path, image: Chosen, masks: dict[str, Chosen], patients: list[str],
    guess: TableGuess | None = None,
) -> Proposal:  # fmt: skip
    """Role, folder, table or patients, and the paths that every patient has."""
    proposal = Proposal(name, {"role": role, "folder": str(place)})
    keys = proposal.keys
    if guess is None:
        keys["patients"] = patients
    else:
        keys |= {"table": guess.path, **guess.keys}
        if "columns" in guess.keys:
            proposal.beside["columns"] = "guessed from the header; check"
        if "response_values" in guess.keys:
            proposal.beside["response_values"] = "guessed; check"
    keys["image"] = image.template
    series, one = series_choice(image)
    if series is not None:
        keys["series"] = series
    elif not one:
        proposal.remarks.append(
            "some folders hold several series: choose by `series`, or the one the masks were drawn on"
        )
    points = sorted({point for _, point in image.scans}, key=_time_order)
    if points != [""] and not (guess and "timepoint" in guess.columns):
        keys["timepoints"] = points
    used = {scan for scan in image.scans if guess is None or scan[0] in guess.patients}
    given = {
        key: mask for key, mask in masks.items() if _everywhere(mask, used) or (key == "lesions" and role != "predict")
    }
    lines, notes = label_lines(place, given)
    for key in ("liver", "lesions"):
        if key in given and (key == "lesions" or lines.get("liver_labels") != []):
            keys[key] = given[key].template
            keys |= {label: value for label, value in lines.items() if label.startswith(key[:5]) and value}
        elif key in masks and key not in given:
            having = len({patient for patient, _ in masks[key].scans & used})
            proposal.remarks.append(f"{key} is left out: {having} of {len({p for p, _ in used})} patients have "
                                    f"{masks[key].template}")  # fmt: skip
    if "lesions" in keys and "lesion_ids" in lines:
        keys["lesion_ids"] = lines["lesion_ids"]
    proposal.remarks += notes
    return proposal


def _everywhere(mask: Chosen, scans: set[Scan]) -> bool:
    return mask.scans >= scans or {(patient, "") for patient, _ in scans} <= mask.scans


def load_problems(proposal: Proposal, place: Path) -> list[str]:
    """What loading the cohort, or a path that it makes, would be refused for."""
    try:
        settings = validate_section(CohortSettings, proposal.keys, "")
        outcome = OutcomeSettings(**proposal.outcome)
        study = load_cohorts({proposal.name: settings}, outcome, 1, whole_study=False)
    except InputError as error:
        return [f"{problem.what}." for problem in error.problems]
    missing = []
    for scan in study.scans():
        try:
            masks = [*scan.lesion_paths] if scan.has_lesions else []
        except InputError as error:
            return [str(problem) for problem in error.problems]
        paths = [scan.image_path, *([scan.liver_path] if scan.liver_path else []), *masks]
        missing += [f"{path} does not exist." for path in paths if not path.exists()]
        if scan.has_lesions and not masks:
            missing.append(f"patient {scan.patient_id} has no lesion mask.")
    return missing


def _also_there(read: Iterable[Read], image: Chosen, masks: dict[str, Chosen]) -> list[str]:
    used = {item for group in (image, *masks.values()) for items in group.items.values() for item in items}
    left: dict[str, set[str]] = {}
    for one in read:
        if one.item not in used:
            left.setdefault(one.template, set()).add(one.patient)
    order = sorted(left, key=lambda template: (-len(left[template]), template))
    lines = [f"also there: {template} ({len(left[template])} patient{'s'[: len(left[template]) > 1]})"
             for template in order[:_SHOWN]]  # fmt: skip
    lacking = sorted({one.patient for one in read} - {patient for patient, _ in image.scans}, key=_natural)
    if lacking:
        lines.insert(0, f"no image for {_some(lacking)}")
    if len(order) > _SHOWN:
        lines.append(f"also there: {len(order) - _SHOWN} more kinds of paths")
    return lines


def _left_over(listing: Listing) -> list[str]:
    lines = []
    empty = [name for name in listing.empty if name != "."]
    if empty:
        lines.append(f"empty folders: {_some(empty)}")
    if listing.dangling:
        lines.append(f"links that lead nowhere: {_some(listing.dangling)}")
    if listing.others:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(listing.others.items()))
        lines.append(f"other files: {kinds}")
    return lines


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(map(repr, names[:_SHOWN]))}{more}".replace("'", "")


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
