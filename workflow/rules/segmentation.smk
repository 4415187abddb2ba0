# Networks trained on the training scans only, and lesion masks source by source: drawn by them, or given and matched with
# the reference. A further network (networks) is given the same patients, seed and liver masks as the study's own, and
# another recipe.


# {network}: also automatic/fold0, liver/fold0 and so on, the networks of cross-fitting.
rule train_segmentation:
    input:
        preprocessed=inputs.training_images,
    output:
        network="results/networks/{network}/network.safetensors",
        settings="results/networks/{network}/network.json",
        history="results/networks/{network}/training_log.csv",
        curves=report(
            "results/networks/{network}/curves.png",
            caption="../report/training.rst",
            category="Segmentation",
            labels={"network": "{network}", "figure": "training curves"},
        ),
    log:
        "results/logs/networks/train_segmentation/{network}.log",
    benchmark:
        "results/benchmarks/networks/train_segmentation/{network}.tsv"
    wildcard_constraints:
        network=start.any_of(plan.networks.trained),
    conda:
        "../../envs/torch.yaml"
    threads: requests.network_threads
    resources:
        gpu=requests.gpus,
        mem_mb=requests.memory("train_segmentation"),
        runtime=requests.long_time_limit,
    params:
        classes=lambda wildcards: plan.networks.classes(wildcards.network),
        scans=inputs.training_options,
        patients=inputs.training_patients,
        folds=inputs.fold_options,
        folder=subpath(output.network, parent=True),
        checkpoint=lambda wildcards: checkpoint_folder(wildcards.network),
        settings=lambda wildcards: plan.networks.training_settings(wildcards.network),
        seed=plan.seed,
        threads=requests.network_threads,
        code=verb_digest("train-segmentation"),
    shell:
        "python -m livermets train-segmentation --classes {params.classes}"
        " {params.scans} --patients {params.patients} {params.folds} --out {params.folder}"
        " --checkpoint {params.checkpoint} --settings {params.settings:q} --seed {params.seed}"
        " --threads {params.threads} 2> {log}"


rule segment:
    input:
        network=inputs.network_of_scan,
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver="results/{cohort}/liver/{patient}/{timepoint}.nii.gz",
        preprocessed="results/{cohort}/preprocess/{network}/{patient}/{timepoint}/image.nii.gz",
    output:
        lesions="results/{cohort}/segmentation/{network}/{patient}/{timepoint}/lesions.nii.gz",
        matching="results/{cohort}/segmentation/{network}/{patient}/{timepoint}/matching.csv",
        metrics="results/{cohort}/segmentation/{network}/{patient}/{timepoint}/scan_metrics.csv",
        overlay=report(
            "results/{cohort}/segmentation/{network}/{patient}/{timepoint}/overlay.png",
            caption="../report/overlay.rst",
            category="Segmentation",
            labels={
                "network": "{network}",
                "cohort": "{cohort}",
                "patient": "{patient}",
                "timepoint": "{timepoint}",
            },
        ),
    log:
        "results/logs/{cohort}/segment/{network}/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/segment/{network}/{patient}/{timepoint}.tsv"
    wildcard_constraints:
        network=start.any_of(plan.networks.of_lesions),
    conda:
        "../../envs/torch.yaml"
    threads: requests.network_threads
    resources:
        gpu=requests.gpus,
        mem_mb=requests.memory("segment"),
        runtime=requests.time_limit("segment"),
    params:
        network=subpath(input.network, parent=True),
        preprocessed=subpath(input.preprocessed, parent=True),
        lesions=inputs.lesions_option,
        reference=inputs.liver_reference,
        folder=subpath(output.lesions, parent=True),
        settings=lambda wildcards: plan.networks.mask_settings(wildcards.network),
        threads=requests.network_threads,
        code=verb_digest("segment"),
    shell:
        "python -m livermets segment --network {params.network} --preprocessed {params.preprocessed}"
        " --image {input.image} --liver {input.liver} {params.lesions}"
        " {params.reference} --out {params.folder}"
        " --cohort {wildcards.cohort} --patient {wildcards.patient} --timepoint {wildcards.timepoint}"
        " --settings {params.settings:q} --threads {params.threads} 2> {log}"


# A program of somebody else's, with the CT as it was brought in. Its mask is then matched like one that was given.
rule lesion_program:
    input:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
    output:
        "results/{cohort}/programs/{source}/{patient}/{timepoint}.nii.gz",
    log:
        "results/logs/{cohort}/lesion_program/{source}/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/lesion_program/{source}/{patient}/{timepoint}.tsv"
    wildcard_constraints:
        source=start.any_of(plan.sources.programs),
    conda:
        "../../envs/core.yaml"
    resources:
        gpu=requests.gpus,
        mem_mb=requests.memory("lesion_program"),
        runtime=requests.time_limit("lesion_program"),
    params:
        settings=inputs.program_settings,
        code=verb_digest("lesion-program"),
    shell:
        "python -m livermets lesion-program --image {input.image} --program {wildcards.source} --out {output}"
        " --settings {params.settings:q} 2> {log}"


# The masks that were given beside the reference's, each brought in by itself: a reader who is added to a finished study
# changes nothing of what is there. The picture shows them over the CT, beside the reference's.
rule match:
    input:
        masks=inputs.further_masks,
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
    output:
        lesions="results/{cohort}/segmentation/{source}/{patient}/{timepoint}/lesions.nii.gz",
        matching="results/{cohort}/segmentation/{source}/{patient}/{timepoint}/matching.csv",
        metrics="results/{cohort}/segmentation/{source}/{patient}/{timepoint}/scan_metrics.csv",
        overlay=report(
            "results/{cohort}/segmentation/{source}/{patient}/{timepoint}/overlay.png",
            caption="../report/overlay.rst",
            category="Segmentation",
            labels={
                "network": "{source}",
                "cohort": "{cohort}",
                "patient": "{patient}",
                "timepoint": "{timepoint}",
            },
        ),
    log:
        "results/logs/{cohort}/match/{source}/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/match/{source}/{patient}/{timepoint}.tsv"
    wildcard_constraints:
        source=start.any_of(plan.sources.brought_in),
    group:
        "match"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("match"),
        runtime=requests.time_limit("match"),
    params:
        lesions=inputs.lesions_option,
        liver=inputs.given_liver_option,
        folder=subpath(output.lesions, parent=True),
        settings=inputs.mask_settings,
        seen=inputs.seen_option,
        matching=plan.matching_settings,
        code=verb_digest("match"),
    shell:
        "python -m livermets match --image {input.image} {params.lesions} {params.liver} --source {wildcards.source}"
        " --cohort {wildcards.cohort} --patient {wildcards.patient} --timepoint {wildcards.timepoint}"
        " --settings {params.settings:q} --matching {params.matching:q} {params.seen} --out {params.folder} 2> {log}"
