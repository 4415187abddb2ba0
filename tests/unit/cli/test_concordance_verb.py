"""The verbs by hand: on anyone's table, without a configuration file; wrong input leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.lesion_tables import lesion_table, minimal
from typer.testing import CliRunner, Result

import livermets.cli.concordance  # noqa: F401 (registers the verbs)
from livermets.cli import app
from livermets.concordance.result import ConcordanceResult
from livermets.errors import InputError
from livermets.io.tables import read_table
from livermets.masks.pairs import as_long

pytestmark = pytest.mark.slow

FAST = '{"bootstrap_replicates": 200}'


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run_raising(*arguments: object) -> None:
    """The same, for what is refused."""
    result = run(*arguments)
    if result.exception is not None:
        raise result.exception


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "lesions.csv"
    lesion_table(12).to_csv(path, index=False)
    return path


def test_every_table_is_written_and_can_be_read(table: Path, tmp_path: Path) -> None:
    result = run("concordance", table, "--out", tmp_path / "out", "--settings", FAST, "--no-figures")
    assert result.exit_code == 0, result.output
    names = {*ConcordanceResult.__dataclass_fields__, "summary"}
    assert {path.stem for path in (tmp_path / "out").iterdir()} == names
    for path in (tmp_path / "out").glob("*.csv"):
        assert len(pd.read_csv(path).columns) > 0


def test_a_picture_that_can_no_longer_be_drawn_does_not_stay(table: Path, tmp_path: Path) -> None:
    """What lies in the folder is shown in the report, so an earlier run's picture would illustrate other numbers."""
    run("concordance", table, "--out", tmp_path / "out", "--settings", FAST)
    assert (tmp_path / "out" / "calibration.png").exists()
    pd.read_csv(table).drop(columns="calibrated_manual").to_csv(table, index=False)
    run("concordance", table, "--out", tmp_path / "out", "--settings", FAST)
    assert not (tmp_path / "out" / "calibration.png").exists()
    assert (tmp_path / "out" / "roc.png").exists()


def test_a_bare_table_gives_readable_empty_tables(tmp_path: Path) -> None:
    minimal([("A", 1, 1, 0, 0.2, 11)]).to_csv(tmp_path / "one.csv", index=False)
    assert run("concordance", tmp_path / "one.csv", "--out", tmp_path / "out").exit_code == 0
    assert pd.read_csv(tmp_path / "out" / "roc.csv").empty
    assert "one patient only" in (tmp_path / "out" / "notes.csv").read_text()


