"""What a run left behind, as facts that a checklist may rest on: each with the file, column or setting it was read in,
and each false where that artefact is missing or says otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from livermets.config.radiomics import FEATURE_CLASSES
from livermets.config.roles import KNOWN, Role
from livermets.masks.lesion_table import NOT_STATED
from livermets.report.configuration import ReportedConfig
from livermets.report.folder import CHECK_REMARKS
from livermets.report.lesions import has_automatic_masks
from livermets.report.study import StudyResults
from livermets.stats.results import is_clustered

ESTIMATES = (
    "diagnostics",
    "diagnostics_all",
    "agreement",
    "auc_comparison",
    "calibration_summary",
    "subgroups",
    "subgroup_differences",
)
"""Tables of the concordance whose estimates the report quotes."""
CLUSTERS = ("cohort", "centre", "timepoint")
"""Groups that TRIPOD+AI calls clusters."""
_KEYS = ("population", "mask_source", "grouping", "group", "measure")
_WITHOUT_INTERVAL = ("_p", "_only")
SCANNER = ("manufacturer", "model", "tube_voltage_kv", "kernel", "slice_thickness_mm")
"""What a DICOM header says of the acquisition, in `scan.json`."""
_CLASS_NAMES = {
    "firstorder": "first-order",
    "glcm": "grey-level co-occurrence",
    "glrlm": "grey-level run length",
    "glszm": "grey-level size zone",
    "gldm": "grey-level dependence",
    "ngtdm": "neighbouring grey-tone difference",
}


@dataclass(frozen=True)
class Fact:
    """Whether something holds in this study, and where that was read."""

    holds: bool
    source: str


def facts(study: StudyResults) -> dict[str, Fact]:
    """Every fact by its name."""
    return {name: Fact(bool(holds), source) for name, (holds, source) in _facts(study)}


def _facts(study: StudyResults) -> Iterator[tuple[str, tuple[Any, str]]]:
    yield from _data_facts(study)
    yield from _model_facts(study)
    yield from _concordance_facts(study)
    yield from _setting_facts(study.config)


def _data_facts(study: StudyResults) -> Iterator[tuple[str, tuple[Any, str]]]:
    lesions, scans = study.lesions, study.scans
    training, testing = set(centres(study, "train")), set(centres(study, "validation"))
    yield "lesions", (len(lesions), "lesions.csv")
    yield "spacing", ("slice_spacing_mm" in scans, "intake/*/*/scan.json: spacing_xyz_mm")
    yield "matrix", ("size_x" in scans, "intake/*/*/scan.json: size_xyz")
    yield "acquisition", (acquisition(scans), "intake/*/*/scan.json: acquisition")
    yield "checked", ((study.folder / CHECK_REMARKS).exists(), CHECK_REMARKS)
    yield "remarks", (len(study.problems), CHECK_REMARKS)
    yield "exclusions", (len(study.excluded), "configuration: exclude, with reasons")
    yield "outcome", (lesions["response"].notna().any(), "lesions.csv: response")
    yield "automatic", (has_automatic_masks(lesions), "lesions.csv: dice, detected")
    yield "diameter", (lesions["longest_diameter_mm"].notna().any(), "lesions.csv: longest_diameter_mm")
    yield "training", (study.of_role("train") or study.of_role("train", "segmentation"), "configuration: role")
    yield "validation", (study.of_role("validation"), "configuration: role")
    yield "predict", (study.of_role("predict"), "configuration: role")
    yield "centres", (centres(study), "lesions.csv: centre")
    yield "several_centres", (len(centres(study)) > 1, "lesions.csv: centre")
    yield "external", (training and testing - training, "lesions.csv: centre, by role")
    yield "same_source", (training & testing, "lesions.csv: centre, by role")
    yield "manifest", (study.manifest.get("code_digest"), "manifest.json: code_digest, versions")


def _model_facts(study: StudyResults) -> Iterator[tuple[str, tuple[Any, str]]]:
    tables, comparison = _filled(study.model), study.model.get("comparison", pd.DataFrame())
    yield "model", (study.model_facts, "model/model.json")
    yield "features", (feature_classes(study), "model/selection.csv, dropped_features.csv: feature")
    yield "all_classes", (set(feature_classes(study)) == set(FEATURE_CLASSES), "model/selection.csv: feature")
    yield "candidates", ("selection" in tables, "model/selection.csv: selected, gain")
    yield "generations", ("generations" in tables, "model/generations.csv")
    yield "dropped", ("dropped_features" in tables, "model/dropped_features.csv: reason")
    yield "frequency", ("frequency" in tables, "model/frequency.csv: frequency")
    yield "threshold", ("threshold" in tables, "model/threshold.csv: threshold, low, high")
    yield "nested", ("evaluation" in tables, "model/evaluation.csv")
    yield "comparison", ("comparison" in tables, "model/comparison.csv: model")
    yield "against_diameter", (differs_from(comparison, "longest_diameter"), "model/comparison.csv: low, high")
    yield "against_lasso", (differs_from(comparison, "lasso"), "model/comparison.csv: low, high")
    yield "training_lesions", ("training_lesions" in tables, "model/training_lesions.csv")
    drawing = [study.networks[name] for name in study.sources.networks if name in study.networks]
    yield "network", (drawing, "networks/*/network.json")
    yield "network_log", (any(len(network.log) for network in drawing), "networks/*/training_log.csv")


def _concordance_facts(study: StudyResults) -> Iterator[tuple[str, tuple[Any, str]]]:
    stems = {stem for tables in study.concordance.values() for stem in _filled(tables)}
    for stem in ("agreement", "diagnostics", "accounting", "strata", "roc", "decision", "auc_comparison"):
        yield stem, (stem in stems, f"concordance/*/*/{stem}.csv")
    yield "calibration", ("calibration_summary" in stems, "concordance/*/*/calibration_summary.csv")
    yield "icc", ("feature_icc" in stems, "concordance/*/*/feature_icc.csv")
    yield "subgroups", (groupings(study), "concordance/*/*/subgroups.csv: grouping")
    of_groups, differences = difference_intervals(study)
    where = "concordance/*/*/subgroup_differences.csv: grouping, low, high"
    yield "group_differences", (of_groups, where)
    yield "every_group_difference", (0 < differences == of_groups, where)
    with_interval, estimates = intervals(study)
    where = f"concordance/*/*/{', '.join(f'{stem}.csv' for stem in ESTIMATES)}: low, high, method"
    yield "intervals", (with_interval, where)
    yield "every_interval", (0 < estimates == with_interval, where)
    by_patient = {is_clustered(m) for t in _estimates(study) for m in t.loc[t["low"].notna(), "method"]}
    yield "intervals_by_patient", (True in by_patient, where)


def _setting_facts(config: ReportedConfig) -> Iterator[tuple[str, tuple[Any, str]]]:
    yield "settings", (config.values(), "configuration, all of it under Settings")
    for name, section, keys in (
        ("outcome_rule", "outcome", ".rule"),
        ("grid", "preprocess", ".network_grid"),
        ("binning", "radiomics", ".binning, bin_width, bin_count"),
        ("image_types", "radiomics", ".image_types"),
        ("window", "radiomics", ".size, step, intensity"),
        ("selection_settings", "selection", ""),
        ("level", "statistics", ".level"),
    ):
        yield name, (config.gives(section), f"configuration: {section}{keys}")


def _filled(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {stem: table for stem, table in tables.items() if len(table)}


def centres(study: StudyResults, *roles: Role) -> list[str]:
    """Centres of the lesions with these roles in the response model; of those that train or test if none is named."""
    if "centre" not in study.lesions:
        return []
    lesions = pd.concat([study.lesions_of(role) for role in roles or KNOWN])
    found = lesions["centre"].dropna().unique()
    return sorted(str(centre) for centre in found if centre not in ("", NOT_STATED))


def acquisition(scans: pd.DataFrame) -> list[str]:
    """What is known of the acquisition in at least one scan."""
    return [name for name in SCANNER if name in scans and scans[name].replace("", None).notna().any()]


def feature_classes(study: StudyResults) -> Counter[str]:
    """Features computed for every ROI, by class: the candidates of the search and those dropped before it."""
    tables = [study.model.get(stem, pd.DataFrame()) for stem in ("selection", "dropped_features")]
    names = {str(name) for table in tables if "feature" in table for name in table["feature"]}
    known = (next((c for c in FEATURE_CLASSES if f"_{c}_" in name), "other") for name in names)
    return Counter(known)


def class_words(name: str) -> str:
    """A feature class in words."""
    return _CLASS_NAMES.get(name, name)


def differs_from(comparison: pd.DataFrame, model: str) -> bool:
    """Whether a comparison model has a difference to the genetic selection with its interval."""
    if not {"model", "measure", "low"} <= set(comparison.columns):
        return False
    rows = comparison[(comparison["model"] == model) & comparison["measure"].astype(str).str.contains("difference")]
    return bool(rows["low"].notna().any())


def intervals(study: StudyResults) -> tuple[int, int]:
    """How many estimates of the concordance have an interval, of how many; p-values and plain counts have none."""
    found = [
        bool(rows["low"].notna().any())
        for table in _estimates(study)
        for _, rows in table.groupby([key for key in _KEYS if key in table], dropna=False)
    ]
    return sum(found), len(found)


def _estimates(study: StudyResults) -> Iterator[pd.DataFrame]:
    for tables in study.concordance.values():
        for stem in ESTIMATES:
            table = tables.get(stem, pd.DataFrame())
            if {"measure", "low", "method"} <= set(table.columns):
                yield table[~table["measure"].astype(str).str.endswith(_WITHOUT_INTERVAL)]


def groupings(study: StudyResults) -> list[str]:
    """What the results are split by, of what makes clusters of patients or scans (size does not)."""
    tables = _of_clusters(study, "subgroups")
    return [name for name in CLUSTERS if any(table["grouping"].eq(name).any() for table in tables)]


def difference_intervals(study: StudyResults) -> tuple[int, int]:
    """How many differences between clusters have an interval, of how many."""
    tables = [table for table in _of_clusters(study, "subgroup_differences") if "low" in table]
    return sum(int(table["low"].notna().sum()) for table in tables), sum(len(table) for table in tables)


def _of_clusters(study: StudyResults, stem: str) -> list[pd.DataFrame]:
    tables = [found.get(stem, pd.DataFrame()) for found in study.concordance.values()]
    return [table[table["grouping"].isin(CLUSTERS)] for table in tables if "grouping" in table]
