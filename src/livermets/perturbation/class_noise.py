"""How often a lesion gets another class because the model was fitted again, and how often because its mask is another.

What differs is one thing at a time: a refit looks at the reference mask that the study's model looked at, and another
mask is looked at by the same model. Lesions are the data, patients the clusters; refits are taken as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.statistics import StatisticsSettings
from livermets.masks.identity import LESION_KEY
from livermets.masks.pairs import SOURCE, sources_in
from livermets.perturbation.altered import OTHER, SAME, altered_masks, whole_errors_apart
from livermets.perturbation.curves import kind_means, over_kinds
from livermets.perturbation.means import COLUMNS as _MEAN
from livermets.perturbation.means import mean_of_lesions
from livermets.perturbation.patients import patients_of
from livermets.randomness import generator
from livermets.stats.resampling import PatientBootstrap, Resampling

STUDY = "study"
"""The study's model, among ``models``; the others are kinds of refits (`model.refits.RETRAININGS`)."""
RETRAINING, MASK, ALTERED = CHANGES = ("retraining", "mask", "altered")
"""What gives another class: a refit; the mask of another source; an altered reference mask."""
MASK_BY_REFITS, DIFFERENCE = "mask_by_refits", "difference"
MORE = "retraining changes more classes than the mask"
FEWER = "retraining changes fewer classes than the mask"
UNTOLD = "which of the two changes more classes cannot be told"
RATE_COLUMNS = (*LESION_KEY, "longest_diameter_mm", "changed_by", SOURCE, "models", "rate", "n")
NOISE_COLUMNS = (
    "retraining", "against", SOURCE, "measure", *_MEAN, "n_refits", "dice_low", "dice_high", "statement",
)  # fmt: skip
_KEY, _DIAMETER = list(LESION_KEY), "longest_diameter_mm"
_NARROWEST = 0.1
"""Least width of the range of Dice that altered masks are taken from."""


@dataclass(frozen=True, eq=False)
class ClassNoise:
    """Rates lesion by lesion (`RATE_COLUMNS`), and their means beside each other (`NOISE_COLUMNS`)."""

    class_noise_lesions: pd.DataFrame
    class_noise: pd.DataFrame


def class_noise(
    classes: pd.DataFrame,
    altered: pd.DataFrame | None,
    reference: str,
    primary: str | None,
    statistics: StatisticsSettings,
    seed: int = 0,
) -> ClassNoise:
    """``classes``: what every refit makes of every lesion and mask (`model.refit_classes.CLASS_COLUMNS`). ``altered``:
    altered reference masks, a row each, of which those count whose Dice is about that of the ``primary`` source."""
    of_reference = classes[classes[SOURCE] == reference]
    if of_reference.empty:
        return ClassNoise(pd.DataFrame(columns=list(RATE_COLUMNS)), pd.DataFrame(columns=list(NOISE_COLUMNS)))
    others = [classes[classes[SOURCE] == source] for source in sources_in(classes) if source != reference]
    parts = [_by_retraining(of_reference), *(part for own in others for part in _by_mask(own, of_reference))]
    band = dice_band(classes, primary)
    if altered is not None and band is not None:
        parts.append(_by_altered(altered, of_reference, band))
    rates = pd.concat(parts, ignore_index=True)[list(RATE_COLUMNS)]
    resampling = Resampling(
        statistics.bootstrap_replicates, statistics.level, generator(seed, "retraining", "patient bootstrap")
    )
    return ClassNoise(rates, _summary(rates, resampling, band))


def dice_band(classes: pd.DataFrame, source: str | None) -> tuple[float, float] | None:
    """The middle half of the Dice of a source's masks that give a class, at least 0.1 wide; None without any."""
    own = classes[classes[SOURCE] == source].drop_duplicates(_KEY)
    dice = own["dice"].astype(float).dropna() if len(own) else own["dice"]
    if dice.empty:
        return None
    low, high = np.quantile(dice, [0.25, 0.75])
    more = max(0.0, _NARROWEST - (high - low)) / 2
    return max(0.0, float(low - more)), min(1.0, float(high + more))


def _by_retraining(of_reference: pd.DataFrame) -> pd.DataFrame:
    """How many refits of each kind give another class than the study's model."""
    changed = of_reference["predicted"].ne(of_reference["predicted_study"])
    return _rates(of_reference.assign(changed=changed, models=of_reference["retraining"], changed_by=RETRAINING))


