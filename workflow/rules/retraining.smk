# The response model fitted again: how much of a change of class is the mask's, and how much the fit's.


rule retrain:
    input:
        table="results/model/training_rois.parquet",
        lesions=[f"results/{cohort}/lesions_long.csv" for cohort in plan.reclassified_cohorts],
        rois=inputs.of_unseen(ROIS),
        altered=lambda wildcards: stable_features.altered.expand(ALTERED),
        readers=lambda wildcards: stable_features.reader_files(ROIS),
    output:
        refits="results/perturbation/refits.csv",
        classes="results/perturbation/refit_classes.csv",
    log:
        "results/logs/retrain.log",
    benchmark:
        "results/benchmarks/retrain.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: requests.selection_threads
    resources:
        gpu=requests.selection_gpus,
        mem_mb=requests.memory("retrain"),
        runtime=requests.long_time_limit,
    params:
        folder=subpath(output.refits, parent=True),
        lesions=lambda wildcards, input: [f"--lesions={path}" for path in input.lesions],
        rois=inputs.options_of_unseen(f"--rois={{source}}={ROIS}"),
        masks=lambda wildcards: stable_features.options(ALTERED, ROIS),
        settings=plan.settings("selection", without="audit"),
        seeds=plan.config.retraining.seeds,
        bootstraps=plan.config.retraining.bootstraps,
        seed=plan.seed,
        code=verb_digest("retrain"),
    shell:
        "python -m livermets retrain {input.table} {params.lesions:q} {params.rois} {params.masks} --out {params.folder}"
        " --seeds {params.seeds} --bootstraps {params.bootstraps} --checkpoint results/checkpoints/retraining"
        " --settings {params.settings:q} --seed {params.seed} --threads {threads} 2> {log}"


rule class_noise:
    input:
        classes="results/perturbation/refit_classes.csv",
        perturbations=lambda wildcards: plan.perturbed.expand(PERTURBED),
    output:
        noise=report(
            "results/perturbation/class_noise.csv",
            caption="../report/class_noise.rst",
            category="How good must a mask be?",
            labels={"table": "classes changed by retraining and by masks"},
        ),
        lesions="results/perturbation/class_noise_lesions.csv",
    log:
        "results/logs/class_noise.log",
    benchmark:
        "results/benchmarks/class_noise.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("class_noise"),
        runtime=requests.time_limit("class_noise"),
    params:
        folder=subpath(output.noise, parent=True),
        perturbations=lambda wildcards: plan.perturbed.words(f"--perturbations={PERTURBED}"),
        sides=plan.sources.options,
        settings=plan.settings("statistics", without="size_cuts_mm"),
        seed=plan.seed,
        code=verb_digest("class-noise"),
    shell:
        "python -m livermets class-noise {input.classes} {params.perturbations} {params.sides} --out {params.folder}"
        " --settings {params.settings:q} --seed {params.seed} 2> {log}"
