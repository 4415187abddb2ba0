"""What a job reads follows from its wildcards: the masks that there are, and the network that may see the scan."""

from types import SimpleNamespace

import pytest

from livermets.workflow.inputs import Inputs
from livermets.workflow.plan import Plan

REPLACED = {"missing": "network", "replace_given": True}
WHERE = "results/{0}/intake/{1}/baseline/"


def job(cohort="test", patient="V001", **more):
    return SimpleNamespace(cohort=cohort, patient=patient, timepoint="baseline", **more)


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """Inputs of a study with two synthetic cohorts and one of images without lesion masks."""
    monkeypatch.chdir(tmp_path)
    for name in ("ct", "liver"):
        (tmp_path / f"p01_{name}.nii.gz").touch()
    cohorts = {
        "learn": {"role": "train", "phantom": {"patients": 4, "prefix": "T"}},
        "test": {"role": "validation", "phantom": {"patients": 2, "prefix": "V"}},
        "second": {"role": "validation", "phantom": {"patients": 1, "prefix": "W"}},
        "new": {
            "role": "predict",
            "patients": ["p01"],
            "image": "{patient}_ct.nii.gz",
            "liver": "{patient}_liver.nii.gz",
        },
    }

    def made(**changes) -> Inputs:
        return Inputs(Plan.from_config({"cohorts": cohorts, **changes}))

    return made


def test_a_scan_comes_from_the_user_or_from_the_folder_of_its_synthetic_cohort(inputs, tmp_path):
    assert inputs().intake_sources(job()) == "results/test/phantom"
    given = inputs().intake_sources(job("new", "p01"))
    assert [path.removeprefix(f"{tmp_path}/") for path in given] == ["p01_ct.nii.gz", "p01_liver.nii.gz"]


def test_a_mask_that_the_scan_did_not_come_with_is_not_named(inputs):
    assert inputs().lesions_option(job()) == f"--lesions {WHERE.format('test', 'V001')}lesions.nii.gz"
    assert inputs().lesions_option(job("new", "p01")) == ""
    drawn = inputs().of_sources("{source} {cohort} {patient}/{timepoint}")
    assert [word.split()[1] for word in drawn(job()) if word.startswith("manual")] == ["test", "test"]
    assert [word for word in drawn(job("new", "p01")) if word.startswith("manual")] == []


def test_the_liver_network_is_trained_on_the_given_liver_and_waits_for_no_other(inputs):
    ours, theirs = job(network="automatic"), job("learn", "T001", network="liver")
    assert inputs().liver_in_use(ours) == ["results/test/liver/V001/baseline.nii.gz"]
    assert inputs().liver_in_use(theirs) == []
    assert inputs().preprocess_options(theirs) == f"--liver {WHERE.format('learn', 'T001')}liver.nii.gz --classes liver"
    masks = WHERE.format("test", "V001")
    assert inputs().preprocess_options(ours) == (
        f"--liver results/test/liver/V001/baseline.nii.gz --lesions {masks}lesions.nii.gz --classes lesion"
    )


def test_livers_are_found_as_the_study_says(inputs):
    given, network = inputs(), inputs(segmentation={"liver": REPLACED})
    command = inputs(segmentation={"liver": {**REPLACED, "missing": "command", "command": "x {image} {out}"}})
    weights = network.liver_network(job())
    assert weights == ["results/networks/liver/network.safetensors"]
    assert given.liver_network(job()) == command.liver_network(job()) == []
    nothing = SimpleNamespace(network=[])
    assert given.liver_options(job(), nothing) == f"--given {WHERE.format('test', 'V001')}liver.nii.gz"
    assert network.liver_options(job(), SimpleNamespace(network=weights)) == "--network results/networks/liver"
    assert command.liver_options(job(), nothing) == ""


