# Sliding-ROI and whole-lesion features of every mask source whose lesions get a class.

ROIS = "results/{cohort}/features/{patient}/{timepoint}/rois_{source}.parquet"
LESION_FEATURES = "results/{cohort}/features/{patient}/{timepoint}/lesions_{source}.csv"


rule warm_radiomics:
    output:
        "results/compiled_radiomics.txt",
    log:
        "results/logs/warm_radiomics.log",
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("warm_radiomics"),
        runtime=requests.time_limit("warm_radiomics"),
    params:
        code=verb_digest("warm-radiomics"),
    shell:
        "python -m livermets warm-radiomics --out {output} 2> {log}"


rule features:
    input:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver=inputs.liver_of_features,
        written=inputs.written_with_mask,
        compiled="results/compiled_radiomics.txt",
    output:
        rois=ROIS,
        lesions=LESION_FEATURES,
    log:
        "results/logs/{cohort}/features/{patient}/{timepoint}_{source}.log",
    benchmark:
        "results/benchmarks/{cohort}/features/{patient}/{timepoint}_{source}.tsv"
    group:
        requests.features_group
    conda:
        "../../envs/core.yaml"
    threads: requests.scan_threads
    resources:
        mem_mb=requests.memory("features"),
        runtime=requests.time_limit("features"),
    params:
        mask=inputs.mask_of_source,
        liver=inputs.liver_option_of_features,
        settings=plan.settings("radiomics"),
        code=verb_digest("rois"),
    shell:
        "python -m livermets rois {input.image} {params.mask} {params.liver}"
        " --out {output.rois} --lesion-features {output.lesions}"
        " --cohort {wildcards.cohort} --patient {wildcards.patient} --timepoint {wildcards.timepoint}"
        " --source {wildcards.source} --settings {params.settings:q} --threads {threads} 2> {log}"


rule lesion_feature_table:
    input:
        inputs.of_sources(LESION_FEATURES),
    output:
        "results/lesion_features.csv",
    log:
        "results/logs/lesion_feature_table.log",
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("lesion_feature_table"),
        runtime=requests.time_limit("lesion_feature_table"),
    params:
        tables=inputs.options_of_sources(LESION_FEATURES),
        code=verb_digest("lesion-table"),
    shell:
        "python -m livermets lesion-table {params.tables} --out {output} 2> {log}"
