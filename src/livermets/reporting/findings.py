"""What a concordance found, in sentences: the answer first, then for which lesions, then how far it can be trusted.

The report's summary and the verb `concordance` say the same words."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from livermets.reporting import formatting as fmt
from livermets.reporting.detection import detection_sentence, rule
from livermets.reporting.sections.estimates import rows_of, shown_interval
from livermets.reporting.tables import is_clustered
from livermets.stats.lesions import TOO_FEW_ROIS
from livermets.stats.overlap import size_groups

FEW_PATIENTS = 20
Tables = Mapping[str, pd.DataFrame]


def answer(tables: Tables, lesions: pd.DataFrame, noun: str = "lesion") -> str:
    """Does it matter who drew the mask?"""
    compared = lesions[lesions["compared"]]
    if compared.empty:
        return f"Does it matter who drew the mask? That cannot be said: no {noun} has a class from both masks."
    alike = int(compared["agree"].sum())
    text = (
        f"Does it matter who drew the mask? Of {fmt.plural(len(compared), noun)} that could be classified with both "
        f"masks, {fmt.integer(alike)} ({fmt.percent(alike / len(compared), 0)}) kept their class when the network’s "
        f"mask replaced the radiologist’s, and {fmt.integer(len(compared) - alike)} changed it."
    )
    shown = shown_interval(rows_of(_table(tables, "agreement"), "agreement"))
    if shown is not None and is_clustered(shown["method"]) and not fmt.is_missing(shown["low"]):
        ends = fmt.listed([fmt.percent(shown[end], 0) for end in ("low", "high")])
        text += (
            " Allowing for lesions of one patient resembling each other, the agreement to be expected in other "
            f"patients lies between {ends} ({fmt.percent(shown['level'], 0)} interval)."
        )
    return text


def findings(tables: Tables, lesions: pd.DataFrame) -> list[str]:
    """The sentences after the answer; what cannot be said is left out or says why."""
    found = [
        _chance(tables), detection_sentence(lesions), _by_size(tables, lesions), _by_group(tables), _needed(tables),
        _outcome(tables), _lost(lesions),
    ]  # fmt: skip
    return [sentence for sentence in found if sentence]


def limits(lesions: pd.DataFrame) -> str:
    """How far a comparison of so few patients can be trusted; empty when they are not few."""
    compared = lesions[lesions["compared"]]
    each = compared.groupby([c for c in ("cohort", "patient_id") if c in compared], dropna=False).size()
    if not 0 < len(each) < FEW_PATIENTS:
        return ""
    text = f"The comparison rests on {fmt.plural(len(each), 'patient')}"
    if len(each) > 1 and each.max() > 1:
        text += f" ({fmt.integer(each.max())} of the {fmt.integer(len(compared))} lesions are one patient’s)"
    return (
        f"{text}: every interval is wide and itself uncertain, and no difference seen here should be taken as settled."
    )


def in_words(tables: Tables, lesions: pd.DataFrame) -> str:
    """Answer, findings and limits as plain text, one line each."""
    lines = [answer(tables, lesions), *(f"- {sentence}" for sentence in findings(tables, lesions)), limits(lesions)]
    return "\n".join(line for line in lines if line).replace("\u00a0", " ") + "\n"


def _table(tables: Tables, name: str) -> pd.DataFrame:
    return tables.get(name, pd.DataFrame())


def _chance(tables: Tables) -> str:
    shown = shown_interval(rows_of(_table(tables, "agreement"), "kappa"))
    if shown is None or fmt.is_missing(shown["value"]):
        return ""
    text = f"Beyond chance: Cohen’s kappa {fmt.estimate(shown['value'], shown['low'], shown['high'])}"
    if fmt.is_missing(shown["low"]):
        return f"{text}."
    if shown["low"] <= 0 <= shown["high"]:
        return f"{text}, so it is not shown that the masks agree more often than by chance."
    more = "more" if shown["low"] > 0 else "less"
    return f"{text}, so the masks agree {more} often than by chance."


def _by_size(tables: Tables, lesions: pd.DataFrame) -> str:
    parts, names = [], []
    for size, group in size_groups(lesions)[1:]:
        compared = group[group["compared"]]
        if len(compared):
            names.append(size)
            parts.append(f"{size} in {fmt.share(int(compared['agree'].sum()), len(compared))}")
    if not parts:
        return ""
    rows = rows_of(_table(tables, "subgroup_differences"), "agreement", group=" minus ".join(names))
    differ = ""
    if len(rows) and not fmt.is_missing(rows["low"].iloc[0]):
        row = rows.iloc[0]
        ends = fmt.points(-row["value"], -row["high"], -row["low"])
        settled = "" if row["low"] > 0 or row["high"] < 0 else ", which does not tell them apart"
        differ = f"; big minus small {ends} by patient{settled}"
    return f"By longest diameter, the two masks agreed: {fmt.listed(parts)}{differ}."


def _by_group(tables: Tables) -> str:
    """Agreement in each cohort, centre and timepoint, where there are several."""
    groups = _table(tables, "subgroups")
    sentences = []
    for grouping in ("cohort", "centre", "timepoint"):
        rows = rows_of(groups, "agreement", grouping=grouping)
        parts = []
        for group, part in rows.groupby("group", sort=False, dropna=False) if len(rows) else []:
            shown = shown_interval(part)
            if shown is not None:
                ends = fmt.estimate(shown["value"], shown["low"], shown["high"], as_percent=True, digits=0)
                parts.append(f"{group} {ends}")
        if 1 < len(parts) <= 6:
            sentences.append(f"{grouping}: {fmt.listed(parts)}")
    return f"Agreement by {'; by '.join(sentences)}." if sentences else ""


def _needed(tables: Tables) -> str:
    needed = _table(tables, "required_dice")
    if needed.empty:
        return ""
    target = fmt.percent(needed["target_agreement"].iloc[0], 0)
    told = needed[needed["value"].notna() & needed["low"].notna()]
    if told.empty:
        return f"Which Dice a lesion needs so that {target} keep their class cannot be told from these data."
    parts = [
        f"{fmt.significant(r['longest_diameter_mm'])} mm: Dice {fmt.estimate(r['value'], r['low'], r['high'])}"
        for _, r in told.head(3).iterrows()
    ]
    rest = "" if len(told) == len(needed) else " At the other diameters asked for, the data cannot tell."
    return f"For {target} agreement a lesion needs, by longest diameter, {fmt.listed(parts)}.{rest}"


def _outcome(tables: Tables) -> str:
    diagnostics = _table(tables, "diagnostics")
    parts, verdicts = [], []
    for source in ("manual", "automatic"):
        shown = shown_interval(rows_of(diagnostics, "auc", mask_source=source))
        if shown is None or fmt.is_missing(shown["value"]):
            continue
        parts.append(f"{fmt.estimate(shown['value'], shown['low'], shown['high'])} with the {source} mask")
        if not fmt.is_missing(shown["low"]):
            verdicts.append(shown["low"] > 0.5)
    if not parts:
        return _classes(diagnostics)
    text = f"Separation of responders from non-responders (ROC AUC; 0.5 is chance): {fmt.listed(parts)}."
    if verdicts and not any(verdicts):
        text += " These intervals include chance."
    return text + _auc_difference(tables)


def _classes(diagnostics: pd.DataFrame) -> str:
    """Without scores, how often the classes are right."""
    parts = []
    for measure, words in (("sensitivity", "responders recognised"), ("specificity", "non-responders recognised")):
        masks = []
        for source in ("manual", "automatic"):
            shown = shown_interval(rows_of(diagnostics, measure, mask_source=source))
            if shown is not None and not fmt.is_missing(shown["value"]):
                ends = fmt.estimate(shown["value"], shown["low"], shown["high"], as_percent=True, digits=0)
                masks.append(f"{ends} with the {source} mask")
        if masks:
            parts.append(f"{words}: {fmt.listed(masks)}")
    no_area = "How well the shares separate responders could not be computed without shares of both masks"
    return f"{no_area}; {'; '.join(parts)}." if parts else f"{no_area}."


def _auc_difference(tables: Tables) -> str:
    comparison = _table(tables, "auc_comparison")
    if comparison.empty:
        return ""
    rows = comparison[comparison["method"].map(is_clustered) & comparison["low"].notna()]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    ends = fmt.estimate(row["value"], row["low"], row["high"])
    told = "which does not tell them apart" if row["low"] <= 0 <= row["high"] else "which tells them apart"
    return f" Manual minus automatic: {ends}, {told}."


def _lost(lesions: pd.DataFrame) -> str:
    lost = int((~lesions["compared"]).sum())
    if lost == 0:
        return ""
    manual, automatic = lesions["manual_fate"], lesions["automatic_fate"]
    other, few = (int(manual.eq(why).sum() + automatic.eq(why).sum()) for why in ("no class given", TOO_FEW_ROIS))
    reasons = [
        f"{fmt.integer(n)} {words}"
        for n, words in (
            (int(automatic.eq("undetected").sum()), f"not detected by the network ({rule(lesions)})"),
            (int(manual.eq("no ROI").sum()), "whose manual mask holds no ROI"),
            (int(automatic.eq("no ROI").sum()), "whose automatic mask holds no ROI"),
            (few, "with fewer ROIs than a class needs"),
            (other, "without a class for another reason"),
        )
        if n
    ]
    overlap = "; a lesion may have more than one reason" if len(reasons) > 1 else ""
    why = fmt.listed(reasons)
    return f"{fmt.plural(lost, 'lesion')} of {fmt.integer(len(lesions))} could not be compared ({why}{overlap})."
