"""What is asked of Snakemake behind its documented interface is there, in the version that is installed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from livermets.workflow import snakemake
from livermets.workflow.snakemake import LOCK_FILES, LOCKS, Run, attribute, cluster_refusal, cluster_state, status_of

SIDES = Path(snakemake.__file__).parents[2]
# One rule fails and another one does not; what is asked at each moment is written down.
SNAKEFILE = """
import json, sys
sys.path.insert(0, {sources!r})
from livermets.workflow.snakemake import LOCK_FILES, LOCKS, Run, status_of

this_run = Run(workflow)
this_run.before_jobs_are_planned(lambda: print("about to plan", file=sys.stderr))
told = {{"is_main": this_run.is_main, "config": [str(f) for f in this_run.config_files]}}
told |= {{"snakefile": str(this_run.snakefile), "cores": this_run.cores}}

rule all:
    default_target: True
    input: "good.txt", "bad.txt"

rule good:
    output: "good.txt"
    shell: "touch {{output}}"

rule bad:
    output: "bad.txt"
    log: "bad.log"
    resources: mem_mb=7
    shell: "exit 3 2> {{log}}"

onstart:
    told["submits"] = this_run.submits
    told["planned"] = sorted(this_run.planned_rules())
    told["requested"] = {{who: dict(resources) for who, resources in this_run.requested_resources()}}
    told["locks"] = len(list(LOCKS.glob(LOCK_FILES)))

onerror:
    told["failed"] = [[job.rule, job.log, job.outputs] for job in this_run.failed_jobs()]
    logs = [log] if isinstance(log, str) else log
    told["status"] = status_of("bad.log", "".join(open(file).read() for file in logs))
    json.dump(told, open("told.json", "w"))
"""


@pytest.fixture
def study(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(sources=str(SIDES)))
    (tmp_path / "config.yaml").write_text("seed: 1\n")

    def run(*options):
        command = [sys.executable, "-m", "snakemake", "--cores", "1", "--configfile", "config.yaml", *options]
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)

    return run


def test_every_question_is_answered_by_a_run(study, tmp_path):
    done = study("--keep-going", "--default-resources", "mem_mb=100", "--set-resources", "bad:mem_mb=9")
    assert done.returncode == 1
    assert done.stderr.count("about to plan") == 1
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["is_main"] is True
    assert [Path(file).name for file in told["config"]] == ["config.yaml"]
    assert Path(told["snakefile"]).name == "Snakefile"
    assert told["cores"] == 1
    assert told["submits"] is False
    assert told["planned"] == ["all", "bad", "good"]
    assert told["requested"]["default-resources"]["mem_mb"] == 100
    assert told["requested"]["bad"]["mem_mb"] == 9
    assert told["locks"] > 0, f"Snakemake has no {LOCK_FILES} in {LOCKS}, by which a killed run is told"
    assert told["failed"] == [["bad", "bad.log", ["bad.txt"]]]
    assert told["status"] == 3, "Snakemake says in other words that a command has failed"


@pytest.mark.parametrize("options", [["-n"], ["--unlock"], ["--lint"], ["--summary"], ["--touch"], ["--list-rules"]])
def test_nothing_is_done_by_a_command_that_only_looks(study, options):
    assert "about to plan" not in study(*options).stderr


QUESTIONS = {
    "is_main_process": lambda run: run.is_main,
    "non_local_exec": lambda run: run.submits,
    "configfiles": lambda run: run.config_files,
    "main_snakefile": lambda run: run.snakefile,
    "cores": lambda run: run.cores,
    "needrun_jobs": lambda run: run.planned_rules(),
    "_parsed_default_resources": lambda run: list(run.requested_resources()),
    "failed": lambda run: list(run.failed_jobs()),
    "_build_dag": lambda run: run.before_jobs_are_planned(lambda: None),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_name_that_is_gone_is_one_sentence(name):
    """A later Snakemake, of which only the first parts of the dotted paths are left."""
    later = SimpleNamespace(resource_settings=SimpleNamespace(), scheduler=SimpleNamespace(), dag=SimpleNamespace())
    with pytest.raises(RuntimeError, match=rf"^Snakemake [\d.]+ has no `{name}` of `.*`, which tells .*: find its new"):
        QUESTIONS[name](Run(later))


def test_members_of_a_failed_group_are_told_one_by_one():
    def job(name):
        return SimpleNamespace(rule=SimpleNamespace(name=name), log=[], output=[f"{name}.txt"], is_group=lambda: False)

    group = SimpleNamespace(is_group=lambda: True, jobs=[job("intake"), job("liver")])
    failed = list(Run(SimpleNamespace(scheduler=SimpleNamespace(failed=[group, job("segment")]))).failed_jobs())
    assert [one.rule for one in failed] == ["intake", "liver", "segment"]
    assert failed[0].outputs == ("intake.txt",)
    assert failed[0].log == ""


def test_an_attribute_is_found_by_its_path():
    assert attribute(SimpleNamespace(a=SimpleNamespace(b=3)), "a.b", "something") == 3


def test_the_executor_for_slurm_still_says_so_and_names_its_jobs_alike():
    """Its words are read out of Snakemake's log; a run on a real SLURM is in tests/workflow/test_slurm.py."""
    plugin = pytest.importorskip("snakemake_executor_plugin_slurm")
    source = "".join(file.read_text(encoding="utf-8") for file in Path(plugin.__file__).parent.glob("*.py"))
    said = "SLURM sbatch failed. The error message was 'sbatch: error: Invalid account'."
    assert "SLURM sbatch failed. " in source
    assert cluster_refusal(said) == "Invalid account"
    assert "The error message was '{" in source
    assert "SLURM status is: '{" in source
    assert cluster_state("SLURM-job '7' failed, SLURM status is: 'TIMEOUT'. Reason") == "TIMEOUT"
    assert "uuid.uuid4()" in source
    assert snakemake.SLURM_JOB_NAME.fullmatch("f0a1b2c3-0000-4000-8000-0123456789ab")
    assert not snakemake.SLURM_JOB_NAME.fullmatch("my-study")


def test_a_log_of_another_job_tells_nothing():
    assert status_of("x.log", "Command 'a 2> y.log' returned non-zero exit status 3.") is None
    assert status_of("", "anything") is None