def test_same_seed_same_bytes(table: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        result = run("concordance", table, "--out", tmp_path / folder, "--settings", FAST, "--seed", 3)
        assert result.exit_code == 0, result.output
    one, other = ({path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()} for folder in ("a", "b"))
    assert "diagnostics.csv" in one
    assert sorted(one) == sorted(other)
    assert [name for name in one if one[name] != other[name]] == []


def test_several_tables_are_pooled_and_cohorts_chosen(table: Path, tmp_path: Path) -> None:
    whole = pd.read_csv(table)
    for cohort, part in whole.groupby("cohort"):
        part.to_csv(tmp_path / f"{cohort}.csv", index=False)
    arguments = ("--settings", FAST, "--no-figures")
    run("concordance", tmp_path / "north.csv", tmp_path / "south.csv", "--out", tmp_path / "pooled", *arguments)
    run("concordance", table, "--out", tmp_path / "whole", *arguments)
    run("concordance", table, "--cohort", "south", "--out", tmp_path / "south", *arguments)
    for folder, lesions in (("pooled", whole), ("whole", whole), ("south", whole[whole["cohort"] == "south"])):
        strata = pd.read_csv(tmp_path / folder / "strata.csv")
        assert strata["n_lesions"].sum() == len(lesions)
    pooled, at_once = (pd.read_csv(tmp_path / folder / "agreement.csv") for folder in ("pooled", "whole"))
    pd.testing.assert_frame_equal(pooled, at_once)


def test_only_the_named_timepoints_predict(table: Path, tmp_path: Path) -> None:
    run("concordance", table, "--timepoint", "baseline", "--out", tmp_path / "out", "--settings", FAST, "--no-figures")
    whole, out = pd.read_csv(table), tmp_path / "out"
    baseline = whole[whole["timepoint"] == "baseline"]
    assert pd.read_csv(out / "strata.csv")["n_lesions"].sum() == len(baseline)
    assert pd.read_csv(out / "lesions.csv")["headline"].tolist() == (whole["timepoint"] == "baseline").tolist()
    assert set(pd.read_csv(out / "agreement_by_timepoint.csv")["timepoint"]) == {"baseline", "TP1"}
    words = (out / "summary.txt").read_text(encoding="utf-8")
    assert words.startswith(f"Does it matter who drew the mask? Of {len(baseline)} lesions, ")
    assert f"{len(whole) - len(baseline)} lesions at TP1 are left out" in words


def test_a_timepoint_that_no_table_holds_is_refused_unless_allowed(table: Path, tmp_path: Path) -> None:
    arguments = ("concordance", table, "--timepoint", "TP7", "--out", tmp_path / "out", "--settings", FAST)
    result = run(*arguments, "--timepoint", "baseline", "--no-figures")
    assert isinstance(result.exception, InputError)
    assert "nothing at timepoint 'TP7'" in str(result.exception)
    assert "Timepoints in the table: TP1, baseline" in str(result.exception)
    assert not (tmp_path / "out").exists()
    assert run(*arguments, "--allow-absent", "--no-figures").exit_code == 0
    only = pd.read_csv(table).assign(cohort="late", timepoint="TP1")  # one cohort may lack what another holds
    only.to_csv(tmp_path / "late.csv", index=False)
    late = ("concordance", table, tmp_path / "late.csv", "--cohort", "late", "--timepoint", "baseline")
    assert run(*late, "--out", tmp_path / "late", "--settings", FAST, "--no-figures").exit_code == 0


@pytest.mark.parametrize("options", [(), ("--allow-absent",)], ids=["", "absent"])
def test_a_timepoint_cannot_be_chosen_where_the_table_states_none(
    table: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    pd.read_csv(table).assign(timepoint=None).to_csv(table, index=False)
    result = run("concordance", table, "--timepoint", "baseline", *options, "--out", tmp_path / "out")
    assert isinstance(result.exception, InputError)
    assert "column timepoint" in str(result.exception)
    assert "empty in every row" in str(result.exception)


@pytest.mark.parametrize(
    "column, value, said",
    [("dice", 1.5, "between 0 and 1"), ("response", 7, "0, 1 or empty"), ("dice", None, "missing")],
)
def test_wrong_input_leaves_nothing(table: Path, tmp_path: Path, column: str, value: object, said: str) -> None:
    wrong = pd.read_csv(table)
    wrong = wrong.drop(columns=column) if value is None else wrong.assign(**{column: value})
    wrong.to_csv(table, index=False)
    result = run("concordance", table, "--out", tmp_path / "out")
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "settings, said",
    [
        ('{"dice_cuts": [0.6, 0.25]}', "give the values in increasing order"),
        ('{"dise_cuts": [0.25]}', "Did you mean `dice_cuts`"),
        ('{"level": 95}', "level"),
    ],
)
def test_wrong_settings_are_named(table: Path, tmp_path: Path, settings: str, said: str) -> None:
    result = run("concordance", table, "--out", tmp_path / "out", "--settings", settings)
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)


@pytest.mark.parametrize("apart", [False, True], ids=["one table", "features apart"])
def test_roi_concordance_from_parquet(tmp_path: Path, apart: bool) -> None:
    random = np.random.default_rng(0)
    places = pd.DataFrame({"z": np.repeat(np.arange(8), 9), "y": np.tile(np.arange(9), 8), "x": 0})
    rois = places.assign(cohort="c", patient_id=[f"P{z}" for z in places["z"]], timepoint="baseline", lesion_id=1)
    value = random.normal(size=len(rois)) + places["z"]
    paths = []
    for source, kept in (("manual", places["y"] < 7), ("automatic", places["y"] > 1)):
        part = rois.assign(mask_source=source, probability=random.random(len(rois)), original_firstorder_Mean=value)
        paths.append(tmp_path / f"{source}.parquet")
        part[kept].to_parquet(paths[-1])
    probabilities = tmp_path / "roi_probabilities.parquet"
    pd.concat([pd.read_parquet(path) for path in paths]).drop(columns="original_firstorder_Mean").to_parquet(
        probabilities
    )
    features = [f"--features={path}" for path in paths] if apart else []
    tables = [probabilities] if apart else paths
    result = run("roi-concordance", *tables, *features, "--out", tmp_path / "out", "--settings", FAST)
    assert result.exit_code == 0, result.output
    overall = pd.read_csv(tmp_path / "out" / "roi_agreement.csv").drop_duplicates("measure").set_index("measure")
    assert overall.loc["lattice_dice", "value"] == pytest.approx(2 * 5 / (7 + 7))
    assert len(pd.read_csv(tmp_path / "out" / "roi_lesions.csv")) == 8
    icc = pd.read_csv(tmp_path / "out" / "feature_icc.csv")
    assert icc["feature"].tolist() == ["original_firstorder_Mean"]
    assert icc["value"].iloc[0] > 0.8


