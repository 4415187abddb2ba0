"""A cohort in a few lines: where its images, masks and table are, and what it is for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import Field, Tag, field_validator, model_validator

from livermets.config.base import FORM, LONG, SHORT, PathText, Section
from livermets.config.cohort_entries import (
    FIRST_READER,
    Code,
    Column,
    Exclusion,
    GivenMask,
    Header,
    MaskFile,
    Name,
    PatientIdForm,
    PatientSelection,
    Reason,
    RowNumber,
    SeriesChoice,
    Timepoints,
    with_labels,
)
from livermets.config.phantom import PhantomSettings
from livermets.config.roles import KNOWN, Roles, StatedRole, Task, in_both
from livermets.errors import Finding


class CohortSettings(Section):
    """A set of patients, their files and what they are for. Paths may hold `{patient}`, `{timepoint}`, the name of any
    table column in braces, environment variables (`$DATA/...`) and, for lesion masks, `{lesion}`."""

    role: StatedRole | None = None
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
    `image`, `liver` and `lesions` hold paths, instead of the templates below. `scan_date` (2024-01-31, or a number of
    days) orders the scans of a patient and gives the days between them; no date is written to any output."""
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
    masks: dict[Name, GivenMask] = {}
    """Path of the lesion masks of every source: {manual: PATH, reader2: PATH, nnunet: {path: PATH, labels: [2]}}.
    `lesions` is short for `masks: {manual: PATH}`. Further sources are matched with the reference
    (`concordance.reference`) and compared with it. A file that is not there is a scan without that source's mask, and
    an empty mask is a source that found no lesion, unless the source is the reference."""
    livers: dict[Name, GivenMask] = {}
    """Path of the liver masks that further sources have drawn, beside their lesion masks: {reader2: PATH}. They are
    compared with `liver`, and used for nothing else."""
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
    timepoints: Annotated[
        Annotated[Timepoints, Tag(SHORT)] | Annotated[dict[Code, StatedRole], Field(min_length=1), Tag(LONG)], FORM
    ] = ["baseline"]
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
        short = {} if self.lesions is None else {FIRST_READER: MaskFile(path=self.lesions, labels=self.lesion_labels)}
        return short | with_labels(self.masks)

    @property
    def given_sources(self) -> list[str]:
        """The sources whose lesion masks the cohort gives, wherever it names them; synthetic readers among them."""
        listed = [FIRST_READER] if "lesions" in self.columns or self.phantom is not None else []
        drawn = [] if self.phantom is None else self.phantom.readers
        return list(dict.fromkeys([*self.mask_files, *listed, *drawn]))

    def read_as(self, source: str, reference: str) -> CohortSettings:
        """The same with the labels of a source's files in the place of the reference's."""
        files, livers = self.mask_files, with_labels(self.livers)
        unnamed = self.lesion_labels if source == FIRST_READER else []
        changes = {"lesion_labels": files[source].labels if source in files else unnamed}
        if source != reference:
            changes["liver_labels"] = livers[source].labels if source in livers else []
        return self.model_copy(update=changes)

    def read_binary(self) -> CohortSettings:
        """The same for a lesion mask of 0 and 1 on the CT's grid, without a liver beside it."""
        return self.model_copy(update={"lesion_labels": [], "liver_labels": [], "resample_masks": False})

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
                key = "lesions" if self.lesions is not None and name == FIRST_READER else f"masks.{name}"
                raise ValueError(
                    f"`{key}` needs some text between {{lesion}} and *, or no one knows which number is meant"
                )
        return self

    @model_validator(mode="after")
    def _livers_beside_lesions(self) -> CohortSettings:
        alone = [name for name in self.livers if name not in self.given_sources]
        if alone:
            raise ValueError(
                f"`livers` names {', '.join(alone)}, of whom `masks` has no lesion masks; a further liver is read "
                "beside those (the one in use is `liver`)"
            )
        return self

    @model_validator(mode="after")
    def _synthetic_readers_once(self) -> CohortSettings:
        drawn = [] if self.phantom is None else self.phantom.readers
        twice = [name for name in drawn if name == FIRST_READER or name in self.mask_files]
        if twice:
            raise ValueError(f"phantom.readers: masks of {', '.join(twice)} are there already; choose another name")
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
        livers = {f"livers.{name}": file.path for name, file in with_labels(self.livers).items()}
        for name, path in {"image": self.image, "liver": self.liver, **livers}.items():
            if "{lesion}" in (path or ""):
                raise ValueError(f"`{name}` cannot hold {{lesion}}: only `lesions` and `masks` can")
        return self
