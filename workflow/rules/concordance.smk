# Manual against automatic: one folder per validation cohort, and one for all of them together.


rule lesion_table:
    input:
        [f"results/{cohort.name}/lesions.csv" for cohort in plan.classified_cohorts],
    output:
        "results/lesions.csv",
    log:
        "results/logs/lesion_table.log",
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("lesion_table"),
        runtime=requests.time_limit("lesion_table"),
    params:
        code=verb_digest("lesion-table"),
    shell:
        "python -m livermets lesion-table {input} --out {output} 2> {log}"


rule concordance:
    input:
        lesions=lambda wildcards: [
            f"results/{cohort}/lesions.csv" for cohort in plan.concordance_cohorts(wildcards.name)
        ],
    output:
        diagnostics=report(
            "results/concordance/{name}/diagnostics.csv",
            caption="../report/diagnostics.rst",
            category="Concordance",
            labels={"cohort": "{name}", "table": "diagnostics"},
        ),
        agreement=report(
            "results/concordance/{name}/agreement.csv",
            caption="../report/agreement.rst",
            category="Concordance",
            labels={"cohort": "{name}", "table": "agreement"},
        ),
        strata=report(
            "results/concordance/{name}/strata.csv",
            caption="../report/strata.rst",
            category="Concordance",
            labels={"cohort": "{name}", "table": "strata"},
        ),
        accounting=report(
            "results/concordance/{name}/accounting.csv",
            caption="../report/accounting.rst",
            category="Concordance",
            labels={"cohort": "{name}", "table": "fate of every lesion"},
        ),
        required_dice=report(
            "results/concordance/{name}/required_dice.csv",
            caption="../report/required_dice.rst",
            category="Concordance",
            labels={"cohort": "{name}", "table": "Dice needed"},
        ),
        subgroups=report(
            "results/concordance/{name}/subgroups.csv",
            caption="../report/subgroups.rst",
            category="Concordance",
            labels={"cohort": "{name}", "table": "by group"},
        ),
    log:
        "results/logs/concordance/{name}.log",
    benchmark:
        "results/benchmarks/concordance/{name}.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("concordance"),
        runtime=requests.time_limit("concordance"),
    params:
        folder=subpath(output.diagnostics, parent=True),
        timepoints=[f"--timepoint={name}" for name in plan.config.response_timepoints],
        settings=plan.settings("statistics"),
        seed=plan.seed,
        code=verb_digest("concordance"),
    shell:
        "python -m livermets concordance {input.lesions} {params.timepoints:q} --allow-absent --out {params.folder}"
        " --settings {params.settings:q} --seed {params.seed} 2> {log}"


rule roi_concordance:
    input:
        probabilities=lambda wildcards: [
            f"results/{cohort}/roi_probabilities.parquet" for cohort in plan.concordance_cohorts(wildcards.name)
        ],
        manual=lambda wildcards: inputs.of_concordance(wildcards).expand(
            "results/{cohort}/features/{patient}/{timepoint}/rois_manual.parquet"
        ),
        automatic=lambda wildcards: inputs.of_concordance(wildcards).expand(
            "results/{cohort}/features/{patient}/{timepoint}/rois_automatic.parquet"
        ),
        model="results/model/model.json",
    output:
        agreement=report(
            "results/concordance/{name}/roi_agreement.csv",
            caption="../report/roi_agreement.rst",
            category="Concordance",
            labels={"cohort": "{name}", "table": "ROI by ROI"},
        ),
        icc=report(
            "results/concordance/{name}/feature_icc.csv",
            caption="../report/feature_icc.rst",
            category="Concordance",
            labels={"cohort": "{name}", "table": "ICC of features"},
        ),
    log:
        "results/logs/concordance/{name}_rois.log",
    benchmark:
        "results/benchmarks/concordance/{name}_rois.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("roi_concordance"),
        runtime=requests.time_limit("roi_concordance"),
    params:
        manual=lambda wildcards: inputs.of_concordance(wildcards).words(
            "--features=results/{cohort}/features/{patient}/{timepoint}/rois_manual.parquet"
        ),
        automatic=lambda wildcards: inputs.of_concordance(wildcards).words(
            "--features=results/{cohort}/features/{patient}/{timepoint}/rois_automatic.parquet"
        ),
        folder=subpath(output.agreement, parent=True),
        timepoints=[f"--timepoint={name}" for name in plan.config.response_timepoints],
        settings=plan.settings("statistics"),
        seed=plan.seed,
        code=verb_digest("roi-concordance"),
    shell:
        "python -m livermets roi-concordance {input.probabilities} {params.manual} {params.automatic}"
        " --model {input.model} {params.timepoints:q} --allow-absent --out {params.folder} --settings {params.settings:q} --seed {params.seed} 2> {log}"
