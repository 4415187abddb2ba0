"""How often a lesion keeps its class with errors like those of a source, and whether the source's own did as often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.masks.detected import is_detected
from livermets.masks.pairs import SOURCE
from livermets.masks.sizes import EVERY_SIZE, size_groups, size_labels, sizes
from livermets.perturbation.altered import Altered, altered_masks
from livermets.perturbation.held_against_pairs import RatioWords, class_changed, places_among, ratio_statement
from livermets.perturbation.means import COLUMNS as _MEAN
from livermets.perturbation.means import mean_of_lesions
from livermets.perturbation.neighbours import neighbours
from livermets.perturbation.patients import patients_of
from livermets.stats.resampling import MINIMUM_PATIENTS, PatientBootstrap, Resampling, per_patient_sum
from livermets.stats.results import NAN

LIKE_COLUMNS = (
    SOURCE, "size", "longest_diameter_mm", *_MEAN, "n_masks", "mean_dice", "n_compared", "expected_changed",
    "observed_changed", "ratio", "ratio_low", "ratio_high", "statement", "n_missed", "n_judged",
)  # fmt: skip
"""``value``: share of masks with the whole error of a lesion of the source's that keep the class."""
ABOUT = "about"
"""The ``size`` of lesions like one of a diameter."""
_NONE_DRAWN = "the source drew none of these lesions itself"
_WORDS = RatioWords(
    "classes change where transported errors change none",
    "the source's own masks change the class more often than its transported errors",
    "the source's own masks change the class less often than its transported errors",
    "no difference between the source's own masks and its transported errors can be told",
)


def like_sources(
    table: pd.DataFrame,
    pairs: pd.DataFrame,
    errors: pd.DataFrame,
    cuts_mm: tuple[float, ...],
    diameters_mm: Sequence[float],
    resampling: Resampling,
) -> pd.DataFrame:
    """Per source and size, and per source and diameter (lesions weighed by how near theirs is): the share of masks with
    a whole error of the source's that keep the class of the lesion, as the mean over lesions, patients resampled whole.

    ``table``: altered masks with a whole error, of any source. ``expected_changed`` and ``observed_changed`` are of the
    lesions that the source drew itself (``pairs``, its mask overlapping the lesion): as many changed classes as
    transported errors let expect, and as many as there were, with their ``ratio``. ``n_missed``: of the ``n_judged``
    lesions of the source in ``errors``, those that it has no mask of; such lesions are given to none."""
    rows: list[dict[str, object]] = []
    for source, masks in table.groupby(SOURCE, sort=True, dropna=True, observed=True):
        altered = altered_masks(masks.reset_index(drop=True))
        if len(altered.masks):
            of_source = pairs[pairs[SOURCE] == source]
            drawn = of_source[is_detected(of_source["dice"], 0.0) & of_source["predicted_reference"].notna()]
            lesions = _Lesions.of(altered, drawn, resampling)
            judged = dict(size_groups(errors[errors[SOURCE] == source], cuts_mm))
            found = [*_by_size(lesions, judged, cuts_mm), *_by_diameter(lesions, diameters_mm)]
            rows += [{SOURCE: source, **row} for row in found]
    return pd.DataFrame(rows, columns=list(LIKE_COLUMNS))


@dataclass(frozen=True, eq=False)
class _Lesions:
    """The lesions with transported errors of one source."""

    altered: Altered
    kept: NDArray[np.float64]
    dice: NDArray[np.float64]
    changed: NDArray[np.float64]
    """1 or 0 where the source's own mask changed the class or not; NaN where it has none."""
    patient: NDArray[np.intp]
    boot: PatientBootstrap

    @classmethod
    def of(cls, altered: Altered, drawn: pd.DataFrame, resampling: Resampling) -> _Lesions:
        number, lesion = len(altered.lesions), altered.masks["lesion"].to_numpy()
        mean = {name: np.bincount(lesion, altered.masks[name], number) for name in ("same", "dice")}
        count = np.bincount(lesion, minlength=number)
        place = places_among(drawn, altered.lesions)
        changed = np.where(place >= 0, np.append(class_changed(drawn).astype(float), NAN)[place], NAN)
        (patient,) = patients_of(altered.lesions)
        boot = resampling.draw(int(patient.max()) + 1)
        return cls(altered, mean["same"] / count, mean["dice"] / count, changed, patient, boot)

    def row(self, chosen: NDArray[np.bool_]) -> dict[str, object]:
        """Some of the lesions together."""
        found = mean_of_lesions(self.kept[chosen], self.patient[chosen], self.boot)
        n_masks = int(self.altered.lesions["n_masks"].to_numpy()[chosen].sum())
        mean_dice = float(self.dice[chosen].mean()) if chosen.any() else NAN
        return {**found, "n_masks": n_masks, "mean_dice": mean_dice, **self._held(chosen & np.isfinite(self.changed))}

    def _held(self, compared: NDArray[np.bool_]) -> dict[str, object]:
        expected, observed = (
            per_patient_sum(values[compared], self.patient[compared], self.boot.weights.shape[1])
            for values in (1 - self.kept, self.changed)
        )
        (low, high), why = self.boot.ratio(observed, expected)
        sums = float(expected.sum()), float(observed.sum())
        return {
            "n_compared": int(compared.sum()),
            "expected_changed": sums[0],
            "observed_changed": int(sums[1]),
            "ratio": sums[1] / sums[0] if sums[0] > 0 else NAN,
            "ratio_low": low,
            "ratio_high": high,
            "statement": ratio_statement(sums, low, high, why, _WORDS) if compared.any() else _NONE_DRAWN,
        }


def _by_size(
    lesions: _Lesions, judged: dict[str, pd.DataFrame], cuts_mm: tuple[float, ...]
) -> Iterator[dict[str, object]]:
    size = sizes(lesions.altered.lesions["longest_diameter_mm"], cuts_mm).to_numpy()
    for label in (EVERY_SIZE, *size_labels(cuts_mm)):
        chosen = np.ones(len(size), bool) if label == EVERY_SIZE else size == label
        missed = ~is_detected(judged[label]["dice"], 0.0)
        counted = {"n_missed": int(missed.sum()), "n_judged": len(missed)}
        yield {"size": label, "longest_diameter_mm": NAN, **lesions.row(chosen), **counted}


def _by_diameter(lesions: _Lesions, diameters_mm: Sequence[float]) -> Iterator[dict[str, object]]:
    """Averages with the weights of the needed Dice's kernel."""
    patients = lesions.boot.weights.shape[1]
    for diameter_mm in diameters_mm:
        near = neighbours(lesions.altered, diameter_mm)
        if near is None or not near.kernel.any():
            continue
        kept, weight = (
            per_patient_sum(values, lesions.patient, patients) for values in (near.kernel * lesions.kept, near.kernel)
        )
        (low, high), why = lesions.boot.ratio(kept, weight)
        if near.effective_patients < MINIMUM_PATIENTS:
            low, high, why = NAN, NAN, f"{near.effective_patients:.1f} effective patients of about this diameter"
        yield {
            "size": ABOUT,
            "longest_diameter_mm": diameter_mm,
            "value": float(kept.sum() / weight.sum()),
            "low": low,
            "high": high,
            "level": lesions.boot.level,
            "method": "cluster-bootstrap",
            "n_lesions": len(lesions.kept),
            "n_patients": patients,
            "note": "; ".join(filter(None, (near.reservation, why))),
        }
