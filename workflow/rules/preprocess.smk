# The liver mask that normalisation needs, and the scan as the networks see it.


# Scan by scan: only one that comes without a liver (or with one that is to be replaced) waits for the liver network.
# What is odd about a liver that a network or a program made is written beside the mask; where nothing is odd there is no
# such file, so it cannot be a declared output.
rule liver:
    input:
        network=inputs.liver_network,
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
    output:
        "results/{cohort}/liver/{patient}/{timepoint}.nii.gz",
    log:
        "results/logs/{cohort}/liver/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/liver/{patient}/{timepoint}.tsv"
    group:
        requests.liver_group
    conda:
        "../../envs/torch.yaml"
    threads: requests.liver_threads
    resources:
        mem_mb=requests.memory("liver"),
        runtime=requests.time_limit("liver"),
    params:
        masks=inputs.liver_options,
        settings=inputs.liver_settings,
        threads=requests.liver_threads,
        code=verb_digest("liver"),
    shell:
        "python -m livermets liver --image {input.image} {params.masks} --out {output}"
        " --settings {params.settings:q} --threads {params.threads} 2> {log}"


# Once for every network. That of livers cannot be given images normalised over a liver that it has yet to find.
rule preprocess:
    input:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver=inputs.liver_in_use,
    output:
        image="results/{cohort}/preprocess/{network}/{patient}/{timepoint}/image.nii.gz",
        liver="results/{cohort}/preprocess/{network}/{patient}/{timepoint}/liver.nii.gz",
        normalisation="results/{cohort}/preprocess/{network}/{patient}/{timepoint}/normalisation.json",
    log:
        "results/logs/{cohort}/preprocess/{network}/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/preprocess/{network}/{patient}/{timepoint}.tsv"
    group:
        requests.preprocess_group
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("preprocess"),
        runtime=requests.time_limit("preprocess"),
    params:
        masks=inputs.preprocess_options,
        folder=subpath(output.image, parent=True),
        settings=lambda wildcards: plan.networks.preprocess_settings(wildcards.network),
        code=verb_digest("preprocess"),
    shell:
        "python -m livermets preprocess --image {input.image} {params.masks}"
        " --out {params.folder} --settings {params.settings:q} 2> {log}"
