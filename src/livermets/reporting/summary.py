"""Half a page in plain words, computed from the tables: the answer first, then its limits."""

from __future__ import annotations

import pandas as pd

from livermets.reporting import formatting as fmt
from livermets.reporting.aggregate import segmented, size_groups
from livermets.reporting.lesions import lesion_flow
from livermets.reporting.model import Block, Bullets, Column, Note, Paragraph, Section, Table
from livermets.reporting.results import StudyResults
from livermets.reporting.sections.estimates import POOLED, both_intervals, main_comparison, rows_of
from livermets.reporting.tables import is_clustered

FEW_PATIENTS = 20


def summary_section(study: StudyResults) -> Section:
    """The summary; with nothing to compare it says so and keeps to what is there."""
    name = main_comparison(study)
    lesions = _compared_lesions(study, name)
    blocks: list[Block] = []
    if name is None or lesions.empty:
        blocks.append(Paragraph(_what(study)))
        blocks.append(
            Note("Manual and automatic masks were not compared, because no validation cohort has both classes.")
        )
        return Section("summary", "Summary", blocks)
    tables = study.concordance[name]
    blocks.append(Paragraph(_answer(tables, lesions)))
    sentences = [_detection(lesions), _by_size(lesions), _needed(tables), _outcome(tables), _lost(lesions)]
    blocks.append(Bullets([s for s in sentences if s]))
    blocks.append(_key_table(tables))
    blocks.append(Paragraph(f"{_what(study)} {_limits(study, lesions, tables)}"))
    return Section("summary", "Summary", blocks)


def _compared_lesions(study: StudyResults, name: str | None) -> pd.DataFrame:
    if name is None:
        return study.lesions.iloc[0:0]
    return study.cohort_lesions(*(study.of_role("validation") if name == POOLED else [name]))


def _what(study: StudyResults) -> str:
    parts = []
    for role, words in (("train", "training"), ("validation", "validation"), ("predict", "prediction")):
        lesions = study.cohort_lesions(*study.of_role(role))
        if len(lesions):
            flow = lesion_flow(lesions)
            parts.append(f"{words}: {fmt.plural(flow.lesions, 'lesion')} of {fmt.plural(flow.patients, 'patient')}")
    return f"The study holds {fmt.plural(len(study.cohorts), 'cohort')} ({'; '.join(parts)})." if parts else ""


def _answer(tables: dict[str, pd.DataFrame], lesions: pd.DataFrame) -> str:
    flow = lesion_flow(lesions)
    if flow.both == 0:
        return (
            "Does it matter who drew the mask? That cannot be said: no lesion of the validation cohorts has a class "
            "from both "
            "masks."
        )
    text = (
        f"Does it matter who drew the mask? Of {fmt.plural(flow.both, 'validation lesion')} that could be classified "
        "with both "
        f"masks, {fmt.integer(flow.agree)} ({fmt.percent(flow.agree / flow.both, 0)}) kept their class when the "
        "network’s mask replaced the radiologist’s, and "
        f"{fmt.integer(flow.differ)} changed it."
    )
    _, by_patient = both_intervals(rows_of(tables.get("agreement", pd.DataFrame()), "agreement"))
    if by_patient is not None and not fmt.is_missing(by_patient["low"]):
        ends = [fmt.percent(by_patient[end], 0) for end in ("low", "high")]
        text += (
            " Allowing for lesions of one patient resembling each other, the agreement to be expected in other "
            "patients lies "
            f"between {fmt.listed(ends)} ({fmt.percent(by_patient['level'], 0)} interval)."
        )
    return text


def _detection(lesions: pd.DataFrame) -> str:
    judged = segmented(lesions)
    if judged.empty:
        return ""
    parts = []
    for size, group in size_groups(judged)[1:]:
        if len(group):
            parts.append(f"{fmt.share(_found(group), len(group))} of those {size}")
    total = f"The network found {fmt.share(_found(judged), len(judged))} lesions"
    without = len(lesions) - len(judged)
    rest = f" {fmt.plural(without, 'lesion')} had no automatic mask to judge." if without else ""
    return (f"{total}: {fmt.listed(parts)}." if parts else f"{total}.") + rest


def _found(lesions: pd.DataFrame) -> int:
    return int((lesions["automatic_fate"] != "undetected").sum())


