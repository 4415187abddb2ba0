"""One scan and one patient: where the files of a CT and its masks are, whether or not they exist yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from livermets.config.paths import lesion_files
from livermets.config.roles import UNUSED, Roles
from livermets.errors import InputError, Problem


@dataclass(frozen=True, order=True)
class Scan:
    """One CT volume of one patient at one timepoint, and where its files are (whether or not they exist yet)."""

    cohort: str
    patient_id: str
    timepoint: str
    image_path: Path
    liver_path: Path | None = None
    lesion_pattern: str | None = None
    """The mask of the reference, or (with `{lesion}` in it) its masks."""
    centre: str = ""
    roles: Roles = UNUSED
    """What the scan is for."""
    other_masks: tuple[tuple[str, str], ...] = ()
    """Name and pattern of the lesion masks of further sources."""

    @property
    def has_liver(self) -> bool:
        """Whether a liver mask is given."""
        return self.liver_path is not None

    @property
    def has_lesions(self) -> bool:
        """Whether lesion masks of the reference are given."""
        return self.lesion_pattern is not None

    @property
    def further_sources(self) -> list[str]:
        """The sources beside the reference whose masks are given."""
        return [name for name, _ in self.other_masks]

    def of_source(self, source: str) -> Scan:
        """The same scan with the masks of a further source in the place of the reference's."""
        return replace(self, lesion_pattern=dict(self.other_masks)[source], other_masks=())

    @property
    def numbered_lesion_paths(self) -> list[tuple[int | None, Path]]:
        """Mask files of the reference with the lesion number in their name (None: the file is not for one lesion)."""
        try:
            return lesion_files(self.lesion_pattern) if self.lesion_pattern is not None else []
        except InputError as error:
            raise InputError(self.named(error.problems)) from error

    @property
    def lesion_paths(self) -> tuple[Path, ...]:
        """Mask files of the reference; files per lesion in the order of their numbers, only those that exist."""
        return tuple(path for _, path in self.numbered_lesion_paths)

    @property
    def further_paths(self) -> list[Path]:
        """Mask files of the further sources."""
        return [path for source in self.further_sources for path in self.of_source(source).lesion_paths]

    @property
    def input_paths(self) -> list[Path]:
        """The CT, its liver mask and the reference's masks: what `intake` reads."""
        return [path for path in (self.image_path, self.liver_path, *self.lesion_paths) if path is not None]

    @property
    def label(self) -> str:
        """How a problem names this scan."""
        return f"cohort {self.cohort}, patient {self.patient_id}, {self.timepoint}"

    def named(self, problems: Iterable[Problem]) -> list[Problem]:
        """Problems of a file as problems of the scan it belongs to."""
        return [
            problem
            if problem.where.startswith(self.label)
            else replace(problem, where=f"{self.label}, {problem.where}")
            for problem in problems
        ]


@dataclass(frozen=True)
class Patient:
    """One patient and all scans, by timepoint."""

    patient_id: str
    centre: str
    scans: tuple[Scan, ...]
