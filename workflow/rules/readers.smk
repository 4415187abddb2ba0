# Readers, corrected masks and networks pair by pair. Asked for only where a scan has a given mask beyond the reference.


rule readers_scan:
    input:
        readers.files,
    output:
        "results/{cohort}/readers/{patient}/{timepoint}.csv",
    log:
        "results/logs/{cohort}/readers_scan/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/readers_scan/{patient}/{timepoint}.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("readers_scan"),
        runtime=requests.time_limit("readers_scan"),
    params:
        masks=readers.options,
        code=verb_digest("readers-scan"),
    shell:
        "python -m livermets readers-scan {params.masks} --cohort {wildcards.cohort} --patient {wildcards.patient}"
        " --timepoint {wildcards.timepoint} --out {output} 2> {log}"


rule reader_scores:
    input:
        plan.phantom_folders(),
    output:
        "results/readers/given_scores.csv",
    log:
        "results/logs/reader_scores.log",
    benchmark:
        "results/benchmarks/reader_scores.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("reader_scores"),
        runtime=requests.time_limit("reader_scores"),
    params:
        settings=readers.score_settings,
        cells=readers.score_cells,
        code=verb_digest("reader-scores"),
    shell:
        "python -m livermets reader-scores --settings {params.settings:q} --out {output} 2> {log}"


rule readers:
    input:
        tables=readers.tables,
        scores=readers.scores,
    output:
        pairs=report(
            "results/readers/pairs.csv",
            caption="../report/readers.rst",
            category="Readers",
            labels={"table": "pairs of sources"},
        ),
        ceiling=report(
            "results/readers/ceiling.csv",
            caption="../report/readers.rst",
            category="Readers",
            labels={"table": "networks beside readers"},
        ),
        start=report(
            "results/readers/start.csv",
            caption="../report/readers.rst",
            category="Readers",
            labels={"table": "with and without a start"},
        ),
        scores=report(
            "results/readers/scores.csv",
            caption="../report/readers.rst",
            category="Readers",
            labels={"table": "quality and minutes"},
        ),
        notes="results/readers/notes.csv",
        dice=report(
            "results/readers/dice.png",
            caption="../report/readers.rst",
            category="Readers",
            labels={"figure": "Dice by pair"},
        ),
        differences=report(
            "results/readers/ceiling.png",
            caption="../report/readers.rst",
            category="Readers",
            labels={"figure": "networks less readers"},
        ),
    log:
        "results/logs/readers.log",
    benchmark:
        "results/benchmarks/readers.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("readers"),
        runtime=requests.time_limit("readers"),
    params:
        tables=readers.scans.words("results/{cohort}/readers/{patient}/{timepoint}.csv"),
        scores=[f"--scores={path}" for path in readers.scores],
        networks=readers.networks,
        folder=subpath(output.pairs, parent=True),
        settings=readers.settings,
        seed=plan.seed,
        code=verb_digest("readers"),
    shell:
        "python -m livermets readers {params.tables} {params.scores} {params.networks} --out {params.folder}"
        " --settings {params.settings:q} --seed {params.seed} 2> {log}"