def _by_size(lesions: pd.DataFrame) -> str:
    parts = []
    for size, group in size_groups(lesions)[1:]:
        compared = group[group["compared"]]
        if len(compared):
            parts.append(f"{size} in {fmt.share(int(compared['agree'].sum()), len(compared))}")
    return f"By longest diameter, the two masks agreed: {fmt.listed(parts)}." if parts else ""


def _needed(tables: dict[str, pd.DataFrame]) -> str:
    needed = tables.get("required_dice", pd.DataFrame())
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


def _outcome(tables: dict[str, pd.DataFrame]) -> str:
    diagnostics = tables.get("diagnostics", pd.DataFrame())
    parts, verdicts = [], []
    for source in ("manual", "automatic"):
        rows = rows_of(diagnostics, "auc", mask_source=source)
        rows = rows[rows["value"].notna()] if len(rows) else rows
        if rows.empty:
            continue
        independent, by_patient = both_intervals(rows)
        shown = by_patient if by_patient is not None and not fmt.is_missing(by_patient["low"]) else independent
        if shown is None:
            continue
        parts.append(f"{fmt.estimate(shown['value'], shown['low'], shown['high'])} with the {source} mask")
        if not fmt.is_missing(shown["low"]):
            verdicts.append(shown["low"] > 0.5)
    if not parts:
        return "How well the shares separate responders could not be computed; the part on diagnostics says why."
    text = f"Separation of responders from non-responders (ROC AUC; 0.5 is chance): {fmt.listed(parts)}."
    if verdicts and not any(verdicts):
        text += " These intervals include chance."
    return text + _auc_difference(tables)


def _auc_difference(tables: dict[str, pd.DataFrame]) -> str:
    comparison = tables.get("auc_comparison", pd.DataFrame())
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
    flow = lesion_flow(lesions)
    lost = flow.lesions - flow.both
    if lost == 0:
        return ""
    reasons = [
        f"{fmt.integer(n)} {words}"
        for n, words in (
            (flow.automatic_not_detected, "not found by the network"),
            (flow.manual_no_roi, "whose manual mask holds no ROI"),
            (flow.automatic_no_roi, "whose automatic mask holds no ROI"),
            (flow.manual_no_class + flow.automatic_no_class, "without a class for another reason"),
        )
        if n
    ]
    overlap = "; a lesion may have more than one reason" if len(reasons) > 1 else ""
    why = fmt.listed(reasons)
    return f"{fmt.plural(lost, 'lesion')} of {fmt.integer(flow.lesions)} could not be compared ({why}{overlap})."


def _key_table(tables: dict[str, pd.DataFrame]) -> Block:
    diagnostics = tables.get("diagnostics", pd.DataFrame())
    rows = []
    for measure, words in (("sensitivity", "Sensitivity"), ("specificity", "Specificity"), ("auc", "ROC AUC")):
        cells = [
            _key_cell(rows_of(diagnostics, measure, mask_source=source), measure) for source in ("manual", "automatic")
        ]
        rows.append([words, *cells])
    head = [Column("Validation lesions with both classes"), Column("Manual mask", True), Column("Automatic mask", True)]
    return Table("key-figures", "Key figures, with intervals by patient where they can be computed.", head, rows)


def _key_cell(rows: pd.DataFrame, measure: str) -> str:
    if rows.empty or rows["value"].isna().all():
        return "not computed"
    independent, by_patient = both_intervals(rows)
    use_patient = by_patient is not None and not fmt.is_missing(by_patient["low"])
    shown = by_patient if use_patient else independent
    if shown is None:
        return "not computed"
    return fmt.estimate(
        shown["value"], shown["low"], shown["high"], as_percent=measure != "auc", digits=2 if measure == "auc" else 0
    )


def _limits(study: StudyResults, lesions: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> str:
    patients = int(lesions.loc[lesions["compared"], "patient"].nunique())
    sentences = []
    if patients < FEW_PATIENTS:
        sentences.append(
            f"The comparison rests on {fmt.plural(patients, 'patient')}: every interval is wide and itself "
            "uncertain, and no "
            "difference seen here should be taken as settled."
        )
    if study.trained_on_synthetic:
        sentences.append("Networks and model were trained on synthetic images.")
    if len(study.synthetic):
        sentences.append("Synthetic cohorts test the computation; they prove nothing clinical.")
    return " ".join(sentences)
