# Sliding-ROI and whole-lesion features of both mask sources.


rule warm_roi_engine:
    output:
        touch("results/.roi_engine_is_compiled"),
    log:
        "results/logs/warm_roi_engine.log",
    conda:
        "../../envs/core.yaml"
    params:
        code=plan.code("radiomics"),
    shell:
        "python -m livermets warm-roi-engine 2> {log}"


rule roi_features:
    input:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver="results/{cohort}/liver/{patient}/{timepoint}.nii.gz",
        mask=mask_of_source,
        compiled=ancient("results/.roi_engine_is_compiled"),
    output:
        "results/{cohort}/features/{patient}/{timepoint}/rois_{source}.parquet",
    log:
        "results/logs/{cohort}/roi_features/{patient}/{timepoint}_{source}.log",
    benchmark:
        "results/benchmarks/{cohort}/roi_features/{patient}/{timepoint}_{source}.tsv"
    conda:
        "../../envs/core.yaml"
    threads: 2
    resources:
        mem_mb=mem_mb(1500, per_input_mb=12),
        runtime=minutes(30),
    params:
        settings=plan.settings("features"),
        code=plan.code("radiomics"),
    shell:
        "python -m livermets rois {input.image} {input.mask} --liver {input.liver} --out {output}"
        " --cohort {wildcards.cohort} --patient {wildcards.patient} --timepoint {wildcards.timepoint}"
        " --source {wildcards.source} --settings {params.settings:q} --threads {threads} 2> {log}"


rule lesion_features:
    input:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        mask=mask_of_source,
    output:
        "results/{cohort}/features/{patient}/{timepoint}/lesions_{source}.csv",
    log:
        "results/logs/{cohort}/lesion_features/{patient}/{timepoint}_{source}.log",
    benchmark:
        "results/benchmarks/{cohort}/lesion_features/{patient}/{timepoint}_{source}.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=mem_mb(1500, per_input_mb=12),
        runtime=minutes(30),
    params:
        settings=plan.settings("features"),
        code=plan.code("radiomics"),
    shell:
        "python -m livermets lesion-features {input.image} {input.mask} --out {output}"
        " --cohort {wildcards.cohort} --patient {wildcards.patient} --timepoint {wildcards.timepoint}"
        " --source {wildcards.source} --settings {params.settings:q} 2> {log}"
