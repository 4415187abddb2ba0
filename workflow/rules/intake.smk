# From what a hospital sends to one folder per scan, checked before anything is computed.

SCAN_FACTS = "results/{cohort}/intake/{patient}/{timepoint}/scan.json"


rule phantom:
    output:
        directory("results/{cohort}/phantom"),
    log:
        "results/logs/{cohort}/phantom.log",
    benchmark:
        "results/benchmarks/{cohort}/phantom.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 4
    resources:
        mem_mb=requests.memory("phantom"),
        runtime=requests.time_limit("phantom"),
    params:
        settings=lambda wildcards: plan.phantom_settings(wildcards.cohort),
        seed=lambda wildcards: plan.phantom_seed(wildcards.cohort),
        code=verb_digest("phantom"),
    shell:
        "python -m livermets phantom {output} --settings {params.settings:q} --seed {params.seed}"
        " --threads {threads} 2> {log}"


# The whole study at once: duplicates between cohorts, tables against masks. It goes first and the report waits for it,
# but it is no input of `intake`, which checks its own scan again: one changed table row must not redo every scan, and
# Snakemake overlooks other changes behind an `ancient` input that is itself renewed.
# Its output is the summary that only a study without errors gets. The tables of problems and of scans beside it are
# no declared outputs: Snakemake removes those of a job that fails, and with errors they are needed most.
rule check:
    input:
        plan.phantom_folders(),
        lambda wildcards: plan.given_files(),  # as they are: a brace in a path is no wildcard
    output:
        "results/check/summary.txt",
    log:
        "results/logs/check.log",
    benchmark:
        "results/benchmarks/check.tsv"
    priority: 100
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("check"),
        runtime=requests.time_limit("check"),
    params:
        settings=lambda wildcards: plan.check_settings,
        folder=subpath(output[0], parent=True),
        code=verb_digest("check"),
    shell:
        "python -m livermets check --settings {params.settings:q} --out {params.folder} 2> {log}"


# Images, masks and what they show. What tables say is joined below: a changed outcome, or one more patient, must not
# redo images and everything that is made from them.
rule intake:
    input:
        inputs.intake_sources,
    output:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        facts=SCAN_FACTS,
        picture=report(
            "results/{cohort}/intake/{patient}/{timepoint}/qc.png",
            caption="../report/overlay.rst",
            category="Intake",
            labels={
                "cohort": "{cohort}",
                "patient": "{patient}",
                "timepoint": "{timepoint}",
            },
        ),
    log:
        "results/logs/{cohort}/intake/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/intake/{patient}/{timepoint}.tsv"
    group:
        "scan"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("intake"),
        runtime=requests.time_limit("intake"),
    params:
        settings=lambda wildcards: plan.scan_settings(inputs.scan(wildcards)),
        folder=subpath(output.image, parent=True),
        code=verb_digest("intake"),
    shell:
        "python -m livermets intake --cohort {wildcards.cohort} --patient {wildcards.patient}"
        " --timepoint {wildcards.timepoint} --settings {params.settings:q} --out {params.folder} 2> {log}"


# One table per cohort: so many scans are joined in seconds, and the settings of the cohort are theirs together.
rule outcome:
    input:
        lambda wildcards: inputs.with_response(wildcards).expand(SCAN_FACTS),
    output:
        "results/{cohort}/intake/lesions.csv",
    log:
        "results/logs/{cohort}/outcome.log",
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("outcome"),
        runtime=requests.time_limit("outcome"),
    params:
        scans=lambda wildcards: inputs.with_response(wildcards).words(SCAN_FACTS),
        settings=lambda wildcards: plan.outcome_settings([plan.study.cohort(wildcards.cohort)]),
        rows=lambda wildcards: plan.outcome_digest(inputs.with_response(wildcards)),
        centres="--centres",
        code=verb_digest("outcome"),
    shell:
        "python -m livermets outcome {params.scans} --settings {params.settings:q} {params.centres}"
        " --out {output} 2> {log}"


# What the model is fitted on, which knows no centre unless one is to be left out: one that is filled in later must not
# start the search again.
use rule outcome as training_outcome with:
    input:
        lambda wildcards: plan.response_scans().expand(SCAN_FACTS),
    output:
        "results/model/outcome.csv",
    log:
        "results/logs/model/outcome.log",
    params:
        scans=lambda wildcards: plan.response_scans().words(SCAN_FACTS),
        settings=lambda wildcards: plan.outcome_settings(plan.cohorts(response="train"), fitted=True),
        rows=lambda wildcards: plan.outcome_digest(plan.response_scans(), fitted=True),
        centres="--centres" if plan.fits_by_centre else "--no-centres",
        code=verb_digest("outcome"),
