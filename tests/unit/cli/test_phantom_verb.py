import pandas as pd
import pytest
from typer.testing import CliRunner

# Two verbs: with a single one typer would drop its name.
import livermets.cli.concordance
import livermets.cli.phantom  # noqa: F401
from livermets.cli import app
from livermets.errors import InputError


def run(*arguments):
    return CliRunner().invoke(app, ["phantom", *[str(argument) for argument in arguments]])


def test_options_take_precedence_over_settings(tmp_path):
    settings = '{"patients": 3, "grid": 96, "prefix": "S", "seed": 4}'
    result = run(tmp_path / "out", "--patients", 1, "--effect", 0, "--settings", settings)
    assert result.exit_code == 0, result.output
    assert set(pd.read_csv(tmp_path / "out" / "outcome.csv").patient_id) == {"S001"}
    assert "effect size 0 " in (tmp_path / "out" / "README.txt").read_text()


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--patients", 0, "--effect", -1], ["phantom.patients", "phantom.effect"]),
        (["--grid", 2000], ["phantom.grid"]),
        (["--prefix", "../up"], ["phantom.prefix"]),
        (["--settings", '{"patiens": 3}'], ["Did you mean `patients`?"]),
    ],
)
def test_wrong_options_are_all_named_and_nothing_is_written(tmp_path, options, expected):
    result = run(tmp_path / "out", *options)
    assert isinstance(result.exception, InputError)
    assert len(result.exception.problems) == len(expected)
    assert all(word in str(result.exception) for word in expected)
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("mine")
    assert "Name another folder" in str(run(tmp_path / "out").exception)
    assert (tmp_path / "out").read_text() == "mine"
