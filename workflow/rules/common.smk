# The study as one typed object, and the functions by which rules ask it for inputs, parameters and resources.
import gc
import sys
from pathlib import Path

REPOSITORY = Path(workflow.current_basedir).parent.parent
sys.path.insert(0, str(REPOSITORY / "src"))

from livermets import surroundings
from livermets.workflow import running, start
from livermets.workflow.codebase import verb_digest
from livermets.workflow.follow_up import FollowUp
from livermets.workflow.inputs import Inputs
from livermets.workflow.networks import checkpoint_folder
from livermets.workflow.readers import Readers
from livermets.workflow.requests import Requests
from livermets.workflow.snakemake import Run
from livermets.workflow.stable_features import ALTERED, StableFeatures

# A large study is millions of objects that stay until the end; looking through them for garbage takes a tenth of the time.
gc.set_threshold(200_000, 50, 1000)

# Jobs run the checkout's own code with the interpreter that runs Snakemake; --sdm conda puts its own one before it.
surroundings.settle()
shell.prefix(surroundings.job_prefix(REPOSITORY / "src", Path(sys.executable).parent))

this_run = Run(workflow)
plan = start.opened_study(this_run, config, REPOSITORY)
inputs = Inputs(plan)
readers = Readers(inputs)
follow_up = FollowUp(inputs)
stable_features = StableFeatures(inputs)
requests = Requests(plan, this_run)


onstart:
    start.ready_to_run(this_run, plan, REPOSITORY)


onerror:
    print(running.summary(this_run.failed_jobs(), [log] if isinstance(log, str) else log), file=sys.stderr)


wildcard_constraints:
    cohort="[A-Za-z0-9][A-Za-z0-9_-]*",
    name="[A-Za-z0-9][A-Za-z0-9_-]*",
    patient="[A-Za-z0-9._-]+",
    timepoint="[A-Za-z0-9._-]+",
    source=start.any_of([plan.sources.reference, *plan.sources.others]),
    network=start.any_of(plan.networks.names),
