"""Slices sorted into series: which one is meant, and whether its slices make a regular volume."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from livermets.config.cohort_entries import SeriesChoice
from livermets.errors import InputError, input_error
from livermets.io.dicom.copies import without_copies
from livermets.io.dicom.folder import is_scout
from livermets.io.dicom.headers import IDENTIFIERS, shown_name
from livermets.io.dicom.phases import clock, divisions
from livermets.io.patterns import matches

_IRREGULAR_MM = 0.101  # positions rounded to a tenth
_IRREGULAR_SHARE = 0.05
_DRIFT_SHARE = 0.1
"""How far a slice may lie off its place in evenly spaced ones: a tenth of a slice (or of a millimetre, to which
positions are rounded) is less than any mask drawn on the even grid shows."""
_PHASES = {
    "arterial": r"arter|\bart\b|late.?art",
    "portal": r"portal|porto|venous|venos|\bpv\b|\bpvp\b|7\d ?s(ec)?\b",
    "late": r"late|delayed|equilib|tardiv",
    "native": r"native|unenhanced|without|non.?contrast|\bnc\b|\bwo\b|basale",
}


@dataclass(frozen=True)
class Series:
    """Slices of one series with one orientation, size and pixel spacing, from the lowest to the highest along their
    normal."""

    files: tuple[Path, ...]
    headers: tuple[Dataset, ...]
    positions: NDArray[np.float64]
    acquisition: str = ""
    """What tells it apart from other phases of the series where the acquisition number does not."""
    time: str = ""
    """When its acquisition began (HH:MM:SS), where only that tells it apart."""

    @property
    def row(self) -> NDArray[np.float64]:
        return _vector(self.headers[0].ImageOrientationPatient[:3])

    @property
    def column(self) -> NDArray[np.float64]:
        return _vector(self.headers[0].ImageOrientationPatient[3:])

    @property
    def normal(self) -> NDArray[np.float64]:
        return np.cross(self.row, self.column).astype(np.float64)

    @property
    def heights_mm(self) -> NDArray[np.float64]:
        return self.positions @ self.normal

    @property
    def spacing_xyz_mm(self) -> tuple[float, float, float]:
        row_mm, column_mm = (float(value) for value in self.headers[0].PixelSpacing)
        if len(self.files) > 1:
            slice_mm = float(self.heights_mm[-1] - self.heights_mm[0]) / (len(self.files) - 1)
        else:
            slice_mm = float(self.headers[0].get("SliceThickness") or 1.0)
        return (column_mm, row_mm, slice_mm)

    @property
    def one_rescaling(self) -> bool:
        names = ("RescaleSlope", "RescaleIntercept", "PixelRepresentation", "BitsAllocated")
        return len({tuple(str(header.get(name)) for name in names) for header in self.headers}) == 1

    @property
    def phase(self) -> str:
        """The contrast phase that the series description says; empty when it says none."""
        text = str(self.headers[0].get("SeriesDescription", "")).casefold()
        return next((phase for phase, pattern in _PHASES.items() if re.search(pattern, text)), "")

    def described(self) -> str:
        """The series in words, without identifiers."""
        header = self.headers[0]
        text = str(header.get("SeriesDescription", ""))
        for name in IDENTIFIERS:
            for word in re.split(r"[\^\s]+", str(header.get(name, ""))):
                text = re.sub(re.escape(word), "…", text, flags=re.IGNORECASE) if len(word) > 2 else text
        spacing = self.spacing_xyz_mm[2] if len(self.files) > 1 else 0.0
        number, acquisition = (header.get(name) or "-" for name in ("SeriesNumber", "AcquisitionNumber"))
        time = f" time {self.time}," if self.time else ""
        return (
            f"number {number}, acquisition {self.acquisition or acquisition},{time} "
            f'"{text}", {len(self.files)} slices of {header.Columns} × {header.Rows} every {spacing:.3g} mm'
        )


def group_series(headers: Sequence[tuple[Path, Dataset]], where: Path, counts: Counter[str]) -> list[Series]:
    """Slices by series, orientation, size and pixel spacing.

    Left out, and added to ``counts``: scouts, copies of the same slice, and, beside a series of slices, what cannot be
    one: series in which no picture says where it is (dose reports, screenshots), and single pictures of another
    geometry (unnamed scouts)."""
    whole: dict[str, list[tuple[Path, Dataset]]] = defaultdict(list)
    for file, header in headers:
        if is_scout(header):
            counts["scouts"] += 1
        else:
            whole[str(header.get("SeriesInstanceUID", ""))].append((file, header))
    if not whole:
        raise input_error(where, "only scout images in this folder", "It must hold the slices of the CT")
    sound = [members for members in whole.values() if not all(_fault(file, header) for file, header in members)]
    if sound:
        counts["pictures"] += sum(map(len, whole.values())) - sum(map(len, sound))
    groups: dict[tuple, list[tuple[Path, Dataset]]] = defaultdict(list)
    for file, header in (member for members in sound or whole.values() for member in members):
        fault = _fault(file, header)
        if fault:
            raise input_error(where, *fault)
        groups[(str(header.get("SeriesInstanceUID", "")), _geometry(header))].append((file, header))
    unique = {key: without_copies(members, where) for key, members in groups.items()}
    counts["copies"] += sum(map(len, groups.values())) - sum(map(len, unique.values()))
    stacks = [key for key, members in unique.items() if len(members) > 1]
    uids, geometries = {uid for uid, _ in stacks}, {geometry for _, geometry in stacks}
    kept = [members for key, members in unique.items() if not stacks or key[0] in uids or key[1] in geometries]
    counts["pictures"] += sum(map(len, unique.values())) - sum(map(len, kept))
    return [part for members in kept for part in _phases(members)]


def _geometry(header: Dataset) -> tuple:
    orientation = tuple(round(float(value), 3) + 0.0 for value in header.ImageOrientationPatient)
    spacing = tuple(round(float(value), 4) for value in header.PixelSpacing)
    return (orientation, header.Rows, header.Columns, spacing)


def choose_series(
    series: list[Series], choice: SeriesChoice, where: Path, drawn_on: Callable[[], frozenset[str]] = frozenset
) -> Series:
    """The one series that fits, or of several the one with images that the masks were drawn on; `InputError` lists
    them when there is none or no one."""
    fitting = [one for one in series if _fits(one, choice)]
    if len(fitting) > 1:
        images = drawn_on()
        marked = [one for one in fitting if any(str(h.get("SOPInstanceUID", "")) in images for h in one.headers)]
        fitting = marked if len(marked) == 1 else fitting
    if len(fitting) == 1:
        return fitting[0]
    listed = "; ".join(sorted(one.described() for one in (fitting or series)))
    if not fitting:
        raise input_error(where, "no DICOM series fits `series` of the configuration", f"Series found: {listed}")
    fix = f"Choose by description, number, acquisition, time, phase or uid under `series`: {listed}"
    raise input_error(where, f"{len(fitting)} DICOM series in this folder", fix)


def check_geometry(series: Series, where: Path) -> None:
    """Raises `InputError` unless the slices are parallel, in line, evenly spaced, each there once and rescaled.

    A tilted gantry is refused, not corrected: the slices would have to be interpolated, which smooths the texture that
    is measured, and masks drawn on them would have to follow. Who corrects it knows then what the values are."""
    if len(series.files) == 1 and int(series.headers[0].get("NumberOfFrames") or 1) == 1:
        raise input_error(where, "the series has a single slice", "A CT volume is needed; check the folder")
    bare = ["RescaleIntercept" not in header for header in series.headers]
    if any(bare) and not all(bare):
        counted = f"{sum(bare)} of {len(series.files)} slices (the first: {series.files[bare.index(True)].name})"
        what = f"{counted} do not say how their values become HU (rescale intercept)"
        raise input_error(where, what, "Export the series again")
    gaps = np.diff(series.heights_mm)
    twice = np.flatnonzero(gaps < 1e-3)
    if len(twice):
        what = f"{len(twice)} positions have more than one slice, the first at {series.heights_mm[twice[0]]:.1f} mm"
        raise input_error(where, what, "Keep one phase or one export per folder, or choose it under `series`")
    shift = series.positions - np.outer(series.heights_mm, series.normal)
    drift = float(np.ptp(shift, axis=0).max())
    if drift > max(0.5 * min(series.spacing_xyz_mm[:2]), _IRREGULAR_MM):
        height = float(np.ptp(series.heights_mm))
        angle = np.degrees(np.arctan2(drift, height))
        what = f"the slices are shifted against each other (gantry tilt of about {angle:.0f}°)"
        raise input_error(where, what, "Correct the tilt first (dcm2niix does) and give the corrected volume")
    typical = float(np.median(gaps))
    off = np.flatnonzero(np.abs(gaps - typical) > max(_IRREGULAR_MM, _IRREGULAR_SHARE * typical))
    if len(off):
        at = series.heights_mm[off[0]]
        missing = gaps[off[0]] / typical
        word = "slices are missing" if missing > 1.5 else "the slice spacing is uneven"
        step = f"step {gaps[off[0]]:.2f} instead of {typical:.2f} mm"
        what = f"{word} in {len(off)} place(s), the first after {at:.1f} mm ({step})"
        raise input_error(where, what, "Export the series again, complete")
    _check_drift(series, where)


def _check_drift(series: Series, where: Path) -> None:
    """Raises `InputError` where small differences of the steps add up: the volume's grid is even from the first slice
    to the last, and a slice off its place there would be measured and drawn on elsewhere."""
    heights = series.heights_mm
    off = heights - np.linspace(heights[0], heights[-1], len(heights))
    worst = int(np.argmax(np.abs(off)))
    step = series.spacing_xyz_mm[2]
    if abs(off[worst]) > max(_IRREGULAR_MM, _DRIFT_SHARE * step):
        away = f"{abs(off[worst]):.2f} mm ({abs(off[worst]) / step:.2f} slices)"
        what = f"the slice spacing drifts: the slice at {heights[worst]:.1f} mm lies {away} off an even {step:.3g} mm"
        fix = "Export the series again with even slice positions, or give the volume resampled to them"
        raise input_error(where, what, fix)


def _fault(file: Path, header: Dataset) -> tuple[str, str] | None:
    """Why a picture cannot be a slice, and what to do; None for a slice."""
    if int(header.get("NumberOfFrames") or 1) > 1:
        fix = "Export it as enhanced CT or as single slices, or convert it to NIfTI"
        return f"{shown_name(file)} has several frames and does not say where they are", fix
    if int(header.get("SamplesPerPixel") or 1) != 1:
        return f"{shown_name(file)} is a colour picture", "Give the CT, not a screenshot"
    try:
        complete = (
            len(header.ImagePositionPatient) == 3
            and len(header.ImageOrientationPatient) == 6
            and len(header.PixelSpacing) == 2
            and all(float(value) > 0 for value in header.PixelSpacing)
            and np.isfinite([float(v) for v in [*header.ImagePositionPatient, *header.ImageOrientationPatient]]).all()
        )
    except (AttributeError, TypeError, ValueError):
        complete = False
    if complete:
        return None
    what = f"{shown_name(file)} does not say where its slice is (position, orientation or pixel spacing)"
    return what, "Export the series again with its geometry"


def _phases(members: list[tuple[Path, Dataset]]) -> list[Series]:
    """The members as one series, or as several where phases of a regular spacing each take turns along the body."""
    whole = _sorted_series(members)
    for division in divisions(whole.headers):
        owned = [np.flatnonzero(division.members == phase) for phase in range(len(division.names))]
        parts = [[(whole.files[i], whole.headers[i]) for i in places] for places in owned]
        if all(_is_regular(_sorted_series(part)) for part in parts):
            named = zip(parts, division.names, strict=True)
            return [_named(one, division.tag, name) for part, name in named for one in _phases(part)]
    if np.all(np.diff(whole.heights_mm) > 1e-3):
        return [whole]
    acquisitions: dict[str, list[tuple[Path, Dataset]]] = defaultdict(list)
    for member in members:
        acquisitions[str(member[1].get("AcquisitionNumber", ""))].append(member)
    return [_sorted_series(part) for part in acquisitions.values()]


def _is_regular(series: Series) -> bool:
    try:
        check_geometry(series, Path())
    except InputError:
        return False
    return True


def _named(series: Series, tag: str, name: str) -> Series:
    """The series with what tells it apart where its header's own number does not say it."""
    if tag in ("TemporalPositionIdentifier", "TriggerTime"):
        return replace(series, acquisition=series.acquisition or f"{float(name or 0):.0f}")
    return replace(series, time=series.time or name) if tag.endswith("Time") else series


