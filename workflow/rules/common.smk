# Loads the study as one typed object; input and resource functions that the rules name.
import gc
import sys
from pathlib import Path

REPOSITORY = Path(workflow.current_basedir).parent.parent
sys.path.insert(0, str(REPOSITORY / "src"))

from livermets import __version__, surroundings

from livermets.config.duplicates import repeated_keys
from livermets.workflow import cluster, lock, running
from livermets.workflow.demand import asked_memory_mb, asked_minutes
from livermets.workflow.leftovers import Made, left_over, left_over_problems
from livermets.workflow.plan import OWN, InputError, Plan, has_gpu, paths, shell_words, verb_digest
from livermets.workflow.readiness import selection_problems

# A large study is millions of objects that stay until the end; looking through them for garbage takes a tenth of the time.
gc.set_threshold(200_000, 50, 1000)

# Jobs run the checkout's own code with the interpreter that runs Snakemake; --sdm conda puts its own one before it.
surroundings.settle()
shell.prefix(surroundings.job_prefix(REPOSITORY / "src", Path(sys.executable).parent))


def complain(problems):
    """Warnings are said; errors end the run before anything is written."""
    for problem in problems:
        print(f"{problem.severity}: {problem}", file=sys.stderr)
    sys.stderr.flush()
    if any(problem.severity == "error" for problem in problems):
        sys.exit(2)


# Snakemake has read the configuration itself, and of a key that stands twice it has kept the last.
if workflow.is_main_process:
    complain(repeated_keys(workflow.configfiles))

try:
    complain(running.unfit_checkout(REPOSITORY))
    plan = Plan.from_config(
        config,
        check_files=workflow.is_main_process,
        source=Path(workflow.configfiles[0]) if len(workflow.configfiles) == 1 else None,
    )
    if workflow.is_main_process:
        complain(running.foreign_results(plan.config.study, plan.config.cohorts, __version__))
        if lock.release_stale_lock():
            print("note: the last run in this folder was killed; its lock is released.", file=sys.stderr)
        elif (kept := lock.kept_lock(lock.unlock_command(str(workflow.main_snakefile)))) and "--unlock" not in sys.argv:
            print(f"note: {kept}", file=sys.stderr)
except InputError as error:
    complain(error.problems)


def requested_resources():
    """What profile and command line ask of the cluster, by rule; functions and expressions are left to the cluster."""
    settings = workflow.resource_settings
    given = {"default-resources": settings._parsed_default_resources, **settings._parsed_overwrite_resources}
    for who, resources in given.items():
        yield who, {name: resource.raw for name, resource in resources.items()}


def failed_jobs():
    for failed in workflow.scheduler.failed:
        for job in failed.jobs if failed.is_group() else [failed]:
            yield running.FailedJob(job.rule.name, str(next(iter(job.log), "")), tuple(map(str, job.output)))


onstart:
    if "select" in {job.rule.name for job in workflow.dag.needrun_jobs()}:
        complain(selection_problems(plan.config, plan.study))
    complain(left_over_problems(left_over(Path("results"), Made.by(plan.config, plan.study))))
    complain([*running.unwritable_results(), *running.outdated_environment(REPOSITORY / "envs/lock.txt")])
    if workflow.non_local_exec:
        complain(
            running.unfit_for_submission(Path(sys.executable), [Path(str(workflow.main_snakefile)), Path.cwd()])
        )
    if workflow.non_local_exec and cluster.slurm_offer():
        complain(
            cluster.unfit_requests(requested_resources(), workflow.resource_settings.cores, cluster.slurm_offer())
        )
        if lock.is_recorded() and (cancelled := cluster.cancel_jobs(Path.cwd())):
            print(f"note: {cancelled} job(s) of a run that was killed are cancelled.", file=sys.stderr)
    running.record_study(plan.config.study, plan.config.cohorts, __version__)


onerror:
    print(running.summary(failed_jobs(), [log] if isinstance(log, str) else log), file=sys.stderr)


wildcard_constraints:
    cohort="[A-Za-z0-9][A-Za-z0-9_-]*",
    name="[A-Za-z0-9][A-Za-z0-9_-]*",
    patient="[A-Za-z0-9._-]+",
    timepoint="[A-Za-z0-9._-]+",
    source="manual|automatic",
    target="liver|lesions",
    fold="[0-9]+",
    network="[A-Za-z0-9][A-Za-z0-9_-]*",


