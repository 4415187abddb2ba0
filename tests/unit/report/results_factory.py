"""A made-up results folder of any size, with the layout that the chain writes, for tests of the report alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tests.network_descriptions import network_description
from tests.unit.report.made_follow_up import write_follow_up
from tests.unit.report.made_perturbation import write_perturbation
from tests.unit.report.made_sources import write_readers, write_sources

from livermets.concordance.figures import concordance_figures
from livermets.concordance.files import write_concordance
from livermets.concordance.result import concordance
from livermets.config.networks import OWN
from livermets.config.statistics import SIZE_CUTS_MM, StatisticsSettings
from livermets.masks.detected import is_detected
from livermets.masks.lesion_table import checked_lesions
from livermets.model.files import write_tables
from livermets.model.resubstitution import resubstitution_tables
from livermets.overlap.files import read_network_masks, write_overlap
from livermets.overlap.study import overlap_tables
from livermets.segmentation.description import write_description
from livermets.stats.resampling import Resampling

FEATURES = [
    "original_firstorder_Entropy",
    "original_glcm_Contrast",
    "original_glszm_ZoneEntropy",
    "original_gldm_DependenceVariance",
    "original_ngtdm_Busyness",
]

PATHS = {"image": "ct/{patient}.nii.gz", "lesions": "masks/{patient}.nii.gz", "table": "outcome.csv"}
"""What a cohort's settings must name at least."""


@dataclass(frozen=True)
class MadeCohort:
    """What to make for one cohort."""

    name: str
    role: str | Mapping[str, object]
    """A word for both tasks, or the roles by task, or by timepoint."""
    patients: int
    lesions_per_patient: int = 4
    centres: tuple[str, ...] = ("A", "B")
    timepoints: tuple[str, ...] = ("baseline",)
    synthetic: bool = False
    folds: int = 0
    """The folds of patients in which its training scans are cross-validated."""

    def roles(self, task: str) -> dict[str, str]:
        """The role in a task, by timepoint."""
        return {timepoint: self._role(timepoint, task) for timepoint in self.timepoints}

    def _role(self, timepoint: str, task: str) -> str:
        role = self.role
        if isinstance(role, Mapping) and "response" not in role:
            role = role[timepoint]  # type: ignore[assignment]
        elif task == "response" and timepoint != "baseline":
            return "none" if isinstance(role, Mapping) and role["response"] == "none" else "predict"
        return str(role[task]) if isinstance(role, Mapping) else str(role)

    @property
    def validates(self) -> bool:
        """Whether classes of any of its lesions are judged, as its settings have it."""
        short = self.role if isinstance(self.role, str) else self.role.get("response")
        return short == "validation" or "validation" in self.roles("response").values()

    @property
    def masks_judged(self) -> bool:
        """Whether every network's masks of its scans are judged."""
        return bool(self.folds) or "validation" in self.roles("segmentation").values()


@dataclass(frozen=True)
class MadeSources:
    """Who draws masks, by the names of a study: sources beside the reference, in the order of the workflow."""

    reference: str = "manual"
    networks: tuple[str, ...] = ("automatic", "other")
    given: tuple[str, ...] = ()
    primary: str | None = "automatic"
    shares: tuple[tuple[str, float], ...] = ()
    """Networks of the study's own recipe that learnt from a share of the training patients."""

    @property
    def others(self) -> tuple[str, ...]:
        return (*self.networks, *self.given)


OWN_NETWORK = MadeSources()
FIVE = MadeSources("reader1", ("automatic",), ("nnunet", "reader2", "adjusted"), "nnunet")
NO_OTHER = MadeSources(networks=(), primary=None)
DEFAULT_COHORTS = (
    MadeCohort("training", "train", 10, synthetic=True),
    MadeCohort("validation", "validation", 8, timepoints=("baseline", "TP1"), synthetic=True),
    MadeCohort("external", "validation", 6, centres=("C",)),
    MadeCohort("unknown", "predict", 1, centres=("D",)),
)