def _sorted_series(members: list[tuple[Path, Dataset]]) -> Series:
    positions = np.array([[float(value) for value in header.ImagePositionPatient] for _, header in members])
    unsorted = Series(tuple(f for f, _ in members), tuple(h for _, h in members), positions)
    order = np.argsort(unsorted.heights_mm, kind="stable")
    return Series(tuple(unsorted.files[i] for i in order), tuple(unsorted.headers[i] for i in order), positions[order])


def _fits(series: Series, choice: SeriesChoice) -> bool:
    header = series.headers[0]
    description = str(header.get("SeriesDescription", ""))
    return (
        (choice.description is None or matches(description, choice.description))
        and (choice.number is None or str(header.get("SeriesNumber", "")) == str(choice.number))
        and (choice.acquisition is None or _acquisition(series) == str(choice.acquisition))
        and (choice.time is None or (series.time or min(map(clock, series.headers))).startswith(choice.time))
        and (choice.phase is None or series.phase == choice.phase)
        and (choice.uid is None or str(header.get("SeriesInstanceUID", "")) == choice.uid)
    )


def _acquisition(series: Series) -> str:
    return series.acquisition or str(series.headers[0].get("AcquisitionNumber", ""))


def _vector(values: Sequence[float]) -> NDArray[np.float64]:
    vector = np.array([float(value) for value in values])
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector
