"""The verb by hand: a table, a picture and sentences; wrong input leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.lesion_tables import lesion_table
from typer.testing import CliRunner, Result

import livermets.cli.sample_size  # noqa: F401 (registers the verb)
from livermets.cli import app
from livermets.errors import InputError
from livermets.masks.pairs import as_long

OPTIONS = ("--patients", "10", "--patients", "60", "--agreement", "0.95", "--simulated", "100")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["sample-size", *map(str, arguments)])


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path]:
    wide, long = tmp_path / "lesions.csv", tmp_path / "lesions_long.csv"
    lesion_table(16).to_csv(wide, index=False)
    as_long(lesion_table(16)).to_csv(long, index=False)
    return wide, long


@pytest.mark.slow
def test_both_forms_of_the_table_give_the_same_plan_with_its_picture(tables: tuple[Path, Path], tmp_path: Path) -> None:
    plans = []
    for table in tables:
        out = tmp_path / f"plan_{table.stem}.csv"
        result = run(table, "--out", out, *OPTIONS, "--candidates", 20)
        assert result.exit_code == 0, result.output
        assert out.with_suffix(".png").is_file()
        assert result.stdout.startswith("This study: ")
        assert "80 % power with" in result.stdout
        assert "among 20 candidate features" in result.stdout
        plans.append(pd.read_csv(out))
    pd.testing.assert_frame_equal(*plans)
    assert plans[0]["n_patients"].tolist() == [10, 60, 10, 60]


def test_what_is_wrong_is_said_and_nothing_written(tables: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "plan.csv"
    margins = '{"equivalence": {"agreement": 1.5, "auc": -1}}'
    for options, said in (
        (("--settings", margins), ("statistics.equivalence.agreement", "statistics.equivalence.auc")),
        (("--agreement", "0.5"), ("0.5 is not between the margin 0.9 and 1",)),
        (("--agreement", "0.95", "--patients", "1"), ("needs at least 3",)),
        (("--agreement", "0.95", "--candidates", "0"), ("0 is not a number of features",)),
    ):
        result = run(tables[0], "--out", out, *options)
        assert isinstance(result.exception, InputError)
        for part in said:
            assert part in str(result.exception)
    assert not list(tmp_path.glob("plan*"))
