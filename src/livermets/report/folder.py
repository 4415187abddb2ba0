"""What lies where in a results folder, for those that read it: the report and the manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from livermets.errors import input_error
from livermets.io.tables import read_table
from livermets.masks.identity import SCAN_KEY
from livermets.report.configuration import ReportedConfig
from livermets.workflow.leftovers import NOT_RESULTS as NOT_RESULTS
from livermets.workflow.leftovers import STAGES as STAGES
from livermets.workflow.leftovers import kept, left_over, made_by

LESIONS = "lesions.csv"
LESIONS_OF_COHORTS = "*/lesions.csv"
SCAN_FACTS = "*/intake/*/*/scan.json"
SCAN_METRICS = "*/segmentation/{source}/*/*/scan_metrics.csv"
CHECK_REMARKS = "check/problems.csv"
LIVER_REMARKS = "*/liver/*/*_problems.csv"
MODEL = "model"
MODEL_FACTS = "model/model.json"
APPLIED_FACTS = "bundle/applied.json"
TRAINED_NETWORKS = "networks"
NETWORK_FACTS = "network.json"
TRAINING_LOG = "training_log.csv"
OVERLAP = "overlap"
CONCORDANCE = "concordance"
"""One folder per cohort (and `pooled`), in it one per source that is compared with the reference."""
SOURCES = "sources.csv"
READERS = "readers"
PERTURBATION = "perturbation"
PERTURBED_PICTURES = "*/perturbation/*/*.png"
FOLLOWED_LESIONS, FOLLOWED_SCANS = "*/follow_up/*/lesions.csv", "*/follow_up/*/scans.csv"
FOLLOWED_PICTURES = "*/follow_up/*/tracks.png"
BENCHMARKS = "benchmarks"
REPORT = "report"
MANIFEST = "manifest.json"

_PICTURES = (".png", ".svg")


@dataclass(frozen=True)
class ResultsFolder:
    """A results folder without what earlier configurations have left in it."""

    root: Path
    left_over: tuple[Path, ...] = ()

    @classmethod
    def of(cls, root: Path, config: ReportedConfig) -> ResultsFolder:
        """The folder as its study's configuration makes it."""
        return cls(root, tuple(left_over(root, made_by(config))))

    def files(self, pattern: str) -> list[Path]:
        """Files of the study by a pattern, in the order of their names."""
        return kept(sorted(self.root.glob(pattern)), self.left_over)

    def folders(self, place: str) -> list[Path]:
        """Folders of the study that lie directly in one of its folders."""
        return [path for path in self.files(f"{place}/*") if path.is_dir()]

    def tables(self, place: str) -> dict[str, pd.DataFrame]:
        """The tables that lie directly in a folder, by stem."""
        return {path.stem: table_or_empty(path) for path in self.files(f"{place}/*.csv")}

    def whole_table(self, *patterns: str) -> pd.DataFrame:
        """The rows of many tables as one; empty where there is none."""
        tables = [table_or_empty(path) for pattern in patterns for path in self.files(pattern)]
        filled = [table for table in tables if len(table)]
        return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()

    def scan_facts(self) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
        """Cohort, patient and timepoint of every scan that was read, and what the intake says of it."""
        for path in self.files(SCAN_FACTS):
            cohort, _, patient, timepoint = path.relative_to(self.root).parts[:4]
            yield dict(zip(SCAN_KEY, (cohort, patient, timepoint), strict=True)), read_json(path)

    def trained_networks(self) -> dict[str, Path]:
        """The folder of every trained network by name: a network of a fold is named after network and fold."""
        found = [path.parent for path in self.files(f"{TRAINED_NETWORKS}/**/{NETWORK_FACTS}")]
        return {path.relative_to(self.root / TRAINED_NETWORKS).as_posix(): path for path in found}


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; empty when the file is not there or does not hold one."""
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise input_error(path, "this file is not valid JSON", "Run the step that writes it again") from error
    return content if isinstance(content, dict) else {}


def table_or_empty(path: Path) -> pd.DataFrame:
    """A table; empty when the file is not there or holds nothing."""
    if not path.exists() or path.stat().st_size < 2:
        return pd.DataFrame()
    return read_table(path)


def pictures_in(folder: Path) -> dict[str, Path]:
    """Pictures directly in a folder by stem."""
    return {path.stem: path for path in sorted(folder.glob("*")) if path.suffix.lower() in _PICTURES}
