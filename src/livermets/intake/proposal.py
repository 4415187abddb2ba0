"""A look at a folder, and the lines of configuration that would bring it in: only what then loads, and in comments what
was seen and not understood."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from livermets.cohort.lesion_rows import ID_PATTERN
from livermets.cohort.load import load_cohorts
from livermets.config.cohorts import CohortSettings
from livermets.config.load import validate_section
from livermets.config.outcome import OutcomeSettings
from livermets.errors import InputError, input_error
from livermets.intake.choosing import Chosen, Scan, chosen_roles, series_choice, time_order
from livermets.intake.listing import Listing, listed
from livermets.intake.path_table import path_rows, table_keys
from livermets.intake.proposed_labels import label_lines
from livermets.intake.proposed_lines import Proposal
from livermets.intake.proposed_readers import further_readers
from livermets.intake.proposed_remarks import also_there, left_over, natural, some, without_image
from livermets.intake.proposed_roles import ROLES, as_written
from livermets.intake.readings import Read, of_one_patient, readings, with_timepoints
from livermets.intake.table_guess import TableGuess, guessed
from livermets.io.tables import write_csv

_FIELDS = re.compile(r"\{(patient|lesion|timepoint)\}")
_SPECIAL = re.compile(r"[{}$\n\r]|^~")
_MASKS = "masks."
NO_IMAGE, NO_LESIONS = "no image in this folder", "no lesion mask in this folder"


def propose(folder: Path, role: str = "predict", table: Path | None = None) -> str:
    """The YAML lines of a cohort for this folder, with what could not be decided as comments; with ``table`` the paths
    are written there, scan by scan, instead of as templates."""
    if not folder.is_dir():
        raise input_error(folder, "this folder does not exist", "Give the folder that holds the patients")
    listing = listed(folder)
    if not listing.items:
        seen = "; ".join(left_over(listing))
        fix = "It must hold NIfTI, NRRD or MHA files or DICOM slices"
        raise input_error(folder, "no image in this folder or below", fix + (f"; seen: {seen}" if seen else ""))
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-_") or "cohort"
    read, place = _read(listing, folder)
    remarks: list[str] = []
    read = _usable(read, listing, remarks)
    if table is not None:
        return _by_table(name, read, place, listing, table, remarks).text()
    image, masks = chosen_roles(read, role, remarks)
    masks |= {f"{_MASKS}{name}": mask for name, mask in further_readers(read, masks.get("lesions")).items()}
    if image is None:
        raise input_error(folder, "no image whose path holds a patient id", "; ".join(remarks) or _ITS_LAYOUT)
    proposal = _assembled(name, role, place, listing, image, masks, remarks)
    proposal.remarks += without_image(read, image) + also_there(read, image, masks) + left_over(listing)
    return proposal.text()


def _by_table(name: str, read: list[Read], place: Path, listing: Listing, table: Path, remarks: list[str]) -> Proposal:
    rows, doubtful = path_rows(read, place)
    if not rows:
        raise input_error(place, "no image whose path holds a patient id", _ITS_LAYOUT)
    write_csv(table, pd.DataFrame(rows))
    proposal = Proposal(name, table_keys(rows, table))
    lacking = sorted({one.patient for one in read} - {row["patient_id"] for row in rows}, key=natural)
    remarks += [f"no image for {some(lacking)}"] if lacking else []
    remarks += [f"several images, one was taken; check: {some(doubtful)}"] if doubtful else []
    remarks += [f"`check` will say: {problem}" for problem in load_problems(proposal)]
    proposal.remarks = remarks + left_over(listing)
    return proposal


_ITS_LAYOUT = "Give each patient a folder, or name the files by the patient"


def _read(listing: Listing, folder: Path) -> tuple[list[Read], Path]:
    """The items by patient; a folder in which nothing tells patients apart is the folder of one patient."""
    name = folder.resolve().name
    one = of_one_patient(listing.items, name)
    if one is None:
        return with_timepoints(readings(listing.items)), folder
    listing.items = [read.item for read in one]
    listing.tables = [f"{name}/{table}" for table in listing.tables]
    return with_timepoints(one), folder.resolve().parent


def _usable(read: list[Read], listing: Listing, remarks: list[str]) -> list[Read]:
    """Without paths and patients that a configuration cannot name; what is left out is said."""
    no_id = sorted({one.patient for one in read if not ID_PATTERN.fullmatch(one.patient) or not one.patient.strip(".")})
    if no_id:
        remarks.append(f"left out, because a patient id has only letters without accents, digits, . _ -: {some(no_id)}")
    special = sorted({one.item.path for one in read if _SPECIAL.search(_FIELDS.sub("", one.template))})
    if special:
        remarks.append(f"left out, because a path cannot hold {{ }} $: {some(special)}")
    unread = sorted({item.path for item in listing.items} - {one.item.path for one in read})
    if len(read) < len(listing.items) and len({one.item for one in read} & set(listing.items)) == len(read):
        remarks.append(f"not understood, no patient in the path: {some(unread)}")
    return [one for one in read if one.patient not in no_id and one.item.path not in special]


def _assembled(
    name: str, role: str, place: Path, listing: Listing, image: Chosen, masks: dict[str, Chosen], remarks: list[str]
) -> Proposal:
    """The cohort with the first table that loads with it; without one only its patients, to predict."""
    patients = sorted({patient for patient, _ in image.scans}, key=natural)
    tables = [guessed(place, table, patients) for table in listing.tables]
    tables.sort(key=lambda guess: (bool(guess.trouble), -guess.n_on_disk, -len(guess.columns)))
    for guess in tables:
        if guess.trouble:
            remarks.append(f"table {guess.path} is not used: {guess.trouble}")
            continue
        proposal = _with_table(name, role, place, image, masks, guess)
        problems = load_problems(proposal)
        if not problems:
            proposal.remarks = [*remarks, *proposal.remarks]
            proposal.remarks += [
                f"table {other.path} is not used" for other in tables if other is not guess and not other.trouble
            ]
            return proposal
        remarks.append(f"table {guess.path} is not used: {' '.join(problems[:5])}")
    if ROLES[role].needs_outcome:
        remarks.append(f"role {role} needs a table with the outcome of every lesion; until there is one: predict")
        role = "predict"
    proposal = _base(name, role, place, image, masks, patients)
    proposal.remarks = [*remarks, *proposal.remarks]
    proposal.remarks += [f"`check` will say: {problem}" for problem in load_problems(proposal)]
    return proposal


def _with_table(
    name: str, role: str, place: Path, image: Chosen, masks: dict[str, Chosen], guess: TableGuess
) -> Proposal:
    on_disk = {patient for patient, _ in image.scans}
    proposal = _base(name, role, place, image, masks, sorted(on_disk, key=natural), guess)
    left_out = [patient for patient in guess.patients if patient not in on_disk]
    reasons = dict.fromkeys(left_out, NO_IMAGE)
    if ROLES[role].needs_reference and "lesions" in masks:
        drawn = {patient for patient, _ in masks["lesions"].scans}
        reasons |= {p: NO_LESIONS for p in guess.patients if p in on_disk and p not in drawn}
    if reasons:
        proposal.keys["exclude"] = [{"patient": patient, "reason": reason} for patient, reason in reasons.items()]
    lacking = sorted(on_disk - set(guess.patients), key=natural)
    if lacking:
        proposal.remarks.append(f"not in the table: {some(lacking)}")
    if guess.unknown:
        proposal.remarks.append(f"headings of the table that were not understood: {', '.join(guess.unknown)}")
    if ROLES[role].needs_outcome and guess.rule == "column":
        proposal.outcome = {"rule": "column"}
    return proposal


def _base(
    name: str,
    role: str,
    place: Path,
    image: Chosen,
    masks: dict[str, Chosen],
    patients: list[str],
    guess: TableGuess | None = None,
) -> Proposal:
    """Role, folder, table or patients, and the paths that every patient has."""
    proposal = Proposal(name, {"role": as_written(ROLES[role]), "folder": str(place)})
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
    points = sorted({point for _, point in image.scans}, key=time_order)
    if points != [""] and not (guess and "timepoint" in guess.columns):
        keys["timepoints"] = points
    used = {scan for scan in image.scans if guess is None or scan[0] in guess.patients}
    needed = ("lesions",) if ROLES[role].needs_reference else ()
    given = {key: mask for key, mask in masks.items() if _everywhere(mask, used) or key in needed}
    lines, notes = label_lines(place, given)
    for key in ("liver", "lesions"):
        if key in given and (key == "lesions" or lines.get("liver_labels") != []):
            keys[key] = given[key].template
            keys |= {label: value for label, value in lines.items() if label.startswith(key[:5]) and value}
        elif key in masks and key not in given:
            having = len({patient for patient, _ in masks[key].scans & used})
            have = f"{having} of {len({patient for patient, _ in used})} patients have {masks[key].template}"
            proposal.remarks.append(f"{key} is left out: {have}")
    if "lesions" in keys and "lesion_ids" in lines:
        keys["lesion_ids"] = lines["lesion_ids"]
    readers = {key.removeprefix(_MASKS): mask.template for key, mask in masks.items() if key.startswith(_MASKS)}
    if readers and "lesions" in keys:
        keys["masks"] = readers
        proposal.remarks.append(
            "several lesion masks: `masks` are compared with `lesions`; check which is the reference"
        )
    proposal.remarks += notes
    return proposal


def _everywhere(mask: Chosen, scans: set[Scan]) -> bool:
    return mask.scans >= scans or {(patient, "") for patient, _ in scans} <= mask.scans


def load_problems(proposal: Proposal) -> list[str]:
    """What loading the cohort, or a path that it makes, would be refused for."""
    try:
        settings = validate_section(CohortSettings, proposal.keys, "")
        outcome = OutcomeSettings(**proposal.outcome)
        study = load_cohorts({proposal.name: settings}, outcome, 1)
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
