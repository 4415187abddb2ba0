"""What the model's refits are made from and what they classify, read from files; ROI tables one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from livermets.config.retraining import RetrainingSettings
from livermets.config.selection import MasksBy, SelectionSettings
from livermets.errors import ProblemList
from livermets.io.tables import read_parquet_metadata
from livermets.masks.identity import LESION_KEY, PATIENT_KEY
from livermets.masks.pairs import checked_long
from livermets.model.data import training_data
from livermets.model.extraction import setting_differences
from livermets.model.files import concatenated, read_rois
from livermets.model.mask_files import read_mask_tables
from livermets.model.refit_classes import problems_of, scores
from livermets.model.refits import Refit, Retraining
from livermets.model.stable_features import with_masks


def read_asked(
    path: Path,
    settings: SelectionSettings,
    counts: RetrainingSettings,
    seed: int,
    of_masks: Mapping[MasksBy, Sequence[Path]] | None = None,
) -> Retraining:
    """The training table of `training-table`, checked, with the features over other masks (``of_masks``) where only
    stable ones may be selected. Raises `InputError` with every problem found."""
    table, extraction = read_rois(path)
    lesion = [name for name in LESION_KEY if name not in PATIENT_KEY]
    data = training_data(table, "response", PATIENT_KEY, lesion, str(path))
    masks = read_mask_tables({by: (of_masks or {}).get(by, ()) for by in settings.stable_features.used}, extraction)
    data = with_masks(data, masks, settings.stable_features, str(path))
    return Retraining.checked(data, settings, counts, seed, extraction or None, str(path))


def read_unseen(paths: Sequence[Path]) -> pd.DataFrame:
    """Long lesion tables below each other, with typed numbers."""
    return checked_long(concatenated(paths))


def check_extraction(asked: Retraining, tables: Mapping[str, Sequence[Path]]) -> None:
    """Raises `InputError` naming every ROI table that says it was extracted with other settings than the training
    table: before hours of searching."""
    problems = ProblemList()
    for path in (path for paths in tables.values() for path in paths):
        said = read_parquet_metadata(path).get("settings") if path.suffix == ".parquet" else None
        if said and asked.extraction:
            for difference in setting_differences(asked.extraction, said):
                problems.error(path, f"extracted with other settings: {difference}", "Extract it again")
    problems.raise_if_errors()


def read_scores(
    refits: Sequence[Refit], tables: Mapping[str, Sequence[Path]], lesions: pd.DataFrame
) -> list[pd.DataFrame]:
    """The `scores` of every ROI table by mask source, of which one at a time is in memory; only of ``lesions``. Raises
    `InputError` naming every table that cannot be classified."""
    problems, found = ProblemList(), []
    patients = pd.MultiIndex.from_frame(lesions[list(PATIENT_KEY)])
    for source, paths in tables.items():
        for path in paths:
            rois, extraction = read_rois(path)
            rois = rois[pd.MultiIndex.from_frame(rois[list(PATIENT_KEY)]).isin(patients)]
            wrong = problems_of(refits, rois, extraction, path)
            problems.extend(wrong)
            if not wrong and len(rois):
                found.append(scores(refits, rois, source))
    problems.raise_if_errors()
    return found
