"""Segmentation and networks: captions."""

from __future__ import annotations

import json

from tests.unit.report.statements.registry import Files, Statement, Values


def _limits(files: Files, **_: str) -> Values:
    sizes = files.csv("overlap/overlap.csv")["size"]
    first, last = (sizes[sizes.str.startswith(sign)].unique().item().split()[1] for sign in "<≥")
    return {"first": float(first), "last": float(last)}


def _between(files: Files, low: str, high: str, **_: str) -> Values:
    (found,) = {size for size in files.csv("overlap/overlap.csv")["size"] if size == f"{low}–{high} mm"}
    return dict(zip(("low", "high"), found.split()[0].split("–"), strict=True))


def _judged(files: Files, **_: str) -> Values:
    return {"n": int(files.lesions()["dice"].notna().sum())}


def _scans(files: Files, **_: str) -> Values:
    lesions = files.lesions()
    return {"n": len(lesions[lesions["dice"].notna()][["who", "timepoint"]].drop_duplicates())}


def _compared(files: Files, **_: str) -> Values:
    lesions = files.csv("overlap/lesions.csv").query("network != 'automatic'")
    validation = lesions.query("cross_validated == 0")
    judged = validation if len(validation) else lesions
    return {"n": len(judged.drop_duplicates(["cohort", "patient_id", "timepoint", "lesion_id"]))}


def _epochs(files: Files, network: str) -> Values:
    log = files.csv(f"networks/{network}/training_log.csv")
    return {
        "n": len(log),
        "kept": json.loads((files.folder / f"networks/{network}/network.json").read_text())["kept_epoch"],
    }


def _ranked(files: Files, cohort: str, **_: str) -> Values:
    return {"n": int(files.lesions(cohort)["dice"].notna().sum())}


def _seen(files: Files, cohort: str) -> Values:
    seen = files.every(f"{cohort.split()[-1]}/segmentation/automatic/*/*/scan_metrics.csv")["seen_in_training"]
    return {"k": int(seen.sum()), "n": len(seen)}


def _crossed(files: Files, cohort: str) -> Values:
    scans = files.every(f"{cohort.split()[-1]}/segmentation/automatic/*/*/scan_metrics.csv")
    return {"k": int(scans["fold"].notna().sum()), "n": len(scans)}


def _folds(files: Files, **_: str) -> Values:
    return {"folds": files.every("*/segmentation/automatic/*/*/scan_metrics.csv")["fold"].nunique()}


def _curve(files: Files, curve: str, **_: str) -> Values:
    table = files.csv("overlap/learning_curve.csv")
    part = table[table["curve"].eq(curve.split()[-1])]
    patients, shares = part["n_training_patients"], part["training_share"]
    return {"few": patients.min(), "many": patients.max(), "low": shares.min(), "high": shares.max()}


def _judged_by_curve(files: Files, cohort: str, timepoint: str, **_: str) -> Values:
    at = "all" if timepoint == "all timepoints" else timepoint
    table = files.csv("overlap/lesions.csv")
    here = table[table["cohort"].eq(cohort) & (table["timepoint"].eq(at) | (at == "all"))]
    return {"n": here["patient_id"].nunique()}


def _seen_by_curve(files: Files, **_: str) -> Values:
    seen = files.csv("overlap/learning_curve.csv")["n_patients_seen"]
    return {"few": seen.min(), "many": seen.max()}


STATEMENTS = (
    Statement("segmentation/paragraph/", "longest diameter: < {first} mm", "overlap/overlap.csv", "size", _limits),
    Statement("segmentation/paragraph/", "{low:w}–{high:w} mm", "overlap/overlap.csv", "size", _between, rare=True),
    Statement("segmentation/paragraph/", "and ≥ {last} mm", "overlap/overlap.csv", "size", _limits),
    Statement("segmentation/note/", "{cohort:w} ({k} of {n} scans)",
              "<cohort>/segmentation/automatic/*/*/scan_metrics.csv", "seen_in_training", _seen,
              not_before=" were cross-validated"),
    Statement("segmentation/note/", "{cohort:w} ({k} of {n} scans) were cross-validated",
              "<cohort>/segmentation/automatic/*/*/scan_metrics.csv", "fold", _crossed, rare=True),
    *(
        Statement("*", f"{word}-validated, {{folds}} fold… by patient",
                  "<cohort>/segmentation/automatic/*/*/scan_metrics.csv", "fold", _folds, rare=True)
        for word in ("cross", "Cross")
    ),
    Statement("segmentation/caption/dice-by-size", "n = {n} lesion", "lesions.csv", "dice", _judged),
    Statement("segmentation-patients/caption/per-patient", "), {n} scan", "lesions.csv",
              "dice, patient_id, timepoint", _scans),
    Statement("networks-compared/caption/networks-dice", "{n} lesion… each", "overlap/lesions.csv", "network",
              _compared),
    Statement("networks-compared/caption/networks-learning-curve",
              "{curve:w}: {few} to {many} training patients, shares of {low:%} % to {high:%} %",
              "overlap/learning_curve.csv", "n_training_patients, training_share", _curve, rare=True),
    Statement("networks-compared/caption/networks-learning-curve", "{cohort:w} at {timepoint:w}: {n}",
              "overlap/lesions.csv", "patient_id", _judged_by_curve, rare=True),
    Statement("networks-compared/caption/networks-learning-curve", "{level:%} % intervals are over the patients",
              "overlap/learning_curve.csv", "level",
              lambda files, **_: {"level": files.csv("overlap/learning_curve.csv")["level"].iloc[0]}, rare=True),
    Statement("networks-compared/caption/networks-learning-curve", "{few} to {many} were among",
              "overlap/learning_curve.csv", "n_patients_seen", _seen_by_curve, rare=True),
    Statement("network-{network}/caption/*-curves", "{n} epoch", "networks/<network>/training_log.csv", "epoch",
              _epochs),
    Statement("network-{network}/caption/*-curves", "epoch {kept}, whose weights were kept",
              "networks/<network>/network.json", "kept_epoch", _epochs, rare=True),
    Statement("overlays/caption/*", "Cohort {cohort:w}: lesions of the best, median and worst Dice among {n} lesion",
              "lesions.csv", "dice", _ranked, rare=True),
)  # fmt: skip
