# Networks side by side: the study's own, and those it is compared with, on the same lesions.

network_comparison = ["results/overlap/pairs.csv"] if plan.config.compare_networks else []


rule compare_networks:
    input:
        networks=expand("results/networks/{network}/network.json", network=plan.networks.of_lesions),
        matching=inputs.compared_tables,
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
            "missed.csv",
            "timepoints.csv",
        ),
        picture=report(
            "results/overlap/dice.png",
            caption="../report/networks.rst",
            category="Networks",
            labels={"figure": "Dice by network and size"},
        ),
    log:
        "results/logs/compare_networks.log",
    benchmark:
        "results/benchmarks/compare_networks.tsv"
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("compare_networks"),
        runtime=requests.time_limit("compare_networks"),
    params:
        networks=[f"--network={name}=results/networks/{name}" for name in plan.networks.of_lesions],
        scans=inputs.compared_options,
        folder=subpath(output.networks, parent=True),
        settings=plan.settings("statistics"),
        seed=plan.seed,
        code=verb_digest("compare-networks"),
    shell:
        "python -m livermets compare-networks {params.networks} {params.scans} --out {params.folder}"
        " --settings {params.settings:q} --seed {params.seed} 2> {log}"
