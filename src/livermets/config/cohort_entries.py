"""The small entries of a cohort: names and codes, which series, which patients, which labels of which file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, Tag, model_validator

from livermets.config.base import FORM, LONG, SHORT, Allowed, PathText, Section

FIRST_READER = "manual"
"""The mask source that `lesions` is short for."""
Name = Annotated[
    str,
    Allowed(r"[A-Za-z0-9][A-Za-z0-9_-]*", "letters without accents, digits, - and _, with a letter or digit first"),
]
Code = Annotated[str, Allowed(r"[A-Za-z0-9._-]+", "letters without accents, digits, . _ and -")]


def _each_once(names: list[str]) -> list[str]:
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise ValueError(f"{', '.join(twice)} stands there twice; name each once")
    return names


Timepoints = Annotated[list[Code], Field(min_length=1), AfterValidator(_each_once)]
RowNumber = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]
Header = Annotated[str, AfterValidator(lambda text: " ".join(text.split()))]
"""A column's name as the header is read: line breaks and hard blanks are blanks."""
Column = Literal[
    "patient_id",
    "timepoint",
    "lesion_id",
    "response",
    "baseline_diameter_mm",
    "followup_diameter_mm",
    "centre",
    "scan_date",
    "image",
    "liver",
    "lesions",
]


def _clock(value: object) -> object:
    """HH:MM:SS without quotes is a number of seconds in YAML."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value // 3600:02d}:{value // 60 % 60:02d}:{value % 60:02d}"
    return value


class PatientIdForm(Section):
    """How folders and files spell the patient ids of the table, where the two differ: Excel made 7 of 007."""

    prefix: str = ""
    """What stands before the table's id: P makes P7 of 7."""
    width: int = Field(1, ge=1, le=20)
    """Digits of the number, filled up with zeros: 3 makes 007 of 7 (and of 7.0)."""


class SeriesChoice(Section):
    """Which DICOM series of a folder is the CT, where a folder holds several. Everything given must hold; where several
    are left, it is the one that the patient's DICOM-SEG or RTSTRUCT was drawn on."""

    description: str | None = None
    """Series description; `*` stands for anything, upper and lower case are the same: "*portal*"."""
    number: int | None = None
    """Series number."""
    acquisition: int | None = None
    """Acquisition number: tells the phases of one series apart."""
    time: Annotated[str, BeforeValidator(_clock)] | None = None
    """When the acquisition began, "HH:MM:SS" as `check` lists it, or how that begins ("10:21"): tells phases apart that
    have one series and one acquisition number."""
    phase: Literal["portal", "arterial", "late", "native"] | None = None
    """Contrast phase, as the series description says it."""
    uid: str | None = None
    """Series instance UID; never written to any output."""


class PatientSelection(Section):
    """Which patients of a table belong to this cohort, so that one table can feed several cohorts. Give one way."""

    column: Header | None = None
    """Table column that says it; with `values`."""
    values: list[str] = []
    """Values of `column` that belong to this cohort."""
    patients: list[str] | None = None
    """The ids that belong to this cohort."""
    fraction: tuple[Fraction, Fraction] | None = None
    """Share of the table's patients in a seeded random order: [0, 0.7] in one cohort and [0.7, 1] in another split a
    table into two parts that never share a patient."""

    @model_validator(mode="after")
    def _one_way(self) -> PatientSelection:
        ways = [self.column is not None, self.patients is not None, self.fraction is not None]
        if sum(ways) != 1:
            raise ValueError("give exactly one of `column` (with `values`), `patients`, `fraction`")
        if self.column is not None and not self.values:
            raise ValueError("`column` needs `values`, the entries that belong to this cohort")
        if self.fraction is not None and self.fraction[0] >= self.fraction[1]:
            raise ValueError("`fraction` is [from, to] with from below to, e.g. [0, 0.7]")
        return self


class Exclusion(Section):
    """A patient, a scan or a lesion that is left out, and why: the reason is shown in the report's flow diagram."""

    patient: str
    """Patient id."""
    timepoint: str | None = None
    """Only this scan of the patient."""
    lesion: int | None = Field(None, ge=1)
    """Only this lesion: it stays in the mask, its outcome is not used."""
    reason: Reason
    """Why, in a few words: "motion artefacts"."""


class MaskFile(Section):
    """Where a source's lesion masks are, and which of their labels are lesions."""

    path: PathText
    """Path of the mask: a label map, or one binary file per lesion with `{lesion}` (its number) in its name."""
    labels: list[int | str] = []
    """Which labels of that file are lesions: label values, DICOM-SEG segment numbers or names, RTSTRUCT ROI names.
    Empty: everything above 0."""


GivenMask = Annotated[Annotated[PathText, Tag(SHORT)] | Annotated[MaskFile, Tag(LONG)], FORM]
"""A mask that is given: its path, or the path and which labels of the file count."""


def with_labels(masks: Mapping[str, str | MaskFile]) -> dict[str, MaskFile]:
    """Given masks by source, each in the long form."""
    return {name: mask if isinstance(mask, MaskFile) else MaskFile(path=mask) for name, mask in masks.items()}
