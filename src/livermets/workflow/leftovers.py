"""What lies in a results folder and is no part of the study any more: a removed cohort, patient, network or fold.

Nothing of it is deleted; reports and manifests leave it out, and it is named."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from livermets.cohort.load import found_study
from livermets.cohort.study import Study
from livermets.config.applied import facts_of
from livermets.config.cohorts import CohortSettings
from livermets.config.networks import LIVER, OWN
from livermets.config.study import StudyConfig
from livermets.errors import InputError, Problem
from livermets.workflow.cross_fit import CrossFit
from livermets.workflow.livers import Livers

# Folders of results/ that are not named after a cohort.
STAGES = ("bundle", "check", "concordance", "model", "networks", "overlap", "perturbation", "readers", "report")
NOT_RESULTS = ("logs", "benchmarks", "checkpoints")
OF_A_SCAN = ("intake", "liver", "features", "readers", "perturbation")
FOLLOW_UP = "follow_up"
"""The stage of a cohort with one folder per patient with scans at several timepoints."""
OF_A_NETWORK = ("preprocess", "programs", "segmentation")
"""Stages of a cohort with one folder per network, and in that one per scan; of the others, one per scan at once."""
TOLD_ONE_BY_ONE = 5
"""Of more in one folder (the patients of a study whose folders were laid out otherwise) only the first are named."""
REMEDY = "It is kept, and left out of report and manifest: delete it if you do not need it"


@dataclass(frozen=True)
class Made:
    """What a configuration makes, as far as folders are named after it."""

    scans: Mapping[str, frozenset[tuple[str, str]] | None]
    """By cohort: patient and timepoint of every scan; None where that cannot be told."""
    validation: frozenset[str]
    networks: frozenset[str]
    """The compared networks."""
    liver_network: bool
    folds: int | None
    """Of every network; None where that cannot be told."""
    unpacked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By folder: the files that come out of a bundle, beside which a training of before may have left its own."""

    @property
    def all_networks(self) -> frozenset[str]:
        """Every network that has a folder of its own."""
        return self.networks | {OWN} | ({LIVER} if self.liver_network else set())

    @classmethod
    def by(cls, config: StudyConfig, study: Study | None) -> Made:
        """What a study makes; without its tables, as far as the configuration alone tells."""
        known = {
            cohort.name: frozenset((scan.patient_id, scan.timepoint) for scan in cohort.scans())
            for cohort in (study.cohorts if study else [])
        }
        return cls(
            {name: known.get(name) for name in config.cohorts},
            frozenset(name for name, settings in config.cohorts.items() if _validates(settings)),
            frozenset(_sources(config)),
            Livers.of(config, study).need_own_network if study else config.segmentation.liver.missing == "network",
            CrossFit.of(config, study).count if study else _stated_folds(config),
            _unpacked(config),
        )


def _sources(config: StudyConfig) -> Iterator[str]:
    """Every mask source beside the study's own network."""
    yield from (*config.networks, *config.programs)
    yield from (name for settings in config.cohorts.values() for name in settings.mask_files)


def _stated_folds(config: StudyConfig) -> int | None:
    asked = config.segmentation.cross_fit
    return asked if isinstance(asked, int) else None


def _unpacked(config: StudyConfig) -> dict[str, frozenset[str]]:
    facts = facts_of(config)
    paths = [Path(name) for name in facts.members] if facts is not None else []
    folders = {path.parent for path in paths if path.parent != Path()}
    return {place.as_posix(): frozenset(path.name for path in paths if path.parent == place) for place in folders}


def _validates(settings: CohortSettings) -> bool:
    return any(roles.response == "validation" for roles in settings.stated_roles)


def made_by(config: StudyConfig) -> Made | None:
    """The same of a configuration alone; None for one without cohorts, of which nothing is known."""
    if not config.cohorts:
        return None
    try:
        study = found_study(config)
        study.problems.raise_if_errors()
        return Made.by(config, study)
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
    """One warning per folder or file of an earlier configuration, or per folder that holds many of them."""
    by_place: dict[Path, list[Path]] = {}
    for path in gone:
        by_place.setdefault(path.parent, []).append(path)
    told: list[Problem] = []
    for place, paths in by_place.items():
        if len(paths) <= TOLD_ONE_BY_ONE:
            told += [_left_over(path, "this is") for path in paths]
        else:
            first = ", ".join(path.name for path in paths[:TOLD_ONE_BY_ONE])
            told.append(_left_over(place, f"{first} and {len(paths) - TOLD_ONE_BY_ONE} more in this folder are"))
    return told


def _left_over(path: Path, what: str) -> Problem:
    said = f"{what} left over from an earlier configuration, and nothing of the present one makes it"
    return Problem(str(path), said, REMEDY, severity="warning")


def _gone(results: Path, made: Made) -> Iterator[Path]:
    pooled = {"pooled"} if len(made.validation) > 1 else set()
    yield from _others(results / "concordance", made.validation | pooled)
    yield from (path for path in (results / "networks").glob("[!.]*") if path.is_file())
    yield from _others(results / "networks", made.all_networks)
    for name in made.all_networks:
        if made.folds is not None:
            yield from _others(results / "networks" / name, {f"fold{number}" for number in range(made.folds)})
    for place, names in made.unpacked.items():
        yield from (path for path in (results / place).glob("[!.]*") if path.is_file() and path.name not in names)
    yield from _others(results, {*STAGES, *NOT_RESULTS, *made.scans})
    for cohort, scans in made.scans.items():
        yield from _gone_of_cohort(results / cohort, scans, made.all_networks)


def _gone_of_cohort(cohort: Path, scans: frozenset[tuple[str, str]] | None, networks: frozenset[str]) -> Iterator[Path]:
    known = {*OF_A_SCAN, *OF_A_NETWORK, FOLLOW_UP, "phantom"}
    yield from _others(cohort, known)
    for stage in OF_A_NETWORK:
        yield from _others(cohort / stage, networks)
    if scans is not None:
        timepoints: dict[str, set[str]] = {}
        for patient, timepoint in scans:
            timepoints.setdefault(patient, set()).add(timepoint)
        for place in [*OF_A_SCAN, *(f"{stage}/{network}" for stage in OF_A_NETWORK for network in networks)]:
            yield from _other_scans(cohort / place, timepoints)
        yield from _others(cohort / FOLLOW_UP, (patient for patient, points in timepoints.items() if len(points) > 1))


def _others(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    """The subfolders with other names than these."""
    known = set(names)
    return (path for path in folder.glob("[!.]*") if path.is_dir() and path.name not in known)


def _other_scans(folder: Path, timepoints: Mapping[str, Collection[str]]) -> Iterator[Path]:
    """What a folder with one subfolder per patient holds of other patients and timepoints."""
    for patient in (path for path in folder.glob("*") if path.is_dir()):
        if patient.name not in timepoints:
            yield patient
        else:
            known = timepoints[patient.name]
            yield from (path for path in patient.glob("*") if _timepoint_of(path) not in known)


def _timepoint_of(path: Path) -> str:
    """A folder of a scan has the name of its timepoint; livers, what is odd about one, and tables of pairs and
    altered masks are files named after it."""
    return path.name.removesuffix(".nii.gz").removesuffix("_problems.csv").removesuffix(".csv").removesuffix(".parquet")
