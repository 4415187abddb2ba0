"""The mask sources of a study side by side: does a better network, or a corrected mask, change fewer classes?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.concordance.agreement import AGREEMENT, ALL, agreement_table
from livermets.concordance.counts import detection_table
from livermets.concordance.diagnostics import CLASSIFIED, diagnostics_of_all
from livermets.concordance.result import patient_bootstrap
from livermets.config.statistics import StatisticsSettings
from livermets.errors import input_error
from livermets.masks.identity import AUTOMATIC, LESION_KEY, SCAN_KEY, present
from livermets.masks.lesion_table import (
    FATES,
    NO_CLASS,
    OTHER,
    SAME,
    VALIDATION,
    checked_lesions,
    dice_of,
    false_positive_count,
    of_these_patients,
    patient_numbers,
    with_headline,
    without_other_roles,
)
from livermets.masks.pairs import others_than, pair
from livermets.randomness import generator
from livermets.stats.comparisons import paired_shares
from livermets.stats.proportions import quoted_share
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, shown_interval

_INTERVAL = {"": "value", "_low": "low", "_high": "high", "_method": "method"}
_FATE_NAMES = dict(zip(FATES, ("same", "other", "no_class"), strict=True))


def _estimate(name: str) -> tuple[str, ...]:
    return tuple(f"{name}{end}" for end in _INTERVAL)


COLUMNS = (
    "mask_source",
    "primary",
    "n_lesions",
    "n_scans",
    "n_patients",
    "n_judged",
    "n_detected",
    *_estimate("detected"),
    "mean_dice",
    "median_dice",
    *(column for name in _FATE_NAMES.values() for column in (f"n_{name}", *_estimate(name))),
    "n_compared",
    *_estimate("agreement"),
    *_estimate("kappa"),
    "n_r_plus",
    *_estimate("sensitivity"),
    "n_r_minus",
    *_estimate("specificity"),
    "n_false_positives",
    "false_positives_per_scan",
    "n_lesions_both",
    "n_patients_both",
    "n_same_this_only",
    "n_same_primary_only",
    *_estimate("same_minus_primary"),
    "mcnemar_p",
    "level",
    "note",
)
"""Of an estimate: its value, both ends of the interval to quote, and the method of this."""


def sources_table(
    long: pd.DataFrame,
    reference: str,
    primary: str | None = None,
    settings: StatisticsSettings | None = None,
    seed: int = 0,
    where: str = "lesion table",
    timepoints: Sequence[str] = (),
    roles: Sequence[str] = (VALIDATION,),
) -> pd.DataFrame:
    """One row per mask source beside the reference, the ``primary`` one first (left out: the first of the table).

    Every row is about the reference lesions of the scans that the source has a mask of, so lesions may differ from row
    to row. Its figures are those of the pair's own tables: detection, fates, agreement and kappa, Dice (0 for a lesion
    that was missed), sensitivity and specificity of the source's own classes over the lesions that it classifies.
    ``*_minus_primary`` compares with the primary source on the lesions that both rows are about: the difference of the
    shares of lesions with the reference's class, patients resampled whole, and McNemar's exact test (lesions
    independent). Raises `InputError` for a wrong table, never for a small one."""
    settings = settings or StatisticsSettings()
    long, _ = without_other_roles(long, roles, where)
    others = others_than(reference, long, where)
    first = others[0] if primary is None else primary
    if first not in others:
        raise input_error(where, f"no row of the primary mask source {first!r}", f"Others are {', '.join(others)}")
    names = [first, *(name for name in others if name != first)]
    wide = {
        name: with_headline(pair(long, reference, name), timepoints, where, roles).query("headline") for name in names
    }
    checked = {name: _checked(table) for name, table in wide.items()}
    rows = []
    for name in names:
        facts = {"mask_source": name, "primary": int(name == first), "level": settings.level}
        facts |= _of_source(checked[name], settings, seed) | _false_positives(wide[name])
        rows.append(facts | (_against(checked[name], checked[first], settings, seed) if name != first else {}))
    return _typed(pd.DataFrame(rows, columns=list(COLUMNS)))


def _checked(wide: pd.DataFrame) -> pd.DataFrame:
    return of_these_patients(checked_lesions(wide)) if len(wide) else wide


def _of_source(lesions: pd.DataFrame, settings: StatisticsSettings, seed: int) -> dict[str, Any]:
    if lesions.empty:
        return {"n_lesions": 0, "note": "no lesion that a prediction is made for"}
    boot, dice = patient_bootstrap(lesions, settings, seed), dice_of(lesions)
    found = detection_table(lesions, settings).iloc[0]
    agreement, diagnostics = agreement_table(lesions, boot), diagnostics_of_all(lesions, boot)
    own = diagnostics[(diagnostics["mask_source"] == AUTOMATIC) & (diagnostics["population"] == CLASSIFIED)]
    known = lesions[lesions["response"].notna() & lesions["predicted_automatic"].notna()]
    facts: dict[str, Any] = {
        "n_lesions": len(lesions),
        "n_scans": len(lesions[present(SCAN_KEY, lesions)].drop_duplicates()),
        "n_patients": lesions["patient"].nunique(),
        "n_judged": found["n"],
        "n_detected": found["k"],
        **_cells("detected", found),
        "mean_dice": dice.mean(),
        "median_dice": dice.median(),
        **{f"n_{name}": int((lesions["fate"] == fate).sum()) for fate, name in _FATE_NAMES.items()},
        "n_compared": int(lesions["compared"].sum()),
        "n_r_plus": int((known["response"] == 1).sum()),
        "n_r_minus": int((known["response"] == 0).sum()),
    }
    for name, table, measure in (
        ("same", agreement, ALL),
        ("agreement", agreement, AGREEMENT),
        ("kappa", agreement, "kappa"),
        ("sensitivity", own, "sensitivity"),
        ("specificity", own, "specificity"),
    ):
        facts |= _cells(name, shown_interval(table[table["measure"] == measure]))
    for fate in (OTHER, NO_CLASS):
        facts |= _share(_FATE_NAMES[fate], lesions["fate"] == fate, lesions["patient"], settings.level)
    return facts


def _against(lesions: pd.DataFrame, primary: pd.DataFrame, settings: StatisticsSettings, seed: int) -> dict[str, Any]:
    """One source minus the primary one in the share of lesions with the reference's class, on the same lesions."""
    if lesions.empty or primary.empty:
        return {"n_lesions_both": 0}
    keys = present(LESION_KEY, lesions)
    both = lesions[[*keys, "fate"]].merge(primary[[*keys, "fate"]], on=keys, suffixes=("_this", "_primary"))
    if both.empty:
        return {"n_lesions_both": 0, "note": "no lesion in common with the primary source"}
    patient = patient_numbers(both)
    same = [(both[f"fate_{which}"] == SAME).to_numpy(bool) for which in ("this", "primary")]
    boot = _of_the_difference(patient, settings, seed)
    found = paired_shares("same_minus_primary", same[0], same[1], np.ones(len(both), bool), patient, boot)
    difference = found.difference
    return {
        "n_lesions_both": len(both),
        "n_patients_both": difference.n_patients,
        "n_same_this_only": found.first_only,
        "n_same_primary_only": found.second_only,
        **_cells("same_minus_primary", difference.row),
        "mcnemar_p": found.p,
        "note": difference.note,
    }


