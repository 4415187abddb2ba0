# What networks made of the scans: overlap, detection and false positives of the study's own, and of any beside it.


rule overlap:
    input:
        networks=expand("results/networks/{network}/network.json", network=plan.networks.of_lesions),
        matching=inputs.judged_masks("matching.csv"),
        metrics=inputs.judged_masks("scan_metrics.csv"),
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
            "scan_pairs.csv",
            "false_positives.csv",
            "timepoints_unseen.csv",
            "timepoints_seen.csv",
            "missed.csv",
            "timepoints.csv",
            "learning_curve.csv",
        ),
        picture=report(
            "results/overlap/dice.png",
            caption="../report/networks.rst",
            category="Networks",
            labels={"figure": "Dice by network and size"},
        ),
        # There only where networks of one recipe learnt from several shares of the patients.
        curve=report(
            ["results/overlap/learning_curve.png"] if plan.networks.of_one_recipe else [],
            caption="../report/networks.rst",
            category="Networks",
            labels={"figure": "learning curve"},
        ),
    log:
        "results/logs/overlap.log",
    benchmark:
        "results/benchmarks/overlap.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("overlap"),
        runtime=requests.time_limit("overlap"),
    params:
        networks=[f"--network={name}=results/networks/{name}" for name in plan.networks.of_lesions],
        scans=inputs.judged_options,
        curves=[f"--same-recipe={','.join(names)}" for names in plan.networks.of_one_recipe],
        folder=subpath(output.networks, parent=True),
        settings=plan.settings("statistics"),
        seed=plan.seed,
        code=verb_digest("overlap"),
    shell:
        "python -m livermets overlap {params.networks} {params.scans} {params.curves} --out {params.folder}"
        " --settings {params.settings:q} --seed {params.seed} 2> {log}"
