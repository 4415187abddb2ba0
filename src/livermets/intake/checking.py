"""The `check` verb's work: configuration to study, study to tables, and what is said at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from livermets.cohort import Scan, Study, load_cohorts
from livermets.config.intake import study_settings
from livermets.errors import InputError
from livermets.intake.qc import qc_picture
from livermets.intake.scan_data import ScanData
from livermets.intake.study_check import StudyCheck, check_study
from livermets.io.tables import write_csv
from livermets.workflow import network_problems

ROI_PER_VOXEL = 0.18
"""ROIs per lesion voxel at step 2: one lattice place in four, fewer at the border (measured: 0.18)."""


def check_from_settings(option: str, out: Path | None, pictures: bool) -> None:
    """Checks a whole study; raises `InputError` with every error after the tables are written."""
    config = study_settings(option)
    study = load_cohorts(config.cohorts, config.outcome, config.seed, phantoms_written=True)

    def look(scan: Scan, data: ScanData) -> None:
        if out is not None and pictures:
            name = f"{scan.cohort}_{scan.patient_id}_{scan.timepoint}.png"
            qc_picture(out / "pictures" / name, data, f"{scan.patient_id} {scan.timepoint}")

    found = check_study(study, _progress, look)
    found.problems.extend(network_problems(config))
    for warning in sorted(found.problems.warnings):
        print(f"warning: {warning}", file=sys.stderr)
    if out is not None and not found.problems.errors:
        write_csv(out / "problems.csv", found.problem_table(study))
        write_csv(out / "scans.csv", found.scan_table())
    if found.problems.errors:
        raise InputError(sorted(found.problems.errors))
    print(summary(study, found))


def summary(study: Study, found: StudyCheck) -> str:
    """The study in a few lines, with the work it means."""
    lines = []
    for cohort in study.cohorts:
        scans = [scan for scan in found.scans if scan.cohort == cohort.name and not scan.excluded]
        lesions = sum(scan.n_lesions or 0 for scan in scans)
        rois = ROI_PER_VOXEL * sum(scan.lesion_voxels or 0 for scan in scans)
        slices = sum(scan.size_z or 0 for scan in scans)
        lines.append(
            f"{cohort.name} ({cohort.role}): {len(cohort.patients)} of {cohort.n_patients_selected} patients, "
            f"{len(scans)} scans of {slices} slices, {lesions} lesions, about {rois:,.0f} ROIs"
        )
    lines.append(f"no errors, {len(found.problems.warnings)} warnings")
    return "\n".join(lines)


def _progress(scans: Iterable[Scan]) -> Iterable[Scan]:
    from tqdm import tqdm

    return tqdm(list(scans), desc="check", unit="scan", file=sys.stderr, disable=None)
