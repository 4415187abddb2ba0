"""What a job reads follows from its wildcards: the masks that there are, and the network that may see the scan."""

from types import SimpleNamespace

import pytest

from livermets.workflow.inputs import Inputs
from livermets.workflow.plan import Plan

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
    assert [scan.cohort for scan in inputs().with_lesions(job())] == ["test", "test"]
    assert list(inputs().with_lesions(job("new", "p01"))) == []


def test_the_liver_network_is_trained_on_the_given_liver_and_waits_for_no_other(inputs):
    ours, theirs = job(network="automatic"), job(network="liver")
    assert inputs().liver_in_use(ours) == ["results/test/liver/V001/baseline.nii.gz"]
    assert inputs().liver_in_use(theirs) == []
    masks = WHERE.format("test", "V001")
    assert inputs().preprocess_options(theirs) == f"--liver {masks}liver.nii.gz --classes liver"
    assert inputs().preprocess_options(ours) == (
        f"--liver results/test/liver/V001/baseline.nii.gz --lesions {masks}lesions.nii.gz --classes lesion"
    )


def test_livers_are_found_as_the_study_says(inputs):
    given, network = inputs(), inputs(segmentation={"liver": {"source": "network"}})
    command = inputs(segmentation={"liver": {"source": "command", "command": "x {image} {out}"}})
    weights = network.liver_network(job())
    assert weights == ["results/networks/liver/network.safetensors"]
    assert given.liver_network(job()) == command.liver_network(job()) == []
    nothing = SimpleNamespace(network=[])
    assert given.liver_options(job(), nothing) == f"--given {WHERE.format('test', 'V001')}liver.nii.gz"
    assert network.liver_options(job(), SimpleNamespace(network=weights)) == "--network results/networks/liver"
    assert command.liver_options(job(), nothing) == ""


def test_a_liver_is_measured_against_the_given_one_once(inputs):
    own, other = job(network="automatic"), job(network="paper")
    assert inputs().liver_reference(own) == ""
    found = inputs(segmentation={"liver": {"source": "network"}})
    assert found.liver_reference(own) == f"--liver-reference {WHERE.format('test', 'V001')}liver.nii.gz"
    assert found.liver_reference(other) == ""


def test_with_cross_fitting_a_training_patient_gets_the_network_that_never_saw_it(inputs):
    crossed = inputs(segmentation={"cross_fit": 2}, compare_networks={"paper": {"preset": "giannini2020"}})
    own, other = (crossed.network_of_scan(job("learn", "T001", network=name)) for name in ("automatic", "paper"))
    fold = crossed.plan.fold(crossed.scan(job("learn", "T001")))
    assert own == f"results/networks/automatic/fold{fold}/network.safetensors"
    assert other == "results/networks/paper/network.safetensors"
    validation = crossed.network_of_scan(job(network="automatic"))
    assert validation == inputs().network_of_scan(job("learn", "T001", network="automatic"))
    assert validation == "results/networks/automatic/network.safetensors"


def test_features_are_made_of_the_readers_mask_and_of_the_own_networks(inputs):
    manual, automatic = job(source="manual"), job(source="automatic")
    assert inputs().mask_of_source(manual) == f"{WHERE.format('test', 'V001')}lesions.nii.gz"
    assert inputs().written_with_mask(manual) == f"{WHERE.format('test', 'V001')}image.nii.gz"
    mask = "results/test/segmentation/automatic/V001/baseline/lesions.nii.gz"
    assert inputs().mask_of_source(automatic) == inputs().written_with_mask(automatic) == mask


def test_folds_are_trained_on_the_scans_of_the_whole_network(inputs):
    whole, fold = (SimpleNamespace(network=name) for name in ("automatic", "automatic/fold0"))
    images = inputs().training_images(whole)
    assert inputs().training_images(fold) == images
    assert images[0] == "results/learn/preprocess/automatic/T001/baseline/image.nii.gz"
    assert inputs().training_options(fold).startswith("--scans=results/learn/preprocess/automatic/{T001/baseline,")


def test_networks_beside_the_own_one_are_judged_on_validation_scans_with_a_mask(inputs):
    both = inputs(compare_networks={"paper": {"preset": "giannini2020"}})
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
