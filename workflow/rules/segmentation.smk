# Networks trained on the training cohorts only, and the automatic masks of every scan.


rule train_segmentation:
    input:
        preprocessed=training_images,
    output:
        network="results/models/{target}/network.safetensors",
        settings="results/models/{target}/network.json",
        history="results/models/{target}/training_log.csv",
        curves=report(
            "results/models/{target}/curves.png",
            caption="../report/training.rst",
            category="Segmentation",
            labels={"network": "{target}", "figure": "training curves"},
        ),
    log:
        "results/logs/models/{target}/train.log",
    benchmark:
        "results/benchmarks/models/{target}/train.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: network_threads
    resources:
        gpu=gpus,
        mem_mb=memory("train_segmentation"),
        runtime=long_time_limit,
    params:
        target=lambda wildcards: wildcards.target,
        scans=words_of_training_scans,
        patients=plan.training_patients(),
        folds="",
        folder=subpath(output.network, parent=True),
        checkpoint=lambda wildcards: f"results/checkpoints/{wildcards.target}",
        settings=lambda wildcards: plan.training_settings(wildcards.target),
        seed=plan.seed,
        threads=network_threads,
        code=verb_digest("train-segmentation"),
    shell:
        "python -m livermets train-segmentation --target {params.target}"
        " {params.scans} --patients {params.patients} {params.folds} --out {params.folder}"
        " --checkpoint {params.checkpoint} --settings {params.settings:q} --seed {params.seed}"
        " --threads {params.threads} 2> {log}"


use rule train_segmentation as train_segmentation_fold with:
    output:
        network="results/models/{target}/fold{fold}/network.safetensors",
        settings="results/models/{target}/fold{fold}/network.json",
        history="results/models/{target}/fold{fold}/training_log.csv",
        curves="results/models/{target}/fold{fold}/curves.png",
    log:
        "results/logs/models/{target}/fold{fold}/train.log",
    benchmark:
        "results/benchmarks/models/{target}/fold{fold}/train.tsv"
    params:
        target=lambda wildcards: wildcards.target,
        scans=words_of_training_scans,
        patients=plan.training_patients(),
        folds=lambda wildcards: f"--fold {wildcards.fold} --folds {plan.config.segmentation.cross_fit}",
        folder=subpath(output.network, parent=True),
        checkpoint=lambda wildcards: f"results/checkpoints/{wildcards.target}-fold{wildcards.fold}",
        settings=lambda wildcards: plan.training_settings(wildcards.target),
        seed=plan.seed,
        threads=network_threads,
        code=verb_digest("train-segmentation"),


rule segment:
    input:
        network=network_of_scan,
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver="results/{cohort}/liver/{patient}/{timepoint}.nii.gz",
        preprocessed="results/{cohort}/preprocess/{patient}/{timepoint}/image.nii.gz",
    output:
        lesions="results/{cohort}/segmentation/{patient}/{timepoint}/lesions.nii.gz",
        matching="results/{cohort}/segmentation/{patient}/{timepoint}/matching.csv",
        metrics="results/{cohort}/segmentation/{patient}/{timepoint}/scan_metrics.csv",
        overlay=report(
            "results/{cohort}/segmentation/{patient}/{timepoint}/overlay.png",
            caption="../report/overlay.rst",
            category="Segmentation",
            labels={
                "cohort": "{cohort}",
                "patient": "{patient}",
                "timepoint": "{timepoint}",
            },
        ),
    log:
        "results/logs/{cohort}/segment/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/segment/{patient}/{timepoint}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: network_threads
    resources:
        gpu=gpus,
        mem_mb=memory("segment"),
        runtime=time_limit("segment"),
    params:
        network=subpath(input.network, parent=True),
        preprocessed=subpath(input.preprocessed, parent=True),
        lesions=manual_lesions,
        reference=liver_reference,
        folder=subpath(output.lesions, parent=True),
        settings=plan.settings("segmentation", "output", "matching"),
        threads=network_threads,
        code=verb_digest("segment"),
    shell:
        "python -m livermets segment --network {params.network} --preprocessed {params.preprocessed}"
        " --image {input.image} --liver {input.liver} {params.lesions}"
        " {params.reference} --out {params.folder}"
        " --cohort {wildcards.cohort} --patient {wildcards.patient} --timepoint {wildcards.timepoint}"
        " --settings {params.settings:q} --threads {params.threads} 2> {log}"
