# Reference masks altered as segmentations fail, and the classes and features that they give.

PERTURBED = "results/{cohort}/perturbation/{patient}/{timepoint}.parquet"


rule altered_features:
    input:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver=stable_features.liver,
        compiled="results/compiled_radiomics.txt",
    output:
        ALTERED,
    log:
        "results/logs/{cohort}/altered_features/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/altered_features/{patient}/{timepoint}.tsv"
    group:
        "altered"
    conda:
        "../../envs/core.yaml"
    threads: requests.scan_threads
    resources:
        mem_mb=requests.memory("altered_features"),
        runtime=requests.time_limit("altered_features"),
    params:
        lesions="results/{cohort}/intake/{patient}/{timepoint}/lesions.nii.gz",
        liver=stable_features.liver_option,
        settings=stable_features.settings,
        seed=plan.seed,
        code=verb_digest("altered-features"),
    shell:
        "python -m livermets altered-features {input.image} {params.lesions} {params.liver} --out {output}"
        " --cohort {wildcards.cohort} --patient {wildcards.patient} --timepoint {wildcards.timepoint}"
        " --settings {params.settings:q} --seed {params.seed} --threads {threads} 2> {log}"


# What networks, programs and readers get wrong, of all scans in one small table: a new mask of any makes it, and the
# altered masks of every scan, again.
rule mask_errors:
    input:
        masks=inputs.erring_masks,
        images=inputs.erring_references,
    output:
        "results/perturbation/errors.parquet",
    log:
        "results/logs/mask_errors.log",
    benchmark:
        "results/benchmarks/mask_errors.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("mask_errors"),
        runtime=requests.time_limit("mask_errors"),
    params:
        masks=inputs.error_options,
        code=verb_digest("mask-errors"),
    shell:
        "python -m livermets mask-errors {params.masks} --out {output} 2> {log}"


rule perturb:
    input:
        errors=plan.error_table,
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver=inputs.liver_of_perturbation,
        model="results/model/model.safetensors",
        settings="results/model/model.json",
        compiled="results/compiled_radiomics.txt",
    output:
        table=PERTURBED,
        picture="results/{cohort}/perturbation/{patient}/{timepoint}.png",
    log:
        "results/logs/{cohort}/perturb/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/perturb/{patient}/{timepoint}.tsv"
    group:
        "altered"
    conda:
        "../../envs/torch.yaml"
    threads: requests.scan_threads
    resources:
        mem_mb=requests.memory("perturb"),
        runtime=requests.time_limit("perturb"),
    params:
        lesions="results/{cohort}/intake/{patient}/{timepoint}/lesions.nii.gz",
        liver=inputs.liver_option_of_perturbation,
        model=subpath(input.model, parent=True),
        errors=[f"--errors={path}" for path in plan.error_table],
        minimum_rois=plan.config.classification.minimum_rois,
        settings=plan.settings("perturbation", without="target_agreements"),
        seed=plan.seed,
        code=verb_digest("perturb"),
    shell:
        "python -m livermets perturb {input.image} {params.lesions} {params.liver} --model {params.model} --out {output.table}"
        " {params.errors} --picture {output.picture}"
        " --cohort {wildcards.cohort} --patient {wildcards.patient} --timepoint {wildcards.timepoint}"
        " --minimum-rois {params.minimum_rois} --settings {params.settings:q} --seed {params.seed}"
        " --threads {threads} 2> {log}"


rule required_mask:
    input:
        perturbations=lambda wildcards: plan.perturbed.expand(PERTURBED),
        pairs=[f"results/{cohort}/lesions_long.csv" for cohort in plan.perturbed_cohorts],
        errors=plan.error_table,
    output:
        needed=report(
            "results/perturbation/needed.csv",
            caption="../report/required_mask.rst",
            category="How good must a mask be?",
            labels={"table": "needed Dice, distance and volume"},
        ),
        by_dice=report(
            "results/perturbation/by_dice.csv",
            caption="../report/required_mask.rst",
            category="How good must a mask be?",
            labels={"table": "class kept, by Dice"},
        ),
    log:
        "results/logs/required_mask.log",
    benchmark:
        "results/benchmarks/required_mask.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("required_mask"),
        runtime=requests.time_limit("required_mask"),
    params:
        folder=subpath(output.needed, parent=True),
        pairs=lambda wildcards, input: [f"--pairs={path}" for path in input.pairs],
        errors=[f"--errors={path}" for path in plan.error_table],
        reference=plan.sources.reference,
        targets=[f"--target {target}" for target in plan.config.perturbation.target_agreements],
        settings=plan.settings("statistics", without="size_cuts_mm"),
        seed=plan.seed,
        code=verb_digest("required-mask"),
    shell:
        "python -m livermets required-mask {input.perturbations} {params.pairs:q} {params.errors} --reference {params.reference}"
        " --out {params.folder} {params.targets} --settings {params.settings:q} --seed {params.seed} 2> {log}"
