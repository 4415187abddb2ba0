"""The verbs on files: from CT to masks that lie on the CT, and what happens with wrong input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import SimpleITK as sitk
from tests.phantoms import write_cohort
from typer.testing import CliRunner

import livermets
import livermets.cli.overlap
import livermets.cli.segmentation
from livermets.cli import app
from livermets.errors import InputError
from livermets.io.images import read_volume, write_volume
from livermets.segmentation.chosen_network import choose_network
from livermets.segmentation.description import read_description
from livermets.segmentation.folds import fold_of
from livermets.segmentation.preprocessed import preprocessed_digest
from livermets.segmentation.training_share import drawn_patients
from livermets.surroundings import OUTER_PATH, SOURCE

pytestmark = pytest.mark.slow

PATIENTS = ("A1", "A2", "A3", "A4")
PREPROCESS = '{"network_grid": 32, "clip_hu": [-150, 250]}'
SETTINGS = json.dumps(
    {
        "network": {"levels": 2, "base_filters": 4},
        "training": {"epochs": 4, "batch_size": 4, "learning_rate": 0.02, "validation_fraction": 0.25},
        "liver": {
            "network": {"levels": 2, "base_filters": 4},
            "training": {"epochs": 6, "batch_size": 4, "learning_rate": 0.02},
        },
        "output": {"keep_probability": True},
    }
)


def verb(*words: object) -> None:
    """Runs one verb in this process; the user's mistakes arrive as `InputError`."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output


def preprocess(scan: Path, out: Path, *more: object, lesions: bool = True) -> None:
    masks = ["--lesions", scan / "lesions.nii.gz"] if lesions else []
    verb(
        "preprocess", "--image", scan / "ct.nii.gz", "--liver", scan / "liver.nii.gz", *masks,
        "--out", out, "--settings", PREPROCESS, *more,
    )  # fmt: skip


