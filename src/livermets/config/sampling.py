"""What a network is shown of a scan: slices of one plane or of three, or 3D segments. Each view has its own keys."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, Tag, model_validator

from livermets.config.base import Section
from livermets.config.unions import told_by

Side = Annotated[int, Field(ge=4, le=512)]


class AnySampling(Section):
    """What every view has."""

    dimensions: ClassVar[int]
    """Of what is shown: slices have 2, segments 3."""

    balance: bool = True
    """Half of what an epoch shows has lesions (of the liver network: the liver). Of slices: as many with as without,
    the more frequent kind drawn anew each time; of segments: half lie around a voxel of it."""
    field: Literal["image", "liver"] = "liver"
    """What the network is shown, in training and afterwards: the whole image, or the box around the liver (faster;
    needs `output.restrict_to_liver`)."""


class SliceSampling(AnySampling):
    """What both views of slices have."""

    dimensions: ClassVar[int] = 2

    slices: Literal["all", "liver"] = "liver"
    """Which slices are trained on: all, or those that cross the liver."""
    slices_per_epoch: int | None = Field(None, ge=1)
    """At most this many slices per epoch and plane, drawn anew each time; with `patch` exactly so many windows, several
    of one slice if need be; empty: all."""
    patch: int | None = Field(None, ge=16)
    """Train on windows of this many pixels within the liver, not on whole slices; of a slice that shows a lesion (the
    liver), half of the windows lie around it. Empty: whole slices. Prediction always sees whole slices (or the liver's
    box, see `field`)."""

    @model_validator(mode="after")
    def _windows_have_a_liver(self) -> SliceSampling:
        if self.patch is not None and self.slices != "liver":
            raise ValueError("patch takes windows within the liver: set slices: liver, or leave patch empty")
        return self


class AxialSampling(SliceSampling):
    """Axial slices, through one network."""

    view: Literal["axial"] = "axial"
    """Axial slices."""


class OrthogonalSampling(SliceSampling):
    """Axial, coronal and sagittal slices, each through a network of its own; their probabilities are averaged."""

    view: Literal["orthogonal"]
    """Slices of three planes."""


class SegmentSampling(AnySampling):
    """Segments (boxes) of a scan, through a 3D network."""

    dimensions: ClassVar[int] = 3

    view: Literal["segments"]
    """3D segments."""
    segment: tuple[Side, Side, Side] = (16, 64, 64)
    """Sides (z, y, x) of a segment in voxels of the network grid; of a network of several scales, at full
    resolution."""
    within: Literal["all", "liver"] = "liver"
    """Where the centres of segments lie: anywhere, or within the liver."""
    segments_per_epoch: int = Field(256, ge=1)
    """Segments per epoch, drawn anew each time."""
    overlap: float = Field(0.25, ge=0, lt=1)
    """Share of a side by which neighbouring segments overlap in prediction; where they do, the mean counts. Without a
    meaning for an unpadded network (deepmedic), which gives the same in every tile."""


class LiverAxialSampling(AxialSampling):
    """Axial slices, for the liver network."""

    slices: Literal["all"] = "all"
    """The liver network must learn where no liver is, so it is trained on all slices."""
    balance: bool = False
    """As many slices with the liver as without in every epoch."""
    slices_per_epoch: int | None = Field(400, ge=1)
    """At most this many slices per epoch, drawn anew each time; empty: all."""
    field: Literal["image"] = "image"
    """The liver is looked for in whole slices."""


class LiverOrthogonalSampling(OrthogonalSampling):
    """Slices of three planes, for the liver network."""

    slices: Literal["all"] = "all"
    """The liver network must learn where no liver is, so it is trained on all slices."""
    balance: bool = False
    """As many slices with the liver as without in every epoch."""
    slices_per_epoch: int | None = Field(400, ge=1)
    """At most this many slices per epoch and plane, drawn anew each time; empty: all."""
    field: Literal["image"] = "image"
    """The liver is looked for in whole slices."""


class LiverSegmentSampling(SegmentSampling):
    """Segments, for the liver network."""

    within: Literal["all"] = "all"
    """The liver network must learn where no liver is, so its segments lie anywhere."""
    field: Literal["image"] = "image"
    """The liver is looked for in the whole image."""


_TAG = told_by("view")

SamplingSettings = Annotated[
    Annotated[AxialSampling, Tag("axial")]
    | Annotated[OrthogonalSampling, Tag("orthogonal")]
    | Annotated[SegmentSampling, Tag("segments")],
    _TAG,
]
"""What a network is shown of a scan: the key `view` says how, axial where it is left out."""

LiverSamplingSettings = Annotated[
    Annotated[LiverAxialSampling, Tag("axial")]
    | Annotated[LiverOrthogonalSampling, Tag("orthogonal")]
    | Annotated[LiverSegmentSampling, Tag("segments")],
    _TAG,
]
"""The same, with the defaults of the liver network."""
