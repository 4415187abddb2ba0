"""What a cluster lacks is said before anything is submitted; only a study's own jobs are cancelled."""

from pathlib import Path

import pytest

from livermets.workflow import cluster
from livermets.workflow.cluster import Offer, jobs_of_folder, slurm_offer, unfit_requests

OFFER = Offer(("main", "gpu"), ("gpu",))
NO_GPUS = Offer(("main",), ())


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """Commands on PATH that print what a cluster would say."""

    def command(name, text):
        script = tmp_path / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"#!/bin/sh\n/bin/cat <<'EOF'\n{text}\nEOF\n")
        script.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    slurm_offer.cache_clear()
    yield command
    slurm_offer.cache_clear()


def said(requests, offer=OFFER):
    return [str(problem) for problem in unfit_requests(requests, 8, offer)]


def test_an_unknown_partition_is_named_once():
    requests = [("default-resources", {"slurm_partition": "long"}), ("segment", {"slurm_partition": "long"})]
    assert said(requests) == [
        "default-resources: the cluster has no partition long. Set slurm_partition in the profile to one of main, gpu."
    ]


@pytest.mark.parametrize("resources", [{"gpu": 1}, {"gres": "gpu:1"}, {"gres": "gpu:a100:2"}])
def test_a_gpu_is_refused_where_there_is_none(resources):
    (sentence,) = said([("segment", resources)], NO_GPUS)
    assert sentence.startswith("segment: a GPU is asked for, and no partition of the cluster has one.")


def test_a_gpu_in_a_partition_without_one_names_those_that_have():
    (sentence,) = said([("segment", {"gpu": 1, "slurm_partition": "main"})])
    assert sentence.endswith("Set the rule's slurm_partition to gpu.")


def test_fitting_requests_and_expressions_are_left_alone():
    fitting = {"gpu": 1, "slurm_partition": "gpu"}
    assert said([("a", fitting), ("b", {"gpu": 0, "slurm_partition": "main"}), ("c", {"mem_mb": "2 * attempt"})]) == []


def test_more_cores_than_any_node_has_are_refused():
    (sentence,) = said([], Offer(("main",), (), 4))
    assert sentence.startswith("cores: a submission may ask for 8 CPUs, and the largest node has 4. Set cores")


def test_the_offer_is_read_from_sinfo(answers):
    answers("sinfo", "main|16|(null)\nmain|64|gpu:a100:4\nlong|16|(null)")
    assert slurm_offer() == Offer(("main", "long"), ("main",), 64)
    assert cluster.offers_gpus()


def test_without_slurm_a_gpu_may_be_asked_for(answers):
    assert slurm_offer() is None
    assert cluster.offers_gpus()
    assert jobs_of_folder(Path("/")) == []


def test_only_jobs_that_snakemake_submitted_from_the_folder_count(answers, tmp_path):
    run = "0f8fad5b-d9cb-469f-a165-70867728950e"
    answers("squeue", f"7|{run}|{tmp_path}\n8|{run}|/absent\n9|my-snakemake|{tmp_path}\n10|{run}|{tmp_path}/sub")
    assert jobs_of_folder(tmp_path) == ["7"]
