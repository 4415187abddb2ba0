import hashlib

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import binary_dilation, distance_transform_edt

from livermets.cohort.synthetic import patient_ids
from livermets.config.phantom import PhantomSettings
from livermets.io.images import read_volume
from livermets.masks.measured import measure_lesions
from livermets.phantom.truth import plan_patient
from livermets.phantom.writing import write_cohort

# One worker makes the cohort once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("synthetic-cohort")]

SEED, GRID = 21, 104


def written(folder, **changes):
    threads = changes.pop("threads", 1)
    settings = PhantomSettings(**{"patients": 2, "grid": GRID, "prefix": "Q", **changes})
    assert list(write_cohort(folder, settings, SEED, threads)) == patient_ids(settings.patients, settings.prefix)
    return folder


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return written(tmp_path_factory.mktemp("cohort"))


@pytest.fixture(scope="module")
def scans(cohort):
    return {
        patient: {kind: read_volume(cohort / patient / "baseline" / f"{kind}.nii.gz") for kind in FILES}
        for patient in patient_ids(2, "Q")
    }


FILES = ("ct", "liver", "lesions")


def test_same_seed_gives_the_same_bytes_whatever_the_processes(cohort, tmp_path):
    assert digests(written(tmp_path, threads=2)) == digests(cohort)


def test_a_patient_does_not_depend_on_how_many_others_there_are(cohort, tmp_path):
    alone = digests(written(tmp_path, patients=1))
    everyone = digests(cohort)
    images = [name for name in alone if name.endswith(".nii.gz")]
    assert len(images) == 3
    assert all(alone[name] == everyone[name] for name in images)


def test_the_compressed_files_carry_no_time_and_no_name(cohort):
    files = list(cohort.rglob("*.nii.gz"))
    assert len(files) == 2 * len(FILES)
    for path in files:
        header = path.read_bytes()[:10]
        assert header[3:8] == bytes(5), path  # no flags (name, comment), modification time 0


def test_another_effect_changes_only_lesions(cohort, tmp_path):
    other = written(tmp_path, patients=1, effect=2.0)
    for kind in ("liver", "lesions"):
        name = f"Q001/baseline/{kind}.nii.gz"
        assert (other / name).read_bytes() == (cohort / name).read_bytes()
    a, b = (read_volume(folder / "Q001/baseline/ct.nii.gz") for folder in (cohort, other))
    lesions = read_volume(cohort / "Q001/baseline/lesions.nii.gz").array > 0
    changed = a.array != b.array
    away_mm = distance_transform_edt(~lesions, sampling=a.grid.spacing_zyx_mm)
    assert changed[lesions].mean() > 0.5
    assert not changed[away_mm > 8.0].any()  # margin, point spread and slice profile reach a few millimetres


def test_masks_lie_on_the_ct_and_lesions_in_the_liver(scans):
    for volumes in scans.values():
        ct, liver, lesions = (volumes[kind] for kind in FILES)
        assert ct.array.dtype == np.int16
        assert not ct.grid.differences(liver.grid)
        assert not ct.grid.differences(lesions.grid)
        assert set(np.unique(liver.array)) == {0, 1}
        assert liver.array[lesions.array > 0].all()


def test_lesions_do_not_touch_each_other(scans):
    for volumes in scans.values():
        labels = volumes["lesions"].array
        assert labels.max() > 1
        for label in np.unique(labels)[1:]:
            around = binary_dilation(labels == label) & (labels != label)
            assert not labels[around].any()


def test_size_spacing_and_stored_axes_are_those_of_the_plan(scans):
    for number, volumes in enumerate(scans.values(), start=1):
        plan = plan_patient(SEED, number, 1.0).scan
        ct = volumes["ct"]
        assert ct.stored_orientation == plan.orientation
        assert ct.grid.size_xyz[:2] == (GRID, GRID)
        assert ct.grid.spacing_xyz_mm == pytest.approx((plan.spacing_mm, plan.spacing_mm, plan.slice_mm), rel=1e-5)


def test_the_outcome_table_agrees_with_the_masks(cohort, scans):
    outcome = pd.read_csv(cohort / "outcome.csv")
    assert list(outcome.columns) == [
        "patient_id", "timepoint", "lesion_id", "centre", "baseline_diameter_mm", "followup_diameter_mm"
    ]  # fmt: skip
    for patient, rows in outcome.groupby("patient_id"):
        lesions = scans[patient]["lesions"]
        measured = measure_lesions(lesions.array, lesions.grid.spacing_zyx_mm)
        assert measured.lesion_id.tolist() == rows.lesion_id.tolist()
        np.testing.assert_allclose(rows.baseline_diameter_mm, measured.longest_diameter_mm, atol=0.051)
        assert rows.baseline_diameter_mm.between(8.0, 60.0).all()


def test_the_hidden_truth_agrees_with_the_outcome_rule(cohort):
    outcome, truth = pd.read_csv(cohort / "outcome.csv"), pd.read_csv(cohort / "truth.csv")
    grown = outcome.followup_diameter_mm - outcome.baseline_diameter_mm > 3.0
    assert (truth.response == (~grown).astype(int)).all()
    assert set(truth.response) == {0, 1}


def test_lesions_are_darker_than_the_liver_on_average_and_hu_are_plausible(cohort, scans):
    truth = pd.read_csv(cohort / "truth.csv")
    for patient, volumes in scans.items():
        ct, liver, lesions = (volumes[kind].array for kind in FILES)
        scan = truth[truth.patient_id == patient].iloc[0]
        parenchyma = np.median(ct[(liver > 0) & (lesions == 0)])
        assert parenchyma == pytest.approx(scan.liver_hu, abs=12)
        assert ct[lesions > 0].mean() < parenchyma
        assert np.median(ct[:, :3, :3]) == pytest.approx(-1000, abs=5)  # air in the corner


def test_a_reader_changes_nothing_of_what_is_there_but_adds_masks_and_who_missed_what(cohort, tmp_path):
    readers = {"reader2": {"shift_mm": 1.0, "missed": 0.5}}
    alone, drawn = digests(cohort), digests(written(tmp_path, readers=readers))
    truth = pd.read_csv(tmp_path / "truth.csv")
    changed = {name for name in alone if drawn[name] != alone[name]}
    assert changed == {"truth.csv", "README.txt"}
    assert set(drawn) - set(alone) == {f"{p}/baseline/lesions_reader2.nii.gz" for p in patient_ids(2, "Q")}
    assert truth.drop(columns="missed_by_reader2").equals(pd.read_csv(cohort / "truth.csv"))
    for patient, rows in truth.groupby("patient_id"):
        mask = read_volume(tmp_path / patient / "baseline" / "lesions_reader2.nii.gz")
        assert set(rows.lesion_id[rows.missed_by_reader2 == 0]) == set(np.unique(mask.array)) - {0}
    assert "lesions_reader2.nii.gz" in (tmp_path / "README.txt").read_text()


def test_the_readme_says_that_it_proves_nothing(cohort):
    assert "proves nothing clinical" in (cohort / "README.txt").read_text()
