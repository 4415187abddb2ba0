"""The `check` verb's work: configuration to study, study to tables, and what is said at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from livermets.cohort.load import found_study
from livermets.cohort.scan import Scan
from livermets.cohort.study import Study
from livermets.config.applied import study_from_option
from livermets.errors import InputError, ProblemList
from livermets.intake.qc import qc_picture
from livermets.intake.repeated_people import FOLDER, repeat_picture
from livermets.intake.scan_data import ScanData
from livermets.intake.study_check import StudyCheck, check_study
from livermets.io.atomic import write_text
from livermets.io.tables import write_csv
from livermets.workflow.cross_fit import CrossFit
from livermets.workflow.livers import Livers
from livermets.workflow.plan import Plan
from livermets.workflow.readiness import selection_problems, study_problems
from livermets.workflow.thin_scans import thin_scan_problems

ROI_PER_VOXEL = 0.18
"""ROIs per lesion voxel at step 2: one lattice place in four, fewer at the border (measured: 0.18)."""


PASSED = "summary.txt"
"""Written where there is no error, and only there: in the workflow the report waits for it."""


def check_from_settings(option: str, out: Path | None, pictures: bool) -> None:
    """Checks a whole study; raises `InputError` with every error after the tables are written."""
    found, text = StudyCheck(ProblemList(), []), ""
    with found.problems.collected():
        found, text = _looked_at(option, out if pictures else None)
    for warning in sorted(found.problems.warnings):
        print(f"warning: {warning}", file=sys.stderr)
    if out is not None:
        with found.problems.collected():  # a folder that cannot be written to is one problem more
            _write(out, found, text)
    if found.problems.errors:
        raise InputError(sorted(found.problems.errors))
    print(text)


def _looked_at(option: str, pictures: Path | None) -> tuple[StudyCheck, str]:
    config = study_from_option(option)
    study = found_study(config, phantoms_written=None)
    for cohort in study.cohorts:
        if not cohort.written:
            print(f"note: cohort {cohort.name} is synthetic and not written yet; the workflow does it", file=sys.stderr)

    def look(scan: Scan, data: ScanData) -> None:
        if pictures is not None:
            name = f"{scan.cohort}_{scan.patient_id}_{scan.timepoint}.png"
            qc_picture(pictures / "pictures" / name, data, f"{scan.patient_id} {scan.timepoint}")

    found = check_study(study, _progress, look)
    found.problems.extend(study_problems(config, study))
    if not found.problems.errors:  # a recipe that cannot be read, or a scan, is the first thing to mend
        found.problems.extend(thin_scan_problems(Plan(config, study), found.scans))
    # Networks and masks can be made of fewer patients, so this is no error until a model is to be fitted.
    found.problems.extend(replace(problem, severity="warning") for problem in selection_problems(config, study))
    folds = CrossFit.of(config, study)
    return found, summary(study, found, [Livers.of(config, study).words(), folds.words, folds.shares_in_words])


def _write(out: Path, found: StudyCheck, text: str) -> None:
    """Both tables and the pictures of probable repeats, whatever they say; the summary only where there is no error."""
    write_csv(out / "problems.csv", found.problem_table())
    write_csv(out / "scans.csv", found.scan_table())
    for picture in (out / FOLDER).glob("*.png"):
        picture.unlink()  # of a check before
    for repeat in found.repeats:
        repeat_picture(out / FOLDER, repeat)
    if found.problems.errors:
        (out / PASSED).unlink(missing_ok=True)
    else:
        write_text(out / PASSED, f"{text}\n")


def summary(study: Study, found: StudyCheck, more: Iterable[str] = ()) -> str:
    """The study in a few lines, with the work it means; ``more``: lines about its livers and folds."""
    lines = []
    for cohort in study.cohorts:
        if not cohort.written:
            lines.append(
                f"{cohort.name} ({cohort.roles_in_words}): {len(cohort.patients)} synthetic patients, not written yet"
            )
            continue
        scans = [scan for scan in found.scans if scan.cohort == cohort.name and not scan.excluded]
        lesions = sum(scan.n_lesions or 0 for scan in scans)
        rois = ROI_PER_VOXEL * sum(scan.lesion_voxels or 0 for scan in scans)
        slices = sum(scan.size_z or 0 for scan in scans)
        lines.append(
            f"{cohort.name} ({cohort.roles_in_words}): {len(cohort.patients)} of "
            f"{cohort.n_patients_selected} patients, {len(scans)} scans of {slices} slices, {lesions} lesions, "
            f"about {rois:,.0f} ROIs"
        )
    lines += [line for line in more if line]
    lines.append(f"no errors, {len(found.problems.warnings)} warnings")
    return "\n".join(lines)


def _progress(scans: Iterable[Scan]) -> Iterable[Scan]:
    from tqdm import tqdm

    return tqdm(list(scans), desc="check", unit="scan", file=sys.stderr, disable=None)
