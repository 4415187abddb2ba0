"""Everything that the report reads, gathered once from a results folder; what is missing stays missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from livermets.errors import input_error
from livermets.io.tables import read_table, with_text
from livermets.masks.identity import LESION_KEY, SCAN_KEY
from livermets.masks.lesion_table import NOT_STATED, checked_lesions
from livermets.overlap.tables import BASELINE
from livermets.report import folder as places
from livermets.report.benchmarks import read_benchmarks
from livermets.report.cohort_facts import cohort_facts
from livermets.report.configuration import ReportedConfig
from livermets.report.exclusions import exclusions
from livermets.report.folder import ResultsFolder, pictures_in, read_json, table_or_empty
from livermets.report.lesions import LISTED_COLUMNS, split_findings
from livermets.report.parts import asks_for_classes
from livermets.report.sources import MaskSources, mask_sources
from livermets.report.study import Network, StudyResults
from livermets.segmentation.description import read_description

_DEFAULTS = {"cohort": "study", "timepoint": "baseline"}
"""What a lesion table that lacks these columns is about."""


def read_results(root: Path, config: ReportedConfig, manifest: dict[str, Any] | None = None) -> StudyResults:
    """The results folder as one object. Raises `InputError` when there is no lesion table in a study whose lesions get
    a class, or when it holds what a lesion table cannot hold."""
    folder = ResultsFolder.of(root, config)
    sources = mask_sources(config, folder)
    overlap = folder.tables(places.OVERLAP)
    lesions, false_positives, findings = split_findings(_lesions(root, config))
    lesions = _checked(root, _with_drawn_only(lesions, overlap, config, sources))
    scans = _scans(folder)
    compared = folder.folders(places.CONCORDANCE)
    pairs = {path.name: f"{places.CONCORDANCE}/{path.name}/{sources.headline}" for path in compared}
    compared_in = [name for name, place in pairs.items() if (root / place).is_dir()]
    return StudyResults(
        folder=root,
        config=config,
        cohorts=cohort_facts(config, lesions),
        lesions=lesions,
        false_positives=false_positives,
        findings=findings,
        scan_metrics=folder.whole_table(places.SCAN_METRICS.format(source=sources.headline)),
        scans=scans,
        excluded=exclusions(config, scans),
        problems=folder.whole_table(places.CHECK_REMARKS, places.LIVER_REMARKS),
        model=folder.tables(places.MODEL),
        model_facts=read_json(root / places.MODEL_FACTS),
        model_pictures=pictures_in(root / places.MODEL),
        networks={name: _network(name, path) for name, path in folder.trained_networks().items()},
        overlap=overlap,
        sources=sources,
        concordance={name: folder.tables(pairs[name]) for name in compared_in},
        concordance_pictures={name: pictures_in(root / pairs[name]) for name in compared_in},
        comparisons={path.name: table_or_empty(path / places.SOURCES) for path in compared},
        comparison_pictures={path.name: pictures_in(path) for path in compared},
        readers=folder.tables(places.READERS),
        readers_pictures=pictures_in(root / places.READERS),
        perturbation=folder.tables(places.PERTURBATION),
        perturbation_pictures=folder.files(places.PERTURBED_PICTURES),
        follow_up={
            "lesions": folder.whole_table(places.FOLLOWED_LESIONS),
            "scans": folder.whole_table(places.FOLLOWED_SCANS),
        },
        follow_up_pictures={(path.parts[-4], path.parts[-2]): path for path in folder.files(places.FOLLOWED_PICTURES)},
        benchmarks=read_benchmarks(root / places.BENCHMARKS),
        manifest=manifest or read_json(root / places.MANIFEST),
        applied={} if config.model is None else read_json(root / places.APPLIED_FACTS),
    )


def _lesions(root: Path, config: ReportedConfig) -> pd.DataFrame:
    path = root / places.LESIONS
    if path.exists():
        table = read_table(path)
    else:
        found = sorted(root.glob(places.LESIONS_OF_COHORTS))
        parts = [read_table(part) for part in found if part.parent.name not in places.STAGES]
        if not parts and not asks_for_classes(config):
            return _with_all_columns(pd.DataFrame(columns=list(LESION_KEY)))
        if not parts:
            fix = "Run the workflow up to the lesion tables, or give the folder that holds them"
            raise input_error(root, "no lesion table (lesions.csv) was found here", fix)
        table = pd.concat(parts, ignore_index=True)
    missing = [name for name in ("patient_id", "lesion_id") if name not in table]
    if missing:
        raise input_error(path, f"the lesion table lacks the columns {', '.join(missing)}", "Add them")
    return _with_all_columns(table)


def _with_drawn_only(
    lesions: pd.DataFrame, overlap: dict[str, pd.DataFrame], config: ReportedConfig, sources: MaskSources
) -> pd.DataFrame:
    """The lesions, then those of scans that no class is asked for: they are known from what the masks made of them."""
    drawn = overlap.get("lesions", pd.DataFrame())
    if not config.cohorts or drawn.empty:
        return lesions
    first = drawn["network"].eq(sources.headline)
    drawn = pd.concat([drawn[first], drawn[~first].drop(columns=["dice", "precision", "recall", "detected"])])
    drawn = _with_all_columns(drawn.drop_duplicates(list(LESION_KEY)))
    known = set(map(tuple, lesions[list(LESION_KEY)].astype(str).to_numpy()))
    new = drawn[[tuple(key) not in known for key in drawn[list(LESION_KEY)].astype(str).to_numpy()]]
    shown = new[[*[name for name in LISTED_COLUMNS if name in new], "detection_dice"]]
    shown = shown.loc[shown["timepoint"].ne(BASELINE).sort_values(kind="stable").index]
    return pd.concat([part for part in (lesions, shown) if len(part)] or [lesions], ignore_index=True)


def _checked(root: Path, lesions: pd.DataFrame) -> pd.DataFrame:
    if lesions.empty:
        raise input_error(
            root / places.LESIONS, "the table has no manual lesion", "Give at least one cohort with masks"
        )
    return checked_lesions(lesions, str(root / places.LESIONS))


def _with_all_columns(table: pd.DataFrame) -> pd.DataFrame:
    absent = {name: _DEFAULTS.get(name, float("nan")) for name in LISTED_COLUMNS if name not in table}
    table = table.assign(**absent)
    named = [name for name in ("cohort", "timepoint", "centre") if name in table]
    stated = {name: table[name].astype(object).where(table[name].notna(), NOT_STATED) for name in named}
    return with_text(table.assign(**stated), SCAN_KEY)


def _scans(folder: ResultsFolder) -> pd.DataFrame:
    """Facts of every scan: source, size, spacing, and what its headers say of the acquisition."""
    return pd.DataFrame({**scan, **_scan(facts)} for scan, facts in folder.scan_facts())


def _scan(facts: dict[str, Any]) -> dict[str, Any]:
    spacing_names = ("column_spacing_mm", "row_spacing_mm", "slice_spacing_mm")
    spacing = dict(zip(spacing_names, facts.get("spacing_xyz_mm") or [], strict=False))
    size = dict(zip(("size_x", "size_y", "size_z"), facts.get("size_xyz") or [], strict=False))
    acquisition = facts.get("acquisition") or {}
    plain = {key: value for key, value in acquisition.items() if not isinstance(value, dict | list)}
    return {"source": facts.get("source"), "has_liver": facts.get("has_liver"), **size, **spacing, **plain}


def _network(name: str, folder: Path) -> Network:
    return Network(name, read_description(folder), table_or_empty(folder / places.TRAINING_LOG), pictures_in(folder))
