# Further lesion networks beside the study's own (compare_networks): the same patients, seed and liver masks, other recipes.


use rule preprocess as preprocess_compared with:
    output:
        image="results/networks/{network}/{cohort}/preprocess/{patient}/{timepoint}/image.nii.gz",
        liver="results/networks/{network}/{cohort}/preprocess/{patient}/{timepoint}/liver.nii.gz",
        normalisation="results/networks/{network}/{cohort}/preprocess/{patient}/{timepoint}/normalisation.json",
    log:
        "results/logs/networks/{network}/{cohort}/preprocess/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/networks/preprocess/{network}/{cohort}/{patient}/{timepoint}.tsv"
    params:
        liver=lambda wildcards, input: f"--liver {input.liver}",
        lesions=manual_lesions,
        folder=subpath(output.image, parent=True),
        settings=lambda wildcards: plan.recipe_settings(wildcards.network, "preprocess"),
        code=verb_digest("preprocess"),


use rule train_segmentation as train_compared with:
    input:
        preprocessed=compared_training_images,
    output:
        network="results/models/compared/{network}/network.safetensors",
        settings="results/models/compared/{network}/network.json",
        history="results/models/compared/{network}/training_log.csv",
        curves=report(
            "results/models/compared/{network}/curves.png",
            caption="../report/training.rst",
            category="Segmentation",
            labels={"network": "{network}", "figure": "training curves"},
        ),
    log:
        "results/logs/networks/{network}/train.log",
    benchmark:
        "results/benchmarks/networks/train_segmentation/{network}.tsv"
    params:
        target="lesions",
        scans=words_of_compared_training_scans,
        patients=plan.training_patients(),
        folds="",
        folder=subpath(output.network, parent=True),
        checkpoint=lambda wildcards: f"results/checkpoints/compared-{wildcards.network}",
        settings=lambda wildcards: plan.compared_training_settings(wildcards.network),
        seed=plan.seed,
        threads=network_threads,
        code=verb_digest("train-segmentation"),


use rule segment as segment_compared with:
    input:
        network="results/models/compared/{network}/network.safetensors",
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver="results/{cohort}/liver/{patient}/{timepoint}.nii.gz",
        preprocessed="results/networks/{network}/{cohort}/preprocess/{patient}/{timepoint}/image.nii.gz",
    output:
        lesions="results/networks/{network}/{cohort}/segmentation/{patient}/{timepoint}/lesions.nii.gz",
        matching="results/networks/{network}/{cohort}/segmentation/{patient}/{timepoint}/matching.csv",
        metrics="results/networks/{network}/{cohort}/segmentation/{patient}/{timepoint}/scan_metrics.csv",
        overlay="results/networks/{network}/{cohort}/segmentation/{patient}/{timepoint}/overlay.png",
    log:
        "results/logs/networks/{network}/{cohort}/segment/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/networks/segment/{network}/{cohort}/{patient}/{timepoint}.tsv"
    params:
        network=subpath(input.network, parent=True),
        preprocessed=subpath(input.preprocessed, parent=True),
        lesions=manual_lesions,
        reference="",
        folder=subpath(output.lesions, parent=True),
        settings=lambda wildcards: plan.recipe_settings(wildcards.network, "segmentation", "output", "matching"),
        threads=network_threads,
        code=verb_digest("segment"),


rule compare_networks:
    input:
        networks=networks_side_by_side,
        matching=matching_side_by_side,
    output:
        networks=report(
            "results/networks/networks.csv",
            caption="../report/networks.rst",
            category="Networks",
            labels={"table": "networks"},
        ),
        overlap=report(
            "results/networks/overlap.csv",
            caption="../report/networks.rst",
            category="Networks",
            labels={"table": "overlap by network and size"},
        ),
        pairs=report(
            "results/networks/pairs.csv",
            caption="../report/networks.rst",
            category="Networks",
            labels={"table": "paired differences"},
        ),
        others=multiext(
            "results/networks/",
            "lesions.csv",
            "detection.csv",
            "lesion_wise.csv",
            "missed.csv",
            "timepoints.csv",
        ),
        picture=report(
            "results/networks/dice.png",
            caption="../report/networks.rst",
            category="Networks",
            labels={"figure": "Dice by network and size"},
        ),
    log:
        "results/logs/networks/compare_networks.log",
    benchmark:
        "results/benchmarks/networks/compare_networks.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=memory("compare_networks"),
        runtime=time_limit("compare_networks"),
    params:
        networks=words_of_networks,
        scans=words_of_masks_side_by_side,
        folder=subpath(output.networks, parent=True),
        settings=plan.settings("statistics"),
        seed=plan.seed,
        code=verb_digest("compare-networks"),
    shell:
        "python -m livermets compare-networks {params.networks} {params.scans} --out {params.folder}"
        " --settings {params.settings:q} --seed {params.seed} 2> {log}"
