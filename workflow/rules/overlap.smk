# What networks made of the scans: overlap, detection and false positives of the study's own, and of any beside it.


rule overlap:
    input:
        networks=[f"{folder}/network.json" for folder in trained_networks.values()],
        matching=judged_masks("matching.csv"),
        metrics=judged_masks("scan_metrics.csv"),
    output:
        networks=report(
            "results/overlap/networks.csv",
            caption="../report/networks.rst",
            category="Networks",
            labels={"table": "networks"},
        ),
        overlap=report(
            "results/overlap/overlap.csv",
            caption="../report/networks.rst",
            category="Networks",
            labels={"table": "overlap by network and size"},
        ),
        pairs=report(
            "results/overlap/pairs.csv",
            caption="../report/networks.rst",
            category="Networks",
            labels={"table": "paired differences"},
        ),
        others=multiext(
            "results/overlap/",
            "lesions.csv",
            "detection.csv",
            "lesion_wise.csv",
            "per_patient.csv",
            "scan_measures.csv",
            "false_positives.csv",
            "timepoints_unseen.csv",
            "timepoints_seen.csv",
            "missed.csv",
            "timepoints.csv",
        ),
        picture=(
            report(
                "results/overlap/dice.png",
                caption="../report/networks.rst",
                category="Networks",
                labels={"figure": "Dice by network and size"},
            )
            if plan.recipes
            else []
        ),
    log:
        "results/logs/overlap.log",
    benchmark:
        "results/benchmarks/overlap.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=memory("overlap"),
        runtime=time_limit("overlap"),
    params:
        networks=" ".join(f"--network={name}={folder}" for name, folder in trained_networks.items()),
        scans=words_of_judged_masks,
        folder=subpath(output.networks, parent=True),
        settings=plan.settings("statistics"),
        seed=plan.seed,
        code=verb_digest("overlap"),
    shell:
        "python -m livermets overlap {params.networks} {params.scans} --out {params.folder}"
        " --settings {params.settings:q} --seed {params.seed} 2> {log}"
