"""The verbs on files: from masks of a few scans to the tables, and what happens with wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.small_study import SmallStudy, save
from typer.testing import CliRunner

import livermets.cli.readers  # noqa: F401
from livermets.cli import app
from livermets.errors import InputError

pytestmark = pytest.mark.slow

SETTINGS = {
    "sources": {
        "manual": {"reader": "A"},
        "reader2": {"reader": "B"},
        "adjusted": {"reader": "A", "start": "net"},
    },
    "statistics": {"bootstrap_replicates": 200},
}
NAMES = ("manual", "reader2", "adjusted", "net")


def verb(*words: object) -> str:
    """Runs one verb in this process; the user's mistakes arrive as `InputError`."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def box(shift: int, label: int = 1) -> np.ndarray:
    labels = np.zeros((6, 24, 40), dtype=np.uint16)
    labels[2:4, 4:14, 5 + shift : 15 + shift] = label
    return labels


def masks(folder: Path, shifts: tuple[int, ...]) -> list[str]:
    """A box per source, moved by so many of 10 voxels, as options."""
    for name, shift in zip(NAMES, shifts, strict=False):
        save(folder / f"{name}.nii.gz", box(shift))
    return [f"--mask={name}={folder / name}.nii.gz" for name, _ in zip(NAMES, shifts, strict=False)]


def key(patient: str) -> list[str]:
    return ["--cohort", "a", "--patient", patient, "--timepoint", "baseline"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> list[Path]:
    """Four scans: the second reader is 2 voxels off, the corrected mask 1, the network 1, and once 3."""
    folder = tmp_path_factory.mktemp("scans")
    found = []
    for patient, shifts in {"P1": (0, 2, 1, 1), "P2": (0, 2, 1, 1), "P3": (0, 2, 1, 3), "007": (0, 1, 1, 1)}.items():
        options = masks(folder / patient, shifts)
        livers = [option.replace("--mask", "--liver") for option in options[:2]]
        pd.DataFrame({"seen_in_training": [int(patient == "P2")]}).to_csv(folder / patient / "m.csv", index=False)
        seen = f"--metrics=net={folder / patient / 'm.csv'}"
        found.append(folder / f"{patient}.csv")
        verb("readers-scan", *options, *livers, seen, *key(patient), "--out", found[-1])
    return found


def test_the_pairs_of_a_scan(tables):
    table = pd.read_csv(tables[0])
    assert table["structure"].value_counts().to_dict() == {"lesion": 6, "scan": 6, "liver": 1}
    row = table[(table["structure"] == "lesion") & (table["source_b"] == "reader2")].iloc[0]
    assert row["dice"] == pytest.approx(0.8)
    assert row["hausdorff_mm"] == pytest.approx(2 * 2.0)
    assert table.loc[table["source_b"] == "net", "seen_in_training_b"].unique().tolist() == [0]


def test_the_tables_of_a_study(tables, tmp_path):
    scores = tmp_path / "scores.csv"
    pd.DataFrame(
        [("a", p, "baseline", s, 5, m) for p in ("P1", "P3", "007") for s, m in (("manual", 30), ("adjusted", 10))],
        columns=["cohort", "patient_id", "timepoint", "mask_source", "quality", "minutes"],
    ).to_csv(scores, index=False)
    said = verb("readers", *tables, "--out", tmp_path / "r", "--scores", scores, "--network", "net",
                "--settings", json.dumps(SETTINGS))  # fmt: skip
    assert said == ""
    read = {path.stem: pd.read_csv(path) for path in (tmp_path / "r").glob("*.csv")}
    pairs = read["pairs"].query("structure == 'lesion' and measure == 'dice'").set_index(["source_a", "source_b"])
    assert pairs.loc[("manual", "reader2"), "n"] == 4
    assert pairs.loc[("manual", "net"), ["n", "n_seen", "median"]].tolist() == [3, 1, 0.9]
    assert pairs.loc[("manual", "adjusted"), ["kind", "n", "n_seen"]].tolist() == ["same reader", 3, 1]
    ceiling = read["ceiling"].query("structure == 'lesion' and measure == 'dice' and against == 'a'").iloc[0]
    assert ceiling["difference"] == pytest.approx(np.mean([0.9 - 0.8, 0.7 - 0.8, 0.9 - 0.9]))
    assert ceiling["verdict"] == "cannot say"
    minutes = read["scores"].query("measure == 'minutes' and compared_with == 'manual'").iloc[0]
    assert minutes["mean"] == -20
    assert set(read["start"]["comparison"]) == {"to the start", "own correction"}
    assert read["notes"].empty
    assert (tmp_path / "r" / "dice.png").stat().st_size > 0


def test_the_same_seed_gives_the_same_tables(tables, tmp_path):
    options = ["--network", "net", "--seed", 3, "--settings", json.dumps(SETTINGS)]
    for name in ("one", "two"):
        verb("readers", *tables, "--out", tmp_path / name, *options)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_one_scan_says_what_cannot_be_computed(tables, tmp_path):
    said = verb("readers", tables[0], "--out", tmp_path, "--network", "net", "--settings", json.dumps(SETTINGS))
    assert "note: There is 1 patient: at least 3 are needed for an interval, and none is given." in said
    assert pd.read_csv(tmp_path / "ceiling.csv")["verdict"].dropna().unique().tolist() == ["cannot say"]


def refused(*words: object) -> list[str]:
    with pytest.raises(InputError) as error:
        verb(*words)
    return [str(problem) for problem in error.value.problems]


def test_wrong_words_are_all_named(tmp_path):
    out = tmp_path / "x.csv"
    said = refused("readers-scan", "--mask=a", "--mask=b=x", "--mask=b=y", "--metrics=c=z", *key("P"), "--out", out)
    assert said == [
        "--mask a: this is not NAME=PATH. Name the source and its file.",
        "--mask b=y: b is named twice. Give each source once.",
        "--metrics c: no mask has this name. Add --mask c=PATH.",
    ]
    assert not out.exists()


def test_one_source_is_no_pair(tmp_path):
    said = refused("readers-scan", *masks(tmp_path, (0,)), *key("P"), "--out", tmp_path / "x.csv")
    assert said == ["--mask: there is no pair. Give masks of two sources, or more."]


def test_masks_that_are_missing_or_on_another_grid_are_all_named(tmp_path):
    options = masks(tmp_path, (0, 1))
    save(tmp_path / "cut.nii.gz", box(0)[1:])
    more = [f"--mask=cut={tmp_path}/cut.nii.gz", f"--mask=gone={tmp_path}/gone.nii.gz"]
    said = refused("readers-scan", *options, *more, *key("P"), "--out", tmp_path / "x.csv")
    assert len(said) == 2
    assert "cut.nii.gz: the mask is not on the grid" in said[0]
    assert "gone.nii.gz" in said[1]


def test_scores_come_out_of_the_cohorts_tables(tmp_path, monkeypatch):
    study = SmallStudy.written(tmp_path)
    study.save_settings()
    monkeypatch.chdir(tmp_path)
    table = pd.read_csv("table.csv").assign(Score=[4, 4, 5, 5, 3, 3])
    table.to_csv("table.csv", index=False)
    study.config["sources"] = {"manual": {"quality_column": "Score"}}
    verb("reader-scores", "--settings", json.dumps(study.config), "--out", "scores.csv")
    found = pd.read_csv("scores.csv")
    assert found[["patient_id", "mask_source", "quality"]].to_numpy().tolist() == [
        ["T1", "manual", 4], ["T2", "manual", 5], ["V1", "manual", 3],
    ]  # fmt: skip
    assert found["minutes"].isna().all()
