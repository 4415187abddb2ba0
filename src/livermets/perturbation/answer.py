"""How good a mask must be: every table that the altered masks of a study lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from livermets.config.statistics import StatisticsSettings
from livermets.masks.pairs import SOURCE
from livermets.perturbation.altered import SAME, Altered, altered_masks, whole_errors_apart
from livermets.perturbation.by_dice import BY_DICE_COLUMNS, FINE_CUTS, agreement_by_dice
from livermets.perturbation.claims import CLAIM_COLUMNS, claims_table
from livermets.perturbation.held_against_pairs import HELD_COLUMNS, PAIR_COLUMNS, held_against_pairs
from livermets.perturbation.like_sources import LIKE_COLUMNS, like_sources
from livermets.perturbation.needed import CURVE_COLUMNS, NEEDED_COLUMNS, needed_tables
from livermets.perturbation.predictors import PREDICTOR_COLUMNS, predictors_table
from livermets.perturbation.slope import SLOPE_COLUMNS, slope_table
from livermets.perturbation.transported import MINIMUM_DONORS
from livermets.randomness import generator
from livermets.stats.resampling import MINIMUM_PATIENTS, Resampling

TABLES: Mapping[str, Sequence[str]] = {
    "by_dice": BY_DICE_COLUMNS,
    "by_dice_fine": BY_DICE_COLUMNS,
    "needed": NEEDED_COLUMNS,
    "needed_curves": CURVE_COLUMNS,
    "predictors": PREDICTOR_COLUMNS,
    "slope": SLOPE_COLUMNS,
    "claims": CLAIM_COLUMNS,
    "held_against_pairs": HELD_COLUMNS,
    "like_sources": LIKE_COLUMNS,
    "notes": ("note",),
}
"""The columns of every table of an answer."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Tables as they are written; without a row where there is nothing to say, and ``notes`` says why."""

    by_dice: pd.DataFrame
    """The class unchanged, another or none, by band of Dice, size and kind."""
    by_dice_fine: pd.DataFrame
    """The class unchanged, in bands of 0.05."""
    needed: pd.DataFrame
    needed_curves: pd.DataFrame
    predictors: pd.DataFrame
    slope: pd.DataFrame
    claims: pd.DataFrame
    held_against_pairs: pd.DataFrame
    like_sources: pd.DataFrame
    """The class unchanged under the errors of each source."""
    notes: pd.DataFrame
    """Sentences."""


def answer(
    table: pd.DataFrame,
    pairs: pd.DataFrame | None,
    statistics: StatisticsSettings,
    targets: Sequence[float],
    seed: int = 0,
    errors: pd.DataFrame | None = None,
) -> Answer:
    """Everything that a table of altered masks (a row per mask) says, beside the real ``pairs``
    (`held_against_pairs.real_pairs`) where there are any.

    ``targets``: shares of masks of an unchanged class that are asked for (`perturbation.target_agreements`). Masks are
    reduced to lesions, and patients are resampled: the same resamples in every table but that of real pairs, which may
    be of other patients. ``errors``: those of the sources, as they were transported."""
    spread, like = whole_errors_apart(table)
    altered = altered_masks(spread)
    level, replicates = statistics.level, statistics.bootstrap_replicates
    boot = Resampling(replicates, level, generator(seed, "perturbation", "patient bootstrap")).draw(altered.patients)
    cuts_mm = statistics.diameter_cuts_mm
    of_pairs = Resampling(replicates, level, generator(seed, "perturbation", "real pairs"))
    needed, curves = needed_tables(altered, statistics.target_diameters_mm, targets, boot)
    real = pd.DataFrame(columns=list(HELD_COLUMNS))
    if pairs is not None:
        real = held_against_pairs(altered, pairs, cuts_mm, of_pairs)
    return Answer(
        by_dice=agreement_by_dice(altered, statistics.dice_cuts, cuts_mm, boot),
        by_dice_fine=agreement_by_dice(altered, FINE_CUTS, cuts_mm, boot, outcomes=(SAME,)),
        needed=needed,
        needed_curves=curves,
        predictors=predictors_table(altered, boot),
        slope=slope_table(altered, cuts_mm, boot),
        claims=claims_table(altered, targets, cuts_mm, boot),
        held_against_pairs=real,
        like_sources=_like_sources(like, pairs, errors, statistics, seed),
        notes=pd.DataFrame(
            {"note": [*_notes(altered, pairs is not None and real.empty), *_without_donors(like, errors)]}, dtype=object
        ),
    )


def _like_sources(
    like: pd.DataFrame,
    pairs: pd.DataFrame | None,
    errors: pd.DataFrame | None,
    statistics: StatisticsSettings,
    seed: int,
) -> pd.DataFrame:
    if errors is None or like.empty:
        return pd.DataFrame(columns=list(LIKE_COLUMNS))
    pairs = pd.DataFrame(columns=list(PAIR_COLUMNS)) if pairs is None else pairs
    resampling = Resampling(
        statistics.bootstrap_replicates, statistics.level, generator(seed, "perturbation", "like sources")
    )
    return like_sources(like, pairs, errors, statistics.diameter_cuts_mm, statistics.target_diameters_mm, resampling)


def _without_donors(like: pd.DataFrame, errors: pd.DataFrame | None) -> list[str]:
    if errors is None:
        return []
    given = set(like[SOURCE].dropna().astype(str))
    few = [str(source) for source in errors[SOURCE].unique() if str(source) not in given]
    return [
        f"{source} has drawn fewer than {MINIMUM_DONORS} lesions of other patients: its errors are given to no lesion."
        for source in few
    ]


def _notes(altered: Altered, no_pair: bool) -> list[str]:
    notes = []
    if n := altered.n_without_class:
        who, are = ("1 lesion has", "is") if n == 1 else (f"{n} lesions have", "are")
        notes.append(f"{who} no class by the reference mask itself and {are} left out.")
    if not len(altered.masks):
        return [*notes, "There is no altered mask of a lesion with a class: how good a mask must be cannot be said."]
    if altered.masks[SAME].all():
        notes.append("No altered mask changes the class of its lesion.")
    if altered.patients < MINIMUM_PATIENTS:
        n = altered.patients
        few = f"{n} patient{'s' * (n != 1)}: at least {MINIMUM_PATIENTS} are needed for an interval"
        notes.append(f"There {'is' if n == 1 else 'are'} {few}, and none is given.")
    if no_pair:
        notes.append("No other source has masks of lesions with a class: altered masks are held against none.")
    return notes