def this_scan(wildcards):
    return plan.scan(wildcards.cohort, wildcards.patient, wildcards.timepoint)


# --- what a job asks for: it follows the size of the scans behind it, and doubles with every retry


def job_megavoxels(wildcards):
    """Millions of voxels of the scans behind a job: one scan, a cohort, a concordance folder, or all of a study."""
    named = set(wildcards.keys())
    if "patient" in named:
        return plan.megavoxels([this_scan(wildcards)])
    if "cohort" in named:
        return plan.megavoxels(plan.study.cohort(wildcards.cohort).scans())
    return plan.megavoxels(validation_scans(wildcards) if "name" in named else plan.scans())


def memory(rule):
    return lambda wildcards, attempt: asked_memory_mb(rule, job_megavoxels(wildcards), attempt)


def time_limit(rule):
    return lambda wildcards, attempt: asked_minutes(rule, job_megavoxels(wildcards), attempt)


def long_time_limit(wildcards, attempt):
    """Training and selection take as long as their settings say; half a day is little to ask for a study's networks."""
    return 720 * 2 ** (attempt - 1)


# --- groups: what one scan needs in a row goes to a cluster as one submission (profiles may join several scans)


def liver_group(wildcards):
    """Liver and preprocessing of one scan: with its intake, unless a liver network has to be trained in between."""
    return "liver" if plan.liver_source == "network" else "scan"


def features_group(wildcards):
    """ROI and lesion features of one mask. The automatic mask comes later, so it cannot wait in the same job."""
    return f"features_{wildcards.source}"


def gpus(wildcards):
    """One GPU per job. Where none is offered none is claimed, and such jobs run on the CPU, side by side."""
    return int(cluster.offers_gpus() if workflow.non_local_exec else has_gpu())


def selection_gpus(wildcards):
    return 0 if plan.config.selection.device == "cpu" else gpus(wildcards)


# How many threads a network's arithmetic is divided among decides its last digits, so that number is not `threads`,
# which Snakemake lowers to the cores it has.
network_threads = plan.config.segmentation.cpu_threads
liver_threads = 1 if plan.liver_source == "given" else network_threads


def scan_threads(wildcards):
    """A synthetic scan is done before a second thread has started; a real one is worth several."""
    return 1 if plan.is_phantom(wildcards.cohort) else 4


def selection_threads(wildcards):
    """The search gives the same result with any number of threads; a synthetic study is done before many have started."""
    return 1 if all(plan.is_phantom(cohort.name) for cohort in plan.cohorts("train")) else 8


# --- intake


def intake_sources(wildcards):
    scan = this_scan(wildcards)
    if plan.is_phantom(scan.cohort):
        return f"results/{scan.cohort}/phantom"
    return plan.source_files(scan)


# --- masks of one scan
# Not every scan comes with a liver or a lesion mask, so these files cannot be declared outputs of `intake`. They are
# written by the same job as the image, which is the declared input wherever one of them is passed on.


def given_mask(option, name, wildcards):
    """An option with a mask that came with the scan: `--lesions results/.../lesions.nii.gz`."""
    return f"{option} results/{wildcards.cohort}/intake/{wildcards.patient}/{wildcards.timepoint}/{name}.nii.gz"


def manual_lesions(wildcards):
    return given_mask("--lesions", "lesions", wildcards) if this_scan(wildcards).has_lesions else ""


def liver_reference(wildcards):
    """The given liver mask, where another source made the one in use."""
    other = this_scan(wildcards).has_liver and plan.liver_source != "given"
    return given_mask("--liver-reference", "liver", wildcards) if other else ""


def liver_network(wildcards):
    return ["results/models/liver/network.safetensors"] if plan.liver_source == "network" else []


def liver_options(wildcards, input):
    if plan.liver_source == "given":
        return given_mask("--given", "liver", wildcards)
    return f"--network {Path(input.network[0]).parent}" if input.network else ""


def mask_of_source(wildcards):
    folder = "intake" if wildcards.source == "manual" else "segmentation"
    return f"results/{wildcards.cohort}/{folder}/{wildcards.patient}/{wildcards.timepoint}/lesions.nii.gz"


