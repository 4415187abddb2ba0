"""Manual against automatic masks, from the lesion table alone: every table of the study's main question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from livermets.concordance.accounting import accounting_table
from livermets.concordance.agreement_model import agreement_model_tables
from livermets.concordance.continuous import continuous_tables
from livermets.concordance.counts import confusion_table, detection_table
from livermets.concordance.differences import (
    SOURCES,
    compare_aucs,
    end_to_end_differences,
    subgroup_differences,
    subgroup_table,
)
from livermets.concordance.fates import agreement_by_timepoint, fate_table
from livermets.concordance.feature_icc import feature_icc, feature_medians
from livermets.concordance.notes import general_notes, stratum_notes, timepoint_notes
from livermets.concordance.patients import patient_summary, per_patient_table
from livermets.concordance.recalibrated import recalibrated_tables
from livermets.concordance.rois import roi_agreement
from livermets.concordance.strata import strata_margins, strata_table, with_size
from livermets.concordance.tables import empty
from livermets.config.statistics import StatisticsSettings
from livermets.errors import input_error
from livermets.features import IMAGE_PREFIXES, feature_columns
from livermets.masks.lesion_table import (
    at_timepoints,
    checked_lesions,
    false_positive_count,
    of_these_patients,
    with_headline,
)
from livermets.randomness import generator
from livermets.stats.agreement import class_agreement_estimates, fate_estimates, population
from livermets.stats.curves import roc_table
from livermets.stats.diagnostics import auc_estimates, auc_obstacle, class_diagnostics, end_to_end_diagnostics
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import to_frame

GROUPINGS = ("cohort", "centre", "timepoint", "size")
DIAGNOSTICS_COLUMNS = ("measure", "k", "n", "value", "low", "high", "level", "method", "n_lesions", "n_patients",
                       "reference", "note")  # fmt: skip
CLASSIFIED, END_TO_END = "classified with this mask", "all lesions, unclassified counted as wrong"
AGREEMENT_COLUMNS = ("measure", "value", "low", "high", "level", "method", "n_lesions", "n_patients", "k", "n",
                     "reference", "note")  # fmt: skip


@dataclass(frozen=True)
class ConcordanceResult:
    """Tidy tables; one that cannot be computed is empty, and ``notes`` says why."""

    diagnostics: pd.DataFrame
    """Per mask source, over the lesions classified with both masks whose outcome is known."""
    diagnostics_all: pd.DataFrame
    """The same over every lesion classified with that mask, and end to end: over all lesions, with those without a
    class counted as wrong calls, and without an area, which needs a share."""
    diagnostics_differences: pd.DataFrame
    """Manual minus automatic over all lesions with an outcome, no class counted as wrong."""
    confusion: pd.DataFrame
    detection: pd.DataFrame
    agreement: pd.DataFrame
    """Of three populations, named in ``population``: compared lesions, those the reader's mask classifies, all."""
    fates: pd.DataFrame
    """Same, other and no class by size and Dice, and the responders that each mask loses."""
    agreement_by_timepoint: pd.DataFrame
    """The only table with lesions of other timepoints than those that predict."""
    strata: pd.DataFrame
    strata_margins: pd.DataFrame
    accounting: pd.DataFrame
    agreement_model: pd.DataFrame
    agreement_curve: pd.DataFrame
    required_dice: pd.DataFrame
    per_patient: pd.DataFrame
    patient_summary: pd.DataFrame
    roc: pd.DataFrame
    auc_comparison: pd.DataFrame
    calibration: pd.DataFrame
    calibration_summary: pd.DataFrame
    decision: pd.DataFrame
    subgroups: pd.DataFrame
    subgroup_differences: pd.DataFrame
    share_differences: pd.DataFrame
    share_agreement: pd.DataFrame
    share_limits_without_one: pd.DataFrame
    share_by_dice: pd.DataFrame
    changed: pd.DataFrame
    minimum_rois: pd.DataFrame
    threshold_curve: pd.DataFrame
    threshold_range: pd.DataFrame
    false_positive_classes: pd.DataFrame
    lesions: pd.DataFrame
    """The lesions of every timepoint with ``agree``, their fates and ``headline`` (whether other tables count them):
    the data of the Dice-against-diameter figure."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RoiConcordance:
    """What the ROI tables of both masks say; a table that cannot be computed is empty, and ``notes`` says why."""

    overall: pd.DataFrame
    per_lesion: pd.DataFrame
    feature_icc: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Study:
    """What every part needs, and a place for the reasons of what cannot be computed."""

    table: pd.DataFrame
    boot: PatientBootstrap
    settings: StatisticsSettings
    notes: list[str] = field(default_factory=list)

    @property
    def compared(self) -> pd.DataFrame:
        """Lesions classified with both masks."""
        return self.table[self.table["compared"]]

    @property
    def known(self) -> pd.DataFrame:
        """Compared lesions whose outcome is known."""
        return self.compared[self.compared["response"].notna()]


def concordance(
    lesions: pd.DataFrame,
    settings: StatisticsSettings | None = None,
    seed: int = 0,
    where: str = "lesion table",
    timepoints: Sequence[str] = (),
) -> ConcordanceResult:
    """Everything about manual against automatic masks that a lesion table can say.

    Needs the columns of `masks.lesion_table.REQUIRED_COLUMNS`; ``share_*``, ``detected``, ``n_roi_*``, ``cohort``,
    ``centre`` and ``timepoint`` add to it. ``timepoints``: those whose classes count as predictions (none named: all);
    lesions of others are in ``lesions`` and ``agreement_by_timepoint`` only. Raises `InputError` for a wrong table;
    never for a small one."""
    settings = settings or StatisticsSettings()
    everything = with_headline(checked_lesions(lesions, where), timepoints, where)
    if everything.empty:
        raise input_error(where, "no lesion was drawn by a reader, so there is nothing to compare automatic masks with")
    table = of_these_patients(everything[everything["headline"]])
    notes = [*timepoint_notes(everything, timepoints), *general_notes(table)]
    study = _Study(table, _bootstrap(table, settings, seed), settings, notes)
    strata, per_patient = strata_table(table, settings), per_patient_table(table)
    study.notes.extend(stratum_notes(strata, settings))
    return ConcordanceResult(
        diagnostics=_diagnostics(study),
        diagnostics_all=_diagnostics_all(study),
        diagnostics_differences=end_to_end_differences(study.table, study.boot),
        confusion=confusion_table(study.known),
        detection=detection_table(table, settings),
        agreement=_agreement(study),
        fates=fate_table(table, settings),
        agreement_by_timepoint=agreement_by_timepoint(everything, lambda part: _bootstrap(part, settings, seed)),
        strata=strata,
        strata_margins=strata_margins(table, settings),
        accounting=accounting_table(table, false_positive_count(lesions, timepoints)),
        **_model(study),
        per_patient=per_patient,
        patient_summary=patient_summary(per_patient, settings.level),
        **_scores(study),
        **_subgroups(study),
        **_continuous(study, with_headline(lesions, timepoints).query("headline")),
        lesions=everything.drop(columns="patient"),
        notes=tuple(dict.fromkeys(study.notes)),
    )


def roi_concordance(
    rois: pd.DataFrame,
    medians: pd.DataFrame | None = None,
    settings: StatisticsSettings | None = None,
    seed: int = 0,
    selected: Sequence[str] = (),
    timepoints: Sequence[str] = (),
) -> RoiConcordance:
    """Places and classes of the ROIs of both masks, and the ICC of their features.

    ``rois`` holds both masks, told apart by ``mask_source``; ``medians`` the features per lesion and mask
    (`concordance.feature_icc.feature_medians`), taken from ``rois`` itself if left out; ``selected`` the model's
    features. ``timepoints``: those whose ROIs count (none named: all)."""
    settings = settings or StatisticsSettings()
    rois = rois[at_timepoints(rois, timepoints, "ROI table")]
    given = feature_medians(rois) if medians is None else medians
    medians = given[at_timepoints(given, timepoints, "feature table")]
    manual, automatic = _by_source(rois, "ROI table")
    level, replicates = settings.level, settings.bootstrap_replicates
    random = generator(seed, "concordance", "ROIs")
    agreement = roi_agreement(manual, automatic, level=level, replicates=replicates, random=random)
    features = feature_columns(medians)
    if not features:
        note = f"feature ICC not computed: no table with columns {'*, '.join(IMAGE_PREFIXES)}*"
        icc = empty("feature_icc")["feature_icc"]
        return RoiConcordance(agreement.overall, agreement.per_lesion, icc, (*agreement.notes, note))
    pair = _by_source(medians, "feature table")
    icc = feature_icc(pair[0], pair[1], features, settings.icc, level, replicates, random, selected)
    return RoiConcordance(agreement.overall, agreement.per_lesion, icc, agreement.notes)


def _bootstrap(lesions: pd.DataFrame, settings: StatisticsSettings, seed: int) -> PatientBootstrap:
    """Resamples of the patients of these lesions, the same ones whatever else the lesion table holds."""
    random = generator(seed, "concordance", "patient bootstrap")
    patients = lesions["patient"].nunique()
    return PatientBootstrap.draw(patients, settings.bootstrap_replicates, settings.level, random)


def _by_source(table: pd.DataFrame, where: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    if "mask_source" not in table:
        raise input_error(where, "missing column mask_source", "It says manual or automatic for every row")
    return table[table["mask_source"] == "manual"], table[table["mask_source"] == "automatic"]


def _diagnostics(study: _Study) -> pd.DataFrame:
    frames = []
    for source in SOURCES:
        known = study.known
        response, called = _arrays(known, "response", f"predicted_{source}")
        estimates = class_diagnostics(response, called, _patient(known), study.boot)
        if f"share_{source}" in known:
            scored = known[known[[f"share_{s}" for s in SOURCES if f"share_{s}" in known]].notna().all(axis=1)]
            response, score = _arrays(scored, "response", f"share_{source}")
            estimates += auc_estimates(score, response, _patient(scored), study.boot)
        frames.append(to_frame(estimates, DIAGNOSTICS_COLUMNS, mask_source=source))
    return pd.concat(frames, ignore_index=True)


def _diagnostics_all(study: _Study) -> pd.DataFrame:
    frames, table = [], study.table[study.table["response"].notna()]
    for source in SOURCES:
        called = table[table[f"predicted_{source}"].notna()]
        for words, part, estimates in (
            (CLASSIFIED, called, class_diagnostics), (END_TO_END, table, end_to_end_diagnostics),
        ):  # fmt: skip
            response, calls = _arrays(part, "response", f"predicted_{source}")
            found = estimates(response, calls, _patient(part), study.boot)
            if words == CLASSIFIED and f"share_{source}" in part:  # end to end there is a lesion without a share
                scored = part[part[f"share_{source}"].notna()]
                response, score = _arrays(scored, "response", f"share_{source}")
                found += auc_estimates(score, response, _patient(scored), study.boot)
            frames.append(to_frame(found, DIAGNOSTICS_COLUMNS, population=words, mask_source=source))
    return pd.concat(frames, ignore_index=True)


def _agreement(study: _Study) -> pd.DataFrame:
    manual, automatic = _arrays(study.compared, "predicted_manual", "predicted_automatic")
    classes = class_agreement_estimates(manual, automatic, _patient(study.compared), study.boot)
    frame = to_frame([*fate_estimates(study.table, study.boot), *classes], AGREEMENT_COLUMNS)
    return frame.assign(population=frame["measure"].map(population))


def _model(study: _Study) -> dict[str, pd.DataFrame]:
    tables, notes = agreement_model_tables(study.table, study.settings)
    study.notes.extend(notes)
    return tables


def _continuous(study: _Study, lesions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    tables, notes = continuous_tables(lesions, study.table, study.settings, study.boot)
    study.notes.extend(notes)
    return tables


def _scores(study: _Study) -> dict[str, pd.DataFrame]:
    nothing = empty("roc", "auc_comparison", "calibration", "calibration_summary", "decision")
    known, columns = study.known, [f"share_{source}" for source in SOURCES]
    if not set(columns) <= set(known.columns):
        missing = " and ".join(column for column in columns if column not in known)
        study.notes.append(f"no AUC difference, ROC, calibration and decision curve: the table lacks {missing}")
        return nothing
    scored = known[known[columns].notna().all(axis=1)]
    response, patient = scored["response"].to_numpy(), _patient(scored)
    why = auc_obstacle(response)
    if why:
        study.notes.append(f"ROC, calibration and decision curves not computed: {why}")
        return nothing
    scores = {source: scored[f"share_{source}"].to_numpy() for source in SOURCES}
    curves = [_labelled(roc_table(score, response), source) for source, score in scores.items()]
    recalibrated, notes = recalibrated_tables(scored, study.settings, study.boot)
    study.notes.extend(notes)
    return {
        "roc": pd.concat(curves, ignore_index=True),
        "auc_comparison": compare_aucs(scores["manual"], scores["automatic"], response, patient, study.boot),
        **recalibrated,
    }


def _subgroups(study: _Study) -> dict[str, pd.DataFrame]:
    lesions = with_size(study.table, study.settings)
    several = [name for name in GROUPINGS if name in lesions and lesions[name].nunique() > 1]
    if not several:
        return empty("subgroups", "subgroup_differences")
    tables = [subgroup_table(lesions, grouping, study.boot) for grouping in several]
    differences = [subgroup_differences(lesions, grouping, study.boot) for grouping in several]
    return {
        "subgroups": pd.concat(tables, ignore_index=True),
        "subgroup_differences": pd.concat(differences, ignore_index=True),
    }


def _arrays(part: pd.DataFrame, *columns: str) -> list[np.ndarray]:
    return [part[column].to_numpy(float) for column in columns]


def _patient(part: pd.DataFrame) -> np.ndarray:
    return part["patient"].to_numpy(np.intp)


def _labelled(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    frame.insert(0, "mask_source", source)
    return frame
