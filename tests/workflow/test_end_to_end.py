"""The tiny study through every stage: what is written, that it is complete, repeatable, and not done twice."""

import csv
import json
import os
import re
from pathlib import Path

import pandas as pd
import pytest
import SimpleITK as sitk
import yaml
from tests.unit.report.statements.checking import complaints_about
from tests.workflow.tiny_runs import REPOSITORY, compared_files, differences, run

from livermets.io.tables import read_parquet_metadata

LESION_COLUMNS = [
    "cohort", "patient_id", "timepoint", "lesion_id", "response", "longest_diameter_mm", "volume_ml", "dice",
    "precision", "recall", "detected", "n_roi_manual", "n_roi_automatic", "share_manual", "share_automatic",
    "predicted_manual", "predicted_automatic",
]  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("end_to_end"), pytest.mark.timeout(2700)]


@pytest.fixture(scope="module")
def study(local_study):
    """One finished run of the tiny study."""
    return local_study


def test_the_report_the_tables_and_the_manifest_are_there(study):
    results = study / "results"
    assert (results / "report/report.html").stat().st_size > 100_000
    assert (results / "manifest.json").exists()
    lesions = pd.read_csv(results / "lesions.csv")
    assert list(lesions.columns[: len(LESION_COLUMNS)]) == LESION_COLUMNS
    assert set(lesions["cohort"]) == {"learn", "test"}
    for name in ("diagnostics", "agreement", "strata", "roi_agreement", "feature_icc"):
        assert (results / f"concordance/test/automatic/{name}.csv").exists(), name
    assert pd.read_csv(results / "concordance/test/sources.csv")["mask_source"].tolist() == ["automatic", "paper"]
    long = pd.read_csv(results / "lesions_long.csv")
    assert set(long["mask_source"]) == {"manual", "automatic", "paper"}
    assert set(long.loc[long["mask_source"] == "paper", "cohort"]) == {"test"}  # only what it is judged on
    assert (long["mask_source"] == "automatic").sum() == len(lesions)


def test_lesion_ids_and_counts_are_whole_numbers_in_every_table(study):
    for path in (study / "results").rglob("*.csv"):
        header, *rows = csv.reader(path.open(encoding="utf-8", newline=""))
        for name in {"lesion_id", "response", "n_roi_manual", "predicted_manual"} & set(header):
            wrong = [row[header.index(name)] for row in rows if not re.fullmatch(r"\d*", row[header.index(name)])]
            assert not wrong, f"{path}: {name} {wrong[:3]}"


def test_a_compared_network_is_measured_on_the_validation_lesions(study):
    results = study / "results"
    lesions = pd.read_csv(results / "overlap/lesions.csv").query("cohort == 'test'")
    manual = pd.read_csv(results / "test/lesions.csv").query("kind == 'manual'")
    keys = ["cohort", "patient_id", "timepoint", "lesion_id"]
    expected = sorted(manual[keys].itertuples(index=False))
    for network in ("automatic", "paper"):
        assert sorted(lesions.loc[lesions["network"] == network, keys].itertuples(index=False)) == expected
    facts = json.loads((results / "networks/paper/network.json").read_text())
    assert facts["sampling"]["field"] == "image"  # as the preset says, not as the study's own network
    assert facts["training"]["learning_rate"] == 1e-4
    assert not (results / "learn/segmentation/paper").exists()
    assert "Networks side by side" in (results / "report/report.html").read_text()


def test_no_lesion_of_the_outcome_table_is_lost(study):
    for cohort in ("learn", "test"):
        outcome = pd.read_csv(study / f"results/{cohort}/phantom/outcome.csv")
        lesions = pd.read_csv(study / f"results/{cohort}/lesions.csv")
        manual = lesions[lesions["kind"] == "manual"]
        keys = ["patient_id", "lesion_id"]
        assert sorted(manual[keys].itertuples(index=False)) == sorted(outcome[keys].itertuples(index=False))
        assert manual["response"].notna().all()


def test_every_lesion_of_both_masks_has_whole_lesion_features(study):
    results = study / "results"
    keys = ["cohort", "patient_id", "timepoint", "lesion_id"]
    features = pd.read_csv(results / "lesion_features.csv", float_precision="round_trip")
    lesions = pd.read_csv(results / "lesions.csv")
    manual = features[features["mask_source"] == "manual"]
    assert sorted(manual[keys].itertuples(index=False)) == sorted(
        lesions.loc[lesions["kind"] == "manual", keys].itertuples(index=False)
    )
    automatic = features[features["mask_source"] == "automatic"]
    assert len(automatic) == ((lesions["kind"] == "false_positive") | (lesions["dice"] > 0)).sum()
    assert features.filter(like="original_shape").shape[1] == 14