def train(folders: list[Path], patients: tuple[str, ...], out: Path, *more: object) -> None:
    scans = [f"--scans={folder}" for folder in folders]
    verb(
        "train-segmentation", *scans, "--patients", ",".join(patients), "--out", out, "--settings", SETTINGS,
        "--seed", 5, "--threads", 1, *more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """Four patients with differently stored axes, preprocessed, and two fold networks."""
    root = tmp_path_factory.mktemp("study")
    write_cohort(root, PATIENTS)
    for patient in PATIENTS:
        preprocess(root / patient / "baseline", root / patient / "pre")
    for fold in (0, 1):
        train([root / p / "pre" for p in PATIENTS], PATIENTS, root / f"fold{fold}", "--fold", fold, "--folds", 2)
    return root


def test_a_network_may_be_judged_by_whole_scans_every_so_many_epochs(study, tmp_path):
    values = json.loads(SETTINGS)
    values["training"] |= {"validate_on": "volumes", "validate_every": 2, "optimiser": "sgd", "nesterov": False}
    settings = ("--settings", json.dumps(values))
    train([study / p / "pre" for p in PATIENTS], PATIENTS, tmp_path / "network", *settings)
    log = pd.read_csv(tmp_path / "network" / "training_log.csv")
    assert log["validation_dice"].notna().tolist() == [False, True, False, True]
    described = json.loads((tmp_path / "network" / "network.json").read_text())
    assert described["training"]["validate_on"] == "volumes"
    assert described["best_epoch"] in (2, 4)


def segment(study: Path, patient: str, out: Path, *more: object, lesions: bool = True) -> None:
    scan = study / patient / "baseline"
    masks = ["--lesions", scan / "lesions.nii.gz", "--liver-reference", scan / "liver.nii.gz"] if lesions else []
    verb(
        "segment", "--network", study / "fold0", "--network", study / "fold1",
        "--preprocessed", study / patient / "pre", "--image", scan / "ct.nii.gz", "--liver", scan / "liver.nii.gz",
        *masks, "--out", out, "--cohort", "c",
        "--patient", patient, "--settings", SETTINGS, "--threads", 1, *more,
    )  # fmt: skip


@pytest.mark.parametrize("patient", PATIENTS)
def test_masks_have_the_geometry_of_the_ct_file(study, tmp_path, patient):
    segment(study, patient, tmp_path)
    ct = sitk.ReadImage(str(study / patient / "baseline" / "ct.nii.gz"))
    for name in ("lesions.nii.gz", "probability.nii.gz"):
        mask = sitk.ReadImage(str(tmp_path / name))
        assert mask.GetSize() == ct.GetSize()
        assert mask.GetSpacing() == pytest.approx(ct.GetSpacing())
        assert mask.GetOrigin() == pytest.approx(ct.GetOrigin(), abs=1e-4)
        assert mask.GetDirection() == pytest.approx(ct.GetDirection(), abs=1e-6)


def test_out_of_fold_masks_come_from_the_network_that_never_saw_the_patient(study, tmp_path):
    folds = fold_of(PATIENTS, 2, 5)
    for patient in PATIENTS:
        segment(study, patient, tmp_path / patient)
        metrics = pd.read_csv(tmp_path / patient / "scan_metrics.csv").iloc[0]
        assert metrics["network"] == f"fold{folds[patient]}"
        assert metrics["seen_in_training"] == metrics["scan_in_training"] == 0
        assert metrics["fold"] == folds[patient]
        description = json.loads((study / metrics["network"] / "network.json").read_text())
        assert patient not in description["training_patients"] + description["validation_patients"]


def test_a_network_of_some_patients_leaves_out_those_of_the_fold_of_all(study, tmp_path):
    some, folds = PATIENTS[:3], fold_of(PATIENTS, 2, 5)
    options = ("--fold", 1, "--folds", 2, "--fold-patients", ",".join(PATIENTS))
    train([study / p / "pre" for p in some], some, tmp_path / "net", *options)
    description = json.loads((tmp_path / "net" / "network.json").read_text())
    seen = {*description["training_patients"], *description["validation_patients"]}
    assert seen == {patient for patient in some if folds[patient] == 0}
    assert (description["fold"], description["folds"]) == (1, 2)


def test_a_share_is_trained_like_a_study_of_these_patients_alone(study, tmp_path):
    drawn = drawn_patients(PATIENTS, 0.5, 5)
    train([study / p / "pre" for p in PATIENTS], PATIENTS, tmp_path / "half", "--training-share", 0.5)
    # As the workflow does: only the scans of the share, and everybody named.
    share = ("--training-share", 0.5, "--fold-patients", ",".join(PATIENTS))
    train([study / p / "pre" for p in drawn], tuple(drawn), tmp_path / "asked", *share)
    train([study / p / "pre" for p in drawn], tuple(drawn), tmp_path / "alone")
    half, asked, alone = (read_description(tmp_path / name) for name in ("half", "asked", "alone"))
    assert half.patients == set(drawn)
    assert (half.training_share, asked.training_share, alone.training_share) == (0.5, 0.5, 1.0)
    assert half.training_scans == len(half.training_patients) == 1
    assert half.weights_sha256 == asked.weights_sha256 == alone.weights_sha256
    assert half.digest == asked.digest == alone.digest
    unseen = next(patient for patient in PATIENTS if patient not in drawn)
    assert not choose_network([tmp_path / "half"], "c", unseen).seen


def test_a_patient_seen_at_another_timepoint_is_told_from_a_scan_that_was_trained_on(study):
    patient, fold = next(iter(fold_of(PATIENTS, 2, 5).items()))
    digest = preprocessed_digest(study / patient / "pre")
    others = [study / f"fold{1 - fold}"]
    for folders, scan, expected in (
        (others, digest, (True, True)),
        (others, "that of TP1", (True, False)),
        ([study / f"fold{fold}"], digest, (False, False)),
    ):
        chosen = choose_network(folders, "c", patient, scan)
        assert (chosen.seen, chosen.scan_seen) == expected


def test_tables_list_every_manual_lesion_with_its_scan(study, tmp_path):
    segment(study, "A1", tmp_path)
    matching = pd.read_csv(tmp_path / "matching.csv")
    assert list(matching.columns[:4]) == ["cohort", "patient_id", "timepoint", "lesion_id"]
    manual = matching[matching["kind"] == "manual"]
    assert manual["lesion_id"].tolist() == [1, 2]
    assert set(matching["detection_dice"]) == {0.0}
    metrics = pd.read_csv(tmp_path / "scan_metrics.csv").iloc[0]
    assert metrics["manual_lesions"] == 2
    assert metrics["liver_dice"] == 1
    labels = read_volume(tmp_path / "lesions.nii.gz").array
    volume = matching["volume_automatic_ml"].sum()
    assert volume == pytest.approx((labels > 0).sum() * read_volume(tmp_path / "lesions.nii.gz").grid.voxel_ml)
    assert (tmp_path / "overlay.png").stat().st_size > 1000


def test_a_scan_without_manual_lesions_is_segmented_too(study, tmp_path):
    segment(study, "A2", tmp_path, lesions=False)
    matching = pd.read_csv(tmp_path / "matching.csv")
    assert set(matching["kind"]) <= {"automatic"}
    assert pd.isna(pd.read_csv(tmp_path / "scan_metrics.csv").iloc[0]["mts_dice"])


def test_a_network_tells_what_it_was_made_from(study):
    description = json.loads((study / "fold0" / "network.json").read_text())
    told = {"classes", "network", "sampling", "training", "preprocess", "seed", "scans", "versions", "parameter_count"}
    assert told <= set(description)
    assert description["epochs"] == len(pd.read_csv(study / "fold0" / "training_log.csv"))
    for picture in ("curves.png", "examples.png"):
        assert (study / "fold0" / picture).stat().st_size > 1000


def test_the_liver_network_is_trained_and_applied(study, tmp_path):
    for patient in PATIENTS:
        preprocess(study / patient / "baseline", tmp_path / patient, "--classes", "liver", lesions=False)
    train([tmp_path / p for p in PATIENTS], PATIENTS, tmp_path / "net", "--classes", "liver")
    scan = study / "A3" / "baseline"
    options = ("--settings", SETTINGS, "--threads", 1)
    verb(
        "liver", "--image", scan / "ct.nii.gz", "--network", tmp_path / "net", "--out", tmp_path / "l.nii.gz", *options
    )
    found, true = read_volume(tmp_path / "l.nii.gz"), read_volume(scan / "liver.nii.gz")
    assert not found.grid.differences(true.grid)
    assert 2 * (found.array * true.array).sum() / (found.array.sum() + true.array.sum()) > 0.8
    with pytest.raises(InputError, match="this scan was preprocessed for a network of lesion, not of liver"):
        train([study / "A1" / "pre"], ("A1",), tmp_path / "no", "--classes", "liver")
    with pytest.raises(InputError, match="this network finds liver, not lesion"):
        verb(
            "segment", "--network", tmp_path / "net", "--preprocessed", study / "A1" / "pre", "--image",
            scan / "ct.nii.gz", "--liver", scan / "liver.nii.gz", "--out", tmp_path / "x", "--cohort", "c",
            "--patient", "A1", "--settings", SETTINGS,
        )  # fmt: skip


def test_one_network_finds_liver_and_lesions(study, tmp_path):
    settings = json.dumps(
        {
            "classes": ["liver", "lesion"],
            "network": {"levels": 2, "base_filters": 4},
            "sampling": {"slices": "all", "field": "image"},
            "training": {"epochs": 24, "batch_size": 4, "learning_rate": 0.02},
            "output": {"rule": "argmax", "restrict_to_liver": False, "keep_probability": True},
            "liver": {"replace_given": True, "output": {"rule": "argmax"}},
        }
    )
    for patient in PATIENTS:
        preprocess(study / patient / "baseline", tmp_path / patient, "--classes", "liver,lesion")
    words = [f"--scans={tmp_path / patient}" for patient in PATIENTS]
    trained = ("--patients", ",".join(PATIENTS), "--out", tmp_path / "net", "--settings", settings, "--threads", 1)
    verb("train-segmentation", *words, *trained)
    description = json.loads((tmp_path / "net" / "network.json").read_text())
    assert description["classes"] == ["background", "liver", "lesion"]
    scan = study / "A3" / "baseline"
    options = ("--settings", settings, "--threads", 1, "--image", scan / "ct.nii.gz")
    verb("liver", "--network", tmp_path / "net", "--out", tmp_path / "liver.nii.gz", *options)
    found, true = (read_volume(path).array for path in (tmp_path / "liver.nii.gz", scan / "liver.nii.gz"))
    assert 2 * (found * true).sum() / (found.sum() + true.sum()) > 0.8
    verb(
        "segment", "--network", tmp_path / "net", "--preprocessed", tmp_path / "A3", "--liver", scan / "liver.nii.gz",
        "--lesions", scan / "lesions.nii.gz", "--out", tmp_path / "masks", "--cohort", "c", "--patient", "A3",
        "--liver-reference", scan / "liver.nii.gz", *options,
    )  # fmt: skip
    metrics = pd.read_csv(tmp_path / "masks/scan_metrics.csv").iloc[0]
    # Measured on what the network found itself, not on the liver in use, which is the given one here.
    assert metrics["liver_dice"] == pytest.approx(2 * (found * true).sum() / (found.sum() + true.sum()), abs=0.03)
    assert metrics["liver_dice"] < 1
    assert pd.isna(metrics["threshold"])  # three classes compete
    assert metrics["mts_dice"] > 0.2
    probability = read_volume(tmp_path / "masks/probability.nii.gz").array
    assert 0 < probability.max() <= 1


def test_two_networks_are_compared_on_the_same_scans(study, tmp_path):
    for fold in (0, 1):
        for patient in PATIENTS[:3]:
            scan = study / patient / "baseline"
            verb(
                "segment", "--network", study / f"fold{fold}", "--preprocessed", study / patient / "pre",
                "--image", scan / "ct.nii.gz", "--liver", scan / "liver.nii.gz", "--lesions", scan / "lesions.nii.gz",
                "--out", tmp_path / f"masks{fold}" / patient, "--cohort", "c", "--patient", patient,
                "--settings", SETTINGS, "--threads", 1,
            )  # fmt: skip
    words = [f"--scans=net{fold}={tmp_path}/masks{fold}/*" for fold in (0, 1)]
    words += [f"--network=net{fold}={study}/fold{fold}" for fold in (0, 1)]
    words += ["--same-recipe=net0,net1"]
    settings = '{"bootstrap_replicates": 200, "size_cuts_mm": [5, 10]}'
    verb("overlap", *words, "--out", tmp_path / "out", "--settings", settings)
    by_size = pd.read_csv(tmp_path / "out/overlap.csv")
    assert by_size["size"].unique().tolist() == ["all", "< 5 mm", "5–10 mm", "≥ 10 mm"]
    every, *sizes = (by_size.loc[by_size["size"].eq(size), "n_lesions"].sum() for size in by_size["size"].unique())
    assert every == sum(sizes) > 0
    assert set(pd.read_csv(tmp_path / "out/learning_curve.csv")["network"]) == {"net0", "net1"}
    networks = pd.read_csv(tmp_path / "out/networks.csv")
    assert networks["network"].tolist() == ["net0", "net1"]
    assert networks["n_scans"].tolist() == [3, 3]
    assert (networks["seconds_per_epoch"] > 0).all()
    pairs = pd.read_csv(tmp_path / "out/pairs.csv")
    lesions = pd.read_csv(tmp_path / "out/lesions.csv")
    dice = lesions.pivot(index=["patient_id", "lesion_id"], columns="network", values="dice")
    difference = pairs[(pairs["measure"] == "dice_difference") & (pairs["size"] == "all")]["value"].iloc[0]
    assert difference == pytest.approx((dice["net0"] - dice["net1"]).mean())
    assert (tmp_path / "out/dice.png").stat().st_size > 1000


@pytest.mark.parametrize(
    "words, sentences",
    [
        (["--scans=one"], ["--scans one: this is not NAME=FOLDER", "--scans: no network is named"]),
        (["--scans=one=/nowhere/*"], ["--scans one=/nowhere/*: no folder matches"]),
        (
            ["--scans=one=/nowhere/a", "--scans=two=/nowhere/b", "--network=three=/nowhere"],
            ["--network three: this network has no scans. Add --scans three=FOLDER"],
        ),
        (
            ["--scans=one=/nowhere/a", "--scans=two=/nowhere/b"],
            [
                "/nowhere/a/matching.csv: this table does not exist",
                "/nowhere/b/matching.csv: this table does not exist",
            ],
        ),
    ],
    ids=["no name", "no match", "no scans", "no tables"],
)
def test_a_wrong_comparison_is_refused_with_every_problem(tmp_path, words, sentences):
    with pytest.raises(InputError) as error:
        verb("overlap", *words, "--out", tmp_path / "out")
    for sentence in sentences:
        assert sentence in str(error.value)
    assert not (tmp_path / "out").exists()


def liver_by_command(study: Path, out: Path, code: str, *words: object, **more: object) -> None:
    command = f"{sys.executable} -c '{code}' {{image}} {{out}}"
    settings = {"liver": {"missing": "command", "command": command, **more}}
    image = study / "A1" / "baseline" / "ct.nii.gz"
    verb("liver", "--image", image, "--out", out, "--settings", json.dumps(settings), *words)


def test_an_external_program_may_find_the_liver(study, tmp_path):
    code = (
        "import SimpleITK as s, sys; i = s.ReadImage(sys.argv[1]); "
        "s.WriteImage(s.Cast(i > 0, s.sitkUInt8), sys.argv[2])"
    )
    liver_by_command(study, tmp_path / "liver.nii.gz", code)
    found = read_volume(tmp_path / "liver.nii.gz").array
    true = read_volume(study / "A1" / "baseline" / "liver.nii.gz").array
    assert (found == true).mean() > 0.99


@pytest.mark.parametrize(
    "code, sentence",
    [
        ('import sys; sys.exit("no licence")', "status 1 and no mask was made: no licence"),
        ("pass", "status 0 and no mask was made: it said nothing"),
        ("import os; os.write(2, bytes([67, 84, 255])); os._exit(1)", "status 1 and no mask was made: CT\ufffd"),
        (
            "import SimpleITK as s, sys; s.WriteImage(s.Image(3, 3, 3, s.sitkUInt8), sys.argv[2])",
            "mask is not on the grid of the CT",
        ),
        (
            "import SimpleITK as s, sys; i = s.ReadImage(sys.argv[1]); s.WriteImage(i > 9999, sys.argv[2])",
            "finds no liver in this scan",
        ),
    ],
)
def test_an_external_program_that_fails_is_named(study, tmp_path, code, sentence):
    with pytest.raises(InputError) as error:
        liver_by_command(study, tmp_path / "liver.nii.gz", code)
    assert sentence in str(error.value)
    assert not (tmp_path / "liver.nii.gz").exists()


def test_an_external_program_has_the_users_environment_not_the_jobs(study, tmp_path, monkeypatch):
    for name, value in {
        "PYTHONPATH": "/the/workflow", "PYTHONSAFEPATH": "1", SOURCE: "/the/workflow", OUTER_PATH: "/the/user",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    code = 'import os; print(os.environ["PYTHONPATH"], "PYTHONSAFEPATH" in os.environ)'
    with pytest.raises(InputError, match="/the/user False"):
        liver_by_command(study, tmp_path / "liver.nii.gz", code)


def test_a_scan_without_a_given_liver_is_refused(study, tmp_path):
    with pytest.raises(InputError, match="there is no liver mask of this scan"):
        verb(
            "liver",
            "--image",
            study / "A1" / "baseline" / "ct.nii.gz",
            "--out",
            tmp_path / "l.nii.gz",
            "--settings",
            "{}",
        )


def test_a_mask_on_another_grid_is_refused(study, tmp_path):
    scan = read_volume(study / "A1" / "baseline" / "liver.nii.gz")
    smaller = sitk.GetImageFromArray(scan.array[:-1])
    sitk.WriteImage(smaller, str(tmp_path / "liver.nii.gz"))
    with pytest.raises(InputError, match="the liver mask is not on the grid of"):
        verb(
            "preprocess", "--image", study / "A1" / "baseline" / "ct.nii.gz", "--liver", tmp_path / "liver.nii.gz",
            "--out", tmp_path / "pre", "--settings", PREPROCESS,
        )  # fmt: skip
    assert not (tmp_path / "pre").exists()


def test_another_network_grid_than_in_training_is_refused(study, tmp_path):
    scan = study / "A1" / "baseline"
    verb(
        "preprocess", "--image", scan / "ct.nii.gz", "--liver", scan / "liver.nii.gz", "--out", tmp_path / "pre",
        "--settings", '{"network_grid": 48, "clip_hu": [-150, 250]}',
    )  # fmt: skip
    with pytest.raises(InputError, match=r"preprocess\.network_grid is 48 here and 32 in the network's training"):
        verb(
            "segment", "--network", study / "fold0", "--preprocessed", tmp_path / "pre", "--image", scan / "ct.nii.gz",
            "--liver", scan / "liver.nii.gz", "--out", tmp_path / "x", "--cohort", "c", "--patient", "A1",
            "--settings", SETTINGS,
        )  # fmt: skip


def test_training_names_every_scan_that_it_cannot_use(study, tmp_path):
    preprocess(study / "A2" / "baseline", tmp_path / "none", lesions=False)
    folders = [study / "A1" / "pre", tmp_path / "none", tmp_path / "nothing"]
    with pytest.raises(InputError) as error:
        train(folders, PATIENTS[:3], tmp_path / "net")
    assert [problem.where for problem in error.value.problems] == [str(folder) for folder in folders[1:]]
    assert not (tmp_path / "net").exists()


def test_training_without_lesions_is_refused(study, tmp_path):
    scan = study / "A1" / "baseline"
    empty = read_volume(scan / "lesions.nii.gz")
    write_volume(tmp_path / "none.nii.gz", empty.with_array(empty.array * 0))
    preprocess(scan, tmp_path / "pre", lesions=False)
    with pytest.raises(InputError, match="this training scan has no lesion mask"):
        train([tmp_path / "pre"], ("A1",), tmp_path / "net")
    preprocess(scan, tmp_path / "pre2", "--lesions", tmp_path / "none.nii.gz", lesions=False)
    with pytest.raises(InputError, match="none of them shows the lesion"):
        train([tmp_path / "pre2"], ("A1",), tmp_path / "net")
    with pytest.raises(InputError, match="2 ids for 1 scans"):
        train([tmp_path / "pre"], ("A1", "A2"), tmp_path / "net")
    assert not (tmp_path / "net").exists()


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(livermets.__file__).parents[1])}


