"""The scans of a study whose livers are those of others: problems, and pictures to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from livermets.cohort.scan import Scan
from livermets.errors import ProblemList
from livermets.figures.slices import Pane
from livermets.figures.writing import write_png
from livermets.intake.repeats import LIKELY, LiverProfile, likeness, liver_profile
from livermets.intake.scan_data import ScanData

FOLDER = "repeats"
"""Of the check's folder: one picture per pair that is probably of one person."""
_PANE_MM = (90.0, 90.0)


@dataclass(frozen=True, eq=False)
class Repeat:
    """Two scans that are probably of one person under two names."""

    scan: Scan
    other: Scan
    correlation: float
    panes: tuple[Pane, Pane]

    @property
    def picture(self) -> str:
        """The name of its picture."""
        return "_".join(f"{s.cohort}_{s.patient_id}_{s.timepoint}" for s in (self.scan, self.other)) + ".png"


@dataclass
class SeenLivers:
    """The livers of a study, one after the other; those of synthetic cohorts, who are nobody, are left out."""

    scans: list[Scan] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    profiles: list[LiverProfile] = field(default_factory=list)

    def add(self, scan: Scan, data: ScanData) -> None:
        """Keeps what is needed of a scan that comes with a liver."""
        if data.liver is not None and data.liver.any():
            self.scans.append(scan)
            self.images.append(data.digest)
            self.profiles.append(liver_profile(data.ct, data.liver))

    def check(self, problems: ProblemList) -> list[Repeat]:
        """One error per scan whose liver is, value for value, that of an earlier scan; one warning per scan that is
        probably of a person with another name, for whom the most similar earlier scan stands. CTs that are equal as a
        whole are said already."""
        correlations, repeats = likeness(self.profiles), []
        for here, scan in enumerate(self.scans):
            earlier = list(self._others_before(here))
            same = [i for i in earlier if self._same_histogram(here, i)]
            if same:
                what = f"the liver of this CT has exactly the values of {self.scans[same[0]].label}"
                fix = "It is the same scan under another name: keep one of the two, or data for training leak"
                problems.error(scan.label, what, fix)
                continue
            alike = [i for i in earlier if correlations[here, i] >= LIKELY and self.images[i] != self.images[here]]
            if alike:
                best = max(alike, key=lambda i: correlations[here, i])
                repeats.append(self._repeat(here, best, float(correlations[here, best])))
        for repeat in repeats:
            what = (
                f"this is probably the same person as {repeat.other.label}: laid over each other, their livers have a "
                f"correlation of {repeat.correlation:.2f}"
            )
            fix = f"Compare {FOLDER}/{repeat.picture} (`check --out`); give one person one id, or training data leak"
            problems.warning(repeat.scan.label, what, fix)
        return repeats

    def _others_before(self, here: int) -> Iterator[int]:
        """Earlier scans of patients with another id; one id in two cohorts is said of the tables."""
        return (i for i in range(here) if self.scans[i].patient_id != self.scans[here].patient_id)

    def _same_histogram(self, here: int, other: int) -> bool:
        ours, theirs = self.profiles[here].histogram, self.profiles[other].histogram
        return bool(ours) and ours == theirs and self.images[here] != self.images[other]

    def _repeat(self, here: int, other: int, correlation: float) -> Repeat:
        return Repeat(self.scans[here], self.scans[other], correlation, (self._pane(here), self._pane(other)))

    def _pane(self, index: int) -> Pane:
        scan, profile = self.scans[index], self.profiles[index]
        title = f"{scan.cohort}, {scan.patient_id}, {scan.timepoint}"
        return Pane(title, profile.middle, profile.step_yx_mm, {"liver": profile.liver_middle})


def repeat_picture(folder: Path, repeat: Repeat) -> None:
    """The slices through the middle of both livers side by side."""
    from livermets.figures.overlay import SLICE_DOTS_PER_INCH, slices_figure

    title = f"One person? Correlation within the liver {repeat.correlation:.2f}"
    write_png(folder / repeat.picture, slices_figure(repeat.panes, 2, _PANE_MM, title=title), SLICE_DOTS_PER_INCH)
