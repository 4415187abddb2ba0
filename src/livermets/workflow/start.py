"""The start of a run: what is said and done when the Snakefile is read, and before jobs are planned and run."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import livermets
from livermets.config.duplicates import repeated_keys
from livermets.config.recipes import by_forms
from livermets.errors import InputError, Problem
from livermets.workflow import cluster, lock, running
from livermets.workflow.leftovers import Made, left_over, left_over_problems
from livermets.workflow.plan import Plan
from livermets.workflow.readiness import selection_problems
from livermets.workflow.snakemake import Run


def complain(problems: Iterable[Problem]) -> None:
    """Warnings are said; errors end the run before anything is written."""
    told = list(problems)
    for problem in told:
        print(f"{problem.severity}: {problem}", file=sys.stderr)
    sys.stderr.flush()
    if any(problem.severity == "error" for problem in told):
        sys.exit(2)


def any_of(names: Iterable[str]) -> str:
    """A wildcard's constraint: one of these names; of none, what nothing matches."""
    return "|".join(names) or "(?!)"


def opened_study(run: Run, config: Mapping[str, Any], repository: Path) -> Plan:
    """The plan of a configuration that Snakemake has read. Ends the run, with every reason, where there can be none."""
    if run.is_main:
        # Snakemake has read the configuration itself, and of a key that stands twice it has kept the last.
        complain(repeated_keys(run.config_files))
    try:
        complain(running.unfit_checkout(repository))
        source = run.config_files[0] if len(run.config_files) == 1 else None
        plan = Plan.from_config(by_forms(config, run.config_files), check_files=run.is_main, source=source)
        if run.is_main:
            _take_folder(run, plan)
        return plan
    except InputError as error:
        complain(error.problems)
        raise


def _take_folder(run: Run, plan: Plan) -> None:
    """Makes this the folder's run, unless another one is at work there."""
    complain(running.foreign_results(plan.config.study, plan.config.cohorts, livermets.__version__))
    if lock.release_stale_lock():
        _note("the last run in this folder was killed; its lock is released.")
    elif (kept := lock.kept_lock(lock.unlock_command(str(run.snakefile)))) and "--unlock" not in sys.argv:
        _note(kept)
    # A job that the killed run has left on a cluster may delete its outputs at any time, and a file that goes while
    # jobs are planned ends the new run.
    run.before_jobs_are_planned(_cancel_jobs_left_behind)


def _cancel_jobs_left_behind() -> None:
    if lock.is_recorded() and cluster.slurm_offer() and (cancelled := cluster.cancel_jobs(Path.cwd())):
        _note(f"{cancelled} job(s) of a run that was killed are cancelled.")


def ready_to_run(run: Run, plan: Plan, repository: Path) -> None:
    """The last word before the first job: what would fail later, what is odd, and for whom results are computed."""
    complain(_start_problems(run, plan, repository))
    running.record_study(plan.config.study, plan.config.cohorts, livermets.__version__)


def _start_problems(run: Run, plan: Plan, repository: Path) -> list[Problem]:
    problems: list[Problem] = []
    if "select" in run.planned_rules():
        problems += selection_problems(plan.config, plan.study)
    problems += left_over_problems(left_over(Path("results"), Made.by(plan.config, plan.study)))
    problems += running.unwritable_results()
    problems += running.outdated_environment(repository / "envs/lock.txt")
    if run.submits:
        problems += running.unfit_for_submission(Path(sys.executable), [run.snakefile, Path.cwd()])
        if offer := cluster.slurm_offer():
            problems += cluster.unfit_requests(run.requested_resources(), run.cores, offer)
    return problems


def _note(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)
