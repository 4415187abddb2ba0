"""Cross-fitting of a study: the folds of its training patients, the same ones for every network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from livermets.cohort.scan import Scan
from livermets.cohort.study import Study
from livermets.config.networks import LIVER, OWN
from livermets.config.recipes import network_recipes
from livermets.config.segmentation import LEAVE_ONE_OUT
from livermets.config.study import StudyConfig
from livermets.errors import InputError, ProblemList
from livermets.segmentation.folds import fold_count, fold_of
from livermets.workflow.livers import Livers
from livermets.workflow.scans import Scans


@dataclass(frozen=True)
class CrossFit:
    """Who is left out of which network."""

    asked: int | str
    """`segmentation.cross_fit`."""
    training: Scans
    """The scans that lesion networks are trained on."""
    seed: int

    @classmethod
    def of(cls, config: StudyConfig, study: Study) -> CrossFit:
        """The folds of a study."""
        return cls(config.segmentation.cross_fit, Scans(study.scans("segmentation", "train")), config.seed)

    @cached_property
    def patients(self) -> list[str]:
        """The patients that the folds are made of, whatever a network finds and whoever has what it learns from."""
        return sorted({scan.patient_id for scan in self.training})

    @cached_property
    def count(self) -> int:
        """The number of folds; 0: nothing is cross-fitted."""
        return fold_count(self.asked, self.patients) if self.training else 0

    def fold(self, scan: Scan) -> int | None:
        """The fold whose networks never saw this training scan's patient; None: no fold has it."""
        is_left_out = self.count and scan.roles.segmentation == "train"
        return self._fold_of_patient[scan.patient_id] if is_left_out else None

    def seen_by(self, fold: int | None, scans: Iterable[Scan]) -> Scans:
        """Those of some training scans that the network of a fold learns from; None: a network of no fold."""
        return Scans(scan for scan in scans if fold is None or self.fold(scan) != fold)

    def folds_of(self, scans: Iterable[Scan]) -> list[int]:
        """The folds that some scans are in, in order."""
        found = {self.fold(scan) for scan in scans}
        return sorted(fold for fold in found if fold is not None)

    @property
    def words(self) -> str:
        """How many folds, in a line; empty where nothing is cross-fitted."""
        if not self.count:
            return ""
        how = "leave-one-out" if self.asked == LEAVE_ONE_OUT else f"{self.count} folds by patient"
        return f"cross-fitting: {how}, {len(self.patients)} training patients"

    def problems(self, config: StudyConfig, livers: Livers) -> ProblemList:
        """What the folds lack: patients to make them of, or to train the network of any."""
        found = ProblemList()
        if not self.count:
            return found
        with found.collected():
            fold_of(self.patients, self.count, self.seed)
        if found.errors:
            return found
        for network, fraction in _held_back(config).items():
            _check_left(self, network, fraction, self.training, range(self.count), found)
        if livers.need_own_network:
            fraction = config.segmentation.liver.training.validation_fraction
            wanted = self.folds_of(scan for scan in livers.training if livers.by_network(scan))
            _check_left(self, LIVER, fraction, livers.learnt_from, wanted, found)
        return found

    @cached_property
    def _fold_of_patient(self) -> dict[str, int]:
        return fold_of(self.patients, self.count, self.seed)


def _held_back(config: StudyConfig) -> dict[str, float]:
    """The share of patients that monitors the training of each lesion network; of networks that cannot be made
    something else is said."""
    try:
        recipes = {name: recipe.segmentation for name, recipe in network_recipes(config).items()}
    except InputError:
        recipes = {}
    return {name: one.training.validation_fraction for name, one in {OWN: config.segmentation, **recipes}.items()}


def _check_left(
    folds: CrossFit, network: str, fraction: float, scans: Scans, wanted: Iterable[int], problems: ProblemList
) -> None:
    """Whether every fold leaves patients to train a network on, and one more to monitor the training, if any is."""
    needed = 1 if fraction == 0 else 2
    left = {fold: len({scan.patient_id for scan in folds.seen_by(fold, scans)}) for fold in wanted}
    short = min(left, key=lambda fold: left[fold], default=None)
    if short is not None and left[short] < needed:
        given = " whose liver is given" if network == LIVER else ""
        what = (
            f"fold {short} leaves {left[short]} training patient{'s' * (left[short] != 1)}{given} for the network "
            f"{network}, which needs at least {needed}"
        )
        problems.error("segmentation.cross_fit", what, "Add training patients, or use more folds")
