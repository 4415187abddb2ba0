"""The verbs on files: wrong input ends with status 2, one sentence each, and nothing written."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.mask_tables import LOOSE, altered_table, filtered, reader_table
from tests.selection_tables import SETTINGS, roi_table
from typer.testing import CliRunner

from livermets.cli import app
from livermets.cli import model as _selection  # noqa: F401  (registers the verbs)
from livermets.config.load import validate_section
from livermets.config.selection import SelectionSettings
from livermets.errors import InputError
from livermets.io.tables import write_csv, write_parquet
from livermets.model.data import ROI_COLUMNS, training_data
from livermets.model.figures import selection_figures
from livermets.model.files import read_training_table
from livermets.model.selection import Inputs, select
from livermets.model.tables import selection_tables

JSON = SETTINGS.model_dump_json()


def invoke(*arguments):
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def wide(seed=0, patients=24):
    """One row per patient, as radiomics tables of other projects are."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame(random.normal(size=(patients, 5)), columns=list("abcde"))
    table["ID"], table["Target"] = [f"P{i}" for i in range(patients)], np.arange(patients) % 2
    return table


def breaks(change):
    table = wide()
    change(table)
    return table


@pytest.mark.parametrize(
    "table, sentence",
    [
        (breaks(lambda t: t.__setitem__("Target", 1)), "`Target` is 1 in every row. Train on both classes."),
        (breaks(lambda t: t.__setitem__("Target", range(24))), "`Target` is not binary (found 0, 1, 10"),
        (breaks(lambda t: t.__setitem__("Target", [np.nan] + [0, 1] * 11 + [0])), "`Target` is empty in row 2."),
        (breaks(lambda t: t.__setitem__("ID", "P1")), "`ID` is 'P1' in every row."),
        (breaks(lambda t: t.drop(columns="ID", inplace=True)), "there is no column `ID` (group)."),
        (breaks(lambda t: t.__setitem__("c", [np.inf, np.nan] + [1.0] * 22)),
         "`c` is missing or infinite in rows 2, 3."),
        (breaks(lambda t: t.__setitem__("Target", [1] + [0] * 23)),
         "class R+ (1) occurs in 1 patient, cross-validation with 2 folds needs at least 2."),
        (wide()[["ID", "Target"]], "no numeric feature column is left."),
        (breaks(lambda t: t.__setitem__(list("abcde"), 1.0)), "no feature varies: a, b, c, d, e."),
        (breaks(lambda t: t.__setitem__("c", t["c"] * 1e300)), "`c` is too large to compute with in rows 2 to 25."),
        (breaks(lambda t: t.__setitem__("c", t["c"] * 1e-300)), "`c` is too small to compute with in rows 2 to 25."),
        (breaks(lambda t: t.__setitem__("c", ["<5", *range(23)])), "`c` holds '<5' in row 2, which is no number."),
        (breaks(lambda t: t.__setitem__("c", [f"{i},5" for i in range(24)])), "`c` holds '0,5', '1,5', "),
    ],
)  # fmt: skip
def test_select_refuses(tmp_path, table, sentence):
    write_csv(tmp_path / "t.csv", table)
    with pytest.raises(InputError) as refused:
        invoke("select", tmp_path / "t.csv", "--target", "Target", "--group", "ID", "--out", tmp_path / "out",
               "--settings", JSON)  # fmt: skip
    assert any(sentence in str(problem) for problem in refused.value.problems), refused.value
    assert not (tmp_path / "out").exists()


def test_a_column_of_the_name_that_results_use_is_refused():
    with pytest.raises(InputError, match="`group` is what the tables of results call the patient"):
        training_data(wide().rename(columns={"ID": "group"}), "Target", ["group"])