def make_results(
    folder: Path,
    cohorts: tuple[MadeCohort, ...] = DEFAULT_COHORTS,
    seed: int = 5,
    detection_dice: float = 0.0,
    sources: MadeSources = OWN_NETWORK,
    applied: bool = False,
    size_cuts_mm: tuple[float, ...] = SIZE_CUTS_MM,
) -> dict[str, object]:
    """Writes the folder and returns the study's configuration. ``applied``: networks and model come from elsewhere."""
    rng = np.random.default_rng(seed)
    tables = {
        cohort.name: _make_cohort(folder / cohort.name, cohort, rng, detection_dice, sources) for cohort in cohorts
    }
    for name, table in tables.items():
        write_follow_up(folder / name, table, sources.reference, sources.primary)
    classified = [cohort for cohort in cohorts if set(cohort.roles("response").values()) != {"none"}]
    if classified:
        lesions = pd.concat([tables[cohort.name] for cohort in classified], ignore_index=True)
        _make_classes(folder, classified, lesions, rng, sources, applied)
    if sources.networks:
        _make_network(folder / "networks" / "automatic", rng, applied, **(_given(1.0) if sources.shares else {}))
    for name, share in sources.shares:
        _make_network(folder / "networks" / name, rng, applied, **_given(share))
    folds = max(cohort.folds for cohort in cohorts)
    for fold in range(folds):
        _make_network(folder / "networks" / "automatic" / f"fold{fold}", rng, applied, fold=fold, folds=folds)
    if sources.others:
        _make_overlap(folder, cohorts, sources, size_cuts_mm)
    if "reader2" in sources.given:
        write_readers(folder / "readers", sources.reference, "reader2", "adjusted", ("automatic", "nnunet"))
    _make_check(folder / "check")
    further = [name for name in sources.networks if name != OWN]
    named = {} if sources == OWN_NETWORK else {"reference": sources.reference, "primary": sources.primary}
    return {
        "study": "Made-up study",
        "seed": 7,
        "response_timepoints": ["baseline"],
        "cohorts": {c.name: _settings_of(c, sources) for c in cohorts},
        "networks": {name: _entry(name, sources) for name in further}
        if any(c.validates or c.folds for c in cohorts)
        else {},
        "concordance": named,
        "segmentation": {
            "matching": {"detection_dice": detection_dice},
            **({"cross_fit": folds} if folds else {}),
        },
        "statistics": {"size_cuts_mm": list(size_cuts_mm)},
        "outcome": {"rule": "growth_mm", "limit_mm": 3.0},
        "selection": {"search": {"population": 30, "generations": 20}},
    }


def _given(share: float) -> dict[str, object]:
    """What the description of a network says of its share of eight patients."""
    patients = tuple("abcdefgh"[: round(8 * share)])
    return {"training_share": share, "training_patients": patients, "training_scans": len(patients)}


def _entry(name: str, sources: MadeSources) -> dict[str, float]:
    shares = dict(sources.shares)
    return {"training_share": shares[name]} if name in shares else {}


def _make_classes(
    folder: Path,
    cohorts: list[MadeCohort],
    lesions: pd.DataFrame,
    rng: np.random.Generator,
    sources: MadeSources,
    applied: bool,
) -> None:
    """All that comes of classes: lesion tables, the model, the comparisons."""
    for name, table in lesions.groupby("cohort"):
        table.to_csv(folder / str(name) / "lesions.csv", index=False)
    lesions.to_csv(folder / "lesions.csv", index=False)
    trained = lesions[_rows_of(lesions, cohorts, "train")]
    _make_model(folder / "model", trained, rng, applied)
    if not applied:
        _make_resubstitution(folder / "model", trained)
    validation = [c.name for c in cohorts if c.validates]
    for name in [*validation, *(["pooled"] if len(validation) > 1 or not applied else [])]:
        part = lesions[lesions.cohort.isin(validation if name == "pooled" else [name])]
        part = part[~_rows_of(part, cohorts, "train")]
        if len(part):
            headline = sources.primary or sources.reference
            points = sorted(part.loc[_rows_of(part, cohorts, "validation"), "timepoint"].unique()) or ["baseline"]
            _make_concordance(folder / "concordance" / name / headline, part, points)
            if len(sources.others) > 1:
                first = (headline, *(other for other in sources.others if other != headline))
                write_sources(folder / "concordance" / name / "sources.csv", part, first, points)
    unseen = lesions[~_rows_of(lesions, cohorts, "train") & lesions["predicted_manual"].notna()]
    if len(unseen):
        write_perturbation(folder / "perturbation", unseen, sources.primary, np.random.default_rng(3), not applied)


