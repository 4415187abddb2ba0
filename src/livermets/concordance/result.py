"""One mask source against the reference, from the lesion table alone: every table of the study's main question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from livermets.concordance.accounting import accounting_table
from livermets.concordance.agreement import agreement_table
from livermets.concordance.agreement_tables import agreement_model_tables
from livermets.concordance.continuous import continuous_tables
from livermets.concordance.counts import confusion_table, detection_table
from livermets.concordance.curves import curve_tables
from livermets.concordance.diagnostics import diagnostics_of_all, diagnostics_table, end_to_end_differences
from livermets.concordance.equivalence import equivalence_table
from livermets.concordance.fates import agreement_by_timepoint, fate_table
from livermets.concordance.notes import general_notes, headline_notes, stratum_notes
from livermets.concordance.patients import patient_summary, per_patient_table
from livermets.concordance.strata import strata_margins, strata_table
from livermets.concordance.subgroups import subgroup_tables
from livermets.config.statistics import StatisticsSettings
from livermets.errors import input_error
from livermets.masks.lesion_table import (
    VALIDATION,
    checked_lesions,
    false_positive_count,
    of_these_patients,
    with_headline,
    without_other_roles,
)
from livermets.randomness import generator
from livermets.stats.resampling import PatientBootstrap


@dataclass(frozen=True)
class ConcordanceResult:
    """Tidy tables; one that cannot be computed is empty, and ``notes`` says why."""

    diagnostics: pd.DataFrame
    """Per side of the pair, over the lesions classified with both masks whose outcome is known."""
    diagnostics_all: pd.DataFrame
    """The same over every lesion classified with that mask, and end to end: over all lesions, with those without a
    class counted as wrong calls, and without an area, which needs a share."""
    diagnostics_differences: pd.DataFrame
    """Manual minus automatic over all lesions with an outcome, no class counted as wrong."""
    confusion: pd.DataFrame
    detection: pd.DataFrame
    agreement: pd.DataFrame
    """Of three populations, named in ``population``: compared lesions, those the reader's mask classifies, all."""
    equivalence: pd.DataFrame
    """Agreement and difference of the areas against the margins of ``settings.equivalence``."""
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


def concordance(
    lesions: pd.DataFrame,
    settings: StatisticsSettings | None = None,
    seed: int = 0,
    where: str = "lesion table",
    timepoints: Sequence[str] = (),
    roles: Sequence[str] = (VALIDATION,),
    notes: Sequence[str] = (),
) -> ConcordanceResult:
    """Everything about one mask source against the reference that the lesion table of the pair can say.

    Needs the columns of `masks.lesion_table.REQUIRED_COLUMNS`; ``share_*``, ``detected``, ``n_roi_*``, ``cohort``,
    ``centre``, ``timepoint`` and ``role`` add to it. ``roles`` and ``timepoints`` (none named: all): those whose
    classes count as predictions; lesions of others are in ``lesions`` and ``agreement_by_timepoint`` only, and training
    lesions nowhere unless their role is named. ``notes``: what is known of the table beforehand. Raises `InputError`
    for a wrong table; never for a small one."""
    settings = settings or StatisticsSettings()
    checked_lesions(lesions, where)
    lesions, left_out = without_other_roles(lesions, roles, where)
    everything = with_headline(checked_lesions(lesions, where), timepoints, where, roles)
    if everything.empty:
        raise input_error(where, "no lesion was drawn by a reader, so there is nothing to compare automatic masks with")
    table = of_these_patients(everything[everything["headline"]])
    compared = table[table["compared"]]
    known = compared[compared["response"].notna()]
    boot = patient_bootstrap(table, settings, seed)
    strata, per_patient = strata_table(table, settings), per_patient_table(table)
    model, model_notes = agreement_model_tables(table, settings)
    curves, curve_notes = curve_tables(known, settings, boot)
    headline = with_headline(lesions, timepoints, where, roles).query("headline")
    continuous, continuous_notes = continuous_tables(headline, table, settings, boot)
    notes = [
        *notes,
        *left_out,
        *headline_notes(everything, timepoints, roles),
        *general_notes(table),
        *stratum_notes(strata, settings),
        *model_notes,
        *curve_notes,
        *continuous_notes,
    ]
    return ConcordanceResult(
        diagnostics=diagnostics_table(known, boot),
        diagnostics_all=diagnostics_of_all(table, boot),
        diagnostics_differences=end_to_end_differences(table, boot),
        confusion=confusion_table(known),
        detection=detection_table(table, settings),
        agreement=agreement_table(table, boot),
        equivalence=equivalence_table(table, settings.equivalence, boot),
        fates=fate_table(table, settings),
        agreement_by_timepoint=agreement_by_timepoint(everything, lambda part: patient_bootstrap(part, settings, seed)),
        strata=strata,
        strata_margins=strata_margins(table, settings),
        accounting=accounting_table(table, false_positive_count(headline)),
        **model,
        per_patient=per_patient,
        patient_summary=patient_summary(per_patient, settings.level),
        **curves,
        **subgroup_tables(table, settings, boot),
        **continuous,
        lesions=everything.drop(columns="patient"),
        notes=tuple(dict.fromkeys(notes)),
    )


def patient_bootstrap(lesions: pd.DataFrame, settings: StatisticsSettings, seed: int) -> PatientBootstrap:
    """Resamples of the patients of these lesions, the same ones whatever else the lesion table holds."""
    random = generator(seed, "concordance", "patient bootstrap")
    patients = lesions["patient"].nunique()
    return PatientBootstrap.draw(patients, settings.bootstrap_replicates, settings.level, random)
