# What people read: the study report, and the manifest that says what it was made from.


rule report:
    input:
        plan.reported,
        readers.wanted,
        follow_up.wanted,
    output:
        html=report(
            "results/report/report.html",
            caption="../report/report.rst",
            category="Study report",
        ),
        figures=report(
            directory("results/report/figures"),
            patterns=["{figure}.png", "{figure}.svg", "{figure}.jpg"],
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("report"),
        runtime=requests.time_limit("report"),
    params:
        settings=lambda wildcards: plan.whole,
        code=verb_digest("report"),
    shell:
        "python -m livermets report results --out {output.html} --settings {params.settings:q} 2> {log}"


rule manifest:
    input:
        "results/report/report.html",
        plan.lesion_tables,
    output:
        "results/manifest.json",
    log:
        "results/logs/manifest.log",
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("manifest"),
        runtime=requests.time_limit("manifest"),
    params:
        settings=lambda wildcards: plan.whole,
        code=verb_digest("manifest"),
    shell:
        "python -m livermets manifest results --settings {params.settings:q} --out {output} 2> {log}"
