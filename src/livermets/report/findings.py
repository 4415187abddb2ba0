"""What a concordance found, in sentences: the answer first, then for which lesions, then how far it can be trusted.

The report's summary and the verb `concordance` say the same words."""

from __future__ import annotations

import pandas as pd

from livermets.concordance.agreement_model import OUTCOMES
from livermets.concordance.diagnostics import CLASSIFIED
from livermets.concordance.fates import ANY, NOT_MEASURED
from livermets.masks.identity import SIDES
from livermets.masks.lesion_table import NO_CLASS, TOO_FEW_ROIS
from livermets.report import formatting as fmt
from livermets.report.answer import Tables, answer, table_of
from livermets.report.detection import detection_sentence, rule
from livermets.report.equivalence import equivalence_sentence
from livermets.report.lesions import headline
from livermets.report.rows import POPULATIONS, of_outcome, rows_of
from livermets.report.sides import naming
from livermets.report.sources import MaskSources
from livermets.stats.results import shown_interval

FEW_PATIENTS = 20
_COMPARED = "lesions that both masks classify"


def findings(tables: Tables, lesions: pd.DataFrame) -> list[str]:
    """The sentences after the answer; what cannot be said is left out or says why."""
    counted = headline(lesions)
    found = [
        _lost(counted),
        _chance(tables),
        equivalence_sentence(tables),
        detection_sentence(table_of(tables, "detection"), counted),
        _by_size(tables),
        _by_group(tables),
        _needed(tables),
        _outcome(tables),
        _responders(tables),
        _other_timepoints(lesions),
    ]
    return [sentence for sentence in found if sentence]


def limits(lesions: pd.DataFrame, resting: str = "The comparison rests") -> str:
    """How far figures of so few patients can be trusted; empty when they are not few."""
    compared = headline(lesions).query("compared")
    each = compared.groupby([c for c in ("cohort", "patient_id") if c in compared], dropna=False).size()
    if not 0 < len(each) < FEW_PATIENTS:
        return ""
    text = f"{resting} on {fmt.plural(len(each), 'patient')}"
    if len(each) > 1 and each.max() > 1:
        text += f" ({fmt.integer(each.max())} of the {fmt.integer(len(compared))} lesions are one patient’s)"
    # The digits of tests/bench/bench_coverage_quoted.py.
    return (
        f"{text}: every interval is wide and itself uncertain, and no difference seen here should be taken as settled. "
        "In simulated studies of 8 and 16 patients (25 to 84 lesions; at least 600 studies of a kind; correlation "
        "within patients from 0 to 0.6) 95 % intervals quoted by the same rule held the truth in 92 to 99 %."
    )


def in_words(tables: Tables, lesions: pd.DataFrame, sides: tuple[str, str] = SIDES) -> str:
    """Answer, findings and limits as plain text, one line each; ``sides``: what the two sources are called."""
    lines = [answer(tables, lesions), *(f"- {sentence}" for sentence in findings(tables, lesions)), limits(lesions)]
    text = "\n".join(line for line in lines if line).replace("\u00a0", " ") + "\n"
    say = naming(MaskSources(sides[0], given=() if sides == SIDES else sides[1:]))
    return say(text) if say else text


def _chance(tables: Tables) -> str:
    shown = shown_interval(rows_of(table_of(tables, "agreement"), "kappa"))
    if shown is None or fmt.is_missing(shown["value"]):
        return ""
    text = f"Beyond chance, in {_COMPARED}: Cohen’s kappa {fmt.estimate(shown['value'], shown['low'], shown['high'])}"
    if fmt.is_missing(shown["low"]):
        return f"{text}."
    if shown["low"] <= 0 <= shown["high"]:
        return f"{text}, so it is not shown that the masks agree more often than by chance."
    more = "more" if shown["low"] > 0 else "less"
    bar = "; two masks of one lesion share much of what is measured, so chance is a low bar" if shown["low"] > 0 else ""
    return f"{text}, so the masks agree {more} often than by chance{bar}."


def _by_size(tables: Tables) -> str:
    """How many small and big lesions keep their class, first of those that the reader's mask classifies, lost classes
    counted, and how far they differ, big minus small."""
    fates = table_of(tables, "fates")
    shown = fates[(fates["dice"] == ANY) & ~fates["size"].isin((ANY, NOT_MEASURED))] if len(fates) else fates
    sentences = []
    for measure, among, words in (
        ("agreement_reader_classified", "reader_classified", "the lesions that the radiologist’s mask classifies"),
        ("agreement", "compared", "those that both masks classify"),
    ):
        rows = shown.assign(compared=shown["same"] + shown["other"]) if len(shown) else shown
        if measure == "agreement" and len(rows) and (rows["compared"] == rows["reader_classified"]).all():
            continue  # no class was lost: the same lesions once more
        parts = [f"{fmt.share(r['same'], r[among])} of those {r['size']}" for _, r in rows[::-1].iterrows() if r[among]]
        if parts:
            sentences.append(f"of {words}, {fmt.listed(parts)} keep their class{_size_difference(tables, measure)}")
    return f"By longest diameter, {'; '.join(sentences)}." if sentences else ""


