"""Everything that the report reads, gathered once from a results folder; what is missing stays missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from livermets.config.networks import OWN
from livermets.errors import input_error
from livermets.io.tables import read_table, with_text
from livermets.masks.identity import SCAN_KEY
from livermets.masks.lesion_table import NOT_STATED, checked_lesions
from livermets.report.lesions import LESION_COLUMNS, split_findings
from livermets.workflow.leftovers import kept, left_over, made_by

PICTURES = (".png", ".svg")


@dataclass(frozen=True)
class CohortFacts:
    """A cohort as the report names it."""

    name: str
    role: str
    synthetic: bool


@dataclass(frozen=True)
class Network:
    """One trained network: its settings, its log, its pictures."""

    name: str
    facts: dict[str, Any]
    log: pd.DataFrame
    pictures: dict[str, Path]


@dataclass(frozen=True)
class StudyResults:
    """The tables and facts of one study; empty frames and mappings stand for what was not computed."""

    folder: Path
    config: Mapping[str, Any]
    cohorts: dict[str, CohortFacts]
    lesions: pd.DataFrame
    false_positives: pd.DataFrame
    findings: pd.DataFrame
    matching: pd.DataFrame
    scan_metrics: pd.DataFrame
    scans: pd.DataFrame
    excluded: pd.DataFrame
    problems: pd.DataFrame
    model: dict[str, pd.DataFrame]
    model_facts: dict[str, Any]
    model_pictures: dict[str, Path]
    networks: dict[str, Network]
    network_comparison: dict[str, pd.DataFrame]
    concordance: dict[str, dict[str, pd.DataFrame]]
    concordance_pictures: dict[str, dict[str, Path]]
    benchmarks: pd.DataFrame
    manifest: dict[str, Any] = field(default_factory=dict)

    def of_role(self, role: str) -> list[str]:
        """Names of the cohorts with a role, in the study's order."""
        return [cohort.name for cohort in self.cohorts.values() if cohort.role == role]

    def cohort_lesions(self, *names: str) -> pd.DataFrame:
        """The manual lesions of some cohorts."""
        return self.lesions[self.lesions["cohort"].isin(names)]

    @property
    def response_timepoints(self) -> list[str]:
        """The timepoints whose classes count as predictions; without a configuration, those of the lesion table."""
        named = self.config.get("response_timepoints")
        return [str(name) for name in named] if named else [str(name) for name in self.lesions["timepoint"].unique()]

    @property
    def other_timepoints(self) -> list[str]:
        """Timepoints of validation lesions whose classes count nowhere as predictions."""
        seen = self.cohort_lesions(*self.of_role("validation"))["timepoint"].unique()
        return [str(name) for name in seen if str(name) not in self.response_timepoints]

    def headline_lesions(self, *names: str) -> pd.DataFrame:
        """The manual lesions of some cohorts at these timepoints: those that the headline figures are about."""
        return self.predicted(self.cohort_lesions(*names))

    def predicted(self, lesions: pd.DataFrame) -> pd.DataFrame:
        """Those of some lesions that were seen at a timepoint whose classes count as predictions."""
        return lesions[lesions["timepoint"].isin(self.response_timepoints)]

    @property
    def synthetic(self) -> list[str]:
        return [cohort.name for cohort in self.cohorts.values() if cohort.synthetic]

    @property
    def trained_on_synthetic(self) -> bool:
        """Whether any training cohort is synthetic, so that networks and model have seen made-up images."""
        return any(self.cohorts[name].synthetic for name in self.of_role("train"))