def training_command(study: Path, out: Path, epochs: int, threads: int) -> list[str]:
    """A training as a process of its own; its side folder lies beside its output."""
    settings = json.loads(SETTINGS)
    settings["training"]["epochs"] = epochs
    scans = [f"--scans={study / patient / 'pre'}" for patient in PATIENTS]
    return [
        sys.executable, "-m", "livermets", "train-segmentation", *scans, "--patients", ",".join(PATIENTS),
        "--out", str(out), "--checkpoint", f"{out}-side", "--settings", json.dumps(settings), "--seed", "5",
        "--threads", str(threads),
    ]  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system lends no single cores")
def test_fewer_cores_than_threads_give_the_same_weights(study, tmp_path):
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        pytest.skip("needs two cores")
    for name, lent in (("one", cores[:1]), ("all", cores)):
        subprocess.run(
            ["taskset", "--cpu-list", ",".join(map(str, lent)), *training_command(study, tmp_path / name, 2, 3)],
            env=ENVIRONMENT,
            check=True,
            capture_output=True,
        )
    one, every = ((tmp_path / name / "network.safetensors").read_bytes() for name in ("one", "all"))
    assert one == every


def test_a_training_killed_from_outside_continues_to_the_same_bytes(study, tmp_path):
    def command(name: str) -> list[str]:
        return training_command(study, tmp_path / name, epochs=20, threads=1)

    subprocess.run(command("whole"), env=ENVIRONMENT, check=True, capture_output=True)
    killed = subprocess.Popen(command("killed"), env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    checkpoint = tmp_path / "killed-side" / "checkpoint.pt"
    while not checkpoint.exists():
        assert killed.poll() is None
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    assert not (tmp_path / "killed" / "network.safetensors").exists()
    continued = subprocess.run(command("killed"), env=ENVIRONMENT, check=True, capture_output=True, text=True)
    assert "Continuing after epoch" in continued.stderr
    whole, again = ((tmp_path / name / "network.safetensors").read_bytes() for name in ("whole", "killed"))
    assert whole == again


LABELS = "import SimpleITK as s, sys; i = s.ReadImage(sys.argv[1]); l = s.Cast(i > 0, s.sitkUInt8); "


@pytest.mark.parametrize(
    "code, sentence",
    [
        ("import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])", "the mask has values from -"),
        (LABELS + "s.WriteImage(s.Cast(l, s.sitkFloat32) * 0.93, sys.argv[2])", "has fractions as values"),
        (LABELS + "s.WriteImage(l * 5 + s.Cast(i < -50, s.sitkUInt8), sys.argv[2])", "it has 2 labels (1, 5)"),
        (LABELS + "l = l * 0; l[0:9, 0:9, :] = 1; s.WriteImage(l, sys.argv[2])", "is -100 HU"),
        ("import os, sys; os.mkdir(sys.argv[2])", "a folder, not a mask"),
        ('import sys; open(sys.argv[2], "w").write("no image")', "cannot be used: this file cannot be read"),
    ],
    ids=["the CT itself", "a probability", "many organs", "not a liver", "a folder", "no image"],
)
def test_a_program_that_gives_no_liver_mask_is_refused(study, tmp_path, code, sentence):
    with pytest.raises(InputError) as error:
        liver_by_command(study, tmp_path / "liver.nii.gz", code)
    (problem,) = [p for p in error.value.problems if sentence in str(p)]
    assert "liver command" in str(problem)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("replaced", [False, True])
def test_a_given_liver_is_kept_unless_it_is_to_be_replaced(study, tmp_path, replaced):
    true = read_volume(study / "A1" / "baseline" / "liver.nii.gz")
    half = true.array.copy()
    half[:, :, half.shape[2] // 2 :] = 0
    write_volume(tmp_path / "half.nii.gz", true.with_array(half))
    code = LABELS + "s.WriteImage(l, sys.argv[2])"
    given = ("--given", tmp_path / "half.nii.gz")
    liver_by_command(study, tmp_path / "liver.nii.gz", code, *given, replace_given=replaced)
    used = read_volume(tmp_path / "liver.nii.gz").array
    assert (used == half).all() == (not replaced)
    assert ((used == true.array).mean() > 0.99) == replaced


def test_the_settings_say_which_labels_of_a_program_are_liver(study, tmp_path):
    code = LABELS + "s.WriteImage(l * 5 + s.Cast(i < -50, s.sitkUInt8), sys.argv[2])"
    liver_by_command(study, tmp_path / "liver.nii.gz", code, labels=[5])
    found = read_volume(tmp_path / "liver.nii.gz").array
    true = read_volume(study / "A1" / "baseline" / "liver.nii.gz").array
    assert (found == true).mean() > 0.99
    with pytest.raises(InputError, match='there is no label "7"'):
        liver_by_command(study, tmp_path / "other.nii.gz", code, labels=[7])


def test_what_is_odd_about_a_made_liver_stands_beside_it_until_it_is_made_again(study, tmp_path):
    half = LABELS + "l[:, :, :l.GetSize()[2] // 2] = 0; l[:, :, 0:1] = 1; s.WriteImage(l, sys.argv[2])"
    unclean = {"largest_component": False, "fill_holes": False}
    out = tmp_path / "liver.nii.gz"
    liver_by_command(study, out, half, postprocess=unclean)
    remarks = pd.read_csv(tmp_path / "liver_problems.csv")
    assert set(remarks["severity"]) == {"warning"}
    assert "rather an unenhanced or arterial scan" in remarks["what"][0]
    liver_by_command(study, out, LABELS + "s.WriteImage(l, sys.argv[2])")
    assert [path.name for path in tmp_path.iterdir()] == ["liver.nii.gz"]


def test_a_liver_that_a_network_makes_is_checked_like_any(study, tmp_path, monkeypatch):
    def everywhere_but_there(path, image, *_):
        return (image.array < -50).astype("uint8")

    monkeypatch.setattr("livermets.segmentation.liver_network.liver_by_network", everywhere_but_there)
    with pytest.raises(InputError, match="the mean under the liver network's mask is -100 HU"):
        verb(
            "liver", "--image", study / "A1" / "baseline" / "ct.nii.gz", "--network", tmp_path / "network",
            "--out", tmp_path / "liver.nii.gz", "--settings", SETTINGS,
        )  # fmt: skip
    assert not (tmp_path / "liver.nii.gz").exists()
