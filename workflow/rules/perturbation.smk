# Reference masks altered as segmentations fail, and the classes that they give.


rule perturb:
    input:
        image="results/{cohort}/intake/{patient}/{timepoint}/image.nii.gz",
        liver=inputs.liver_of_perturbation,
        model="results/model/model.safetensors",
        settings="results/model/model.json",
        compiled="results/compiled_radiomics.txt",
    output:
        "results/{cohort}/perturbation/{patient}/{timepoint}.parquet",
    log:
        "results/logs/{cohort}/perturb/{patient}/{timepoint}.log",
    benchmark:
        "results/benchmarks/{cohort}/perturb/{patient}/{timepoint}.tsv"
    conda:
        "../../envs/core.yaml"
    threads: requests.scan_threads
    resources:
        mem_mb=requests.memory("perturb"),
        runtime=requests.time_limit("perturb"),
    params:
        lesions="results/{cohort}/intake/{patient}/{timepoint}/lesions.nii.gz",
        liver=inputs.liver_option_of_perturbation,
        model=subpath(input.model, parent=True),
        minimum_rois=plan.config.classification.minimum_rois,
        settings=plan.settings("perturbation", without="target_agreements"),
        seed=plan.seed,
        code=verb_digest("perturb"),
    shell:
        "python -m livermets perturb {input.image} {params.lesions} {params.liver} --model {params.model} --out {output}"
        " --cohort {wildcards.cohort} --patient {wildcards.patient} --timepoint {wildcards.timepoint}"
        " --minimum-rois {params.minimum_rois} --settings {params.settings:q} --seed {params.seed}"
        " --threads {threads} 2> {log}"