def _size_difference(tables: Tables, measure: str) -> str:
    row = shown_interval(rows_of(table_of(tables, "subgroup_differences"), measure, grouping="size"))
    if row is None or fmt.is_missing(row["low"]):
        return ""
    settled = "tells them apart" if row["low"] > 0 or row["high"] < 0 else "does not tell them apart"
    return f" (big minus small {fmt.points(row['value'], row['low'], row['high'])}, which {settled})"


def _responders(tables: Tables) -> str:
    """How many responders each mask loses, and where the automatic one loses the most, unless that is a tie."""
    fates = table_of(tables, "fates")
    if fates.empty or not fates["r_plus"].iloc[-1]:
        return ""
    total = fates.iloc[-1]
    parts = [
        f"{fmt.count_of(_lost_responders(total, source), total['r_plus'])} with the {source} mask "
        f"({fmt.integer(total[f'r_plus_called_minus_{source}'])} called R−, "
        f"{fmt.integer(total[f'r_plus_no_class_{source}'])} without a class)"
        for source in SIDES
    ]
    cells = fates[(fates["size"] != ANY) & (fates["dice"] != ANY)]
    lost = cells.apply(lambda row: _lost_responders(row, "automatic"), axis=1)
    text = f"Responders that are not recognised: {fmt.listed(parts)}."
    if lost.max() == 0 or (lost == lost.max()).sum() > 1:
        return text
    most = cells.iloc[int(lost.to_numpy().argmax())]
    return (
        f"{text} Of the {fmt.integer(lost.sum())} that the automatic mask does not recognise, "
        f"{fmt.integer(lost.max())} are among the {fmt.integer(most['r_plus'])} with diameter {most['size']} and Dice "
        f"{most['dice']}, of which the manual mask does not recognise {fmt.integer(_lost_responders(most, 'manual'))}."
    )


def _lost_responders(row: pd.Series, source: str) -> int:
    return int(row[f"r_plus_called_minus_{source}"] + row[f"r_plus_no_class_{source}"])


def _other_timepoints(lesions: pd.DataFrame) -> str:
    """Which timepoints the figures are about, and what is left out; empty where nothing is."""
    others = lesions[~lesions["headline"].astype(bool)]
    if others.empty:
        return ""
    named = fmt.listed([str(name) for name in headline(lesions)["timepoint"].unique()])
    about = f"All figures are about {named}" if named else "No figure is about a prediction"
    found = fmt.listed([str(name) for name in others["timepoint"].unique()])
    return (
        f"{about}; {fmt.plural(len(others), 'lesion')} at {found} are left out, because a "
        "follow-up image is part of the outcome and its classes predict nothing. How the masks agree there is shown by "
        "timepoint."
    )


def _by_group(tables: Tables) -> str:
    """Agreement in each cohort, centre and timepoint, where there are several."""
    groups = table_of(tables, "subgroups")
    sentences = []
    for grouping in ("cohort", "centre", "timepoint"):
        rows = rows_of(groups, "agreement", grouping=grouping)
        parts = []
        for group, part in rows.groupby("group", sort=False, dropna=False) if len(rows) else []:
            shown = shown_interval(part)
            if shown is not None and not fmt.is_missing(shown["value"]):
                ends = fmt.interval(shown["low"], shown["high"], as_percent=True, digits=0)
                percent = "; ".join(text for text in (fmt.percent(shown["value"], 0), ends) if text)
                parts.append(f"{group} {fmt.count_of(shown['k'], shown['n'])} ({percent})")
        if 1 < len(parts) <= 6:
            sentences.append(f"{grouping}: {fmt.listed(parts)}")
    return f"Agreement, in {_COMPARED}, by {'; by '.join(sentences)}." if sentences else ""


def _needed(tables: Tables) -> str:
    """The Dice that a lesion needs, a sentence per population whose model was fitted."""
    return " ".join(text for outcome in OUTCOMES if (text := _needed_of(outcome, tables)))


def _needed_of(outcome: str, tables: Tables) -> str:
    needed = of_outcome(tables, "required_dice", outcome)
    if needed.empty:
        return ""
    target = f"{fmt.percent(needed['target_agreement'].iloc[0], 0)} {POPULATIONS[outcome]} keep their class"
    told = needed[needed["value"].notna() & needed["low"].notna()]
    if told.empty:
        return f"Which Dice a lesion needs so that {target} cannot be told from these data."
    parts = [
        f"{fmt.significant(r['longest_diameter_mm'])} mm: Dice {fmt.estimate(r['value'], r['low'], r['high'])}"
        for _, r in told.head(3).iterrows()
    ]
    rest = "" if len(told) == len(needed) else " At the other diameters asked for, the data cannot tell."
    return f"So that {target} a lesion needs, by longest diameter, {fmt.listed(parts)}.{rest}"


