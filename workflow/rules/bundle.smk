# What a finished study brings (`model` in the configuration): each part as training would have left it, and made again
# when its own digest changes, not when the file was merely copied.


rule unpack_network:
    input:
        ancient(plan.bundle_files),
    output:
        network="results/networks/{network}/network.safetensors",
        settings="results/networks/{network}/network.json",
    log:
        "results/logs/networks/unpack/{network}.log",
    wildcard_constraints:
        network=start.any_of(plan.networks.bundled),
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("unpack_network"),
        runtime=requests.time_limit("unpack_network"),
    params:
        folder=subpath(output.network, parent=True),
        digests=lambda wildcards: plan.bundled_digests(f"networks/{wildcards.network}"),
        code=verb_digest("unpack"),
    shell:
        "python -m livermets unpack {input:q} --part networks/{wildcards.network} --out {params.folder} 2> {log}"


if plan.bundle and plan.bundle.brings("response"):

    rule unpack_model:
        input:
            ancient(plan.bundle_files),
        output:
            model="results/model/model.safetensors",
            settings="results/model/model.json",
        log:
            "results/logs/model/unpack.log",
        conda:
            "../../envs/core.yaml"
        resources:
            mem_mb=requests.memory("unpack_model"),
            runtime=requests.time_limit("unpack_model"),
        params:
            folder=subpath(output.model, parent=True),
            digests=plan.bundled_digests("model"),
            code=verb_digest("unpack"),
        shell:
            "python -m livermets unpack {input:q} --part model --out {params.folder} 2> {log}"

    ruleorder: unpack_model > select


rule unpack_facts:
    input:
        ancient(plan.bundle_files),
    output:
        facts="results/bundle/applied.json",
        card="results/bundle/MODEL_CARD.md",
    log:
        "results/logs/unpack_facts.log",
    conda:
        "../../envs/core.yaml"
    resources:
        mem_mb=requests.memory("unpack_facts"),
        runtime=requests.time_limit("unpack_facts"),
    params:
        folder=subpath(output.facts, parent=True),
        members=plan.bundle.members if plan.bundle else {},
        code=verb_digest("unpack"),
    shell:
        "python -m livermets unpack {input:q} --out {params.folder} 2> {log}"
