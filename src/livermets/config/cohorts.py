"""A cohort in a few lines: where its images, masks and table are, and what it is for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from livermets.config.base import Section
from livermets.config.phantom import PhantomSettings

Role = Literal["train", "validation", "predict"]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class CohortSettings(Section):
    """A set of patients with one role. Paths may hold `{patient}`, `{timepoint}` and, for masks, `{lesion}`."""

    role: Role
    """train: fits networks and model; validation: outcome known, only measured; predict: no outcome needed."""
    phantom: PhantomSettings | None = None
    """Write this cohort synthetically instead of reading it."""
    table: str | None = None
    """Outcome table (CSV, TSV, Excel): one row per lesion, or one per scan where no outcome is known."""
    patients: list[str] | None = None
    """Patient ids, when there is no table (role predict only)."""
    image: str | None = None
    """Path of the CT: a file (NIfTI, NRRD, MHA) or a DICOM folder."""
    liver: str | None = None
    """Path of the liver mask; empty: segmentation.liver says how it is made."""
    lesions: str | None = None
    """Path of the manual lesion mask: a label map, or one binary file per lesion with `{lesion}` in its name."""
    timepoints: list[str] = ["baseline"]
    """Timepoints used when the table has no timepoint column."""
    columns: dict[str, str] = {}
    """The table's own names of our columns, e.g. {patient_id: "Patient ID", baseline_diameter_mm: "LD (mm)"}."""

    @model_validator(mode="after")
    def _has_a_source(self) -> CohortSettings:
        if self.phantom is None:
            if self.image is None:
                raise ValueError("a cohort needs `image` (a path with {patient}), or `phantom`")
            if self.table is None and self.patients is None:
                raise ValueError("a cohort needs `table`, or `patients` (a list of ids)")
            if self.table is None and self.role != "predict":
                raise ValueError(f"role {self.role} needs a `table` with the outcome of every lesion")
            if self.lesions is None and self.role != "predict":
                raise ValueError(f"role {self.role} needs `lesions`, the manual masks")
        return self
