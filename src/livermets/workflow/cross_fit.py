"""Which training patients every network of a study learns from: all, those of the other folds, a share of either."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from livermets.cohort.scan import Scan
from livermets.cohort.study import Study
from livermets.config.networks import LIVER, OWN
from livermets.config.recipes import network_recipes
from livermets.config.segmentation import LEAVE_ONE_OUT
from livermets.config.study import StudyConfig
from livermets.errors import InputError, ProblemList
from livermets.segmentation.folds import fold_count, fold_of
from livermets.segmentation.training_share import drawn_patients
from livermets.workflow.livers import Livers, patients_needed
from livermets.workflow.networks import fold_name, fold_number, whole_name
from livermets.workflow.scans import Scans


@dataclass(frozen=True)
class CrossFit:
    """Who is left out of which network."""

    asked: int | str
    """`segmentation.cross_fit`."""
    training: Scans
    """The scans that lesion networks are trained on."""
    seed: int
    shares: Mapping[str, float] = field(default_factory=dict)
    """`networks.<name>.training_share` of the networks that have less than all patients."""

    @classmethod
    def of(cls, config: StudyConfig, study: Study) -> CrossFit:
        """The folds of a study."""
        shares = {name: entry.training_share for name, entry in config.networks.items() if entry.training_share < 1}
        return cls(config.segmentation.cross_fit, Scans(study.scans("segmentation", "train")), config.seed, shares)

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

    def learnt_by(self, network: str, scans: Iterable[Scan]) -> Scans:
        """Those of some training scans that a network learns from, by its name: without those of the fold that it
        leaves out, and of the share of the patients that are left."""
        seen = self.seen_by(fold_number(network), scans)
        share = self.share_of(network)
        if share == 1:
            return seen
        drawn = set(drawn_patients((scan.patient_id for scan in seen), share, self.seed))
        return Scans(scan for scan in seen if scan.patient_id in drawn)

    def share_of(self, network: str) -> float:
        """The share of the training patients that a network learns from; the networks of its folds have the same."""
        return self.shares.get(whole_name(network), 1.0)

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

    @property
    def shares_in_words(self) -> str:
        """How many patients every network of a share is given, in a line; empty where all have everybody."""
        if not self.shares:
            return ""
        given = (f"{name} {_patients(self.learnt_by(name, self.training))}" for name in self.shares)
        return f"shares of the {len(self.patients)} training patients: {', '.join(given)}"

    def problems(self, config: StudyConfig, livers: Livers) -> ProblemList:
        """What folds and shares lack: patients to make them of, or to train a network on."""
        found = ProblemList()
        if self.count:
            self._check_folds(config, livers, found)
        if self.training and not found.errors:
            _check_shares(self, _held_back(config), found)
        return found

    def _check_folds(self, config: StudyConfig, livers: Livers, found: ProblemList) -> None:
        with found.collected():
            fold_of(self.patients, self.count, self.seed)
        if found.errors:
            return
        for network, fraction in _held_back(config).items():
            _check_left(self, network, fraction, self.training, range(self.count), found)
        if livers.need_own_network:
            fraction = config.segmentation.liver.training.validation_fraction
            wanted = self.folds_of(scan for scan in livers.training if livers.by_network(scan))
            _check_left(self, LIVER, fraction, livers.learnt_from, wanted, found)

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
    needed = patients_needed(fraction)
    left = {fold: _patients(folds.seen_by(fold, scans)) for fold in wanted}
    short = min(left, key=lambda fold: left[fold], default=None)
    if short is not None and left[short] < needed:
        given = " whose liver is given" if network == LIVER else ""
        what = (
            f"fold {short} leaves {left[short]} training patient{'s' * (left[short] != 1)}{given} for the network "
            f"{network}, which needs at least {needed}"
        )
        problems.error("segmentation.cross_fit", what, "Add training patients, or use more folds")


def _check_shares(folds: CrossFit, held_back: Mapping[str, float], problems: ProblemList) -> None:
    """Whether every share is enough patients to train a network on, and one more to monitor the training, if any is;
    and whether it leaves any out."""
    for network, share in folds.shares.items():
        needed, where = patients_needed(held_back.get(network, 0.0)), f"networks.{network}.training_share"
        drawn = list(_drawn(folds, network))
        fold, left, given = min(drawn, key=lambda one: one[2])
        of = f"{left} training patient{'s' * (left != 1)}" + (f" that fold {fold} leaves" if fold is not None else "")
        if given < needed:
            what = f"{share:g} of {of} is {given}, and a network needs at least {needed}"
            problems.error(where, what, "Raise it, or add training patients")
        elif given == left:
            what = f"{share:g} of {of} is everybody: the network learns from the same patients as with 1"
            problems.warning(where, what, "Lower it, or leave it out")


def _drawn(folds: CrossFit, network: str) -> Iterator[tuple[int | None, int, int]]:
    """Of a network and those of its folds: the fold (none: of all), the patients left, and how many it is given."""
    for fold in (None, *range(folds.count)):
        left = folds.seen_by(fold, folds.training)
        yield fold, _patients(left), _patients(folds.learnt_by(fold_name(network, fold), folds.training))


def _patients(scans: Iterable[Scan]) -> int:
    return len({scan.patient_id for scan in scans})
