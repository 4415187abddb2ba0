from snakemake.utils import min_version

min_version("9.19")


configfile: "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/intake.smk"
include: "workflow/rules/preprocess.smk"
include: "workflow/rules/segmentation.smk"
include: "workflow/rules/overlap.smk"
include: "workflow/rules/readers.smk"
include: "workflow/rules/follow_up.smk"
include: "workflow/rules/radiomics.smk"
include: "workflow/rules/model.smk"
include: "workflow/rules/perturbation.smk"
include: "workflow/rules/retraining.smk"
include: "workflow/rules/bundle.smk"
include: "workflow/rules/concordance.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        "results/report/report.html",
        plan.lesion_tables,
        "results/manifest.json",
