"""Time per patient and memory of `check` on an embedded cohort of 200 patients.

    PYTHONPATH=src python tests/bench/bench_check.py [patients]

Memory must not grow with the number of patients: the peak after the first tenth is printed beside the final one."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from livermets.cohort.load import load_cohorts
from livermets.cohort.scan import Scan
from livermets.config.cohorts import CohortSettings
from livermets.config.outcome import OutcomeSettings
from livermets.config.phantom import PhantomSettings
from livermets.intake.study_check import check_study
from livermets.phantom.writing import write_cohort


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(patients: int = 200, distinct: int = 10) -> None:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        place = base / "results/demo/phantom"
        list(write_cohort(place, PhantomSettings(patients=distinct), 1))
        _repeat(place, patients, distinct)
        settings = CohortSettings(role="train", phantom=PhantomSettings(patients=patients))
        start = time.perf_counter()
        study = load_cohorts({"demo": settings}, OutcomeSettings(), 1, base, phantoms_written=True)
        planned = time.perf_counter() - start
        early = 0.0

        def watched(scans: Iterable[Scan]) -> Iterator[Scan]:
            nonlocal early
            for number, scan in enumerate(scans):
                if number == patients // 10:
                    early = peak_mb()
                yield scan

        start, computed = time.perf_counter(), time.process_time()
        found = check_study(study, watched)
        spent, computed = time.perf_counter() - start, time.process_time() - computed
    duplicates = sum("voxel for voxel" in problem.what for problem in found.problems.errors)
    print(f"{patients} patients: tables {planned:.2f} s, check {spent:.1f} s, {spent / patients:.3f} s per patient")
    print(f"of which the processor was busy {computed / patients:.3f} s per patient")
    print(f"peak memory {early:.0f} MB after a tenth of the patients, {peak_mb():.0f} MB at the end")
    print(f"{duplicates} repeated CTs found (the {patients} patients are {distinct} phantoms, repeated)")


def _repeat(place: Path, patients: int, distinct: int) -> None:
    """More patients by linking the distinct ones: reading costs the same, writing them does not."""
    rows = (place / "outcome.csv").read_text().splitlines()
    lines = [rows[0]]
    for number in range(patients):
        source, name = f"P{number % distinct + 1:03d}", f"P{number + 1:03d}"
        if number >= distinct:
            (place / name).symlink_to(place / source)
        lines += [row.replace(source, name, 1) for row in rows[1:] if row.startswith(source + ",")]
    (place / "outcome.csv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*(int(value) for value in sys.argv[1:]))
