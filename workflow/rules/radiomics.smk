# Sliding-ROI and whole-lesion features of both mask sources.

MANUAL_LESION_FEATURES = "results/{cohort}/features/{patient}/{timepoint}/lesions_manual.csv"
AUTOMATIC_LESION_FEATURES = "results/{cohort}/features/{patient}/{timepoint}/lesions_automatic.csv"


rule warm_radiomics:
    output:
        "results/compiled_radiomics.txt",
    log:
        "results/logs/warm_radiomics.log",
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=memory("warm_radiomics"),
        runtime=time_limit("warm_radiomics"),
    params:
        code=verb_digest("warm-radiomics"),
    shell:
        "python -m livermets warm-radiomics --out {output} 2> {log}"


rule roi_features:
    input:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver="results/{cohort}/liver/{patient}/{timepoint}.nii.gz",
        written=written_with_mask,
        compiled="results/compiled_radiomics.txt",
    output:
        "results/{cohort}/features/{patient}/{timepoint}/rois_{source}.parquet",
    log:
        "results/logs/{cohort}/roi_features/{patient}/{timepoint}_{source}.log",
    benchmark:
        "results/benchmarks/{cohort}/roi_features/{patient}/{timepoint}_{source}.tsv"
    group:
        features_group
    conda:
        "../../envs/core.yaml"
    threads: scan_threads
    resources:
        mem_mb=memory("roi_features"),
        runtime=time_limit("roi_features"),
    params:
        mask=mask_of_source,
        settings=plan.settings("radiomics"),
        code=verb_digest("rois"),
    shell:
        "python -m livermets rois {input.image} {params.mask} --liver {input.liver} --out {output}"
        " --cohort {wildcards.cohort} --patient {wildcards.patient} --timepoint {wildcards.timepoint}"
        " --source {wildcards.source} --settings {params.settings:q} --threads {threads} 2> {log}"


rule lesion_features:
    input:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver="results/{cohort}/liver/{patient}/{timepoint}.nii.gz",
        written=written_with_mask,
    output:
        "results/{cohort}/features/{patient}/{timepoint}/lesions_{source}.csv",
    log:
        "results/logs/{cohort}/lesion_features/{patient}/{timepoint}_{source}.log",
    benchmark:
        "results/benchmarks/{cohort}/lesion_features/{patient}/{timepoint}_{source}.tsv"
    group:
        features_group
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=memory("lesion_features"),
        runtime=time_limit("lesion_features"),
    params:
        mask=mask_of_source,
        settings=plan.settings("radiomics"),
        code=verb_digest("lesion-features"),
    shell:
        "python -m livermets lesion-features {input.image} {params.mask} --liver {input.liver} --out {output}"
        " --cohort {wildcards.cohort} --patient {wildcards.patient} --timepoint {wildcards.timepoint}"
        " --source {wildcards.source} --settings {params.settings:q} 2> {log}"


rule lesion_feature_table:
    input:
        manual=paths(MANUAL_LESION_FEATURES, with_lesions(plan.scans())),
        automatic=paths(AUTOMATIC_LESION_FEATURES, plan.scans()),
    output:
        "results/lesion_features.csv",
    log:
        "results/logs/lesion_feature_table.log",
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=memory("lesion_feature_table"),
    params:
        manual=lambda wildcards: shell_words(MANUAL_LESION_FEATURES, with_lesions(plan.scans())),
        automatic=lambda wildcards: shell_words(AUTOMATIC_LESION_FEATURES, plan.scans()),
        code=verb_digest("lesion-table"),
    shell:
        "python -m livermets lesion-table {params.manual} {params.automatic} --out {output} 2> {log}"