def _false_positives(wide: pd.DataFrame) -> dict[str, Any]:
    """Components without a reference lesion, per scan of those with lesions or such components."""
    if "kind" not in wide:
        return {}
    scans = len(wide[present(SCAN_KEY, wide)].drop_duplicates())
    count = false_positive_count(wide)
    return {"n_false_positives": count, "false_positives_per_scan": count / scans if scans else NAN}


def _share(name: str, hit: pd.Series, patient: pd.Series, level: float) -> dict[str, Any]:
    """The share of ``hit`` among all lesions, with the interval to quote."""
    people = patient.to_numpy(np.intp)
    hits, among = (per_patient_sum(part, people, int(people.max()) + 1) for part in (hit, np.ones(len(hit))))
    low, high, method = quoted_share(hits, among, level)
    return _cells(name, {"value": hit.mean(), "low": low, "high": high, "method": method})


def _cells(name: str, row: Mapping[str, Any] | pd.Series | None) -> dict[str, Any]:
    """Value, interval and method of one estimate under the names of their columns."""
    if row is None:
        return {}
    return {f"{name}{end}": row[cell] for end, cell in _INTERVAL.items()}


def _of_the_difference(patient: NDArray[np.intp], settings: StatisticsSettings, seed: int) -> PatientBootstrap:
    """Resamples of the patients that two sources have in common."""
    random = generator(seed, "concordance", "sources")
    return PatientBootstrap.draw(int(patient.max()) + 1, settings.bootstrap_replicates, settings.level, random)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    counts = [name for name in table if str(name).startswith("n_")]
    return table.astype(dict.fromkeys(counts, "Int64"))
