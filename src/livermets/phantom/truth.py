"""The truth behind a synthetic patient: everything that is drawn before a single voxel is made.

The response class enters in two places only: the lesion's inner texture, scaled by the effect size, and its growth
until follow-up. Every draw is made whether it is used or not, so that a patient of two effect sizes differs in
nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livermets.randomness import generator

ORIENTATIONS = ("LPS", "RAS", "LAS", "ASL", "RPI", "SPL")
"""Stored axes that occur, in DICOM letters: two axial habits of NIfTI exports, a mirrored one, sagittal ones."""
SLICE_THICKNESSES_MM = (1.0, 1.25, 2.0, 2.5, 3.0, 5.0)
# Probability of R+ of the five kinds of patients; the two in the middle are always mixed.
_PROPENSITIES = ((0.10, False), (0.40, True), (0.60, True), (0.85, False), (0.95, False))
# Distance between the class means at effect 1, in standard deviations within a class.
_CLASS_DISTANCE = {"sd": 3.4, "length": 1.0, "skew": 1.0}
_PATIENT_SHARE = 0.2  # of the texture parameters' variance: lesions of one patient resemble each other


@dataclass(frozen=True)
class TexturePlan:
    """Inner texture of a lesion before the scanner blurs it: a skewed random field of zero mean."""

    sd_hu: float
    length_mm: float
    """Standard deviation of the Gaussian that correlates the field."""
    skew: float
    """Exponent of the exponential that skews it: below 0 dark specks, above 0 bright ones."""


@dataclass(frozen=True)
class LesionPlan:
    """One lesion to be placed; ``diameter_mm`` is what is aimed at, the mask's own diameter is what counts."""

    responder: bool
    diameter_mm: float
    at_rim: bool
    elongation: float
    irregularity: float
    margin_mm: float
    contrast_hu: float
    rim_hu: float
    necrosis: float
    """Radius of the necrotic core as a share of the lesion's; 0: none."""
    texture: TexturePlan
    growth_mm: float


@dataclass(frozen=True)
class ScanPlan:
    """How the patient was scanned, none of it related to response."""

    centre: str
    orientation: str
    spacing_mm: float
    slice_mm: float
    noise_hu: float
    kernel_per_mm: float
    """Spatial frequency at which the noise power of the reconstruction kernel peaks."""
    blur_mm: float
    """Standard deviation of the in-plane point-spread function."""
    liver_hu: float
    portal_hu: float
    """Enhancement of the portal vein above the parenchyma."""


@dataclass(frozen=True)
class PatientPlan:
    scan: ScanPlan
    lesions: tuple[LesionPlan, ...]


def plan_patient(seed: int, number: int, effect: float) -> PatientPlan:
    """What patient ``number`` (from 1) of a cohort is; it does not depend on how many others there are."""
    responders = _draw_responses(seed, number)
    scan = _draw_scan(seed, number)
    rng = generator(seed, "phantom", "lesions", number)
    patient_texture = rng.standard_normal(3)
    phase = rng.uniform(0.85, 1.15)
    lesions = tuple(_draw_lesion(rng, bool(r), effect, patient_texture, phase) for r in responders)
    return PatientPlan(scan, lesions)


def _draw_responses(seed: int, number: int) -> np.ndarray:
    """Responses of the patient's lesions: alike within a patient, but two patients in five are always mixed, and the
    first patient of a cohort is, so that every cohort has both classes."""
    block, place = divmod(number - 1, len(_PROPENSITIES))
    order = generator(seed, "phantom", "responses", block).permutation(len(_PROPENSITIES))
    if block == 0:
        first_mixed = int(np.flatnonzero([_PROPENSITIES[kind][1] for kind in order])[0])
        order = np.roll(order, -first_mixed)
    propensity, mixed = _PROPENSITIES[order[place]]
    rng = generator(seed, "phantom", "response", number)
    responders = rng.random(rng.integers(2, 8)) < propensity
    if mixed and len(set(responders.tolist())) == 1:
        responders[rng.integers(len(responders))] ^= True
    return responders


