"""One synthetic patient, whole: CT, liver mask, lesion label map, outcome rows and the truth they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from livermets.cohort.synthetic import TIMEPOINT, patient_id
from livermets.config.phantom import PhantomReader
from livermets.imaging.geometry import Grid, Volume
from livermets.masks.measured import measure_lesions
from livermets.phantom.acquisition import scanned
from livermets.phantom.anatomy import Anatomy, draw_anatomy
from livermets.phantom.lesions import paint_lesions, place_lesions
from livermets.phantom.readers import drawn_by
from livermets.phantom.space import DrawingGrid, lay_out
from livermets.phantom.truth import LesionPlan, PatientPlan, ScanPlan, plan_patient
from livermets.randomness import generator

OUTCOME_COLUMNS = (
    "patient_id",
    "timepoint",
    "lesion_id",
    "centre",
    "baseline_diameter_mm",
    "followup_diameter_mm",
)


@dataclass(frozen=True, eq=False)
class SyntheticPatient:
    """What is written for one patient. Volumes are canonical LPS and remember the axes to be stored with."""

    patient_id: str
    ct: Volume
    liver: Volume
    lesions: Volume
    outcome: list[dict[str, Any]]
    truth: list[dict[str, Any]]
    readings: dict[str, Volume] = field(default_factory=dict)
    """Lesion label maps of further readers."""


def synthesize_patient(
    seed: int,
    number: int,
    effect: float,
    grid: int,
    prefix: str = "P",
    readers: Mapping[str, PhantomReader] | None = None,
) -> SyntheticPatient:
    """Patient ``number`` (from 1) of the cohort with this seed; the same whatever the cohort's size and its readers."""
    plan = plan_patient(seed, number, effect)
    drawing, axes = lay_out(generator(seed, "phantom", "body", number), plan.scan, grid)
    anatomy = draw_anatomy(generator(seed, "phantom", "anatomy", number), plan.scan, drawing, axes)
    placing = generator(seed, "phantom", "places", number)
    placed, labels = place_lesions(placing, plan.lesions, anatomy.liver, drawing)
    paint_lesions(generator(seed, "phantom", "textures", number), anatomy, placed, drawing, plan.scan.liver_hu)
    hu = scanned(generator(seed, "phantom", "noise", number), anatomy.hu, drawing, plan.scan)
    place = _stored_grid(seed, number, plan, labels.shape)
    orientation = plan.scan.orientation
    identity = patient_id(number, prefix)
    outcome, truth = _rows(identity, plan.scan, [lesion.plan for lesion in placed], labels, place)
    drawn = {
        name: drawn_by(reader, labels, place.spacing_zyx_mm, seed, name, number)
        for name, reader in (readers or {}).items()
    }
    for name, found in drawn.items():
        for row in truth:
            row[f"missed_by_{name}"] = int(row["lesion_id"] not in found)
    return SyntheticPatient(
        patient_id=identity,
        ct=Volume(hu, place, orientation),
        liver=Volume(_liver_mask(anatomy, labels, drawing), place, orientation),
        lesions=Volume(labels, place, orientation),
        outcome=outcome,
        truth=truth,
        readings={name: Volume(found, place, orientation) for name, found in drawn.items()},
    )


def _liver_mask(anatomy: Anatomy, labels: np.ndarray, drawing: DrawingGrid) -> np.ndarray:
    """The liver on the stored slices, as a reader contours it: lesions and vessels included."""
    filled = drawing.averaged(anatomy.liver.astype(np.float32)) >= 0.5
    return (filled | (labels > 0)).astype(np.uint8)


def _stored_grid(seed: int, number: int, plan: PatientPlan, shape_zyx: tuple[int, ...]) -> Grid:
    """Where the scan lies in the scanner's space; origins are arbitrary, as they are in practice."""
    rng = generator(seed, "phantom", "origin", number)
    spacing = (plan.scan.spacing_mm, plan.scan.spacing_mm, plan.scan.slice_mm)
    origin = tuple(round(float(o), 1) for o in rng.uniform((-220, -220, -900), (-60, -60, 400)))
    return Grid(shape_zyx[::-1], spacing, origin)  # type: ignore[arg-type]


def _rows(
    identity: str, scan: ScanPlan, lesions: list[LesionPlan], labels: np.ndarray, grid: Grid
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Outcome and truth, one row per lesion; diameters are measured on the label map, to a tenth of a millimetre."""
    diameters = measure_lesions(labels, grid.spacing_zyx_mm).set_index("lesion_id")["longest_diameter_mm"].to_dict()
    outcome, truth = [], []
    for lesion_id, lesion in enumerate(lesions, start=1):
        baseline = round(diameters[lesion_id], 1)
        # Readers rarely give a treated lesion less than a third of its former diameter.
        followup = round(max(baseline + lesion.growth_mm, baseline / 3), 1)
        row = {"patient_id": identity, "timepoint": TIMEPOINT, "lesion_id": lesion_id}
        outcome.append(
            {**row, "centre": scan.centre, "baseline_diameter_mm": baseline, "followup_diameter_mm": followup}
        )
        texture = {f"texture_{key}": value for key, value in asdict(lesion.texture).items()}
        others = {k: v for k, v in asdict(lesion).items() if k not in ("texture", "responder", "diameter_mm")}
        truth.append({**row, "response": int(lesion.responder), **texture, **others, **asdict(scan)})
    return outcome, truth