def _rows_of(lesions: pd.DataFrame, cohorts: list[MadeCohort], role: str) -> pd.Series:
    """The lesions whose scan has a role in the response model."""
    roles = {(c.name, point): given for c in cohorts for point, given in c.roles("response").items()}
    keys = zip(lesions["cohort"], lesions["timepoint"], strict=True)
    return pd.Series([roles[key] == role for key in keys], index=lesions.index, dtype=bool)


def _make_check(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(
        [
            (
                "validation, patient P002",
                "the slices are 5 mm thick",
                "Nothing to do, but read small lesions with care",
                "warning",
            )
        ],
        columns=["where", "what", "fix", "severity"],
    ).to_csv(folder / "problems.csv", index=False)


def _settings_of(cohort: MadeCohort, sources: MadeSources) -> dict[str, object]:
    by_timepoint = isinstance(cohort.role, Mapping) and "response" not in cohort.role
    role = {"timepoints": cohort.role} if by_timepoint else {"role": cohort.role}
    if cohort.synthetic:
        return {**role, "phantom": {"patients": cohort.patients, "effect": 1.0}}
    masks = {name: f"{name}/{{patient}}.nii.gz" for name in sources.given}
    if sources.reference != "manual":
        paths = {name: place for name, place in PATHS.items() if name != "lesions"}
        return {**role, **paths, "masks": {sources.reference: PATHS["lesions"], **masks}}
    return {**role, **PATHS, **({"masks": masks} if masks else {})}


def _make_cohort(
    folder: Path, cohort: MadeCohort, rng: np.random.Generator, detection_dice: float, sources: MadeSources
) -> pd.DataFrame:
    rows = []
    for p in range(cohort.patients):
        for timepoint in cohort.timepoints:
            rows += [
                (
                    cohort.name,
                    f"{cohort.name[:2].upper()}{p + 1:04d}",
                    timepoint,
                    k + 1,
                    cohort.centres[p % len(cohort.centres)],
                )
                for k in range(cohort.lesions_per_patient)
            ]
    table = pd.DataFrame(rows, columns=["cohort", "patient_id", "timepoint", "lesion_id", "centre"])
    _fill(table, cohort, rng, detection_dice)
    folder.mkdir(parents=True, exist_ok=True)
    for (patient, timepoint), part in table.groupby(["patient_id", "timepoint"], sort=False):
        _make_scan(folder, str(patient), str(timepoint), part, rng, cohort, sources)
    if not sources.others:
        table = table.assign(**dict.fromkeys((*_OF_OTHER,), np.nan))
    order = [
        "cohort", "patient_id", "timepoint", "lesion_id", "response", "longest_diameter_mm", "volume_ml", "dice",
        "precision", "recall", "detected", "n_roi_manual", "n_roi_automatic", "share_manual", "share_automatic",
        "predicted_manual", "predicted_automatic", "centre", "detection_dice", "threshold", "minimum_rois",
        "calibrated_manual", "calibrated_automatic",
    ]  # fmt: skip
    return table[order]


_OF_OTHER = (
    "dice", "precision", "recall", "detected", "n_roi_automatic", "share_automatic", "predicted_automatic",
    "calibrated_automatic",
)  # fmt: skip
"""What a lesion has from another mask than the reference's."""


def _fill(table: pd.DataFrame, cohort: MadeCohort, rng: np.random.Generator, detection_dice: float) -> None:
    n = len(table)
    diameter = np.round(rng.lognormal(3.2, 0.4, n).clip(8, 90), 1)
    response = (rng.random(n) < 0.6).astype(float)
    dice = np.round((0.15 + 0.6 * (1 - np.exp(-diameter / 20)) + rng.normal(0, 0.12, n)).clip(0, 0.97), 3)
    dice[rng.random(n) < 0.12] = 0.0
    dice[2::9] = 0.11  # touched, but not detected by every rule
    touched, detected = dice > 0, dice > detection_dice
    roi_manual = np.where(diameter < 9, 0, np.round(diameter**2 / 8)).astype(int)
    roi_automatic = np.where(touched, np.round(roi_manual * rng.uniform(0.6, 1.2, n)), 0).astype(int)
    share_manual = (0.35 + 0.3 * response + rng.normal(0, 0.18, n)).clip(0, 1)
    share_automatic = (share_manual + rng.normal(0, 0.3 * (1 - dice))).clip(0, 1)
    unknown = set(cohort.roles("response").values()) <= {"predict", "none"} and not cohort.validates
    table["response"] = np.nan if unknown and cohort.role != "train" else response
    table["longest_diameter_mm"] = diameter
    table["volume_ml"] = np.round(diameter**3 * 0.0004, 2)
    table["dice"] = dice
    table["precision"] = np.where(touched, (dice + rng.normal(0, 0.1, n)).clip(0, 1).round(3), np.nan)
    table["recall"] = np.where(touched, (dice + rng.normal(0, 0.1, n)).clip(0, 1).round(3), 0.0)
    table["detected"], table["detection_dice"] = detected.astype(int), detection_dice
    table["n_roi_manual"], table["n_roi_automatic"] = roi_manual, roi_automatic
    for source, share, rois in (("manual", share_manual, roi_manual), ("automatic", share_automatic, roi_automatic)):
        table[f"share_{source}"] = np.where(rois > 0, share.round(4), np.nan)
        called = (rois > 0) & (detected | (source == "manual"))
        table[f"predicted_{source}"] = np.where(called, (share >= 0.5).astype(float), np.nan)
        table[f"calibrated_{source}"] = 0.1 + 0.8 * table[f"share_{source}"]
    table["threshold"], table["minimum_rois"] = 0.5, 1


def _make_scan(
    folder: Path,
    patient: str,
    timepoint: str,
    part: pd.DataFrame,
    rng: np.random.Generator,
    cohort: MadeCohort,
    sources: MadeSources,
) -> None:
    _make_intake(folder / "intake" / patient / timepoint)
    if sources.primary is None:
        return
    seg = folder / "segmentation" / sources.primary / patient / timepoint
    seg.mkdir(parents=True, exist_ok=True)
    roles = cohort.roles("segmentation")
    seen, in_training = int("train" in roles.values()), int(roles[timepoint] == "train")
    if sources.primary in sources.given:
        seen = in_training = None  # type: ignore[assignment]
    fold = int(patient[-4:]) % cohort.folds if cohort.folds and in_training else None
    if fold is not None:
        seen = in_training = 0
    names = [
        "cohort",
        "patient_id",
        "timepoint",
        "lesion_id",
        "longest_diameter_mm",
        "volume_ml",
        "dice",
        "precision",
        "recall",
        "detected",
        "detection_dice",
    ]
    matching = part[names].assign(
        kind="manual",
        volume_automatic_ml=part.volume_ml * (part.dice > 0),
        voe=1 - part.dice / (2 - part.dice),
        assd_mm=np.where(part.detected == 1, rng.uniform(0.5, 4, len(part)).round(2), np.nan),
        hd95_mm=np.nan,
    )
    false_positives = int(rng.integers(0, 3))
    matching.to_csv(seg / "matching.csv", index=False)
    pd.DataFrame(
        [
            (
                part.cohort.iloc[0],
                patient,
                timepoint,
                round(float(part.dice.mean()), 3),
                0.95,
                len(part),
                false_positives,
                2.5,
                seen,
                in_training,
                fold,
            )
        ],
        columns=[
            "cohort",
            "patient_id",
            "timepoint",
            "mts_dice",
            "liver_dice",
            "manual_lesions",
            "false_positives",
            "seconds",
            "seen_in_training",
            "scan_in_training",
            "fold",
        ],
    ).to_csv(seg / "scan_metrics.csv", index=False)


def _make_intake(intake: Path) -> None:
    intake.mkdir(parents=True, exist_ok=True)
    facts = {"source": "nifti", "spacing_xyz_mm": [0.7, 0.7, 2.5], "image_sha256": "ab" * 32, "has_liver": True}
    (intake / "scan.json").write_text(json.dumps(facts))


MODELS = ("ga_network", "ga_network_unfiltered", "longest_diameter", "lasso")


def _make_model(folder: Path, training: pd.DataFrame, rng: np.random.Generator, applied: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "features": FEATURES[:3], "hidden_neurons": 4, "threshold": 0.5, "threshold_method": "cross_fitted",
        "score": "share", "provenance": {"versions": {"livermets": "0.1.0"}},
    }  # fmt: skip
    (folder / "model.json").write_text(json.dumps(facts))
    if applied:
        return
    fitted = training[(training.n_roi_manual > 0) & training.response.notna()]
    n = np.arange(20)
    rise = 1 - np.exp(-n / 5)
    tables = {
        "generations": {"generation": n, "best_fitness": 0.6 + 0.1 * rise, "mean_fitness": 0.55 + 0.08 * rise},
        "selection": {"feature": FEATURES, "selected": [1, 1, 1, 0, 0], "gain": rng.normal(0, 0.01, 5)},
        "frequency": {"feature": FEATURES, "n_selected": [6, 5, 4, 2, 1], "n_searches": 6},
        "dropped_features": {
            "feature": ["original_ngtdm_Busyness", "original_firstorder_Energy"],
            "reason": ["unstable", "duplicate of TotalEnergy"],
        },
        "stable_features": _stable_features(len(fitted), fitted.patient_id.nunique()),
        "threshold": {"method": ["cross_fitted"], "used": [1], "threshold": [0.5], "low": [0.41], "high": [0.58]},
        "permutation": {"permutation": range(21), "value": rng.normal(0.5, 0.06, 21), "p_value": [0.05] + 20 * [None]},
        "evaluation": _nested(len(fitted), fitted.patient_id.nunique(), "ga_network"),
        "comparison": _compared(len(fitted), fitted.patient_id.nunique()),
        "stability": {
            "measure": ["stability"],
            "value": [0.02],
            "low": [-0.08],
            "high": [0.13],
            "level": [0.95],
            "method": ["nogueira-2018"],
            "note": [""],
            "n_searches": [6],
        },
        "training_lesions": fitted.assign(
            group=fitted.cohort + "/" + fitted.patient_id,
            share_cross_fitted=fitted.share_manual,
            n_roi=fitted.n_roi_manual,
        )[["group", "cohort", "patient_id", "timepoint", "lesion_id", "n_roi", "response", "share_cross_fitted"]],
        "predictions": pd.concat([_predictions(fitted, m) for m in MODELS]),
    }
    for name, columns in tables.items():
        pd.DataFrame(columns).to_csv(folder / f"{name}.csv", index=False)


def _stable_features(lesions: int, patients: int) -> dict[str, object]:
    """Seven candidates, of which one is stable in no fold and one in half of them."""
    names = [*FEATURES, "original_firstorder_Energy", "original_ngtdm_Busyness"]
    icc, folds = np.array([0.97, 0.95, 0.93, 0.9, 0.86, 0.78, 0.4]), np.array([2, 2, 2, 2, 2, 1, 0])
    return {
        "feature": names, "by": "altered", "icc": icc, "low": icc - 0.1, "high": np.minimum(icc + 0.05, 1),
        "level": 0.95, "method": "ICC(1), cluster-bootstrap", "threshold": 0.75, "reaches": (icc >= 0.75).astype(int),
        "stable": (icc >= 0.75).astype(int), "n_folds_stable": folds, "n_folds": 2, "folds_stable": folds / 2,
        "n_masks": 20 * lesions, "n_lesions": lesions, "n_patients": patients, "reference": "", "note": "",
    }  # fmt: skip


def _predictions(fitted: pd.DataFrame, model: str) -> pd.DataFrame:
    keys = ["cohort", "patient_id", "timepoint", "lesion_id", "response"]
    return fitted[keys].assign(model=model, repeat=0, fold=0, score=fitted.share_manual, predicted=1)


def _nested(lesions: int, patients: int, *models: str) -> dict[str, object]:
    return {
        "model": models, "measure": "auc", "value": 0.7, "low": 0.55, "high": 0.82, "level": 0.95,
        "method": "cluster-bootstrap", "n_lesions": lesions, "n_patients": patients, "note": "",
    }  # fmt: skip


def _compared(lesions: int, patients: int) -> pd.DataFrame:
    """One model above ours in the same folds, one below chance, and ours without its filter."""
    values = {"ga_network": 0.7, "ga_network_unfiltered": 0.68, "longest_diameter": 0.4, "lasso": 0.8}
    areas = pd.DataFrame(
        _nested(lesions, patients, *values) | {"measure": "auc_within_folds", "value": values.values()}
    )
    differences = areas.iloc[1:].assign(
        measure="auc_within_folds_difference", value=[-0.02, -0.3, 0.1], low=[-0.09, -0.5, -0.1], high=[0.05, -0.1, 0.3]
    )
    return pd.concat([areas, differences])


def _make_network(folder: Path, rng: np.random.Generator, applied: bool, **differences: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_description(folder, network_description(best_epoch=30, kept_epoch=30, epochs=30, **differences))
    if applied:
        return
    epochs = np.arange(1, 31)
    pd.DataFrame(
        {
            "epoch": epochs,
            "training_loss": np.exp(-epochs / 10),
            "validation_loss": np.exp(-epochs / 12) + 0.05,
            "validation_dice": 0.8 * (1 - np.exp(-epochs / 8)),
            "learning_rate": 1e-3,
            "seconds": 12.5,
        }
    ).to_csv(folder / "training_log.csv", index=False)


def _make_overlap(
    folder: Path, cohorts: tuple[MadeCohort, ...], sources: MadeSources, size_cuts_mm: tuple[float, ...]
) -> None:
    """The sources side by side on the validation cohorts, by the library itself; every further one finds half of what
    the headline's overlaps."""
    scans = {
        name: f"{folder}/{name}/segmentation/{sources.primary}/*/*" for name in (cohort.name for cohort in cohorts)
    }
    judged = [cohort.name for cohort in cohorts if cohort.masks_judged]
    first, *others = sources.others
    words = [f"{first}={scans[name]}" for name in (scans if first in sources.networks else judged)]
    words += [f"{name}={scans[cohort]}" for name in others for cohort in judged]
    made = [name for name in (OWN, *dict(sources.shares)) if (folder / f"networks/{name}/training_log.csv").exists()]
    trained = [f"{name}={folder}/networks/{name}" for name in made]
    masks = read_network_masks(trained, words)
    for name in masks.keys() - {sources.primary}:
        other = masks[name].matching
        other["dice"] = other["dice"].where(other["lesion_id"] % 2 == 0, 0.0)
        other["detected"] = is_detected(other["dice"], float(other["detection_dice"].iloc[0])).astype(int)
    alone, beside = (Resampling(200, 0.95, np.random.default_rng(seed)) for seed in (0, 1))
    curves = [[OWN, *dict(sources.shares)]] if sources.shares else []
    write_overlap(folder / "overlap", overlap_tables(masks, alone, beside, {}, curves, size_cuts_mm), size_cuts_mm)


def _make_resubstitution(folder: Path, trained: pd.DataFrame) -> None:
    resampling = Resampling(200, 0.95, np.random.default_rng(2))
    write_tables(folder, resubstitution_tables(checked_lesions(trained), resampling))


def _make_concordance(folder: Path, lesions: pd.DataFrame, timepoints: list[str]) -> None:
    """By the library itself: the report is tested against what the chain really writes."""
    settings = StatisticsSettings(bootstrap_replicates=200)
    result = concordance(lesions, settings, seed=1, timepoints=timepoints)
    pooled = folder.parent.name == "pooled"
    drawn = concordance_figures(result, settings) if pooled else {}  # drawing is what takes long
    write_concordance(folder, result, drawn)
