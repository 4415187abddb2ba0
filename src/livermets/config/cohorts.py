"""A cohort in a few lines: where its images, masks and table are, and what it is for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator, model_validator

from livermets.config.base import Allowed, PathText, Section
from livermets.config.phantom import PhantomSettings
from livermets.config.roles import KNOWN, Role, Roles, Task, in_both
from livermets.errors import Finding

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


class CohortSettings(Section):
    """A set of patients, their files and what they are for. Paths may hold `{patient}`, `{timepoint}`, the name of any
    table column in braces, environment variables (`$DATA/...`) and, for lesion masks, `{lesion}`."""

    role: Role | Roles | None = None
    """What the cohort is for. One word for both tasks (train: fits networks and model; validation: outcome known, only
    measured; predict: only applied, no outcome needed), or one each: {segmentation: train, response: none}. That for
    response holds at `response_timepoints`; at others the model is only applied. See `timepoints`."""
    phantom: PhantomSettings | None = None
    """Write this cohort synthetically instead of reading it."""
    folder: PathText | None = None
    """Folder that the other paths start from; empty: the folder the program runs in."""
    table: PathText | None = None
    """Outcome table (CSV, TSV, Excel): one row per lesion, or one per scan where no outcome is known."""
    sheet: str | None = None
    """Sheet of an Excel table; empty: the first one."""
    header_row: RowNumber | list[RowNumber] | None = None
    """Row of the table that names the columns, as a spreadsheet counts it; rows above it are not read. [2, 3]: two rows
    do it together, their names joined by a blank ("Baseline" over "LD": "Baseline LD"). Empty: the first row."""
    ignore_rows: list[str] = []
    """Rows that are no patients, by their patient entry or first filled cell; `*` stands for anything: [Mean, SD,
    "Source:*"]. `check` counts them."""
    patient_id: PatientIdForm | None = None
    """How files spell the table's patient ids: {prefix: P, width: 3} makes P007 of 7. Everything else (`select`,
    `exclude`, results) uses that spelling."""
    decimal: Literal[".", ","] = "."
    """Decimal sign of the table's numbers."""
    missing: list[str | float] = []
    """Codes that mean "not available" in the table, e.g. [-999]; empty cells always do, and NA and NaN do where no name
    of a patient, timepoint or centre stands."""
    diameter_unit: Literal["mm", "cm"] | None = None
    """Unit of the table's diameters. Empty: mm, and diameters that look like cm are an error; when it is given, they
    are only a warning."""
    columns: dict[Column, Header] = {}
    """The table's own names of our columns, e.g. {patient_id: "Patient ID", baseline_diameter_mm: "LD (mm)"}. Columns
    `image`, `liver` and `lesions` hold paths, instead of the templates below."""
    response_values: dict[str, Literal[0, 1]] = {}
    """What the entries of the `response` column mean: {PR: 1, SD: 1, PD: 0}. Known without it: 1/0, R+/R-,
    responder/non-responder, yes/no."""
    centre: str | None = None
    """Centre (hospital) of all patients, where the table has no `centre` column."""
    patients: list[str] | None = None
    """Patient ids, when there is no table (role predict only)."""
    select: PatientSelection | None = None
    """Which patients of the table belong to this cohort; empty: all."""
    exclude: list[Exclusion] = []
    """Patients, scans and lesions left out, each with its reason."""
    image: PathText | None = None
    """Path of the CT: a file (NIfTI, NRRD, MHA) or a DICOM folder (single slices or enhanced CT, any compression; a
    tilted gantry has to be corrected first, e.g. by dcm2niix)."""
    series: SeriesChoice = SeriesChoice()
    """Which DICOM series, where a folder holds several."""
    liver: PathText | None = None
    """Path of the liver mask (NIfTI, NRRD, MHA, DICOM-SEG, RTSTRUCT, or a folder of DICOM mask slices). Empty, or
    an empty cell of the column `liver`: segmentation.liver says what finds it."""
    liver_optional: bool = False
    """A scan without a file at this path: false, an error; true, it comes without a liver mask. `check` counts them."""
    liver_labels: list[int | str] = []
    """Which labels of that file are liver: label values, DICOM-SEG segment numbers or names, RTSTRUCT ROI names (`*`
    stands for anything). Empty: everything above 0."""
    lesions: PathText | None = None
    """Path of the manual lesion mask: a label map, or one binary file per lesion with `{lesion}` (its number) in its
    name. Beside `{lesion}` a `*` stands for any text: "Metastasis {lesion} segment *.nii.gz"."""
    lesion_labels: list[int | str] = []
    """Which labels of that file are lesions, given as for `liver_labels`. Empty: everything above 0."""
    masks: dict[Name, PathText | MaskFile] = {}
    """Path of the lesion masks of every source: {manual: PATH, reader2: PATH, nnunet: {path: PATH, labels: [2]}}.
    `lesions` is short for `masks: {manual: PATH}`. Further sources are matched with the reference
    (`concordance.reference`) and compared with it. A file that is not there is a scan without that source's mask,
    unless the source is the reference."""
    lesion_ids: Literal["labels", "components"] = "labels"
    """labels: each label is a lesion, its value (or the number in its name) is the lesion_id; components: the labels
    together are one binary mask whose connected components are the lesions, numbered from feet to head."""
    lesions_without_outcome: Literal["error", "keep"] = "error"
    """A lesion of the mask that the table does not have: an error, or kept with an empty response."""
    resample_masks: bool = False
    """Masks on another grid than their CT: false, an error; true, moved by their geometry (nearest neighbour)."""
    accept: dict[Finding, Reason] = {}
    """Findings that would be errors and are to be warnings in this cohort, each with the reason, which the report
    repeats: {windowed: "public copies, -150 to 250 HU"}. `windowed`: the CT's values are cut off inside the range of a
    body; `unplaced`: the file's header does not say what is left and right; `liver_air`: more than 5 % of the liver
    mask is air or lung; `liver_hu`: the liver's mean is not between 0 and 250 HU;
    `liver_mirrored`: the liver mask would fit the CT mirrored; `lesion_air`: a lesion lies in air or
    lung; `lesion_outside_liver`: a lesion lies outside the liver mask. Everything else stays an error."""
    timepoints: Timepoints | Annotated[dict[Code, Role | Roles], Field(min_length=1)] = ["baseline"]
    """Timepoints used when the table has no timepoint column; or what each timepoint is for, as in `role`: {baseline:
    train, TP1: {segmentation: validation, response: none}}. A timepoint that is not named there has the cohort's
    `role`."""

    @field_validator("missing", "liver_labels", "lesion_labels", mode="before")
    @classmethod
    def _no_true_or_false(cls, entries: Any) -> Any:
        """YAML reads NO as false, which would count as the number 0: a lesion that has vanished."""
        if isinstance(entries, list) and any(isinstance(entry, bool) for entry in entries):
            raise ValueError('yes, no, on, off without quotes are true and false for YAML; quote them: ["NO"]')
        return entries

    def roles_at(self, timepoint: str, response_timepoints: Collection[str]) -> Roles | None:
        """What a timepoint's scans are for; None: nothing is said of them."""
        stated = self.timepoints.get(timepoint) if isinstance(self.timepoints, dict) else None
        if stated is not None:
            return in_both(stated)
        if self.role is None:
            return None
        roles = in_both(self.role)
        # A follow-up image is part of the outcome: unasked, the model is at most applied to it.
        applied = roles.response == "none" or timepoint in response_timepoints
        return roles if applied else roles.model_copy(update={"response": "predict"})

    @property
    def stated_roles(self) -> list[Roles]:
        """Every combination of roles that the cohort states."""
        stated = list(self.timepoints.values()) if isinstance(self.timepoints, dict) else []
        return [in_both(role) for role in [*stated, *([] if self.role is None else [self.role])]]

    @property
    def needs_outcome(self) -> bool:
        """Whether the outcome of any lesion is needed."""
        return any(roles.needs_outcome for roles in self.stated_roles)

    @property
    def needs_reference(self) -> bool:
        """Whether a reader's lesion masks are needed anywhere."""
        return any(roles.needs_reference for roles in self.stated_roles)

    @property
    def listed_timepoints(self) -> list[str]:
        """The timepoints of every patient where no table says them."""
        return list(self.timepoints)

    @property
    def mask_files(self) -> dict[str, MaskFile]:
        """Path and labels of every source's masks."""
        files = {
            name: entry if isinstance(entry, MaskFile) else MaskFile(path=entry) for name, entry in self.masks.items()
        }
        short = {} if self.lesions is None else {FIRST_READER: MaskFile(path=self.lesions, labels=self.lesion_labels)}
        return short | files

    @model_validator(mode="after")
    def _has_roles(self) -> CohortSettings:
        if not self.stated_roles:
            raise ValueError("a cohort needs `role` (train, validation or predict), or roles under `timepoints`")
        if not any(roles.is_used for roles in self.stated_roles):
            raise ValueError("no task uses this cohort; give it a role other than none, or remove it")
        return self

    @model_validator(mode="after")
    def _masks_once(self) -> CohortSettings:
        if self.lesions is not None and FIRST_READER in self.masks:
            raise ValueError(f"`lesions` is short for `masks: {{{FIRST_READER}: ...}}`; give one of the two")
        for name, file in self.mask_files.items():
            if "*{lesion}" in file.path or "{lesion}*" in file.path:
                said = "lesions" if name == FIRST_READER else name
                raise ValueError(
                    f"`{said}` needs some text between {{lesion}} and *, or no one knows which number is meant"
                )
        return self

    @model_validator(mode="after")
    def _has_a_source(self) -> CohortSettings:
        if self.phantom is None:
            if self.image is None and "image" not in self.columns:
                raise ValueError("a cohort needs `image` (a path with {patient}), `columns.image`, or `phantom`")
            if self.table is None and self.patients is None:
                raise ValueError("a cohort needs `table`, or `patients` (a list of ids)")
            if self.table is None and self.needs_outcome:
                raise ValueError(f"{self._asking('response')} needs a `table` with the outcome of every lesion")
            for key in ("columns", "select", "header_row", "ignore_rows", "patient_id"):
                if self.table is None and getattr(self, key):
                    raise ValueError(f"`{key}` describes a table, but there is no `table`")
            if self.table is not None and self.patients is not None:
                raise ValueError("`patients` is for cohorts without a table; use `select: {patients: [...]}`")
            if not self.mask_files and "lesions" not in self.columns and self.needs_reference:
                raise ValueError(f"{self._asking('segmentation', 'response')} needs `lesions`, the manual masks")
        return self

    def _asking(self, *tasks: Task) -> str:
        """The roles that ask for the truth, as they are written: ``role train``, ``role train for segmentation``."""
        if self.role in KNOWN:
            return f"role {self.role}"
        asking = [(r.of(task), task) for r in self.stated_roles for task in tasks if r.of(task) in KNOWN]
        return "role {} for {}".format(*asking[0])

    @model_validator(mode="after")
    def _paths_tell_patients_apart(self) -> CohortSettings:
        several = self.table is not None or len(self.patients or []) > 1
        if self.phantom is None and self.image is not None and several and "{" not in self.image:
            raise ValueError("`image` needs {patient} in its path, or every patient would get the same CT")
        for name in ("image", "liver"):
            if "{lesion}" in (getattr(self, name) or ""):
                raise ValueError(f"`{name}` cannot hold {{lesion}}: only `lesions` can")
        return self
