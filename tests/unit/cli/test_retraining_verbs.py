"""Refits by hand: a training table, lesion tables and ROI tables in; what refits say of unseen lesions out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.selection_tables import SETTINGS, roi_table
from typer.testing import CliRunner, Result

import livermets.cli.retraining  # noqa: F401 (registers the verbs)
from livermets.cli import app
from livermets.errors import InputError
from livermets.io.tables import read_table, write_csv, write_parquet
from livermets.masks.identity import LESION_KEY
from livermets.masks.pairs import LONG_COLUMNS
from livermets.model.refit_classes import CLASS_COLUMNS
from livermets.model.refits import REFIT_COLUMNS
from livermets.perturbation.class_noise import NOISE_COLUMNS

pytestmark = pytest.mark.slow

ONE_GENERATION = {**SETTINGS.model_dump(mode="json"), "audit": {}}
ONE_GENERATION["search"] = {**ONE_GENERATION["search"], "generations": 1, "population": 4, "elite": 1}
KEY = list(LESION_KEY)


def run(verb: str, *arguments: object) -> Result:
    return CliRunner().invoke(app, [verb, *map(str, arguments)])


def long_of(rois: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A long lesion table of the ROIs of some sources, in which the study's model calls every lesion R+."""
    parts = [
        table.groupby(KEY, as_index=False, dropna=False).agg(n_roi=("z", "size"))
        .assign(mask_source=source, dice=np.nan if source == "manual" else 0.8)
        for source, table in rois.items()
    ]  # fmt: skip
    table = pd.concat(parts, ignore_index=True).assign(kind="manual", role="validation", response=1, share=0.7)
    table = table.assign(predicted=1, threshold=0.5, minimum_rois=1, longest_diameter_mm=20.0)
    return table.reindex(columns=list(LONG_COLUMNS))


@pytest.fixture
def study(tmp_path: Path) -> dict[str, Path]:
    """Ten training patients, and three unseen ones with a reference mask and a network's."""
    train = roi_table(rois=(3, 9))
    test = roi_table(patients=3, lesions=2, rois=(3, 9), seed=2, cohort="test").drop(columns="response")
    rois = {"manual": test, "net": test.groupby(KEY, dropna=False).head(2).assign(mask_source="net")}
    paths = {name: tmp_path / f"{name}.parquet" for name in ("train", "manual", "net")}
    write_parquet(paths["train"], train, {"settings": {"size": 7}})
    for source, table in rois.items():
        write_parquet(paths[source], table, {"settings": {"size": 7}})
    long = long_of(rois)
    seen = long[long["mask_source"] == "manual"].head(1).assign(cohort="train", patient_id="001", role="train")
    missed = long["mask_source"].eq("net") & long["patient_id"].eq("003") & long["lesion_id"].eq(1)
    long.loc[missed, "predicted"] = np.nan
    write_csv(tmp_path / "long.csv", pd.concat([long, seen], ignore_index=True))
    return {**paths, "long": tmp_path / "long.csv", "out": tmp_path / "out"}


def retrain(study: dict[str, Path], *more: object, settings: object = ONE_GENERATION) -> Result:
    rois = [f"--rois={source}={study[source]}" for source in ("manual", "net")]
    given = ("--lesions", study["long"], *rois, "--out", study["out"], "--settings", json.dumps(settings))
    return run("retrain", study["train"], *given, "--seed", 3, *more)


def test_refits_classify_unseen_lesions_and_their_changes_are_counted(study, tmp_path):
    done = retrain(study, "--seeds", 1, "--bootstraps", 2, "--checkpoint", tmp_path / "kept", "--threads", 2)
    assert done.exit_code == 0, done.output
    refits, classes = (read_table(study["out"] / f"{name}.csv") for name in ("refits", "refit_classes"))
    assert list(refits.columns) == list(REFIT_COLUMNS)
    assert refits["retraining"].tolist() == ["seeds", "bootstraps", "bootstraps"]
    assert list(classes.columns) == list(CLASS_COLUMNS)
    assert set(classes["cohort"]) == {"test"}  # the patient of the training table is left out
    assert len(classes) == 3 * (6 + 5)  # a lesion that the network has missed has no class from it
    assert (classes["predicted"] == (classes["share"] >= classes["threshold"])).all()
    thresholds = classes.drop_duplicates(["retraining", "refit"])["threshold"]
    assert thresholds.tolist() == pytest.approx(refits["threshold"].tolist())
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {
        "seeds-1.json", "bootstraps-1.json", "bootstraps-2.json"
    }  # fmt: skip
    noise = run("class-noise", study["out"] / "refit_classes.csv", "--out", study["out"], "--primary", "net")
    assert noise.exit_code == 0, noise.output
    table = read_table(study["out"] / "class_noise.csv")
    assert list(table.columns) == list(NOISE_COLUMNS)
    alone = table[table["against"].isna()].set_index("retraining")["value"]
    own = classes[(classes["mask_source"] == "manual") & (classes["retraining"] == "bootstraps")]
    assert alone["bootstraps"] == pytest.approx((own["predicted"] == 0).mean())
    assert set(table.loc[table["against"] == "mask", "n_lesions"]) == {5}


def test_what_a_refit_says_is_what_its_model_says_of_the_same_rois(study):
    from livermets.config.retraining import RetrainingSettings
    from livermets.config.selection import SelectionSettings
    from livermets.model.refit_files import read_asked
    from livermets.model.refits import refits

    assert retrain(study, "--seeds", 1, "--bootstraps", 1).exit_code == 0
    classes = read_table(study["out"] / "refit_classes.csv").set_index([*KEY, "mask_source", "retraining"])
    settings = SelectionSettings.model_validate(ONE_GENERATION)
    asked = read_asked(study["train"], settings, RetrainingSettings(seeds=1, bootstraps=1), 3)
    rois = read_table(study["net"])
    for refit in refits(asked):
        one = rois[(rois["patient_id"] == "002") & (rois["lesion_id"] == 2)]
        share = (refit.model.roi_probabilities(one) >= 0.5).mean()
        found = classes.loc[("test", "002", "baseline", 2, "net", refit.retraining)]
        assert found["share"].item() == pytest.approx(share)


@pytest.mark.parametrize(
    "more, said",
    [
        (("--seeds", 0, "--bootstraps", 0), "ask for no refit"),
        (("--rois", "net=nowhere.parquet"), "nowhere.parquet"),
        (("--rois", "nonsense"), "this is not SOURCE=PATH"),
    ],
)
def test_mistakes_are_named_before_anything_is_fitted(study, more, said):
    done = retrain(study, *more)
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)
    assert not study["out"].exists()


def test_rois_of_other_settings_are_named_before_anything_is_fitted(study, monkeypatch):
    write_parquet(study["net"], read_table(study["net"]), {"settings": {"size": 5}})
    monkeypatch.setattr("livermets.model.refits.fit", lambda *_: pytest.fail("fitted"))
    done = retrain(study)
    assert isinstance(done.exception, InputError)
    assert "extracted with other settings" in str(done.exception)


def test_a_lesion_with_a_class_and_no_rois_is_named(study):
    rois = read_table(study["net"])
    write_parquet(study["net"], rois[rois["patient_id"] != "002"], {"settings": {"size": 7}})
    done = retrain(study, "--seeds", 1, "--bootstraps", 0)
    assert isinstance(done.exception, InputError)
    assert "lesion test 002 baseline 1 net has a class and no ROI" in str(done.exception)
    assert not study["out"].exists()