TABLES = {
    "one feature": lambda table: table[["ID", "Target", "a"]],
    "one that varies": lambda table: table[["ID", "Target", "a"]].assign(b=1.0),
    "one in one patient": lambda table: table[["ID", "Target"]].assign(a=[1.0, *[0.0] * 23]),
    "true and false": lambda table: table[["ID", "Target"]].assign(a=table["a"] > 0),
    "words": lambda table: table.assign(side="left"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("permutation_statistic", ["search", "nested"])
def test_small_tables_run_to_the_end(name, permutation_statistic):
    audit = {
        "outer_folds": 2, "permutations": 1, "permutation_statistic": permutation_statistic, "feature_gains": True,
        "comparisons": True,
    }  # fmt: skip
    settings = SelectionSettings.model_validate({**SETTINGS.model_dump(), "audit": audit})
    inputs = Inputs.checked(TABLES[name](wide()), "Target", ["ID"], [], [], None, settings, 0, "table")
    assert inputs.notes == (("columns that hold words are no features: side",) if name == "words" else ())
    assert selection_tables(select(inputs))["selection"]["selected"].sum() >= 1


@pytest.mark.parametrize(
    "off",
    [
        {"threshold": {"bootstrap": 0}},
        {"network": {"l2": 0, "rois_per_lesion": None}},
        {"search": {"parsimony": 0, "crossover_rate": 0, "mutation_rate": 0, "elite": 0, "patience": None}},
        {"search": {"mutated_features": 0, "mutated_hidden": 0, "hidden_minimum": 3, "hidden_maximum": 3}},
        {"audit": {"outer_folds": 0, "permutations": 0}},
        {"audit": {"outer_folds": 0, "permutations": 1}},
    ],
    ids=str,
)
def test_whatever_can_be_switched_off_is_off_to_the_end(off):
    given = SETTINGS.model_dump()
    settings = SelectionSettings.model_validate({name: {**given[name], **off.get(name, {})} for name in off} | {
        name: section for name, section in given.items() if name not in off
    })  # fmt: skip
    selected = select(Inputs.checked(wide(), "Target", ["ID"], [], [], None, settings, 0, "table"))
    tables = selection_tables(selected)
    assert {"convergence", "roc_training", "frequency"} <= set(selection_figures(tables))
    if settings.threshold.bootstrap == 0:
        assert tables["threshold"]["low"].isna().all()
        assert tables["threshold"]["note"].str.contains("no interval was asked for").all()


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ({"search": {"hidden_minimum": 9, "hidden_maximum": 3}}, "(9) must not be above hidden_maximum (3)"),
        ({"search": {"population": 4, "elite": 4}}, "elite (4) must be below population (4)"),
        ({"search": {"elite": 5}, "audit": {"population": 4}}, "search.elite (5) must be below audit.population"),
        ({"audit": {"outer_folds": 1}}, "outer_folds needs at least 2 folds"),
        ({"audit": {"outer_folds": 0, "permutation_statistic": "nested"}}, "nested needs outer_folds of at least 2"),
    ],
)  # fmt: skip
def test_settings_that_contradict_each_other_are_refused(wrong, sentence):
    with pytest.raises(InputError) as refused:
        validate_section(SelectionSettings, wrong, "selection")
    assert sentence in str(refused.value)


def test_patients_1_and_01_are_two(tmp_path):
    table = wide()
    table["ID"] = ["1", "01", *table["ID"][2:]]
    write_csv(tmp_path / "t.csv", table)
    rows, _ = read_training_table(tmp_path / "t.csv", ["ID"])
    assert training_data(rows, "Target", ["ID"]).patient.max() == 23


def test_group_columns_are_not_glued_together():
    table = wide().assign(a_site=["x/y", "x", *["z"] * 22])
    table["ID"] = ["1", "y/1", *table["ID"][2:]]
    assert training_data(table, "Target", ["a_site", "ID"]).patient.max() == 23


def test_select_runs_on_any_table(tmp_path):
    write_csv(tmp_path / "t.csv", wide())
    invoke("select", tmp_path / "t.csv", "--target", "Target", "--group", "ID", "--out", tmp_path / "out",
           "--settings", JSON, "--generations", 1, "--population", 4)  # fmt: skip
    names = {path.name for path in (tmp_path / "out").iterdir()}
    tables = ("generations", "selection", "dropped_features", "threshold", "roc_training", "evaluation", "comparison",
              "frequency", "stability", "permutation")  # fmt: skip
    assert {f"{name}.csv" for name in tables} | {"model.safetensors", "model.json"} <= names
    assert len(pd.read_csv(tmp_path / "out" / "generations.csv")) == 2


def scans(folder: Path) -> dict[str, list[str]]:
    """Two scans' worth of files: 10 patients of a training table cut by patient."""
    table = roi_table(rois=(3, 9))
    options: dict[str, list[str]] = {"rois": [], "lesions": [], "matching": []}
    keys = ["cohort", "patient_id", "timepoint", "lesion_id"]
    for patient, part in table.groupby("patient_id"):
        lesions = part[[*keys, "response"]].drop_duplicates()
        lesions = lesions.assign(centre="A", longest_diameter_mm=20.0, volume_ml=2.0)
        write_parquet(folder / patient / "rois.parquet", part.drop(columns="response"), {"settings": {"size": 7}})
        write_csv(folder / patient / "lesions.csv", lesions)
        write_csv(folder / patient / "matching.csv", lesions[keys].assign(kind="manual", dice=0.5, detected=1))
        for name, suffix in (("rois", "parquet"), ("lesions", "csv"), ("matching", "csv")):
            options[name].append(str(folder / patient / f"{name}.{suffix}"))
    return options


