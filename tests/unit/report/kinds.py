"""Studies of every kind, small: masks alone, classes of given masks alone, both, applied, and by timepoint."""

from __future__ import annotations

from tests.unit.report.results_factory import FIVE, NO_OTHER, MadeCohort, MadeSources

TRAIN_MASKS = {"segmentation": "train", "response": "none"}
VALIDATE_MASKS = {"segmentation": "validation", "response": "none"}
MASKS_ALONE: dict[str, object] = {
    "cohorts": (
        MadeCohort("lits", TRAIN_MASKS, 6),
        MadeCohort("ircad", VALIDATE_MASKS, 5, 3, timepoints=("baseline", "TP1")),
    )
}
CLASSES_ALONE: dict[str, object] = {
    "cohorts": (
        MadeCohort("learn", {"segmentation": "none", "response": "train"}, 6),
        MadeCohort("test", {"segmentation": "none", "response": "validation"}, 5),
        MadeCohort("new", {"segmentation": "none", "response": "predict"}, 2),
    ),
    "sources": NO_OTHER,
}
APPLIED: dict[str, object] = {
    "cohorts": (MadeCohort("milan", "validation", 6), MadeCohort("new", "predict", 2)),
    "sources": MadeSources(networks=("automatic",)),
    "applied": True,
}
FIVE_SOURCES: dict[str, object] = {
    "cohorts": (MadeCohort("training", "train", 6), MadeCohort("validation", "validation", 6)),
    "sources": FIVE,
}
BY_TIMEPOINT: dict[str, object] = {
    "cohorts": (
        MadeCohort("niguarda", {"baseline": "train", "TP1": "validation"}, 6, timepoints=("baseline", "TP1")),
        MadeCohort("milan", "validation", 5),
        MadeCohort("lits", TRAIN_MASKS, 3),
    )
}
CROSS_VALIDATED: dict[str, object] = {"cohorts": (MadeCohort("lits", TRAIN_MASKS, 9, 3, folds=3),)}
KINDS = {
    "masks alone": MASKS_ALONE,
    "classes alone": CLASSES_ALONE,
    "applied": APPLIED,
    "five sources": FIVE_SOURCES,
    "by timepoint": BY_TIMEPOINT,
    "cross-validated": CROSS_VALIDATED,
}