def written_with_mask(wildcards):
    """The declared output of the job that wrote the mask."""
    folder, file = ("intake", "image.nii.gz") if wildcards.source == "manual" else ("segmentation", "lesions.nii.gz")
    return f"results/{wildcards.cohort}/{folder}/{wildcards.patient}/{wildcards.timepoint}/{file}"


def network_of_scan(wildcards):
    """With cross-fitting, a training patient gets the network that never saw it."""
    fold = plan.fold(this_scan(wildcards))
    folder = "results/models/lesions" if fold is None else f"results/models/lesions/fold{fold}"
    return f"{folder}/network.safetensors"


# --- lists over scans


def training(template):
    """One path per scan of the training cohorts."""
    return paths(template, plan.scans("train"))


def response_training(template):
    """One path per scan that the response model learns from."""
    return paths(template, plan.response_scans())


def of_cohort(template):
    """One path per scan of the cohort in the wildcard."""
    return lambda wildcards: paths(template, plan.study.cohort(wildcards.cohort).scans())


def of_cohort_with_lesions(template):
    """The same, only for scans that have a manual mask."""
    return lambda wildcards: paths(template, with_lesions(plan.study.cohort(wildcards.cohort).scans()))


def with_lesions(scans):
    return [scan for scan in scans if scan.has_lesions]


def words_of_training(template):
    """The paths of `training` as bash words."""
    return shell_words(template, plan.scans("train"))


def words_of_response_training(template):
    """The paths of `response_training` as bash words."""
    return shell_words(template, plan.response_scans())


def words_of_cohort(template):
    return lambda wildcards: shell_words(template, plan.study.cohort(wildcards.cohort).scans())


def words_of_cohort_with_lesions(template):
    return lambda wildcards: shell_words(template, with_lesions(plan.study.cohort(wildcards.cohort).scans()))


def validation_scans(wildcards):
    """The scans behind one concordance folder."""
    return [scan for name in plan.concordance_cohorts(wildcards.name) for scan in plan.study.cohort(name).scans()]


def of_concordance(template):
    return lambda wildcards: paths(template, validation_scans(wildcards))


def words_of_concordance(template):
    return lambda wildcards: shell_words(template, validation_scans(wildcards))


def training_scans(wildcards):
    """The preprocessed folders that one network is trained on. The liver network cannot be given images normalised
    over a liver that it has yet to find, so it has its own."""
    stage = "preprocess_liver" if wildcards.target == "liver" else "preprocess"
    return f"results/{{cohort}}/{stage}/{{patient}}/{{timepoint}}"


def training_images(wildcards):
    return training(f"{training_scans(wildcards)}/image.nii.gz")


def words_of_training_scans(wildcards):
    return words_of_training(f"--scans={training_scans(wildcards)}")


# --- networks side by side: the study's own, and those it is compared with


def compared_preprocessed(wildcards):
    return f"results/networks/{wildcards.network}/{{cohort}}/preprocess/{{patient}}/{{timepoint}}"


def compared_training_images(wildcards):
    return training(f"{compared_preprocessed(wildcards)}/image.nii.gz")


def words_of_compared_training_scans(wildcards):
    return words_of_training(f"--scans={compared_preprocessed(wildcards)}")


# By network, the study's own first: the folder of its weights, that of a scan's masks, and the scans that it is judged on.
trained_networks = {OWN: "results/models/lesions"} | {
    name: f"results/models/compared/{name}" for name in plan.recipes
}
masks_of_network = {OWN: "results/{cohort}/segmentation/{patient}/{timepoint}"} | {
    name: f"results/networks/{name}/{{cohort}}/segmentation/{{patient}}/{{timepoint}}" for name in plan.recipes
}


def judged_scans(network):
    return plan.scans() if network == OWN else with_lesions(plan.scans("validation"))


def judged_masks(file):
    """One path per network and scan."""
    return lambda wildcards: [
        path for name, folder in masks_of_network.items() for path in paths(f"{folder}/{file}", judged_scans(name))
    ]


def words_of_judged_masks(wildcards):
    """The folders of `judged_masks` with their network's name, as bash words."""
    return " ".join(
        shell_words(f"--scans={name}={folder}", judged_scans(name)) for name, folder in masks_of_network.items()
    )
