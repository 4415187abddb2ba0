"""What lies in a results folder and is no part of the study any more: a removed cohort, patient, network or fold.

Nothing of it is deleted; reports and manifests leave it out, and it is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from livermets.cohort.load import load_cohorts
from livermets.cohort.study import Study
from livermets.config.study import StudyConfig
from livermets.errors import InputError, Problem

# Folders of results/ that are not named after a cohort.
STAGES = ("check", "concordance", "model", "models", "networks", "overlap", "report")
NOT_RESULTS = ("logs", "benchmarks", "checkpoints")
OF_A_SCAN = ("intake", "liver", "preprocess", "preprocess_liver", "segmentation", "features")
REMEDY = "It is kept, and left out of report and manifest: delete it if you do not need it"


@dataclass(frozen=True)
class Made:
    """What a configuration makes, as far as folders are named after it."""

    scans: Mapping[str, frozenset[tuple[str, str]] | None]
    """By cohort: patient and timepoint of every scan; None where that cannot be told."""
    validation: frozenset[str]
    networks: frozenset[str]
    liver_network: bool
    folds: int

    @classmethod
    def by(cls, config: StudyConfig, study: Study | None) -> Made:
        """What a study makes; without its tables, as far as the configuration alone tells."""
        known = {
            cohort.name: frozenset((scan.patient_id, scan.timepoint) for scan in cohort.scans())
            for cohort in (study.cohorts if study else [])
        }
        return cls(
            {name: known.get(name) for name in config.cohorts},
            frozenset(name for name, settings in config.cohorts.items() if settings.role == "validation"),
            frozenset(config.compare_networks),
            config.segmentation.liver.source == "network",
            config.segmentation.cross_fit,
        )


def made_by(config: StudyConfig) -> Made | None:
    """The same of a configuration alone; None for one without cohorts, of which nothing is known."""
    if not config.cohorts:
        return None
    try:
        return Made.by(config, load_cohorts(config.cohorts, config.outcome, config.seed))
    except InputError:
        return Made.by(config, None)


def left_over(results: Path, made: Made | None) -> list[Path]:
    """The folders and files of earlier configurations, the whole of what is gone in one."""
    return sorted(_gone(results, made)) if made else []


def kept(paths: Iterable[Path], gone: Iterable[Path]) -> list[Path]:
    """The paths that are not, and do not lie in, what is gone."""
    lost = set(gone)
    return [path for path in paths if path not in lost and lost.isdisjoint(path.parents)]


def left_over_problems(gone: Iterable[Path]) -> list[Problem]:
    """One warning per folder or file of an earlier configuration."""
    what = "this is left over from an earlier configuration, and nothing of the present one makes it"
    return [Problem(str(path), what, REMEDY, severity="warning") for path in gone]


def _gone(results: Path, made: Made) -> Iterator[Path]:
    pooled = {"pooled"} if len(made.validation) > 1 else set()
    yield from _others(results / "concordance", made.validation | pooled)
    yield from _others(results / "models" / "compared", made.networks)
    yield from _others(results / "models", {"lesions", "compared", *(["liver"] if made.liver_network else [])})
    yield from _others(results / "models" / "lesions", {f"fold{number}" for number in range(made.folds)})
    yield from _others(results / "networks", made.networks)
    yield from _others(results, {*STAGES, *NOT_RESULTS, *made.scans})
    for name in made.networks:
        yield from _others(results / "networks" / name, made.scans)
    for place in [results, *(results / "networks" / name for name in made.networks)]:
        for cohort, scans in made.scans.items():
            if scans is not None:
                yield from _other_scans(place / cohort, scans)
    if not made.liver_network:
        yield from results.glob("*/preprocess_liver")


def _others(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    """The subfolders with other names than these."""
    known = set(names)
    return (path for path in folder.glob("[!.]*") if path.is_dir() and path.name not in known)


def _other_scans(cohort: Path, scans: frozenset[tuple[str, str]]) -> Iterator[Path]:
    patients = {patient for patient, _ in scans}
    for stage in OF_A_SCAN:
        for folder in (path for path in (cohort / stage).glob("*") if path.is_dir()):
            if folder.name not in patients:
                yield folder
                continue
            timepoints = {timepoint for patient, timepoint in scans if patient == folder.name}
            files = (path for path in folder.glob("*") if path.name.removesuffix(".nii.gz") not in timepoints)
            # Features of both sources lie in the timepoint's folder, liver masks are files of its name.
            yield from files
