"""The same questions within groups of lesions (cohort, centre, timepoint, size), and the groups against each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.concordance.agreement import AGREEMENT, agreement_estimates, fate_estimates, kept_class
from livermets.concordance.diagnostics import scored, scored_arrays
from livermets.concordance.optional_tables import empty
from livermets.concordance.strata import with_size
from livermets.config.statistics import StatisticsSettings
from livermets.masks.identity import SIDES
from livermets.masks.lesion_table import GROUP_COLUMNS
from livermets.stats.comparisons import auc_difference, share_difference
from livermets.stats.diagnostics import auc_estimates, class_diagnostics
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import Estimate, to_frame

GROUPINGS = (*GROUP_COLUMNS, "size")
TABLES = ("subgroups", "subgroup_differences")


def subgroup_tables(
    lesions: pd.DataFrame, settings: StatisticsSettings, boot: PatientBootstrap
) -> dict[str, pd.DataFrame]:
    """Every grouping that makes several groups of the lesions."""
    lesions = with_size(lesions, settings)
    several = [name for name in GROUPINGS if name in lesions and lesions[name].nunique() > 1]
    if not several:
        return empty(*TABLES)
    within = [subgroup_table(lesions, grouping, boot) for grouping in several]
    between = [subgroup_differences(lesions, grouping, boot) for grouping in several]
    return {
        "subgroups": pd.concat(within, ignore_index=True),
        "subgroup_differences": pd.concat(between, ignore_index=True),
    }


def subgroup_table(lesions: pd.DataFrame, grouping: str, boot: PatientBootstrap) -> pd.DataFrame:
    """Agreement and diagnostics within every value of ``grouping``, one row per method.

    Agreement of lesions classified with both masks, and with lost classes counted as changed (`fate_estimates`);
    diagnostics of lesions classified with both masks whose outcome is known."""
    frames = []
    for value in group_order(lesions[grouping]):
        group = lesions[lesions[grouping] == value]
        labels = {"grouping": grouping, "group": str(value)}
        frames.append(to_frame(_agreement(group, boot), **labels, mask_source="both"))
        known = group[group["compared"] & group["response"].notna()]
        frames += [to_frame(_diagnostics(known, side, boot), **labels, mask_source=side) for side in SIDES]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def group_order(values: pd.Series) -> list:
    """The groups in reading order: small before big, baseline before TP1 (case does not count)."""
    return sorted(values.dropna().unique(), key=lambda name: str(name).casefold())


def subgroup_differences(lesions: pd.DataFrame, grouping: str, boot: PatientBootstrap) -> pd.DataFrame:
    """First group minus every other in agreement, sensitivity, specificity and AUC; for size, big minus small.

    Agreement also with lost classes counted as changed: lesions that lose their class are not the same in all groups,
    so a difference among those that keep one may hide the larger one. Patients are resampled whole, so a patient seen
    in both groups (two timepoints) is paired with himself or herself."""
    groups = group_order(lesions[grouping])
    first, *others = groups[::-1] if grouping == "size" else groups
    frames = [
        to_frame(
            _differences(lesions, lesions[grouping] == first, lesions[grouping] == other, boot),
            grouping=grouping,
            group=f"{first} minus {other}",
        )
        for other in others
    ]
    return pd.concat(frames, ignore_index=True)


def _agreement(group: pd.DataFrame, boot: PatientBootstrap) -> list[Estimate]:
    part = group[group["compared"]]
    manual, automatic = (part[f"predicted_{side}"].to_numpy() for side in SIDES)
    estimates = agreement_estimates(manual, automatic, part["patient"].to_numpy(np.intp), boot)
    return [*estimates, *(one for one in fate_estimates(group, boot) if one.measure != AGREEMENT)]


def _diagnostics(known: pd.DataFrame, side: str, boot: PatientBootstrap) -> list[Estimate]:
    response, called = known["response"].to_numpy(), known[f"predicted_{side}"].to_numpy()
    estimates = class_diagnostics(response, called, known["patient"].to_numpy(np.intp), boot)
    part = scored(known)
    return estimates if part.empty else [*estimates, *auc_estimates(*scored_arrays(part, side), boot)]


def _differences(lesions: pd.DataFrame, first: pd.Series, second: pd.Series, boot: PatientBootstrap) -> list[Estimate]:
    groups, patient = (first.to_numpy(bool), second.to_numpy(bool)), lesions["patient"].to_numpy(np.intp)
    estimates = [
        share_difference(measure, hit, among, groups, patient, boot)
        for measure, (hit, among) in _shares(lesions).items()
    ]
    parts = [scored(lesions[lesions["compared"] & group]) for group in (first, second)]
    if any(len(part) for part in parts):
        for side in SIDES:
            estimates.append(auc_difference(f"auc_{side}", [scored_arrays(part, side) for part in parts], boot))
    return estimates


def _shares(lesions: pd.DataFrame) -> dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """What is a hit, and among which lesions, of every share whose groups are compared."""
    same, compared, response = (
        (lesions["agree"] == 1).to_numpy(),
        lesions["compared"].to_numpy(bool),
        lesions["response"],
    )
    shares: dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {
        measure: (same, among) for measure, among in kept_class(lesions).items()
    }
    for side in SIDES:
        right = (lesions[f"predicted_{side}"] == response).to_numpy()
        shares[f"sensitivity_{side}"] = right, compared & (response == 1).to_numpy()
        shares[f"specificity_{side}"] = right, compared & (response == 0).to_numpy()
    return shares
