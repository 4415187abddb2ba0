# Lesions over time. Asked for only of patients with masks of the reference at several timepoints.


rule follow_up:
    input:
        follow_up.files,
    output:
        lesions=report(
            "results/{cohort}/follow_up/{patient}/lesions.csv",
            caption="../report/follow_up.rst",
            category="Lesions over time",
            labels={"cohort": "{cohort}", "patient": "{patient}", "table": "lesions"},
        ),
        scans=report(
            "results/{cohort}/follow_up/{patient}/scans.csv",
            caption="../report/follow_up.rst",
            category="Lesions over time",
            labels={"cohort": "{cohort}", "patient": "{patient}", "table": "scans"},
        ),
        picture=report(
            "results/{cohort}/follow_up/{patient}/tracks.png",
            caption="../report/follow_up.rst",
            category="Lesions over time",
            labels={
                "cohort": "{cohort}",
                "patient": "{patient}",
                "figure": "linked lesions",
            },
        ),
    log:
        "results/logs/{cohort}/follow_up/{patient}.log",
    benchmark:
        "results/benchmarks/{cohort}/follow_up/{patient}.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("follow_up"),
        runtime=requests.time_limit("follow_up"),
    params:
        options=follow_up.options,
        folder=subpath(output.lesions, parent=True),
        reference=plan.sources.reference,
        settings=plan.settings("follow_up"),
        code=verb_digest("follow-up"),
    shell:
        "python -m livermets follow-up {params.options} --cohort {wildcards.cohort} --patient {wildcards.patient}"
        " --reference {params.reference} --settings {params.settings:q} --out {params.folder} 2> {log}"