def _by_mask(own: pd.DataFrame, of_reference: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Whether a source's mask gives another class than the reference's: by the study's model, and how often by
    refits."""
    refit, called = ["retraining", "refit"], ["predicted", "predicted_study"]
    beside = of_reference[[*_KEY, *refit, *called]]
    both = own.merge(beside, on=[*_KEY, *refit], suffixes=("", "_reference")).assign(changed_by=MASK)
    once = both.drop_duplicates(_KEY)
    yield _rates(once.assign(changed=once["predicted_study"].ne(once["predicted_study_reference"]), models=STUDY))
    yield _rates(both.assign(changed=both["predicted"].ne(both["predicted_reference"]), models=both["retraining"]))


def _rates(table: pd.DataFrame) -> pd.DataFrame:
    """Per lesion the share of rows with another class."""
    by = [*_KEY, "changed_by", SOURCE, "models"]
    groups = table.groupby(by, sort=False, dropna=False)
    found = groups.agg(rate=("changed", "mean"), n=("changed", "size"), longest_diameter_mm=(_DIAMETER, "first"))
    return found.reset_index()


def _by_altered(table: pd.DataFrame, of_reference: pd.DataFrame, band: tuple[float, float]) -> pd.DataFrame:
    """The share of altered masks in a range of Dice that give the other class, among those that give one; kinds
    alike."""
    altered = altered_masks(whole_errors_apart(table)[0])
    masks = altered.masks
    inside = masks["dice"].between(*band) & (masks[SAME] + masks[OTHER]).gt(0)
    cell = np.where(inside, 0, -1)
    n = np.bincount(masks["lesion"][inside], minlength=len(altered.lesions))
    found = altered.lesions[[*_KEY, _DIAMETER]].assign(rate=over_kinds(kind_means(altered, OTHER, cell, 1))[:, 0], n=n)
    known = of_reference[[*_KEY, SOURCE]].drop_duplicates().astype({"lesion_id": "int64"})
    found = found.astype({**dict.fromkeys(_KEY[:-1], object), "lesion_id": "int64"}).merge(known, on=_KEY)
    return found[found["n"] > 0].assign(changed_by=ALTERED, models=STUDY)


def _summary(rates: pd.DataFrame, resampling: Resampling, band: tuple[float, float] | None) -> pd.DataFrame:
    of_lesions = rates.drop_duplicates(_KEY)[_KEY].reset_index(drop=True)
    (patient,) = patients_of(of_lesions)
    boot = resampling.draw(int(patient.max(initial=-1)) + 1)
    series = {
        tuple(map(str, key)): of_lesions.merge(part, on=_KEY, how="left")["rate"].to_numpy(float)
        for key, part in rates.groupby(["changed_by", SOURCE, "models"], sort=False, dropna=False)
    }
    largest = rates[rates["changed_by"] == RETRAINING].groupby("models", sort=False, dropna=False)["n"].max()
    rows: list[dict[str, object]] = []
    for (by, _, kind), again in series.items():
        if by != RETRAINING:
            continue
        n_refits = {"retraining": kind, "n_refits": int(largest[kind])}
        rows.append({**n_refits, "measure": RETRAINING, **mean_of_lesions(again, patient, boot)})
        for (other, source, models), mask in series.items():
            if other != RETRAINING and models == STUDY:
                where = {**n_refits, "against": other, SOURCE: source}
                if other == ALTERED and band is not None:
                    where |= {SOURCE: "", "dice_low": band[0], "dice_high": band[1]}
                by_refits = series.get((other, source, kind))
                rows += [{**where, **row} for row in _compared(again, mask, by_refits, patient, boot)]
    return pd.DataFrame(rows, columns=list(NOISE_COLUMNS))


def _compared(
    again: NDArray, mask: NDArray, by_refits: NDArray | None, patient: NDArray[np.intp], boot: PatientBootstrap
) -> list[dict[str, object]]:
    """The rates of the lesions that have both, and retraining less mask."""
    both = np.isfinite(again) & np.isfinite(mask)
    measures = {RETRAINING: again, MASK: mask} | ({} if by_refits is None else {MASK_BY_REFITS: by_refits})
    rows: list[dict[str, object]] = [
        {"measure": name, **mean_of_lesions(np.where(both, values, np.nan), patient, boot)}
        for name, values in measures.items()
    ]
    found = _difference(np.where(both, again - mask, np.nan), patient, boot)
    return [*rows, {"measure": DIFFERENCE, **found, "statement": _statement(found)}]


def _difference(values: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap) -> dict[str, object]:
    """The mean. Where no lesion differs the other way it is one of shares (or of shares less than 0), which may be 0 in
    all but few patients."""
    if np.nanmax(values, initial=0) > 0 > np.nanmin(values, initial=0):
        return mean_of_lesions(values, patient, boot, share=False)
    sign = -1.0 if np.nanmin(values, initial=0) < 0 else 1.0
    found = mean_of_lesions(sign * values, patient, boot)
    ends = sorted(sign * float(str(found[name])) for name in ("low", "high"))
    return {**found, "value": sign * float(str(found["value"])), "low": ends[0], "high": ends[1]}


def _statement(found: dict[str, object]) -> str:
    value, low, high = (float(str(found[name])) for name in ("value", "low", "high"))
    if np.isnan(value):
        return "no lesion has both"
    if np.isnan(low):
        return f"no interval: {found['note']}"
    if low > 0:
        return MORE
    return FEWER if high < 0 else UNTOLD
