# Loads the study as one typed object; input and resource functions that the rules name.
import sys
from pathlib import Path

REPOSITORY = Path(workflow.current_basedir).parent.parent
sys.path.insert(0, str(REPOSITORY / "src"))

from livermets.workflow import InputError, Plan, paths, shell_words

# Jobs run the checkout's own code with the interpreter that runs Snakemake; --sdm conda puts its own one before it.
shell.prefix(
    f"set -euo pipefail; export PYTHONPATH={REPOSITORY}/src PATH={Path(sys.executable).parent}:$PATH; "
)

try:
    plan = Plan.from_config(config, check_files=workflow.is_main_process)
except InputError as error:
    for problem in error.problems:
        print(f"error: {problem}", file=sys.stderr)
    sys.stderr.flush()
    sys.exit(2)


wildcard_constraints:
    cohort="[A-Za-z0-9][A-Za-z0-9_-]*",
    name="[A-Za-z0-9][A-Za-z0-9_-]*",
    patient="[A-Za-z0-9._-]+",
    timepoint="[A-Za-z0-9._-]+",
    source="manual|automatic",
    target="liver|lesions",
    fold="[0-9]+",


def this_scan(wildcards):
    return plan.scan(wildcards.cohort, wildcards.patient, wildcards.timepoint)


def mem_mb(base_mb, per_input_mb=0.0):
    """Memory that follows the input's size and doubles with every retry."""
    return lambda wildcards, input, attempt: int(
        (base_mb + per_input_mb * input.size_mb) * 2 ** (attempt - 1)
    )


def minutes(base):
    return lambda wildcards, attempt: base * 2 ** (attempt - 1)


# --- intake


def intake_sources(wildcards):
    scan = this_scan(wildcards)
    if plan.is_phantom(scan.cohort):
        return f"results/{scan.cohort}/phantom"
    return plan.source_files(scan)


def cohort_rows(wildcards):
    return this_scan(wildcards).rows_digest


# --- masks of one scan


def given_liver(wildcards):
    scan = this_scan(wildcards)
    return paths(
        "results/{cohort}/intake/{patient}/{timepoint}/liver.nii.gz",
        [scan] if scan.has_liver else [],
    )


def manual_lesions(wildcards):
    scan = this_scan(wildcards)
    return paths(
        "results/{cohort}/intake/{patient}/{timepoint}/lesions.nii.gz",
        [scan] if scan.has_lesions else [],
    )


def liver_inputs(wildcards):
    """The given mask, or the network that makes one."""
    scan = this_scan(wildcards)
    if plan.liver_source(scan) == "given":
        return {
            "given": paths(
                "results/{cohort}/intake/{patient}/{timepoint}/liver.nii.gz", [scan]
            )
        }
    if plan.liver_source(scan) == "network":
        return {"network": "results/models/liver/network.safetensors"}
    return {}


def liver_options(wildcards, input):
    if "given" in input.keys():
        return f"--given {input.given}"
    return (
        f"--network {Path(input.network).parent}" if "network" in input.keys() else ""
    )


def mask_of_source(wildcards):
    folder = "intake" if wildcards.source == "manual" else "segmentation"
    return f"results/{wildcards.cohort}/{folder}/{wildcards.patient}/{wildcards.timepoint}/lesions.nii.gz"


def network_of_scan(wildcards):
    """With cross-fitting, a training patient gets the network that never saw it."""
    fold = plan.fold(this_scan(wildcards))
    return (
        "results/models/lesions/"
        + (f"fold{fold}/" if fold else "")
        + "network.safetensors"
    )


# --- lists over scans


def training(template):
    """One path per scan of the training cohorts."""
    return paths(template, plan.scans("train"))


def of_cohort(template):
    """One path per scan of the cohort in the wildcard."""
    return lambda wildcards: paths(
        template, plan.study.cohort(wildcards.cohort).scans()
    )


def of_cohort_with_lesions(template):
    """The same, only for scans that have a manual mask."""
    return lambda wildcards: paths(template, with_lesions(wildcards))


def with_lesions(wildcards):
    return [
        scan for scan in plan.study.cohort(wildcards.cohort).scans() if scan.has_lesions
    ]


def words_of_training(template):
    """The paths of `training` as bash words."""
    return shell_words(template, plan.scans("train"))


def words_of_cohort(template):
    return lambda wildcards: shell_words(
        template, plan.study.cohort(wildcards.cohort).scans()
    )


def words_of_cohort_with_lesions(template):
    return lambda wildcards: shell_words(template, with_lesions(wildcards))


def training_image(target):
    """Where the training scans of one network are: the liver network cannot be given images normalised by its result."""
    folder = "preprocess_liver" if target == "liver" else "preprocess"
    return "results/{cohort}/" + folder + "/{patient}/{timepoint}/image.nii.gz"
