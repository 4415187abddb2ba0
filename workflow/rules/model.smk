# The response model: fitted on the reference masks of the training cohorts, applied to every mask source.

MATCHING = "results/{cohort}/segmentation/{source}/{patient}/{timepoint}/matching.csv"


rule training_table:
    input:
        rois=lambda wildcards: plan.response_scans().expand(ROIS, source=plan.sources.reference),
        lesions="results/model/outcome.csv",
    output:
        "results/model/training_rois.parquet",
    log:
        "results/logs/model/training_table.log",
    benchmark:
        "results/benchmarks/model/training_table.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("training_table"),
        runtime=requests.time_limit("training_table"),
    params:
        rois=lambda wildcards: plan.response_scans().words(ROIS, source=plan.sources.reference),
        code=verb_digest("training-table"),
    shell:
        "python -m livermets training-table {params.rois} --lesions={input.lesions}" " --out {output} 2> {log}"


rule select:
    input:
        table="results/model/training_rois.parquet",
        features=lambda wildcards: plan.response_scans().expand(LESION_FEATURES, source=plan.sources.reference),
        lesions="results/model/outcome.csv",
        altered=lambda wildcards: stable_features.altered.expand(ALTERED),
        readers=lambda wildcards: stable_features.reader_files(ROIS),
    output:
        model="results/model/model.safetensors",
        settings="results/model/model.json",
        generations=report(
            "results/model/generations.csv",
            caption="../report/convergence.rst",
            category="Model",
            labels={"table": "convergence of the search"},
        ),
        selection=report(
            "results/model/selection.csv",
            caption="../report/selection.rst",
            category="Model",
            labels={"table": "selected features"},
        ),
        threshold=report(
            "results/model/threshold.csv",
            caption="../report/threshold.rst",
            category="Model",
            labels={"table": "threshold"},
        ),
        evaluation=report(
            "results/model/evaluation.csv",
            caption="../report/evaluation.rst",
            category="Model",
            labels={"table": "nested evaluation"},
        ),
        comparison=report(
            "results/model/comparison.csv",
            caption="../report/comparison.rst",
            category="Model",
            labels={"table": "comparison models"},
        ),
    log:
        "results/logs/model/select.log",
    benchmark:
        "results/benchmarks/model/select.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: requests.selection_threads
    resources:
        gpu=requests.selection_gpus,
        mem_mb=requests.memory("select"),
        runtime=requests.long_time_limit,
    params:
        folder=subpath(output.model, parent=True),
        features=lambda wildcards: plan.response_scans().words(
            f"--lesions={LESION_FEATURES}", source=plan.sources.reference
        ),
        masks=lambda wildcards: stable_features.options(ALTERED, ROIS),
        settings=plan.settings("selection"),
        seed=plan.seed,
        code=verb_digest("select"),
    shell:
        "python -m livermets select {input.table} --target response --group cohort --group patient_id"
        " --lesion cohort --lesion patient_id --lesion timepoint --lesion lesion_id {params.features}"
        " --lesions={input.lesions} {params.masks} --out {params.folder} --checkpoint results/checkpoints/model --settings {params.settings:q}"
        " --seed {params.seed} --threads {threads} 2> {log}"


rule classify:
    input:
        model="results/model/model.safetensors",
        settings="results/model/model.json",
        lesions="results/{cohort}/intake/lesions.csv",
        matching=inputs.of_sources(MATCHING, reference=False),
        rois=inputs.of_sources(ROIS),
    output:
        lesions=report(
            "results/{cohort}/lesions.csv",
            caption="../report/lesions.rst",
            category="Lesions",
            labels={"cohort": "{cohort}"},
        ),
        long="results/{cohort}/lesions_long.csv",
        probabilities="results/{cohort}/roi_probabilities.parquet",
    log:
        "results/logs/{cohort}/classify.log",
    benchmark:
        "results/benchmarks/{cohort}/classify.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=requests.memory("classify"),
        runtime=requests.time_limit("classify"),
    params:
        model=subpath(input.model, parent=True),
        matching=inputs.options_of_sources(f"--matching={{source}}={MATCHING}", reference=False),
        rois=inputs.options_of_sources(f"--rois={{source}}={ROIS}"),
        sides=plan.sources.options,
        settings=plan.settings("classification"),
        code=verb_digest("classify"),
    shell:
        "python -m livermets classify --model {params.model} --lesions={input.lesions} {params.matching}"
        " {params.rois} {params.sides} --out {output.lesions} --out-long {output.long}"
        " --roi-out {output.probabilities} --settings {params.settings:q} 2> {log}"


rule resubstitution:
    input:
        [f"results/{cohort.name}/lesions.csv" for cohort in plan.cohorts(response="train")],
    output:
        table="results/model/resubstitution.csv",
        calls="results/model/resubstitution_calls.csv",
    log:
        "results/logs/model/resubstitution.log",
    benchmark:
        "results/benchmarks/model/resubstitution.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("resubstitution"),
        runtime=requests.time_limit("resubstitution"),
    params:
        folder=subpath(output.table, parent=True),
        settings=plan.settings("statistics", without="size_cuts_mm"),
        seed=plan.seed,
        code=verb_digest("resubstitution"),
    shell:
        "python -m livermets resubstitution {input} --out {params.folder}"
        " --settings {params.settings:q} --seed {params.seed} 2> {log}"
