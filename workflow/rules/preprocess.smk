# The liver mask that normalisation needs, and the scan as the networks see it.


rule liver:
    input:
        unpack(liver_inputs),
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
    output:
        "results/{cohort}/liver/{patient}/{timepoint}.nii.gz",
    log:
        "results/logs/{cohort}/liver/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/liver/{patient}/{timepoint}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=mem_mb(2000, per_input_mb=20),
        runtime=minutes(30),
    params:
        masks=liver_options,
        settings=plan.settings("segmentation"),
        preprocess=plan.settings("preprocess"),
        code=plan.code("liver"),
    shell:
        "python -m livermets liver --image {input.image} {params.masks} --out {output}"
        " --settings {params.settings:q} --preprocess {params.preprocess:q} 2> {log}"


rule preprocess:
    input:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver="results/{cohort}/liver/{patient}/{timepoint}.nii.gz",
        lesions=manual_lesions,
    output:
        image="results/{cohort}/preprocess/{patient}/{timepoint}/image.nii.gz",
        liver="results/{cohort}/preprocess/{patient}/{timepoint}/liver.nii.gz",
        normalisation="results/{cohort}/preprocess/{patient}/{timepoint}/normalisation.json",
    log:
        "results/logs/{cohort}/preprocess/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/preprocess/{patient}/{timepoint}.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=mem_mb(1500, per_input_mb=20),
        runtime=minutes(20),
    params:
        lesions=lambda wildcards, input: (
            f"--lesions {input.lesions[0]}" if input.lesions else ""
        ),
        folder=subpath(output.image, parent=True),
        settings=plan.settings("preprocess"),
        code=plan.code("preprocess"),
    shell:
        "python -m livermets preprocess --image {input.image} --liver {input.liver} {params.lesions}"
        " --out {params.folder} --settings {params.settings:q} 2> {log}"
