"""Made-up tables of several mask sources and of readers, with the columns that their stages write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

MEASURES = ("dice", "volume_ratio", "assd_mm", "hausdorff_mm", "volume_ratio_outside")
_INTERVAL = {"level": 0.95, "method": "cluster-bootstrap", "note": ""}


def write_sources(path: Path, lesions: pd.DataFrame, sources: tuple[str, ...], timepoints: list[str]) -> None:
    """``sources.csv`` of one comparison: the first source is the headline's; every further one keeps two classes more,
    the last one four fewer, on the same lesions."""
    counted = lesions[lesions["predicted_manual"].notna() & lesions["timepoint"].isin(timepoints)]
    n, patients = len(counted), counted["patient_id"].nunique()
    if counted.empty:
        return
    same = int((counted["predicted_manual"] == counted["predicted_automatic"]).sum())
    rows = []
    for number, name in enumerate(sources):
        more = 0 if number == 0 else -4 if number == len(sources) - 1 else 2 * number
        rows.append(_source(name, number, n, patients, same, more))
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(path, index=False)


def _source(name: str, number: int, n: int, patients: int, same: int, more: int) -> dict[str, object]:
    row: dict[str, object] = {"mask_source": name, "primary": int(number == 0), "n_lesions": n, "n_scans": patients}
    row |= {"n_patients": patients, "n_judged": n, "n_detected": n - 3, "mean_dice": 0.5 + 0.02 * more, "note": ""}
    kept = min(same + more, n)
    other = min(2, n - kept)
    shares = {"detected": (n - 3) / n, "same": kept / n, "other": other / n, "no_class": (n - kept - other) / n}
    shares |= {"agreement": kept / (kept + other), "kappa": 0.6, "sensitivity": 0.7, "specificity": 0.65}
    for measure, value in shares.items():
        row |= {measure: value, f"{measure}_low": max(value - 0.15, 0), f"{measure}_high": min(value + 0.12, 1)}
        row[f"{measure}_method"] = "cluster-logit-t"
    row |= {"n_same": kept, "n_other": other, "n_no_class": n - kept - other, "n_compared": kept + other, "n_r_plus": 9}
    row |= {"n_r_minus": 8, "n_false_positives": 5, "false_positives_per_scan": 5 / patients, "level": 0.95}
    row["median_dice"] = 0.55 + 0.02 * more
    if number:
        gained = (kept - same) / n
        row |= {"n_lesions_both": n, "n_patients_both": patients, "n_same_this_only": max(more, 0)}
        row |= {"n_same_primary_only": max(-more, 0), "same_minus_primary": gained, "mcnemar_p": 0.2}
        row |= {"same_minus_primary_low": gained - 0.05, "same_minus_primary_high": gained + 0.05}
    return row


def write_readers(folder: Path, reader: str, other: str, adjusted: str, networks: tuple[str, ...]) -> None:
    """``readers/``: two readers, one of them with a corrected mask too, and what networks are beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [(reader, other, "reader-reader"), (reader, adjusted, "same reader"), (other, adjusted, "reader-adjusted")]
    pairs = [*drawn, *((first, name, "network-reader") for name in networks for first in (reader, other))]
    tables = {
        "pairs": [row for pair in pairs for row in _pair(*pair)],
        "ceiling": [
            row for number, name in enumerate(networks) for row in _ceiling(name, reader, other, 0.04 - 0.14 * number)
        ],
        "start": [_started("own correction", reader, adjusted)],
        "scores": [_scored(reader, "", 24.0), _scored(adjusted, "", 9.5), _scored(adjusted, reader, -14.5)],
        "notes": [{"table": "start", "statement": "One reader alone has masks of both kinds."}],
    }
    for stem, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{stem}.csv", index=False)


def _pair(a: str, b: str, kind: str) -> Iterator[dict[str, object]]:
    for structure, n in (("lesion", 30), ("scan", 8), ("liver", 8)):
        for number, measure in enumerate(MEASURES):
            value = (0.8, 1.05, 1.4, 6.2, 0.4)[number]
            counts = {
                "k": round(0.4 * n) if measure.endswith("outside") else None,
                "n": n,
                "n_patients": 8,
                "n_scans": 8,
            }
            spread = {"median": value, "q1": value * 0.8, "q3": value * 1.1, "mean": value, "mean_low": value * 0.9}
            lacking = {"n_lacking_a": 0, "n_lacking_b": 2, "n_lacking_both": 0, "n_seen": 0}
            where = {"cohort": "validation", "source_a": a, "source_b": b, "kind": kind, "structure": structure}
            yield {**where, "measure": measure, **counts, **spread, "mean_high": value * 1.1, **lacking, **_INTERVAL}


def _ceiling(network: str, a: str, b: str, worse: float) -> Iterator[dict[str, object]]:
    for measure in ("dice", "assd_mm"):
        for against in ("a", "b", "both"):
            verdict = "" if measure != "dice" else "within" if worse > 0 else "cannot say"
            means = {"readers_mean": 0.8, "network_mean": 0.8 + worse, "difference": worse}
            where = {"cohort": "validation", "mask_source": network, "source_a": a, "source_b": b, "against": against}
            counts = {"structure": "lesion", "measure": measure, "n": 30, "n_left_out": 0, "n_scans": 8}
            limits = {"low": worse - 0.07, "high": worse + 0.07, "margin": 0.05, "verdict": verdict}
            yield {**where, **counts, "n_patients": 8, **means, **limits, **_INTERVAL}


def _started(comparison: str, free: str, adjusted: str) -> dict[str, object]:
    where = {"cohort": "validation", "comparison": comparison, "source_a": "", "source_b": "", "adjusted_a": free}
    counts = {"adjusted_b": adjusted, "structure": "lesion", "measure": "dice", "n": 30, "n_patients": 8}
    return {**where, **counts, "without_mean": None, "with_mean": 0.85, "difference": None, "low": None, "high": None}


def _scored(source: str, beside: str, minutes: float) -> dict[str, object]:
    where = {"cohort": "validation", "mask_source": source, "compared_with": beside, "measure": "minutes", "n": 8}
    spread = {"n_patients": 8, "median": minutes, "q1": minutes - 2, "q3": minutes + 3, "mean": minutes}
    return {**where, **spread, "mean_low": minutes - 3, "mean_high": minutes + 3, **_INTERVAL}
