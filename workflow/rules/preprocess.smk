# The liver mask that normalisation needs, and the scan as the networks see it.


# What is odd about a liver that a network or a program made is written beside the mask; where nothing is odd there is no
# such file, so it cannot be a declared output.
rule liver:
    input:
        network=liver_network,
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
    output:
        "results/{cohort}/liver/{patient}/{timepoint}.nii.gz",
    log:
        "results/logs/{cohort}/liver/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/liver/{patient}/{timepoint}.tsv"
    group:
        liver_group
    conda:
        "../../envs/torch.yaml"
    threads: liver_threads
    resources:
        mem_mb=memory("liver"),
        runtime=time_limit("liver"),
    params:
        masks=liver_options,
        settings=lambda wildcards: plan.liver_settings(),
        threads=liver_threads,
        code=verb_digest("liver"),
    shell:
        "python -m livermets liver --image {input.image} {params.masks} --out {output}"
        " --settings {params.settings:q} --threads {params.threads} 2> {log}"


rule preprocess:
    input:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver="results/{cohort}/liver/{patient}/{timepoint}.nii.gz",
    output:
        image="results/{cohort}/preprocess/{patient}/{timepoint}/image.nii.gz",
        liver="results/{cohort}/preprocess/{patient}/{timepoint}/liver.nii.gz",
        normalisation="results/{cohort}/preprocess/{patient}/{timepoint}/normalisation.json",
    log:
        "results/logs/{cohort}/preprocess/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/preprocess/{patient}/{timepoint}.tsv"
    group:
        liver_group
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=memory("preprocess"),
        runtime=time_limit("preprocess"),
    params:
        liver=lambda wildcards, input: f"--liver {input.liver}",
        lesions=manual_lesions,
        folder=subpath(output.image, parent=True),
        settings=plan.settings("preprocess"),
        code=verb_digest("preprocess"),
    shell:
        "python -m livermets preprocess --image {input.image} {params.liver} {params.lesions}"
        " --out {params.folder} --settings {params.settings:q} 2> {log}"


# The liver network cannot be given images normalised over a liver that it has yet to find.
use rule preprocess as preprocess_liver with:
    input:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
    output:
        image="results/{cohort}/preprocess_liver/{patient}/{timepoint}/image.nii.gz",
        liver="results/{cohort}/preprocess_liver/{patient}/{timepoint}/liver.nii.gz",
        normalisation="results/{cohort}/preprocess_liver/{patient}/{timepoint}/normalisation.json",
    log:
        "results/logs/{cohort}/preprocess_liver/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/preprocess_liver/{patient}/{timepoint}.tsv"
    group:
        "scan"
    params:
        liver=lambda wildcards: given_mask("--liver", "liver", wildcards),
        lesions="--target liver",
        folder=subpath(output.image, parent=True),
        settings=plan.settings("preprocess"),
        code=verb_digest("preprocess"),