@pytest.mark.parametrize(
    "stated, said", [("baseline", "Timepoints in the table: baseline"), (None, "empty in every row")]
)
def test_rois_of_a_timepoint_that_is_not_there_are_refused(tmp_path: Path, stated: str | None, said: str) -> None:
    rois = pd.DataFrame({"patient_id": "P", "timepoint": stated, "lesion_id": 1, "z": 0, "y": range(4), "x": 0})
    path = tmp_path / "rois.parquet"
    pd.concat([rois.assign(mask_source=source) for source in ("manual", "automatic")]).to_parquet(path)
    result = run("roi-concordance", path, "--timepoint", "TP7", "--out", tmp_path / "out", "--settings", FAST)
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
    assert not (tmp_path / "out").exists()
    if stated:
        absent = run("roi-concordance", path, "--timepoint", "TP7", "--allow-absent", "--out", tmp_path / "out")
        assert absent.exit_code == 0, absent.output


def test_the_long_table_gives_the_same_bytes_and_any_pair(table: Path, tmp_path: Path) -> None:
    long = as_long(read_table(table))
    long.to_csv(tmp_path / "long.csv", index=False)
    third = pd.concat([long, long[long["mask_source"] == "manual"].assign(mask_source="adjusted", dice=1.0)])
    third.to_csv(tmp_path / "three.csv", index=False)
    arguments = ("--settings", FAST, "--no-figures")
    run("concordance", table, "--out", tmp_path / "wide", *arguments)
    run("concordance", tmp_path / "long.csv", "--out", tmp_path / "long", *arguments)
    chosen = ("--source", "automatic")
    run("concordance", tmp_path / "three.csv", *chosen, "--out", tmp_path / "three", *arguments)
    for folder in ("long", "three"):
        for path in sorted((tmp_path / "wide").glob("*.csv")):
            if path.stem not in ("lesions", "accounting", "false_positive_classes"):  # kind is known here
                assert (tmp_path / folder / path.name).read_bytes() == path.read_bytes(), path.name
    with pytest.raises(InputError, match="2 mask sources beside manual"):
        run_raising("concordance", tmp_path / "three.csv", "--out", tmp_path / "no")
    assert not (tmp_path / "no").exists()
    run("concordance", tmp_path / "three.csv", "--source", "adjusted", "--out", tmp_path / "adjusted", *arguments)
    notes = (tmp_path / "adjusted" / "notes.csv").read_text()
    assert "manual is the mask source manual, and automatic is adjusted" in notes
    agreement = pd.read_csv(tmp_path / "adjusted" / "agreement.csv")
    assert set(agreement.loc[agreement["measure"] == "agreement", "value"]) == {1.0}


def test_sources_stand_side_by_side(table: Path, tmp_path: Path) -> None:
    long = as_long(read_table(table))
    long = pd.concat([long, long[long["mask_source"] == "manual"].assign(mask_source="adjusted", dice=1.0)])
    long.to_csv(tmp_path / "long.csv", index=False)
    result = run("concordance-sources", tmp_path / "long.csv", "--primary", "automatic", "--settings", FAST,
                 "--out", tmp_path / "sources.csv")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert pd.read_csv(tmp_path / "sources.csv")["mask_source"].tolist() == ["automatic", "adjusted"]
    assert (tmp_path / "sources.png").stat().st_size > 1000


def test_only_rois_of_the_role_count(tmp_path: Path) -> None:
    """Two patients, one of them a training one: as if only the other were there."""
    place = {"cohort": "c", "timepoint": "baseline", "lesion_id": 1, "z": 0, "y": 0}
    rois = pd.DataFrame(
        [{**place, "patient_id": who, "mask_source": source, "x": x, "probability": 0.9}
         for who in ("A", "B", "C", "D") for source in ("gold", "net") for x in (0, 2, 4 if source == "net" else 6)]
    )  # fmt: skip
    lesions = rois.drop_duplicates(["patient_id", "mask_source"])[[*place, "patient_id", "mask_source"]]
    lesions = lesions.assign(role=np.where(lesions["patient_id"] == "D", "train", "validation"))
    lesions.drop(columns=["z", "y"]).to_csv(tmp_path / "lesions.csv", index=False)
    rois.to_csv(tmp_path / "rois.csv", index=False)
    rois[rois["patient_id"] != "D"].to_csv(tmp_path / "fewer.csv", index=False)
    pair = ("--reference", "gold", "--source", "net", "--settings", FAST)
    for name, more in (("rois", ("--lesions", tmp_path / "lesions.csv")), ("fewer", ())):
        done = run("roi-concordance", tmp_path / f"{name}.csv", *more, *pair, "--out", tmp_path / name)
        assert done.exit_code == 0, done.output
    one, other = ((tmp_path / name / "roi_agreement.csv").read_bytes() for name in ("rois", "fewer"))
    assert one == other
    assert pd.read_csv(tmp_path / "rois" / "roi_lesions.csv")["patient_id"].tolist() == ["A", "B", "C"]
