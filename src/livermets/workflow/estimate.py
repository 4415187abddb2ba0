"""A rehearsal: what a study will take, rule by rule, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from livermets.cohort.scan import Scan
from livermets.config.study import StudyConfig
from livermets.workflow.demand import (
    DEMANDS,
    ON_THE_NETWORK_GRID,
    PHANTOM_SLICES,
    SLICE_MEGAVOXELS,
    Demand,
    grid_growth,
)
from livermets.workflow.follow_up import FollowUp
from livermets.workflow.inputs import Inputs
from livermets.workflow.network_time import segmentation_seconds, training_seconds
from livermets.workflow.networks import whole_name
from livermets.workflow.plan import Plan
from livermets.workflow.readers import Readers
from livermets.workflow.stable_features import StableFeatures

# One evaluation of a chromosome (training of a two-layer network in every fold) per training lesion and fold.
EVALUATION_SECONDS, EVALUATION_SECONDS_PER_LESION = 0.01, 0.0005
LESIONS_PER_SCAN = 3
SECONDS_PER_MASK = 0.003
"""Of an altered mask of a lesion of 30 mm: most of it is the distance between two surfaces."""
SECONDS_PER_MASK_OF_FEATURES = 0.01
"""Of an altered mask of such a lesion with all features of the windows that it holds."""
# Not measured here: what a data-centre GPU is expected to gain over one core for the rules that use it.
GPU_GAIN = {"train_segmentation": 100.0, "segment": 3.0, "lesion_program": 10.0}
SECONDS_PER_SLURM_JOB = 3.0


def estimate(plan: Plan) -> pd.DataFrame:
    """One row per rule: jobs, CPU hours of all, minutes and memory of the largest, disk, and GPU hours where a GPU is
    used instead of the CPU. Wall time on one machine is about the CPU hours divided by its cores."""
    rows = []
    for rule, sizes in jobs(plan).items():
        demand = DEMANDS[rule]
        seconds, growth = job_seconds(plan, rule, demand, sizes), _growth(plan, rule)
        rows.append(
            {
                "rule": rule,
                "jobs": len(sizes),
                "cpu_hours": sum(seconds) / 3600,
                "longest_minutes": max(seconds) / 60,
                "memory_gb": max(demand.expected_memory_mb(size * growth) for size in sizes) / 1000,
                "disk_gb": sum(demand.expected_disk_mb(size) for size in sizes) / 1000,
                "gpu_hours": sum(seconds) / GPU_GAIN[rule] / 3600 if demand.gpu else 0.0,
            }
        )
    return pd.DataFrame(rows)


def jobs(plan: Plan) -> dict[str, list[float]]:
    """For every rule the sizes in megavoxels of what its jobs read."""
    scans, learnt = plan.scans(), plan.response_scans()
    sources = plan.sources
    masks = [scan for source in (sources.reference, *sources.others) for scan in sources.classified(source)]
    classified = [scans.filter(cohorts=[cohort.name]) for cohort in plan.classified_cohorts]
    compared = {name: scans.filter(cohorts=plan.concordance_cohorts(name)) for name in plan.concordance_names()}
    pairs = [seen for name, seen in compared.items() for _ in plan.pairs_of(name)]
    phantoms = [scans.filter(cohorts=[cohort.name]) for cohort in plan.cohorts() if plan.is_phantom(cohort.name)]
    readers = Readers(Inputs(plan))
    followed = FollowUp(Inputs(plan)).series.values()
    stable = StableFeatures(Inputs(plan))
    for source, drawn_by_reader in stable.readers.items():
        masks += [scan for scan in drawn_by_reader if scan not in sources.classified(source)]
    each: dict[str, Sequence[Sequence[Scan]]] = {
        "phantom": phantoms,
        "check": [scans],
        "intake": [[scan] for scan in scans],
        "outcome": [*classified, *([learnt] if learnt else [])],
        "liver": [[scan] for scan in plan.livers.scans],
        "preprocess": [[scan] for scan in preprocessed(plan)],
        "train_segmentation": [plan.trained_on(network) for network in plan.networks.trained],
        "unpack_network": [[] for _ in plan.networks.bundled],
        "unpack_model": [[]] if plan.bundle and plan.bundle.brings("response") else [],
        "unpack_facts": [[]] if plan.bundle else [],
        "segment": [[scan] for _, scan in drawn(plan)],
        "lesion_program": [[scan] for source in sources.programs for scan in sources.drawn_by(source)],
        "match": [[scan] for source in sources.brought_in for scan in sources.drawn_by(source)],
        "overlap": [scans] if sources.others else [],
        "readers_scan": [[scan] for scan in readers.scans],
        "reader_scores": [[] for _ in readers.scores if readers.wanted],
        "readers": [readers.scans for _ in readers.wanted],
        "follow_up": list(followed),
        "mask_errors": [[scan for scans in plan.erring.values() for scan in scans]] if plan.erring else [],
        "perturb": [[scan] for scan in plan.perturbed],
        "altered_features": [[scan] for scan in stable.altered],
        "required_mask": [plan.perturbed] if plan.perturbed else [],
        "retrain": [[*learnt, *plan.reclassified]] if plan.reclassified else [],
        "class_noise": [plan.reclassified] if plan.reclassified else [],
        "warm_radiomics": [[]] if masks else [],
        "features": [[scan] for scan in masks],
        "training_table": [learnt] if learnt else [],
        "select": [learnt] if learnt else [],
        "classify": classified,
        "resubstitution": [learnt] if learnt else [],
        "lesion_table": [scans, scans] if classified else [],
        "lesion_feature_table": [scans] if classified else [],
        "concordance": pairs,
        "roi_concordance": pairs,
        "diagnostics": [] if sources.others else list(compared.values()),
        "concordance_sources": [seen for name, seen in compared.items() if plan.pairs_of(name)],
        "report": [scans],
        "manifest": [scans],
    }
    return {rule: [plan.megavoxels(scans) for scans in groups] for rule, groups in each.items() if groups}


def drawn(plan: Plan) -> list[tuple[str, Scan]]:
    """Every scan with each of the networks that draw lesions on it."""
    return [(name, scan) for name in plan.networks.of_lesions for scan in plan.sources.drawn_by(name)]


def preprocessed(plan: Plan) -> list[Scan]:
    """The scans that every network has preprocessed: those it is trained on and those it draws; the liver's only the
    first."""
    of_networks = {name: plan.sources.drawn_by(name) for name in plan.networks.of_lesions}
    training: dict[str, list[Scan]] = {}
    for name in plan.networks.trained:  # the folds of a share have patients that the network of the share has not
        training.setdefault(whole_name(name), []).extend(plan.trained_on(name))
    names = dict.fromkeys([*of_networks, *training])
    return [scan for name in names for scan in dict.fromkeys([*training.get(name, ()), *of_networks.get(name, ())])]


def _growth(plan: Plan, rule: str) -> float:
    """The growth of the finest grid that jobs of a rule may see."""
    networks = plan.networks.names if rule in ON_THE_NETWORK_GRID else []
    return max([1.0, *(grid_growth(plan.networks.preprocess(name)) for name in networks)])


def job_seconds(plan: Plan, rule: str, demand: Demand, megavoxels: Sequence[float]) -> list[float]:
    """CPU seconds of every job of a rule; those of networks and of the selection depend on their settings more than on
    the images."""
    seconds = [demand.expected_seconds(size) for size in megavoxels]
    networks = plan.networks
    if rule == "train_segmentation":
        learning = (_training_seconds(plan, name) for name in networks.trained)
        return [sum(parts) for parts in zip(seconds, learning, strict=True)]
    if rule == "segment":
        found = (
            segmentation_seconds(networks.settings(name), networks.preprocess(name), _slices(plan, scan))
            for name, scan in drawn(plan)
        )
        files = DEMANDS["match"]  # which reads, matches and measures the same, without a network
        return [files.expected_seconds(size) + part for size, part in zip(megavoxels, found, strict=True)]
    if rule == "perturb":
        asked = plan.config.perturbation
        like = len(plan.erring) * (asked.donors + asked.draws / len(asked.kinds))
        masks = (asked.draws + like) * LESIONS_PER_SCAN
        return [part + masks * SECONDS_PER_MASK for part in seconds]
    if rule == "altered_features":
        masks = plan.config.selection.stable_features.draws * LESIONS_PER_SCAN
        return [part + masks * SECONDS_PER_MASK_OF_FEATURES for part in seconds]
    if rule == "select":
        fitted = plan.response_scans()
        centres = len({scan.centre for scan in fitted}) if plan.fits_by_centre else 0
        return [part + selection_seconds(plan.config, len(fitted), centres) for part in seconds]
    if rule == "retrain":
        again = plan.config.retraining.seeds + plan.config.retraining.bootstraps
        return [part + again * search_seconds(plan.config, len(plan.response_scans())) for part in seconds]
    return seconds


def _training_seconds(plan: Plan, network: str) -> float:
    scans = plan.trained_on(network)
    slices, patients = [_slices(plan, scan) for scan in scans], {(scan.cohort, scan.patient_id) for scan in scans}
    return training_seconds(plan.networks.settings(network), plan.networks.preprocess(network), slices, len(patients))


def _slices(plan: Plan, scan: Scan) -> float:
    """The slices of a scan, as if each had 512 × 512 pixels."""
    return PHANTOM_SLICES if plan.is_phantom(scan.cohort) else plan.megavoxels([scan]) / SLICE_MEGAVOXELS


def selection_seconds(config: StudyConfig, scans: int, centres: int = 0) -> float:
    """Seconds of the genetic search and its audit (``centres``: left out in turn) on one core, if no search stops
    early."""
    search, audit = config.selection.search, config.selection.audit
    audited = (audit.population or search.population) * ((audit.generations or search.generations) + 1)
    nested = audit.outer_folds * audit.repeats
    permuted = audit.permutations * (nested if audit.permutation_statistic == "nested" else 1)
    filtered = config.selection.stable_features.icc is not None
    unfiltered = nested if filtered and audit.comparisons else 0
    searches = nested + centres + permuted + unfiltered
    return search_seconds(config, scans) + _evaluation_seconds(config, scans) * audited * searches


def search_seconds(config: StudyConfig, scans: int) -> float:
    """Seconds of one genetic search on one core, if it does not stop early."""
    search = config.selection.search
    return _evaluation_seconds(config, scans) * search.population * (search.generations + 1)


def _evaluation_seconds(config: StudyConfig, scans: int) -> float:
    """Seconds for one individual of a generation, in all folds."""
    of_a_fold = EVALUATION_SECONDS + EVALUATION_SECONDS_PER_LESION * LESIONS_PER_SCAN * scans
    return config.selection.search.folds * of_a_fold


def as_text(table: pd.DataFrame) -> str:
    """The table with its sums, and what the constants behind it are worth."""
    total = {column: table[column].sum() for column in ("jobs", "cpu_hours", "disk_gb", "gpu_hours")}
    total |= {column: table[column].max() for column in ("longest_minutes", "memory_gb")}
    shown = pd.concat([table, pd.DataFrame([{"rule": "all", **total}])], ignore_index=True)
    overhead = table["jobs"].sum() * SECONDS_PER_SLURM_JOB / 3600
    return "\n".join(
        [
            shown.to_string(index=False, float_format=lambda value: f"{value:,.2f}"),
            f"On SLURM add about {overhead:,.2f} CPU hours for the starts of Snakemake in its jobs.",
            "The constants (livermets.workflow.demand, network_time and estimate) were measured on one core, those of",
            "networks on trainings of minutes (within a factor of 2); on other processors expect more.",
            "GPU hours are an assumption about a data-centre GPU, not a measurement.",
        ]
    )