def test_only_a_scan_without_a_liver_waits_for_the_network_that_finds_it(inputs, tmp_path):
    (tmp_path / "q01_ct.nii.gz").touch()
    bare = {"role": "predict", "patients": ["q01"], "image": "{patient}_ct.nii.gz"}
    made = inputs()
    with_bare = inputs(cohorts={**made.plan.config.model_dump(exclude_unset=True)["cohorts"], "bare": bare})
    assert with_bare.liver_network(job("bare", "q01")) == ["results/networks/liver/network.safetensors"]
    assert with_bare.liver_reference(job("bare", "q01", network="automatic")) == ""
    for scan in (job(), job("new", "p01"), job("learn", "T001")):
        nothing = SimpleNamespace(network=with_bare.liver_network(scan))
        assert nothing.network == []
        assert with_bare.liver_options(scan, nothing) == made.liver_options(scan, nothing)
        assert with_bare.liver_settings(scan) == made.liver_settings(scan)


def test_a_network_is_trained_on_the_scans_that_have_what_it_finds(inputs, tmp_path):
    for name in ("ct", "lesions"):
        (tmp_path / f"q01_{name}.nii.gz").touch()
    (tmp_path / "bare.csv").write_text("patient_id,lesion_id,baseline_diameter_mm,followup_diameter_mm\nq01,1,20,18\n")
    files = {name: f"{{patient}}_{path}.nii.gz" for name, path in (("image", "ct"), ("lesions", "lesions"))}
    bare = {"role": "train", "table": "bare.csv", **files}
    made = inputs(cohorts={**inputs().plan.config.model_dump(exclude_unset=True)["cohorts"], "bare": bare})
    livers, own = SimpleNamespace(network="liver"), SimpleNamespace(network="automatic")
    assert made.training_patients(livers) == "T001,T002,T003,T004"
    assert made.training_patients(own) == "T001,T002,T003,T004,q01"
    assert len(made.training_images(livers)) == 4
    assert made.training_images(own)[-1] == "results/bare/preprocess/automatic/q01/baseline/image.nii.gz"
    assert "q01" not in made.training_options(livers)


def test_a_liver_is_measured_against_the_given_one_once(inputs):
    own, other = job(network="automatic"), job(network="paper")
    assert inputs().liver_reference(own) == ""
    found = inputs(segmentation={"liver": REPLACED})
    assert found.liver_reference(own) == f"--liver-reference {WHERE.format('test', 'V001')}liver.nii.gz"
    assert found.liver_reference(other) == ""


def test_with_cross_fitting_a_training_patient_gets_the_network_that_never_saw_it(inputs):
    crossed = inputs(segmentation={"cross_fit": 2}, networks={"paper": {"preset": "giannini2020"}})
    own, other = (crossed.network_of_scan(job("learn", "T001", network=name)) for name in ("automatic", "paper"))
    fold = crossed.plan.cross_fit.fold(crossed.scan(job("learn", "T001")))
    assert own == f"results/networks/automatic/fold{fold}/network.safetensors"
    assert other == f"results/networks/paper/fold{fold}/network.safetensors"
    validation = crossed.network_of_scan(job(network="automatic"))
    assert validation == inputs().network_of_scan(job("learn", "T001", network="automatic"))
    assert validation == "results/networks/automatic/network.safetensors"


def test_features_are_made_of_the_readers_mask_and_of_the_own_networks(inputs):
    manual, automatic = job(source="manual"), job(source="automatic")
    assert inputs().mask_of_source(manual) == f"{WHERE.format('test', 'V001')}lesions.nii.gz"
    assert inputs().written_with_mask(manual) == f"{WHERE.format('test', 'V001')}image.nii.gz"
    mask = "results/test/segmentation/automatic/V001/baseline/lesions.nii.gz"
    assert inputs().mask_of_source(automatic) == inputs().written_with_mask(automatic) == mask


