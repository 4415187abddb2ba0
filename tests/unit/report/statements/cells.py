"""The two tables of the summary: captions and every cell with a number."""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.report.statements.fates import AUTOMATIC, CLASSES, MANUAL, fates
from tests.unit.report.statements.intervals import ENDS, quoted, rows
from tests.unit.report.statements.registry import Files, Statement, Values

_FATES = {"Same class": "same", "Another class": "other", "No class": "none"}
_KEPT = {
    "all lesions": ("agreement_all", "all"),
    "classified with the manual mask": ("agreement_reader_classified", "manual"),
    "classified with both masks": ("agreement", "both"),
}
_MASKS = {
    f"{words}, {mask} mask": (among, mask)
    for words, among in (("Both classes", "both"), ("All lesions", "all"))
    for mask in ("manual", "automatic")
}
_AGREEMENT = "concordance/<comparison>/<source>/agreement.csv"
_DIAGNOSTICS = "concordance/<comparison>/<source>/diagnostics.csv, diagnostics_all.csv"


def _who(files: Files, **_: str) -> Values:
    lesions = files.headline(files.main)
    return {"n": len(lesions), "patients": lesions["who"].nunique()}


def _count(files: Files, fate: str) -> Values:
    counts = fates(files.headline(files.main))
    k = counts[_FATES[fate]]
    return {"k": k, "n": counts["n"], "share": k / counts["n"]}


def _known(files: Files, **_: str) -> Values:
    every = files.headline(files.main).dropna(subset=["response"])
    both = files.both(files.main).dropna(subset=["response"])
    return {
        "n": len(both), "patients": both["who"].nunique(), "all": len(every), "all_patients": every["who"].nunique(),
    }  # fmt: skip


def _right(files: Files, column: str, outcome: int) -> Values:
    among, mask = _MASKS[column]
    lesions = files.both(files.main) if among == "both" else files.headline(files.main)
    called = lesions.loc[lesions["response"].eq(outcome), AUTOMATIC if mask == "automatic" else MANUAL]
    return {"k": int(called.eq(outcome).sum()), "n": len(called)}


def _ends(files: Files, column: str, measure: str) -> Values:
    among, mask = _MASKS[column]
    where = {} if among == "both" else {"population": "all lesions, unclassified counted as wrong"}
    table = "diagnostics" if among == "both" else "diagnostics_all"
    return quoted(rows(files, table, measure, mask_source=mask, **where))


def _difference(files: Files, measure: str, outcome: int) -> Values:
    lesions = files.headline(files.main)
    known = lesions[lesions["response"].eq(outcome)]
    row = rows(files, "diagnostics_differences", measure).iloc[0]
    share = known[MANUAL].eq(outcome).mean() - known[AUTOMATIC].eq(outcome).mean()
    return {"value": share, "low": row["low"], "high": row["high"]}


def cells(kept: Callable[[Files, str], Values]) -> tuple[Statement, ...]:
    """Statements of both tables; ``kept`` counts the lesions of a population that keep their class."""
    fate, figures = "summary/cell/key-fates", "summary/cell/key-figures"
    return (
        Statement("summary/caption/key-fates", "the class of {n} validation lesion… of {patients} patient",
                  "lesions.csv", "timepoint, patient_id", _who),
        *(
            Statement(f"{fate}/{words}, all lesions/{column}", text, "lesions.csv", CLASSES,
                      lambda files, words=words: _count(files, words))
            for words in _FATES
            for column, text in (("Count", "{k} of {n}"), ("Share", "{share:%} %"))
        ),
        *(
            Statement(f"{fate}/Same class, {words}/{column}", text, "lesions.csv", CLASSES,
                      lambda files, among=among: kept(files, among))
            for words, (_, among) in _KEPT.items()
            for column, text in (("Count", "{k} of {n}"), ("Share", "{share:%} %"))
        ),
        *(
            Statement(f"{fate}/Same class, {words}/Interval", "{low:%} to {high:%} %", _AGREEMENT, f"{measure}: {ENDS}",
                      lambda files, measure=measure: quoted(rows(files, "agreement", measure)))
            for words, (measure, _) in _KEPT.items()
        ),
        Statement("summary/caption/key-figures", "{n} validation lesion… of {patients} patient… with an outcome and "
                  "both classes, and all {all} validation lesion… of {all_patients} patient… with an outcome",
                  "lesions.csv", f"{CLASSES}, response", _known),
        *(
            Statement(f"{figures}/{words}/{{column}}", "{k} of {n}", "lesions.csv", f"{CLASSES}, response",
                      lambda files, column, outcome=outcome: _right(files, column, outcome))
            for words, outcome in (("Sensitivity", 1), ("Specificity", 0))
        ),
        *(
            Statement(f"{figures}/{measure.capitalize()}/{{column}}", "{value:%} % ({low:%} to {high:%} %)",
                      _DIAGNOSTICS, f"{measure}: {ENDS}",
                      lambda files, column, measure=measure: _ends(files, column, measure))
            for measure in ("sensitivity", "specificity")
        ),
        *(
            Statement(f"{figures}/{measure.capitalize()}/Difference, all lesions", text,
                      "lesions.csv, concordance/<comparison>/<source>/diagnostics_differences.csv",
                      f"{CLASSES}, response; low, high",
                      lambda files, measure=measure, outcome=outcome: _difference(files, measure, outcome),
                      not_before=end, rare=True)
            for measure, outcome in (("sensitivity", 1), ("specificity", 0))
            for text, end in (("{value:%} points ({low:%} to {high:%})", ""), ("{value:%} points", " ("))
        ),
        Statement(f"{figures}/ROC AUC/{{column}}", "{value} ({low} to {high})", _DIAGNOSTICS, f"auc: {ENDS}",
                  lambda files, column: _ends(files, column, "auc")),
    )  # fmt: skip