def test_masks_lie_on_the_grid_of_the_ct_they_were_made_from(study):
    orientations = set()
    for ct in sorted((study / "results").glob("*/phantom/*/*/ct.nii.gz")):
        cohort, patient, timepoint = ct.parts[-5], ct.parts[-3], ct.parts[-2]
        given = sitk.ReadImage(str(ct))
        orientations.add(sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(given.GetDirection()))
        for written in (
            f"{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
            f"{cohort}/intake/{patient}/{timepoint}/lesions.nii.gz",
            f"{cohort}/liver/{patient}/{timepoint}.nii.gz",
            f"{cohort}/segmentation/automatic/{patient}/{timepoint}/lesions.nii.gz",
        ):
            mask = sitk.ReadImage(str(study / "results" / written))
            assert mask.GetSize() == given.GetSize(), written
            assert mask.GetSpacing() == pytest.approx(given.GetSpacing(), abs=1e-5), written
            assert mask.GetOrigin() == pytest.approx(given.GetOrigin(), abs=1e-4), written
            assert mask.GetDirection() == pytest.approx(given.GetDirection(), abs=1e-5), written
    assert len(orientations) > 1


def test_roi_tables_say_how_they_were_made(study):
    tables = sorted((study / "results").glob("*/features/*/*/rois_*.parquet"))
    assert len(tables) == 2 * 9 + 3  # both sides of the headline's pair, and the further network where it is judged
    for table in tables:
        made = read_parquet_metadata(table)
        assert made["settings"]["size"] == 7
        assert made["versions"]["pyradiomics"] == "3.0.1"
        assert len(made["inputs"]["image"]) == 64


def test_every_written_column_is_described(study):
    from livermets.report.dictionary import undescribed_columns

    readme = (REPOSITORY / "results/README.md").read_text()
    assert not undescribed_columns(study / "results", readme)


def test_every_number_of_the_report_is_in_the_file_named_for_it(study):
    assert complaints_about(study / "results") == []


def test_run_again_it_does_nothing(study):
    done = run(study)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr


def planned_rules(folder: Path) -> set[str]:
    done = run(folder, "-n")
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"^(\w+) +\d+$", done.stdout + done.stderr, re.MULTILINE)) - {"total", "all"}


@pytest.fixture
def changed(study):
    """Writes another configuration for a dry run and puts the old one back."""
    config = study / "config.yaml"
    before, times = config.read_text(), config.stat()

    def change(edit):
        values = yaml.safe_load(before)
        edit(values)
        config.write_text(yaml.safe_dump(values))
        return planned_rules(study)

    yield change
    config.write_text(before)
    os.utime(config, ns=(times.st_atime_ns, times.st_mtime_ns))


READERS = {"report", "manifest"}
FEATURES = {"features", "lesion_feature_table"}
STATISTICS = {"concordance", "roi_concordance", "concordance_sources", "required_mask", "class_noise"}
AFTER_CLASSIFY = {"classify", "lesion_table", "retrain", *STATISTICS, *READERS}


@pytest.mark.parametrize(
    "section, key, value, rules",
    [
        ("statistics", "level", 0.9, {*STATISTICS, "overlap", "resubstitution", *READERS}),
        ("report", "title", "Other", READERS),
        ("selection", "device", "auto", {"select", "perturb", "resubstitution", *AFTER_CLASSIFY}),
        ("radiomics", "step", 3, {*FEATURES, "training_table", "select", "perturb", "resubstitution", *AFTER_CLASSIFY}),
    ],
)
def test_a_setting_reruns_what_depends_on_it_and_nothing_else(changed, section, key, value, rules):
    assert changed(lambda config: config.setdefault(section, {}).update({key: value})) == rules


def test_an_output_threshold_does_not_train_again(changed):
    rules = changed(lambda config: config["segmentation"].update(output={"threshold": 0.4}))
    assert "segment" in rules
    assert "train_segmentation" not in rules
    assert "select" not in rules


def test_a_new_cohort_trains_nothing(changed):
    def add(config):
        config["cohorts"]["more"] = {"role": "validation", "phantom": {"patients": 2, "prefix": "W", "grid": 96}}

    rules = changed(add)
    assert {"phantom", "intake", "segment", "classify", "concordance", "report"} <= rules
    assert not rules & {"train_segmentation", "select", "training_table"}


def test_a_setting_is_not_overlooked_when_a_cohort_is_added_too(changed):
    def add(config):
        config["cohorts"]["more"] = {"role": "validation", "phantom": {"patients": 2, "prefix": "W", "grid": 96}}
        config["selection"]["device"] = "auto"

    assert {"check", "phantom", "select"} <= changed(add)


def test_a_real_cohort_is_computed_in_the_run_after_it_was_added(changed, study):
    scan = study / "results/test/phantom/V001/baseline"
    paths = {"image": "ct", "liver": "liver", "lesions": "lesions"}
    real = {name: str(scan / f"{file}.nii.gz") for name, file in paths.items()}

    def add(config):
        config["cohorts"]["real"] = {"role": "predict", "patients": ["p01"], **real}

    rules = changed(add)
    assert {"check", "intake", "segment", "classify", "report"} <= rules
    assert not rules & {"train_segmentation", "select", "phantom"}


def test_two_runs_from_scratch_give_identical_tables(study, second_study):
    """The second run goes through SLURM where there is one."""
    first, second = study / "results", second_study / "results"
    assert len(compared_files(first)) > 100
    assert differences(first, second) == []
