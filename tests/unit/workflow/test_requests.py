"""What a job asks for follows the scans behind it, and doubles with every retry."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from livermets.workflow import requests as asking
from livermets.workflow.demand import asked_memory_mb
from livermets.workflow.plan import Plan
from livermets.workflow.requests import Requests
from livermets.workflow.snakemake import Run

REPOSITORY = Path(__file__).parents[3]
SOURCES = ("manual", "reader2", "automatic", "with-neighbours")


@pytest.fixture
def requests():
    cohorts = {
        "learn": {"role": "train", "phantom": {"patients": 40, "prefix": "T", "grid": 512}},
        "test": {"role": "validation", "phantom": {"patients": 2, "prefix": "V", "grid": 512}},
    }

    def made(submits=False, **changes) -> Requests:
        run = Run(SimpleNamespace(non_local_exec=submits))
        return Requests(Plan.from_config({"cohorts": cohorts, **changes}), run)

    return made


def test_the_size_of_a_job_is_that_of_the_scans_behind_it(requests):
    asked = requests()
    one = SimpleNamespace(cohort="learn", patient="T001", timepoint="baseline")
    sizes = [asked.megavoxels(w) for w in (one, SimpleNamespace(cohort="learn"), SimpleNamespace(name="test"))]
    assert sizes[1:] == pytest.approx([40 * sizes[0], 2 * sizes[0]])
    assert asked.megavoxels(SimpleNamespace()) == pytest.approx(42 * sizes[0])


def test_a_fine_grid_asks_for_more_memory_of_the_networks_that_see_it(requests):
    """1 mm isotropic: (400 / 256)² × 2.5 times the voxels of 256 × 256 pixels with slices 2.5 mm apart."""
    fine = {"preprocess": {"pixel_spacing_mm": 1.0, "slice_spacing_mm": 1.0}}
    asked = requests(networks={"fine": fine}, segmentation={"liver": fine})
    usual, finer, livers = (SimpleNamespace(network=name) for name in ("automatic", "fine/fold0", "liver"))
    ask = asked.memory("train_segmentation")
    assert ask(usual, 1) == asked_memory_mb("train_segmentation", asked.megavoxels(usual))
    assert ask(finer, 1) == asked_memory_mb("train_segmentation", (400 / 256) ** 2 * 2.5 * asked.megavoxels(usual))
    assert ask(finer, 1) == ask(livers, 1) > ask(usual, 1)
    assert asked.memory("overlap")(finer, 1) == asked.memory("overlap")(usual, 1)


def test_memory_and_time_double_with_every_retry(requests):
    study = SimpleNamespace()
    for ask in (requests().memory("training_table"), requests().time_limit("check")):
        assert ask(study, 2) == 2 * ask(study, 1)
    assert requests().long_time_limit(study, 2) == 2 * requests().long_time_limit(study, 1)


def test_a_gpu_is_claimed_where_one_is_offered(requests, monkeypatch):
    monkeypatch.setattr(asking, "offers_gpus", lambda: True)
    monkeypatch.setattr(asking, "has_gpu", lambda: False)
    assert requests(submits=True).gpus(None) == 1
    assert requests(submits=False).gpus(None) == 0
    assert requests(submits=True, selection={"device": "cpu"}).selection_gpus(None) == 0


def test_a_scan_goes_out_with_its_liver_unless_a_network_has_to_be_trained_for_it(requests):
    scan = {"cohort": "test", "patient": "V001", "timepoint": "baseline"}
    ours, learnt = SimpleNamespace(**scan, network="automatic"), {**scan, "cohort": "learn", "patient": "T001"}
    given, network = requests(), requests(segmentation={"liver": {"replace_given": True}})
    assert given.liver_group(ours) == given.preprocess_group(ours) == "scan"
    assert (given.liver_threads(ours), network.liver_threads(ours)) == (1, network.network_threads)
    assert network.liver_group(ours) == network.preprocess_group(ours) == "liver"
    assert network.preprocess_group(SimpleNamespace(**learnt, network="liver")) == "scan"


def test_scans_of_every_source_are_joined_as_the_profiles_say(requests):
    further = requests(networks={"with-neighbours": {}})
    groups = {source: further.features_group(SimpleNamespace(source=source)) for source in SOURCES}
    assert [groups[given] for given in SOURCES[:2]] == ["features_given"] * 2
    assert [groups[drawn] for drawn in SOURCES[2:]] == ["features_drawn"] * 2
    asked = {*groups.values(), "scan", "match", "altered"}
    for profile in ("slurm", "slurm-gres"):
        read = yaml.safe_load((REPOSITORY / f"workflow/profiles/{profile}/profile.yaml").read_text())
        assert set(read["group-components"]) == asked, profile


def test_synthetic_studies_take_one_thread(requests):
    assert requests().scan_threads(SimpleNamespace(cohort="learn")) == requests().selection_threads(None) == 1
    assert requests(segmentation={"cpu_threads": 3}).network_threads == 3
