"""One scan and a model read from files, its altered masks' table written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from livermets.config.load import validate_section
from livermets.config.perturbation import PerturbationSettings
from livermets.config.radiomics import RadiomicsSettings
from livermets.errors import input_error
from livermets.figures.writing import write_png
from livermets.io.folders import made_from
from livermets.io.tables import read_table, write_csv, write_parquet
from livermets.masks.diameter import longest_axial_diameter_mm
from livermets.masks.identity import LESION_KEY, SCAN_KEY
from livermets.masks.pairs import SOURCE
from livermets.model.files import existing
from livermets.model.fitted import DESCRIPTION_FILE, FittedModel, read_model
from livermets.perturbation.answer import TABLES, Answer
from livermets.perturbation.draws import Purpose, masks_of_kind
from livermets.perturbation.figures import altered_lesion
from livermets.perturbation.held_against_pairs import real_pairs
from livermets.perturbation.neighbourhood import Scan, neighbourhood
from livermets.perturbation.scan import perturbed_scan
from livermets.perturbation.transported import Donors, nearest_donors
from livermets.radiomics.files import read_scan
from livermets.radiomics.lattice import labels_in

FIRST = [*LESION_KEY, "longest_diameter_mm"]


@dataclass(frozen=True, eq=False)
class Classified:
    """A scan, and the model that classifies its lesions with the settings that it was fitted under."""

    scan: Scan
    model: FittedModel
    radiomics: RadiomicsSettings


def read_classified(image: Path, lesions: Path, model: Path, liver: Path | None) -> Classified:
    """Reads both. Raises `InputError` for a model that does not say how its features were computed, and what
    `read_scan` raises."""
    fitted = read_model(model)
    radiomics = _extraction(fitted, model)
    read = read_scan(image, lesions, liver, radiomics)
    return Classified(Scan.of(read), fitted, radiomics)


def masks_of(read: Classified, settings: PerturbationSettings, errors: pd.DataFrame | None = None) -> int:
    """How many altered masks there will be, if every lesion allows every kind and every source has donors."""
    own = masks_of_kind(settings) * len(settings.kinds)
    like = (masks_of_kind(settings) + settings.donors) * (0 if errors is None else errors[SOURCE].nunique())
    return len(labels_in(read.scan.labels)) * (own + like)


def perturbations(
    read: Classified,
    key: Mapping[str, str],
    settings: PerturbationSettings,
    seed: int,
    minimum_rois: int = 1,
    threads: int = 1,
    progress: Callable[[int], None] = lambda done: None,
    errors: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The altered masks of one scan; ``key``: cohort, patient_id and timepoint, which spawn the seed; ``errors``: of
    the study's sources (`measured_errors`), those of other patients than the scan's are transported."""
    purpose, donors = _purpose(key), _donors_for(key, settings, errors)
    table = perturbed_scan(
        read.scan, read.model, read.radiomics, settings, seed, purpose, minimum_rois, threads, progress, donors
    )
    return _arranged(table.assign(**key))


def _donors_for(
    key: Mapping[str, str], settings: PerturbationSettings, errors: pd.DataFrame | None
) -> Callable[[float], Donors]:
    """What a lesion of the scan's patient is given, by its diameter."""

    def donors(diameter_mm: float) -> Donors:
        if errors is None:
            return {}
        return nearest_donors(errors, (key["cohort"], key["patient_id"]), diameter_mm, settings.donors)

    return donors


def write_picture(
    out: Path,
    read: Classified,
    key: Mapping[str, str],
    settings: PerturbationSettings,
    seed: int,
    errors: pd.DataFrame | None = None,
) -> None:
    """Altered masks of the largest lesion of the scan, in the intensities that the features are taken from."""
    labels = read.scan.labels
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    label = int(np.argmax(sizes))
    scan, step = read.scan, read.radiomics.step
    near = neighbourhood(labels, label, scan.liver, scan.spacing_zyx_mm, settings.margin_mm, step)
    title = " ".join(filter(None, [*(key[name] for name in SCAN_KEY), f"lesion {label}"]))
    donors = _donors_for(key, settings, errors)(longest_axial_diameter_mm(near.reference, scan.spacing_zyx_mm))
    write_png(out, altered_lesion(scan.image, near, settings, seed, (*_purpose(key), label), title, donors))


def _purpose(key: Mapping[str, str]) -> Purpose:
    return ("perturbation", *(key[name] for name in SCAN_KEY))


def write_perturbations(
    out: Path, table: pd.DataFrame, settings: PerturbationSettings, inputs: Mapping[str, Any]
) -> None:
    """The table with the settings, versions and digests that it was made from."""
    write_parquet(out, table, made_from(settings, {**inputs, "model": inputs["model"] / DESCRIPTION_FILE}))


def read_altered(paths: Sequence[Path]) -> pd.DataFrame:
    """The altered masks of all scans in one table."""
    return pd.concat([read_table(path) for path in paths], ignore_index=True)


def read_answer_inputs(
    perturbations: Sequence[Path], pairs: Sequence[Path], reference: str
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The altered masks of all scans in one table, and the lesions of the real sources beside the reference, without
    those that the model was fitted on (None without tables of them). Raises `InputError` for files that are not there.
    """
    existing([*perturbations, *pairs])
    table = read_altered(perturbations)
    if not pairs:
        return table, None
    lesions = pd.concat([read_table(path) for path in pairs], ignore_index=True)
    return table, real_pairs(lesions[lesions["role"].ne("train")] if "role" in lesions else lesions, reference)


def write_answer(folder: Path, found: Answer) -> None:
    """Every table of the answer, by its name."""
    for name in TABLES:
        write_csv(folder / f"{name}.csv", getattr(found, name))


def _extraction(fitted: FittedModel, where: Path) -> RadiomicsSettings:
    if fitted.extraction is None:
        what = "the model does not say with which settings its features were computed"
        raise input_error(where / DESCRIPTION_FILE, what, "Fit it on ROI tables of `livermets rois`")
    return validate_section(RadiomicsSettings, dict(fitted.extraction), "extraction")


def _arranged(table: pd.DataFrame) -> pd.DataFrame:
    """Whose mask it is, before what it is; words as categories, of which a large table has few."""
    first = [name for name in FIRST if name in table]
    table = table[[*first, *(name for name in table if name not in first)]]
    words = [name for name in ("cohort", "patient_id", "timepoint", "kind", SOURCE, "fate") if name in table]
    return table.astype(dict.fromkeys(words, "category"))
