# Every mask source against the reference: one folder per validation cohort and source, and one for all cohorts together.


rule lesion_table:
    input:
        lambda wildcards: [f"results/{cohort.name}/{wildcards.table}.csv" for cohort in plan.classified_cohorts],
    output:
        "results/{table}.csv",
    log:
        "results/logs/{table}_table.log",
    wildcard_constraints:
        table="lesions|lesions_long",
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
            f"results/{cohort}/lesions_long.csv" for cohort in plan.concordance_cohorts(wildcards.name)
        ],
    output:
        diagnostics=report(
            "results/concordance/{name}/{source}/diagnostics.csv",
            caption="../report/diagnostics.rst",
            category="Concordance",
            labels={"cohort": "{name}", "source": "{source}", "table": "diagnostics"},
        ),
        agreement=report(
            "results/concordance/{name}/{source}/agreement.csv",
            caption="../report/agreement.rst",
            category="Concordance",
            labels={"cohort": "{name}", "source": "{source}", "table": "agreement"},
        ),
        equivalence=report(
            "results/concordance/{name}/{source}/equivalence.csv",
            caption="../report/equivalence.rst",
            category="Concordance",
            labels={"cohort": "{name}", "source": "{source}", "table": "equivalence"},
        ),
        strata=report(
            "results/concordance/{name}/{source}/strata.csv",
            caption="../report/strata.rst",
            category="Concordance",
            labels={"cohort": "{name}", "source": "{source}", "table": "strata"},
        ),
        accounting=report(
            "results/concordance/{name}/{source}/accounting.csv",
            caption="../report/accounting.rst",
            category="Concordance",
            labels={"cohort": "{name}", "source": "{source}", "table": "fate of every lesion"},
        ),
        required_dice=report(
            "results/concordance/{name}/{source}/required_dice.csv",
            caption="../report/required_dice.rst",
            category="Concordance",
            labels={"cohort": "{name}", "source": "{source}", "table": "Dice needed"},
        ),
        subgroups=report(
            "results/concordance/{name}/{source}/subgroups.csv",
            caption="../report/subgroups.rst",
            category="Concordance",
            labels={"cohort": "{name}", "source": "{source}", "table": "by group"},
        ),
    log:
        "results/logs/concordance/{name}/{source}/concordance.log",
    benchmark:
        "results/benchmarks/concordance/{name}/{source}/concordance.tsv"
    wildcard_constraints:
        source=start.any_of(plan.sources.others),
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("concordance"),
        runtime=requests.time_limit("concordance"),
    params:
        folder=subpath(output.diagnostics, parent=True),
        reference=plan.sources.reference,
        settings=plan.settings("statistics", without="size_cuts_mm"),
        seed=plan.seed,
        code=verb_digest("concordance"),
    shell:
        "python -m livermets concordance {input.lesions} --reference {params.reference} --source {wildcards.source}"
        " --out {params.folder}"
        " --settings {params.settings:q} --seed {params.seed} 2> {log}"


# Where the reference is the only source, there is nothing to compare it with.
rule diagnostics:
    input:
        lesions=lambda wildcards: [
            f"results/{cohort}/lesions_long.csv" for cohort in plan.concordance_cohorts(wildcards.name)
        ],
    output:
        report(
            "results/concordance/{name}/{source}/diagnostics.csv",
            caption="../report/diagnostics.rst",
            category="Concordance",
            labels={"cohort": "{name}", "source": "{source}", "table": "diagnostics"},
        ),
    log:
        "results/logs/concordance/{name}/{source}/diagnostics.log",
    benchmark:
        "results/benchmarks/concordance/{name}/{source}/diagnostics.tsv"
    wildcard_constraints:
        source=start.any_of([plan.sources.reference]),
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("diagnostics"),
        runtime=requests.time_limit("diagnostics"),
    params:
        folder=subpath(output[0], parent=True),
        settings=plan.settings("statistics", without="size_cuts_mm"),
        seed=plan.seed,
        code=verb_digest("diagnostics"),
    shell:
        "python -m livermets diagnostics {input.lesions} --reference {wildcards.source} --out {params.folder}"
        " --settings {params.settings:q} --seed {params.seed} 2> {log}"


rule roi_concordance:
    input:
        probabilities=lambda wildcards: [
            f"results/{cohort}/roi_probabilities.parquet" for cohort in plan.concordance_cohorts(wildcards.name)
        ],
        features=inputs.of_pair(ROIS),
        lesions=lambda wildcards: [
            f"results/{cohort}/lesions_long.csv" for cohort in plan.concordance_cohorts(wildcards.name)
        ],
        model="results/model/model.json",
    output:
        agreement=report(
            "results/concordance/{name}/{source}/roi_agreement.csv",
            caption="../report/roi_agreement.rst",
            category="Concordance",
            labels={"cohort": "{name}", "source": "{source}", "table": "ROI by ROI"},
        ),
        icc=report(
            "results/concordance/{name}/{source}/feature_icc.csv",
            caption="../report/feature_icc.rst",
            category="Concordance",
            labels={"cohort": "{name}", "source": "{source}", "table": "ICC of features"},
        ),
    log:
        "results/logs/concordance/{name}/{source}/roi_concordance.log",
    benchmark:
        "results/benchmarks/concordance/{name}/{source}/roi_concordance.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("roi_concordance"),
        runtime=requests.time_limit("roi_concordance"),
    params:
        features=inputs.options_of_pair(f"--features={ROIS}"),
        reference=plan.sources.reference,
        lesions=lambda wildcards, input: [f"--lesions={path}" for path in input.lesions],
        folder=subpath(output.agreement, parent=True),
        settings=plan.settings("statistics", without="size_cuts_mm"),
        seed=plan.seed,
        code=verb_digest("roi-concordance"),
    shell:
        "python -m livermets roi-concordance {input.probabilities} {params.features} {params.lesions:q}"
        " --reference {params.reference} --source {wildcards.source}"
        " --model {input.model} --out {params.folder} --settings {params.settings:q} --seed {params.seed} 2> {log}"


rule concordance_sources:
    input:
        lesions=lambda wildcards: [
            f"results/{cohort}/lesions_long.csv" for cohort in plan.concordance_cohorts(wildcards.name)
        ],
    output:
        table=report(
            "results/concordance/{name}/sources.csv",
            caption="../report/sources.rst",
            category="Concordance",
            labels={"cohort": "{name}", "source": "all", "table": "mask sources side by side"},
        ),
        picture="results/concordance/{name}/sources.png",
    log:
        "results/logs/concordance/{name}/concordance_sources.log",
    benchmark:
        "results/benchmarks/concordance/{name}/concordance_sources.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("concordance_sources"),
        runtime=requests.time_limit("concordance_sources"),
    params:
        sides=plan.sources.options,
        settings=plan.settings("statistics", without="size_cuts_mm"),
        seed=plan.seed,
        code=verb_digest("concordance-sources"),
    shell:
        "python -m livermets concordance-sources {input.lesions} {params.sides}"
        " --out {output.table} --settings {params.settings:q} --seed {params.seed} 2> {log}"
