"""Patients, lesions and outcomes of every analysis, from the lesions drawn to those that fit and test the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import pandas as pd

from livermets.config.roles import KNOWN, Role
from livermets.masks.detected import segmented
from livermets.masks.identity import LESION_KEY, SIDES
from livermets.overlap.study import compared_lesions
from livermets.report import formatting as fmt
from livermets.report.document import Column, Section, Table
from livermets.report.parts import parts_of
from livermets.report.sections.estimates import POOLED, compared_cohorts
from livermets.report.study import StudyResults
from livermets.report.tables import csv_download

_MODELS = {
    "ga_network": "Nested evaluation of the search",
    "network_all_features": "Comparison: network on all features",
    "lasso": "Comparison: LASSO",
    "longest_diameter": "Comparison: longest diameter",
    "lasso_whole_lesion": "Comparison: LASSO on whole lesions",
    "clinical": "Comparison: clinical covariates",
    "radiomics_clinical": "Comparison: genetic selection and covariates",
}


@dataclass(frozen=True)
class Analysis:
    """The lesions of one analysis: those that entered it, and the file that lists or counts them."""

    part: str
    words: str
    lesions: pd.DataFrame
    file: str

    def counts(self) -> dict[str, object]:
        lesions = self.lesions.drop_duplicates([key for key in LESION_KEY if key in self.lesions])
        people = [key for key in ("cohort", "patient_id") if key in lesions]
        return {
            "part": self.part,
            "analysis": self.words,
            "n_patients": len(lesions[people].drop_duplicates()),
            "n_lesions": len(lesions),
            "r_plus": int(lesions["response"].eq(1).sum()),
            "r_minus": int(lesions["response"].eq(0).sum()),
            "file": self.file,
        }


def analyses_section(study: StudyResults) -> Section:
    """One table; a lesion that is in one row and not in the next was lost there, and the row says to what."""
    frame = analyses(study)
    head = [Column("Cohorts"), Column("Analysis"), Column("Patients", True), Column("Lesions", True)]
    head += [Column("R+", True), Column("R−", True), Column("File")]
    rows = [
        [
            r["part"],
            r["analysis"],
            *(fmt.integer(r[c]) for c in ("n_patients", "n_lesions", "r_plus", "r_minus")),
            r["file"],
        ]
        for _, r in frame.iterrows()
    ]
    caption = "Patients, lesions and outcomes of every analysis, in counts."
    note = "R+ and R− do not add up to the lesions where outcomes are not known."
    table = Table("analyses-table", caption, head, rows, csv_download("analyses", frame), note)
    return Section("analyses", "Lesions of every analysis", [table])


def analyses(study: StudyResults) -> pd.DataFrame:
    """Every analysis with its counts, in the order of the chain."""
    found = [*_development(study), *(row for name in compared_cohorts(study) for row in _evaluation(study, name))]
    return pd.DataFrame([analysis.counts() for analysis in found])


def _development(study: StudyResults) -> Iterator[Analysis]:
    drawn = _drawn(study, "train", *study.of_role("train"))
    if drawn.empty:
        return
    part = fmt.listed(study.of_role("train"))
    yield Analysis(part, "Drawn by the reader", drawn, "lesions.csv")
    yield from _segmented(study, part, drawn)
    seen = drawn[study.response_roles(drawn) == "train"]
    yield Analysis(part, f"Seen at {_timepoints(study, 'train')}", seen, "lesions.csv: timepoint")
    known = seen[seen["response"].notna()]
    yield Analysis(part, "Outcome known", known, "lesions.csv: response")
    fitted = study.model.get("training_lesions", pd.DataFrame())
    if len(fitted):
        words = "Hold a ROI: features, network and threshold are fitted on these"
        yield Analysis(part, words, fitted, "model/training_lesions.csv")
        for stem, words in (("permutation", "Permutation null"), ("recalibration", "Recalibration of shares")):
            if len(study.model.get(stem, ())):
                yield Analysis(part, words, fitted, f"model/{stem}.csv")
    for source in _sides(study):
        classified = known[known[f"{source}_fate"].eq("classified")]
        words = f"Class from the {source} mask: resubstitution"
        yield Analysis(part, words, classified, f"lesions.csv: predicted_{source}")
    predictions = study.model.get("predictions", pd.DataFrame())
    if {"model", "response", "lesion_id"} <= set(predictions.columns):
        for code, lesions in predictions.groupby("model", sort=False, dropna=False):
            yield Analysis(part, _MODELS.get(str(code), str(code)), lesions, "model/predictions.csv")


def _evaluation(study: StudyResults, name: str) -> Iterator[Analysis]:
    members = study.of_role("validation") if name == POOLED else [name]
    drawn = _drawn(study, "validation", *members)
    if drawn.empty:
        return
    part = fmt.listed(members)
    yield Analysis(part, "Drawn by the reader", drawn, "lesions.csv")
    yield from _segmented(study, part, drawn)
    if len(study.overlap.get("pairs", ())):
        beside = compared_lesions(study.overlap["lesions"])
        if len(of_part := beside[beside["cohort"].isin(members)]):
            yield Analysis(part, "Networks side by side", _with_outcome(study, of_part), "overlap/lesions.csv")
    roles = study.response_roles(drawn)
    other, seen = drawn[roles != "validation"], drawn[roles == "validation"]
    if len(other):
        words = f"Counted apart, seen at {fmt.listed(sorted(other['timepoint'].unique()))}: no prediction"
        yield Analysis(part, words, other, "lesions.csv: timepoint")
    yield Analysis(part, f"Seen at {_timepoints(study, 'validation')}", seen, "lesions.csv: timepoint")
    for source in _sides(study):
        classified = seen[seen[f"{source}_fate"].eq("classified")]
        yield Analysis(part, f"Class from the {source} mask", classified, f"lesions.csv: predicted_{source}")
    where = f"concordance/{name}/{study.sources.headline}"
    both = seen[seen["compared"]]
    known = both[both["response"].notna()]
    if parts_of(study).masks:
        yield Analysis(part, "Class from both masks: agreement", both, f"{where}/accounting.csv")
        yield Analysis(part, "Class from both, outcome known: diagnostics", known, f"{where}/diagnostics.csv")
    yield from _further(study, name, part, seen, known)


def _further(study: StudyResults, name: str, part: str, seen: pd.DataFrame, known: pd.DataFrame) -> Iterator[Analysis]:
    """Analyses of other lesions than those of the chain."""
    tables, where = study.concordance[name], f"concordance/{name}/{study.sources.headline}"
    if len(tables.get("diagnostics_all", ())):
        every = seen[seen["response"].notna()]
        words = "Outcome known, with a class or not: diagnostics end to end"
        yield Analysis(part, words, every, f"{where}/diagnostics_all.csv")
    shares = known.dropna(subset=["share_manual", "share_automatic"])
    for stem, words in (("calibration_summary", "Calibration"), ("decision", "Net benefit")):
        if len(tables.get(stem, ())):
            yield Analysis(part, words, shares, f"{where}/{stem}.csv")
    rois = tables.get("roi_lesions", pd.DataFrame())
    if "kind" in rois:
        drawn = rois[rois["kind"].eq("manual")]
        yield Analysis(
            part, "A ROI in either mask: ROI by ROI", _with_outcome(study, drawn), f"{where}/roi_lesions.csv"
        )
        both = drawn[drawn["n_roi_manual"].gt(0) & drawn["n_roi_automatic"].gt(0)]
        if len(tables.get("feature_icc", ())):
            words = "ROIs in both masks: agreement of features (ICC)"
            yield Analysis(part, words, _with_outcome(study, both), f"{where}/feature_icc.csv")


def _segmented(study: StudyResults, part: str, drawn: pd.DataFrame) -> Iterator[Analysis]:
    """The lesions on which the other mask is judged, at every timepoint."""
    judged = segmented(drawn)
    if len(judged) and parts_of(study).masks:
        yield Analysis(part, "Automatic mask compared: segmentation", judged, "lesions.csv: dice")


def _with_outcome(study: StudyResults, table: pd.DataFrame) -> pd.DataFrame:
    """The lesions of the lesion table that another table names."""
    keys = [key for key in LESION_KEY if key in table]
    named = set(map(tuple, table[keys].astype(str).to_numpy()))
    return study.lesions[[tuple(row) in named for row in study.lesions[keys].astype(str).to_numpy()]]


def _drawn(study: StudyResults, role: Role, *names: str) -> pd.DataFrame:
    """The lesions of some cohorts without those that have the other of the roles train and validation."""
    lesions = study.cohort_lesions(*names)
    return lesions[study.response_roles(lesions).isin([role, *(r for r in get_args(Role) if r not in KNOWN)])]


def _sides(study: StudyResults) -> tuple[str, ...]:
    """The masks that lesions get a class from."""
    return SIDES if parts_of(study).masks else SIDES[:1]


def _timepoints(study: StudyResults, role: Role) -> str:
    return fmt.listed(study.timepoints_of(role), "or")
