"""The preprocessed scans that a network is trained on, read and checked together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livermets.config.load import validate_section
from livermets.config.preprocess import PreprocessSettings
from livermets.errors import ProblemList, input_error
from livermets.segmentation.classes import Classes
from livermets.segmentation.folds import Fold
from livermets.segmentation.preprocess import check_same_preprocessing, training_scan
from livermets.segmentation.preprocessed import preprocessed_digest, read_preprocessed
from livermets.segmentation.training_scan import TrainingScan
from livermets.segmentation.training_share import TrainingShare


@dataclass(frozen=True, eq=False)
class TrainingMaterial:
    """The scans of one training with their digests and how they were preprocessed."""

    classes: Classes
    scans: list[TrainingScan]
    digests: dict[str, str]
    preprocess: PreprocessSettings
    fold: int | None
    folds: int
    share: float = 1.0
    """The share of the training patients that these are."""


def read_training_scans(
    folders: list[Path],
    patients: list[str],
    classes: Classes,
    fold: Fold | None,
    seed: int,
    share: TrainingShare | None = None,
) -> TrainingMaterial:
    """Reads the scans of the patients that this network (of this fold, of this share of the patients) may see.

    Raises `InputError` naming every scan that cannot be used, and if they were preprocessed differently."""
    if len(folders) != len(patients):
        raise input_error(
            "--patients", f"{len(patients)} ids for {len(folders)} scans", "Give one id per scan, in order"
        )
    seen = set(patients) if fold is None else set(fold.seen(patients, seed))
    if share is not None:
        seen = set(share.shown(patients, fold, seed))
    scans: list[TrainingScan] = []
    digests: dict[str, str] = {}
    problems = ProblemList()
    preprocess: PreprocessSettings | None = None
    for folder, patient in zip(folders, patients, strict=True):
        if patient not in seen:
            continue
        with problems.collected():
            read = read_preprocessed(folder)
            scans.append(training_scan(read, str(folder), patient, classes))
            digests[str(folder)] = preprocessed_digest(folder)
            if preprocess is None:
                own = read.normalisation["preprocess"]
                preprocess = validate_section(PreprocessSettings, own, f"{folder}: preprocess")
            check_same_preprocessing(read.normalisation, classes, preprocess, folder)
    problems.raise_if_errors()
    if preprocess is None:
        raise input_error("--scans", "no scan is left to train on", "Give scans of patients outside this fold")
    number, count = (None, 0) if fold is None else (fold.number, fold.count)
    return TrainingMaterial(classes, scans, digests, preprocess, number, count, share.share if share else 1.0)