def test_folds_are_trained_on_scans_of_the_whole_network_without_their_own_patients(inputs):
    crossed = inputs(segmentation={"cross_fit": 2})
    assert crossed.fold_options(SimpleNamespace(network="automatic")) == ""
    images = crossed.training_images(SimpleNamespace(network="automatic"))
    assert images[0] == "results/learn/preprocess/automatic/T001/baseline/image.nii.gz"
    shown = []
    for number in (0, 1):
        fold = SimpleNamespace(network=f"automatic/fold{number}")
        patients = crossed.training_patients(fold).split(",")
        shown += patients
        assert crossed.fold_options(fold) == f"--fold {number} --folds 2 --fold-patients T001,T002,T003,T004"
        assert [path.split("/")[4] for path in crossed.training_images(fold)] == patients
        assert crossed.training_options(fold) == (
            f"--scans=results/learn/preprocess/automatic/{{{'/baseline,'.join(patients)}/baseline}}"
        )
    assert sorted(shown) == ["T001", "T002", "T003", "T004"]


def test_networks_beside_the_own_one_are_judged_on_validation_scans_with_a_mask(inputs):
    both = inputs(networks={"paper": {"preset": "giannini2020"}})
    tables = both.judged_masks("matching.csv")(SimpleNamespace())
    own, others = len(both.plan.scans()), 3
    assert len(tables) == own + others
    assert "results/test/segmentation/automatic/V001/baseline/matching.csv" in tables[:own]
    assert tables[-1] == "results/second/segmentation/paper/W001/baseline/matching.csv"
    assert both.judged_options(SimpleNamespace()).split()[-1] == (
        "--scans=paper=results/second/segmentation/paper/W001/baseline"
    )
    assert len(both.of_concordance(SimpleNamespace(name="pooled"))) == 3
    assert len(both.of_concordance(SimpleNamespace(name="second"))) == 1


def test_a_cohort_is_classified_with_every_mask_that_its_scans_have(inputs):
    template = "results/{cohort}/features/{patient}/{timepoint}/rois_{source}.parquet"
    where = "results/{0}/features/{1}/baseline/rois_{2}.parquet"
    assert inputs().of_sources(template)(job()) == [
        where.format("test", patient, source) for source in ("manual", "automatic") for patient in ("V001", "V002")
    ]
    without_masks = job("new", "p01")
    assert inputs().of_sources(template)(without_masks) == [where.format("new", "p01", "automatic")]
    assert inputs().options_of_sources(f"--rois={{source}}={template}", reference=False)(job()) == (
        "--rois=automatic=results/test/features/{V001/baseline,V002/baseline}/rois_automatic.parquet"
    )
    of_the_study = inputs().of_sources(template)(SimpleNamespace())
    assert len(of_the_study) == 7 + 8


def test_a_pair_is_of_the_reference_and_its_own_source(inputs):
    pooled = SimpleNamespace(name="pooled", source="automatic")
    template = "{cohort}/{patient}/{timepoint}/{source}"
    assert inputs().of_pair(template)(pooled) == [
        f"{scan}/baseline/{source}"
        for source in ("manual", "automatic") for scan in ("test/V001", "test/V002", "second/W001")
    ]  # fmt: skip
    assert inputs().options_of_pair("--x={cohort}/{patient}/{timepoint}/{source}")(pooled).split()[-1] == (
        "--x=second/W001/baseline/automatic"
    )


def test_refits_classify_the_masks_of_patients_that_the_model_was_not_fitted_on(inputs):
    found = inputs().of_unseen("{source} {cohort} {patient}/{timepoint}")(None)
    seen = [f"{cohort}/baseline" for cohort in ("test V001", "test V002", "second W001")]
    assert found == [f"{source} {scan}" for source in ("manual", "automatic") for scan in seen]
    words = inputs().options_of_unseen("--rois={source}=results/{cohort}/{patient}/{timepoint}")(None)
    assert words.split()[:2] == [
        "--rois=manual=results/test/{V001/baseline,V002/baseline}", "--rois=manual=results/second/W001/baseline"
    ]  # fmt: skip
    assert "results/perturbation/class_noise.csv" in inputs().plan.reported
    without = inputs(retraining={"seeds": 0, "bootstraps": 0})
    assert without.of_unseen("{source} {cohort} {patient}/{timepoint}")(None) == []
    assert "results/perturbation/class_noise.csv" not in without.plan.reported