def _draw_scan(seed: int, number: int) -> ScanPlan:
    """Scanner, protocol and contrast phase; every six patients show each orientation and slice thickness once."""
    block, place = divmod(number - 1, len(ORIENTATIONS))
    shuffle = generator(seed, "phantom", "protocols", block)
    orientation = ORIENTATIONS[shuffle.permutation(len(ORIENTATIONS))[place]]
    slice_mm = SLICE_THICKNESSES_MM[shuffle.permutation(len(SLICE_THICKNESSES_MM))[place]]
    rng = generator(seed, "phantom", "scan", number)
    sharp_centre = bool(rng.random() < 0.5)
    thickness_factor = (2.5 / slice_mm) ** 0.25
    return ScanPlan(
        centre="A" if sharp_centre else "B",
        orientation=orientation,
        spacing_mm=round(float(rng.uniform(0.6, 0.9)), 3),
        slice_mm=slice_mm,
        noise_hu=float(rng.uniform(6.5, 11.0)) * thickness_factor,
        kernel_per_mm=float(rng.uniform(0.20, 0.30)) + (0.06 if sharp_centre else 0.0),
        blur_mm=float(rng.uniform(0.50, 0.75)) + (0.0 if sharp_centre else 0.1),
        liver_hu=float(rng.normal(108.0, 9.0)),
        portal_hu=float(rng.uniform(25.0, 65.0)),
    )


def _draw_lesion(
    rng: np.random.Generator, responder: bool, effect: float, patient_texture: np.ndarray, phase: float
) -> LesionPlan:
    diameter_mm = float(np.clip(19.0 * np.exp(0.55 * rng.standard_normal()), 8.5, 58.0))
    nearly_isodense, has_rim, is_necrotic, at_rim = rng.random(4) < (0.14, 0.25, 0.15, 0.35)
    faint_hu, usual_hu = rng.uniform(6.0, 13.0), np.clip(rng.normal(36.0, 10.0), 16.0, 60.0)
    rim_hu, necrosis = rng.uniform(8.0, 24.0), rng.uniform(0.35, 0.6)
    elongation, irregularity, margin_mm = rng.uniform((0.7, 0.08, 0.5), (1.0, 0.28, 2.2))
    texture = _draw_texture(rng, responder, effect, patient_texture)
    shrinks, less, more = rng.uniform(-0.45, 0.05), rng.uniform(-1.0, 2.8), 3.3 + rng.exponential(5.0)
    return LesionPlan(
        responder=responder,
        diameter_mm=diameter_mm,
        at_rim=bool(at_rim),
        elongation=float(elongation),
        irregularity=float(irregularity),
        margin_mm=float(margin_mm),
        contrast_hu=float(phase * (faint_hu if nearly_isodense else usual_hu)),
        rim_hu=float(rim_hu) if has_rim else 0.0,
        necrosis=float(necrosis) if is_necrotic and diameter_mm > 16 else 0.0,
        texture=texture,
        growth_mm=float(min(shrinks * diameter_mm, less) if responder else more),
    )


def _draw_texture(rng: np.random.Generator, responder: bool, effect: float, patient_texture: np.ndarray) -> TexturePlan:
    """Non-responders tend to be more heterogeneous, coarser and brightly speckled; with effect 0 the class is not
    looked at."""
    own = np.sqrt(_PATIENT_SHARE) * patient_texture + np.sqrt(1 - _PATIENT_SHARE) * rng.standard_normal(3)
    towards = -0.5 if responder else 0.5
    sd, length, skew = own + effect * towards * np.array(list(_CLASS_DISTANCE.values()))
    return TexturePlan(
        sd_hu=float(np.clip(20.0 * np.exp(0.32 * sd), 4.0, 45.0)),
        length_mm=float(np.clip(1.6 * np.exp(0.25 * length), 0.6, 3.5)),
        skew=float(np.clip(0.3 * skew, -0.7, 0.7)),
    )
