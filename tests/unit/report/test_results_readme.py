"""Every column that the pipeline writes is described in results/README.md."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from livermets.concordance.planning import COLUMNS as PLAN_COLUMNS
from livermets.follow_up.tables import LESION_COLUMNS as FOLLOWED_LESIONS
from livermets.follow_up.tables import SCAN_COLUMNS as FOLLOWED_SCANS
from livermets.intake.study_check import PROBLEM_COLUMNS, ScanSummary
from livermets.masks.matching import COLUMNS as MATCHING_COLUMNS
from livermets.masks.pairs import LONG_COLUMNS, WIDE_COLUMNS
from livermets.perturbation.draws import COLUMNS as OF_ALTERED
from livermets.perturbation.error_files import ERROR_COLUMNS
from livermets.readers.tables import GIVEN_COLUMNS, SCAN_TABLE_COLUMNS, TABLES
from livermets.report.dictionary import COMMON, described_columns, undescribed_columns

README = (Path(__file__).parents[3] / "results" / "README.md").read_text(encoding="utf-8")


def test_every_column_of_a_results_folder_is_described(made_study):
    assert undescribed_columns(made_study.folder, README) == []


def test_columns_of_tables_known_from_the_code_are_described():
    described = described_columns(README)
    common = described[COMMON]
    assert {*WIDE_COLUMNS, *LONG_COLUMNS} <= common
    assert set(MATCHING_COLUMNS) <= common | described["*/segmentation/*/*/*/matching.csv"]
    assert set(PROBLEM_COLUMNS) <= common | described["check/problems.csv"]
    assert set(ScanSummary.__dataclass_fields__) <= common | described["check/scans.csv"]
    assert set(SCAN_TABLE_COLUMNS) <= common | described["*/readers/*/*.csv"]
    assert set(FOLLOWED_LESIONS) <= common | described["*/follow_up/*/lesions.csv"]
    assert set(FOLLOWED_SCANS) <= common | described["*/follow_up/*/scans.csv"]
    assert set(ERROR_COLUMNS) <= common | described["perturbation/errors.parquet"]
    assert set(OF_ALTERED) <= common | described["*/perturbation/*/*.parquet"]
    assert set(PLAN_COLUMNS) <= common | described["plan.csv"]
    for name, columns in {**TABLES, "given_scores": GIVEN_COLUMNS}.items():
        assert set(columns) <= common | described[f"readers/{name}.csv"], name


def test_an_undescribed_column_and_an_unknown_table_are_found(tmp_path):
    (tmp_path / "model").mkdir()
    pd.DataFrame({"feature": [1], "mystery": [2]}).to_csv(tmp_path / "model" / "selection.csv", index=False)
    pd.DataFrame({"feature": [1]}).to_csv(tmp_path / "model" / "unheard_of.csv", index=False)
    assert undescribed_columns(tmp_path, README) == ["model/selection.csv: mystery", "model/unheard_of.csv"]