def read_results(folder: Path, config: Mapping[str, Any], manifest: dict[str, Any] | None = None) -> StudyResults:
    """The results folder as one object. Raises `InputError` when there is no lesion table, or when it
    holds what a lesion table cannot hold."""
    lesions, false_positives, findings = split_findings(_lesions(folder))
    if len(lesions):
        lesions = checked_lesions(lesions, str(folder / "lesions.csv"))
    else:
        raise input_error(
            folder / "lesions.csv", "the table has no manual lesion", "Give at least one cohort with masks"
        )
    model_facts = read_json(folder / "model" / "model.json")
    gone = left_over(folder, made_by(config))
    scans = _scans(folder, gone)
    return StudyResults(
        folder=folder,
        config=config,
        cohorts=_cohorts(config, lesions),
        lesions=lesions,
        false_positives=false_positives,
        findings=findings,
        matching=_concatenated(folder, f"*/segmentation/{OWN}/*/*/matching.csv", gone),
        scan_metrics=_concatenated(folder, f"*/segmentation/{OWN}/*/*/scan_metrics.csv", gone),
        scans=scans,
        excluded=left_out(config, _excluded_lesions(config, scans)),
        problems=_remarks(folder, gone),
        model=_tables_in(folder / "model"),
        model_facts=model_facts,
        model_pictures=pictures_in(folder / "model"),
        networks=_networks(folder / "networks", gone),
        network_comparison=_tables_in(folder / "overlap", gone),
        concordance={path.name: _tables_in(path) for path in kept(_folders_in(folder / "concordance"), gone)},
        concordance_pictures={path.name: pictures_in(path) for path in kept(_folders_in(folder / "concordance"), gone)},
        benchmarks=_benchmarks(folder / "benchmarks"),
        manifest=manifest or read_json(folder / "manifest.json"),
    )


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; empty when the file is not there or does not hold one."""
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise input_error(path, "this file is not valid JSON", "Run the step that writes it again") from error
    return content if isinstance(content, dict) else {}


def pictures_in(folder: Path) -> dict[str, Path]:
    """Pictures directly in a folder by stem."""
    return {path.stem: path for path in sorted(folder.glob("*")) if path.suffix.lower() in PICTURES}


def _lesions(folder: Path) -> pd.DataFrame:
    path = folder / "lesions.csv"
    if path.exists():
        table = read_table(path)
    else:
        parts = [read_table(part) for part in sorted(folder.glob("*/lesions.csv"))]
        if not parts:
            fix = "Run the workflow up to the lesion tables, or give the folder that holds them"
            raise input_error(folder, "no lesion table (lesions.csv) was found here", fix)
        table = pd.concat(parts, ignore_index=True)
    missing = [name for name in ("patient_id", "lesion_id") if name not in table]
    if missing:
        raise input_error(path, f"the lesion table lacks the columns {', '.join(missing)}", "Add them")
    return _with_all_columns(table)


def _with_all_columns(table: pd.DataFrame) -> pd.DataFrame:
    defaults = {"cohort": "study", "timepoint": "baseline"}
    for name in LESION_COLUMNS:
        if name not in table:
            table[name] = defaults.get(name, float("nan"))
    for name in [name for name in ("cohort", "timepoint", "centre") if name in table]:
        table[name] = table[name].astype(object).where(table[name].notna(), NOT_STATED)
    return with_text(table, SCAN_KEY)


def _cohorts(config: Mapping[str, Any], lesions: pd.DataFrame) -> dict[str, CohortFacts]:
    found = {}
    for name, settings in (config.get("cohorts") or {}).items():
        found[name] = CohortFacts(name, settings.get("role", "validation"), settings.get("phantom") is not None)
    for name in lesions["cohort"].unique():
        if name not in found:
            known = lesions.loc[lesions["cohort"] == name, "response"].notna().any()
            found[name] = CohortFacts(name, "validation" if known else "predict", False)
    return found


def left_out(config: Mapping[str, Any], lesions: pd.DataFrame) -> pd.DataFrame:
    """Patients and scans that the configuration leaves out, with the reason, and the lesions of `_excluded_lesions`."""
    rows = [
        {
            "cohort": name, "patient_id": str(entry["patient"]), "timepoint": entry.get("timepoint") or "",
            "lesion_id": None, "reason": entry["reason"],
        }
        for name, settings in (config.get("cohorts") or {}).items()
        for entry in settings.get("exclude") or []
        if entry.get("lesion") is None
    ]  # fmt: skip
    return pd.DataFrame([*rows, *lesions.to_dict("records")])


def _optional_table(path: Path) -> pd.DataFrame:
    if not path.exists() or path.stat().st_size < 2:
        return pd.DataFrame()
    return read_table(path)


def _concatenated(folder: Path, pattern: str, gone: list[Path]) -> pd.DataFrame:
    parts = [part for path in kept(sorted(folder.glob(pattern)), gone) if len(part := _optional_table(path))]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _remarks(folder: Path, gone: list[Path]) -> pd.DataFrame:
    """What the check found before the run, and what is odd about the livers that were made in it."""
    made = _concatenated(folder, "*/liver/*/*_problems.csv", gone)
    parts = [part for part in (_optional_table(folder / "check" / "problems.csv"), made) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _tables_in(folder: Path, gone: Iterable[Path] = ()) -> dict[str, pd.DataFrame]:
    return {path.stem: _optional_table(path) for path in kept(sorted(folder.glob("*.csv")), gone)}


def _folders_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_dir())


def _excluded_lesions(config: Mapping[str, Any], scans: pd.DataFrame) -> pd.DataFrame:
    """The lesions of the scans at hand that the configuration leaves out, with the reason."""
    entries = {name: settings.get("exclude") or [] for name, settings in (config.get("cohorts") or {}).items()}
    return pd.DataFrame(
        {**scan, "lesion_id": str(entry["lesion"]), "reason": entry["reason"]}
        for scan in scans.filter(SCAN_KEY).to_dict("records")
        for entry in entries.get(scan["cohort"], [])
        if entry.get("lesion") is not None
        and str(entry["patient"]) == scan["patient_id"]
        and entry.get("timepoint") in (None, scan["timepoint"])
    )


def _scans(folder: Path, gone: list[Path]) -> pd.DataFrame:
    """Facts of every scan."""
    rows = []
    for path in kept(sorted(folder.glob("*/intake/*/*/scan.json")), gone):
        cohort, _, patient, timepoint = path.relative_to(folder).parts[:4]
        facts = read_json(path)
        who = {"cohort": cohort, "patient_id": patient, "timepoint": timepoint}
        spacing = dict(
            zip(
                ("column_spacing_mm", "row_spacing_mm", "slice_spacing_mm"),
                facts.get("spacing_xyz_mm") or [],
                strict=False,
            )
        )
        size = dict(zip(("size_x", "size_y", "size_z"), facts.get("size_xyz") or [], strict=False))
        plain = {k: v for k, v in (facts.get("acquisition") or {}).items() if not isinstance(v, dict | list)}
        rows.append({**who, "source": facts.get("source"), **size, **spacing, **plain})
    return pd.DataFrame(rows)


def _networks(folder: Path, gone: list[Path]) -> dict[str, Network]:
    """Networks by name; those of cross-fitting folds are named after their fold."""
    return {
        "/".join(path.parent.relative_to(folder).parts): Network(
            "/".join(path.parent.relative_to(folder).parts),
            read_json(path),
            _optional_table(path.parent / "training_log.csv"),
            pictures_in(path.parent),
        )
        for path in kept(sorted(folder.glob("**/network.json")), gone)
    }


def _benchmarks(folder: Path) -> pd.DataFrame:
    rows = []
    for path in sorted(folder.rglob("*.tsv")) if folder.exists() else []:
        table = read_table(path)
        if len(table) and "s" in table:
            stage = "/".join(path.relative_to(folder).parts[:2]).removesuffix(".tsv")
            rows.append(
                {
                    "stage": stage,
                    "seconds": pd.to_numeric(table["s"], errors="coerce").mean(),
                    "max_rss_mb": table.get("max_rss", pd.Series([None])).iloc[0],
                }
            )
    return pd.DataFrame(rows)