def _outcome(tables: Tables) -> str:
    diagnostics = table_of(tables, "diagnostics")
    parts, verdicts = [], []
    for source in SIDES:
        shown = shown_interval(rows_of(diagnostics, "auc", mask_source=source))
        if shown is None or fmt.is_missing(shown["value"]):
            continue
        parts.append(f"{fmt.estimate(shown['value'], shown['low'], shown['high'])} with the {source} mask")
        if not fmt.is_missing(shown["low"]):
            verdicts.append(shown["low"] > 0.5)
    if not parts:
        return _classes(diagnostics)
    chance = "(ROC AUC; 0.5 is chance)"
    text = f"Separation of responders from non-responders, in {_COMPARED} {chance}: {fmt.listed(parts)}."
    if verdicts and not any(verdicts):
        text += " These intervals include chance."
    return f"{text}{_auc_difference(tables)}{_own_areas(tables)}"


def _own_areas(tables: Tables) -> str:
    """The area over all lesions that a mask classifies, where these are more than both classify: those that one mask
    loses may be the easy ones of the other."""
    paired, every = table_of(tables, "diagnostics"), table_of(tables, "diagnostics_all")
    own = every[every["population"] == CLASSIFIED] if "population" in every else every
    parts = []
    for source in SIDES:
        both, alone = (shown_interval(rows_of(table, "auc", mask_source=source)) for table in (paired, own))
        if both is None or alone is None or fmt.is_missing(alone["value"]) or alone["n_lesions"] <= both["n_lesions"]:
            continue
        ends = fmt.estimate(alone["value"], alone["low"], alone["high"])
        parts.append(f"{ends} with the {source} mask on its {fmt.plural(alone['n_lesions'], 'lesion')}")
    return f" Over all lesions that a mask classifies: {fmt.listed(parts)}." if parts else ""


def _classes(diagnostics: pd.DataFrame) -> str:
    """Without scores, how often the classes are right."""
    parts = []
    for measure, words in (("sensitivity", "responders recognised"), ("specificity", "non-responders recognised")):
        masks = []
        for source in SIDES:
            shown = shown_interval(rows_of(diagnostics, measure, mask_source=source))
            if shown is not None and not fmt.is_missing(shown["value"]):
                ends = fmt.estimate(shown["value"], shown["low"], shown["high"], as_percent=True, digits=0)
                masks.append(f"{ends} with the {source} mask")
        if masks:
            parts.append(f"{words}: {fmt.listed(masks)}")
    areas = rows_of(diagnostics, "auc")
    why = [str(note) for note in areas["note"].dropna() if note] if "note" in areas else []
    if len(areas) and not areas["n_lesions"].any():
        why = ["no lesion with a known outcome has a class and a share from both masks"]
    no_area = (
        f"How well the shares separate responders could not be computed ({why[0]})"
        if why
        else "How well the shares separate responders could not be computed without shares of both masks"
    )
    return f"{no_area}; in {_COMPARED}, {'; '.join(parts)}." if parts else f"{no_area}."


def _auc_difference(tables: Tables) -> str:
    row = shown_interval(table_of(tables, "auc_comparison"))
    if row is None or fmt.is_missing(row["low"]):
        return ""
    ends = fmt.estimate(row["value"], row["low"], row["high"])
    told = "which does not tell them apart" if row["low"] <= 0 <= row["high"] else "which tells them apart"
    return f" Manual minus automatic: {ends}, {told}."


def _lost(lesions: pd.DataFrame) -> str:
    """Why lesions have no class, each with one reason."""
    lost = lesions[lesions["fate"] == NO_CLASS]
    if lost.empty:
        return ""
    found = lost["no_class_because"].value_counts()
    reasons = [f"{fmt.integer(n)} {_reason(str(why), rule(lesions))}" for why, n in found.items()]
    which = f"{fmt.plural(len(lost), 'lesion')} of {fmt.integer(len(lesions))}"
    return f"{which} {'has' if len(lost) == 1 else 'have'} no class with at least one mask: {'; '.join(reasons)}."


_BOTH = {
    "no ROI": "where neither mask holds a ROI",
    TOO_FEW_ROIS: "where both masks hold fewer ROIs than a class needs",
}
_WORDS = {
    "no ROI": "whose {mask} mask holds no ROI",
    TOO_FEW_ROIS: "whose {mask} mask holds fewer ROIs than a class needs",
    "undetected": "not detected by the network (detected means {rule})",
}


def _reason(why: str, detected: str) -> str:
    """The reasons of one lesion in words."""
    masks = dict(part.split(" mask: ") for part in why.split("; "))
    manual, automatic = masks.get("manual"), masks.get("automatic")
    if manual == automatic and manual in _BOTH:
        return _BOTH[manual]
    if not set(masks.values()) <= set(_WORDS):
        return f"for another reason ({why})"
    named = [(mask, masks[mask]) for mask in ("automatic", "manual") if mask in masks]
    return " and ".join(_WORDS[reason].format(mask=mask, rule=detected) for mask, reason in named)
