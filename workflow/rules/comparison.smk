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