def test_from_scans_to_a_lesion_table(tmp_path):
    files = scans(tmp_path)
    lesions = [f"--lesions={path}" for path in files["lesions"]]
    invoke("training-table", *files["rois"], *lesions, "--out", tmp_path / "training.parquet")
    training = pd.read_parquet(tmp_path / "training.parquet")
    assert set(ROI_COLUMNS) <= set(training.columns)
    invoke("select", tmp_path / "training.parquet", "--target", "response", "--group", "cohort", "--group",
           "patient_id", "--lesion", "timepoint", "--lesion", "lesion_id", *lesions, "--out", tmp_path / "model",
           "--settings", JSON, "--no-figures")  # fmt: skip
    invoke("classify", "--model", tmp_path / "model", *lesions, *[f"--matching=other={p}" for p in files["matching"]],
           *[f"--rois={source}={p}" for source in ("manual", "other") for p in files["rois"]], "--primary", "other",
           "--out", tmp_path / "lesions.csv", "--out-long", tmp_path / "long.csv",
           "--roi-out", tmp_path / "roi.parquet")  # fmt: skip
    table = pd.read_csv(tmp_path / "lesions.csv", dtype={"patient_id": str})
    assert len(table) == 30
    assert set(table["patient_id"]) == {f"{i:03d}" for i in range(1, 11)}  # identifiers keep their zeros
    pd.testing.assert_series_equal(table["share_manual"], table["share_automatic"], check_names=False)
    assert len(pd.read_parquet(tmp_path / "roi.parquet")) == 2 * len(training)
    assert pd.read_csv(tmp_path / "long.csv")["mask_source"].tolist() == ["manual"] * 30 + ["other"] * 30
    with pytest.raises(InputError) as refused:
        invoke("classify", "--model", tmp_path / "model", "--rois=nothing.parquet", "--out", tmp_path / "no.csv")
    assert "this is not SOURCE=PATH" in str(refused.value)
    write_parquet(tmp_path / "other.parquet", pd.read_parquet(files["rois"][0]), {"settings": {"size": 5}})
    with pytest.raises(InputError, match=r"other settings: size is 5 \(model: 7\)"):
        invoke("classify", "--model", tmp_path / "model", *lesions, f"--rois=manual={tmp_path / 'other.parquet'}",
               "--out", tmp_path / "no.csv")  # fmt: skip
    assert not (tmp_path / "no.csv").exists()


@pytest.mark.skipif("LIVERMETS_DATA" not in os.environ, reason="LIVERMETS_DATA is not set")
@pytest.mark.parametrize("name", ["HCC-TACE-Seg", "Colorectal-Liver-Metastases"])
def test_real_tables_run_unchanged(tmp_path, name):
    table = Path(os.environ["LIVERMETS_DATA"]) / "radiomics-tables" / f"{name}.csv.gz"
    invoke("select", table, "--target", "Target", "--group", "ID", "--out", tmp_path, "--settings", JSON)
    evaluation = pd.read_csv(tmp_path / "evaluation.csv").set_index("measure")
    assert evaluation.loc["auc_within_folds", "low"] < evaluation.loc["auc_within_folds", "high"]


def written_masks(folder, extraction=None):
    """A training table, two scans' tables of altered masks and a further reader's ROIs, as files."""
    rois = roi_table()
    altered, settings = altered_table(rois), {"settings": {"bin_width": 25.0}}
    first = altered["patient_id"] <= "005"
    write_parquet(folder / "rois.parquet", rois, settings)
    write_parquet(folder / "a1.parquet", altered[first], settings)
    write_parquet(folder / "a2.parquet", altered[~first], {"settings": extraction or settings["settings"]})
    write_parquet(folder / "r.parquet", reader_table(rois, "second"), settings)
    return ["select", folder / "rois.parquet", "--target", "response", "--group", "patient_id"]


def test_select_takes_features_that_are_stable_over_masks(tmp_path):
    command = [*written_masks(tmp_path), "--out", tmp_path / "out", "--no-figures"]
    command += ["--settings", filtered(by=("altered", "readers")).model_dump_json()]
    masks = [f"--altered-features={tmp_path}/a{i}.parquet" for i in (1, 2)]
    invoke(*command, *masks, f"--reader-rois={tmp_path}/r.parquet")
    table = pd.read_csv(tmp_path / "out/stable_features.csv")
    assert table["by"].value_counts().to_dict() == {"altered": 8, "readers": 8}
    assert set(table.loc[table["stable"] == 0, "feature"]) == set(LOOSE)
    assert table.groupby("by")["n_masks"].first().to_dict() == {"altered": 180, "readers": 60}
    assert pd.read_csv(tmp_path / "out/dropped_features.csv")["reason"].tolist() == ["unstable"] * 2


@pytest.mark.parametrize(
    "masks, extraction, sentence",
    [
        ([], None, "stable features are asked for by altered masks, and there are none of the training lesions."),
        (["a1", "a2"], {"bin_width": 10.0}, "bin_width is 10.0 (model: 25.0)"),
        (["a3"], None, "this file does not exist"),
    ],
)
def test_select_without_the_masks_that_it_is_asked_for_writes_nothing(tmp_path, masks, extraction, sentence):
    command = [*written_masks(tmp_path, extraction), "--out", tmp_path / "out", "--settings"]
    with pytest.raises(InputError) as refused:
        invoke(*command, filtered().model_dump_json(), *(f"--altered-features={tmp_path}/{m}.parquet" for m in masks))
    assert sentence in str(refused.value)
    assert not (tmp_path / "out").exists()
