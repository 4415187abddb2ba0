"""A synthetic cohort on disk: the same files a real cohort has, and the truth beside them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd

from livermets.cohort.synthetic import TIMEPOINT, patient_ids
from livermets.config.phantom import PhantomReader, PhantomSettings
from livermets.io.atomic import write_text
from livermets.io.images import write_volume
from livermets.io.tables import write_csv
from livermets.phantom.cohort import OUTCOME_COLUMNS, synthesize_patient

README = """\
This is a synthetic cohort, written by `livermets phantom`.

Nothing here comes from a patient. Bodies, lesions, noise and outcomes are drawn from a random number generator
(seed {seed}); the inner texture of a lesion depends on its response class with effect size {effect:g} (0: not at all).
It exists to show that the chain of programs runs and finds what was put in. It proves nothing clinical: no figure
computed from it says anything about metastases, patients, chemotherapy or the published methods.

outcome.csv             one row per lesion: centre, longest diameter at baseline (measured on the mask) and follow-up
<patient>/<timepoint>/  ct.nii.gz (HU, int16), liver.nii.gz (1 = liver, lesions included),
                        lesions.nii.gz (label = lesion_id){readers}
truth.csv               what was drawn: response (1 = R+, 0 = R-), texture, contrast, borders, scanner;
                        no stage reads it

{patients} patients, {lesions} lesions ({responders} R+, {non_responders} R-).
"""

_READER = """,
                        lesions_{name}.nii.gz (the same as {name} draws it; missed_by_{name} in truth.csv)"""
Rows = list[dict[str, Any]]


def write_cohort(out: Path, settings: PhantomSettings, seed: int, threads: int = 1) -> Iterator[str]:
    """Writes the cohort into ``out`` and yields each patient's id when it is on disk, the tables last.

    The files do not depend on ``threads`` (processes)."""
    ids = patient_ids(settings.patients, settings.prefix)
    numbers = range(1, settings.patients + 1)
    drawn = (settings.effect, settings.grid, settings.prefix, settings.readers)
    jobs = [(out, seed, number, *drawn) for number in numbers]
    tables: list[tuple[Rows, Rows]] = []
    for patient, rows in zip(ids, _results(jobs, threads), strict=True):
        tables.append(rows)
        yield patient
    outcome = pd.DataFrame([row for rows, _ in tables for row in rows], columns=list(OUTCOME_COLUMNS))
    truth = pd.DataFrame([row for _, rows in tables for row in rows])
    write_csv(out / "truth.csv", truth)
    write_text(out / "README.txt", _readme(settings, seed, truth))
    write_csv(out / "outcome.csv", outcome)


def _results(jobs: list[tuple[Any, ...]], threads: int) -> Iterator[tuple[Rows, Rows]]:
    """Every patient's rows in order, made by up to ``threads`` processes."""
    if threads <= 1 or len(jobs) == 1:
        yield from map(_write_patient, jobs)
        return
    # Spawned, not forked: ITK and NumPy may hold threads that a fork would copy half-alive.
    with ProcessPoolExecutor(min(threads, len(jobs)), mp_context=get_context("spawn")) as pool:
        yield from pool.map(_write_patient, jobs)


def _write_patient(job: tuple[Path, int, int, float, int, str, dict[str, PhantomReader]]) -> tuple[Rows, Rows]:
    out, seed, number, effect, grid, prefix, readers = job
    patient = synthesize_patient(seed, number, effect, grid, prefix, readers)
    folder = out / patient.patient_id / TIMEPOINT
    write_volume(folder / "ct.nii.gz", patient.ct)
    write_volume(folder / "liver.nii.gz", patient.liver)
    write_volume(folder / "lesions.nii.gz", patient.lesions)
    for name, drawn in patient.readings.items():
        write_volume(folder / f"lesions_{name}.nii.gz", drawn)
    return patient.outcome, patient.truth


def _readme(settings: PhantomSettings, seed: int, truth: pd.DataFrame) -> str:
    responders = int(truth.response.sum())
    return README.format(
        seed=seed,
        readers="".join(_READER.format(name=name) for name in settings.readers),
        effect=settings.effect,
        patients=settings.patients,
        lesions=len(truth),
        responders=responders,
        non_responders=len(truth) - responders,
    )
