"""The grid and the intensities that the networks see."""

from __future__ import annotations

from math import ceil
from typing import Literal

from pydantic import Field, field_validator, model_validator

from livermets.config.base import Section

USUAL_FIELD_OF_VIEW_MM, USUAL_SLICE_MM = 400.0, 2.5
"""Of an abdominal CT: how large a grid will be is asked before any scan is opened."""


class MedianFilterSettings(Section):
    """A median filter, which takes noise away and leaves edges."""

    size_voxels: int = Field(3, ge=3, le=15)
    """Side of the neighbourhood in voxels, odd."""
    dimensions: Literal[2, 3] = 2
    """2: within each axial slice; 3: across slices too."""

    @field_validator("size_voxels")
    @classmethod
    def _has_a_middle(cls, size: int) -> int:
        if size % 2 == 0:
            raise ValueError("the neighbourhood of a voxel has an odd side: use 3, 5, 7, …")
        return size


class PreprocessSettings(Section):
    """From the CT as acquired to what the networks are fed, in this order: clipped, cropped, resampled, filtered,
    scaled."""

    network_grid: int = Field(256, ge=32, le=1024)
    """In-plane size of the network grid in pixels (a square over the whole image); not used where `pixel_spacing_mm` is
    set."""
    pixel_spacing_mm: float | None = Field(None, ge=0.1, le=10)
    """In-plane side of a pixel of the network grid in mm: the image keeps its extent, and scans differ in size. With
    the same `slice_spacing_mm`, voxels are isotropic (Tang 2020: 1.4). Empty: `network_grid` pixels across. Either way
    values are interpolated linearly without smoothing: half a resolution is the mean of 2 × 2 pixels, a coarser one
    leaves some out."""
    slice_spacing_mm: float | None = Field(None, ge=0.1, le=20)
    """Distance of the slices of the network grid in mm, linearly interpolated between the two nearest acquired ones;
    more than twice the acquired distance leaves slices out, and keeps the noise of thin ones. Empty: as acquired.
    Networks of orthogonal planes need about that of the pixels."""
    crop: Literal["none", "body"] = "none"
    """body: to the box in plane that holds the body on every axial slice (Tang 2020): the largest face-connected
    component above -300 HU, which leaves out the table where air lies between. All slices are kept, and masks come back
    to the whole grid."""
    clip_hu: tuple[float, float] = (-1024.0, 3071.0)
    """HU outside this range are clipped before anything else. The lower end also removes the padding that scanners
    write outside the reconstruction circle (-2000, -3024), which is no tissue. Narrow it (-150, 250) to keep bone, air
    and contrast from dominating the scale."""
    histogram_equalisation: bool = False
    """Equalise the histogram of every axial slice (Elmenabawy): a value becomes its rank among those of its slice, from
    the lower end of `clip_hu` for the lowest one to the upper end for the highest."""
    median_filter: MedianFilterSettings | None = None
    """Median filter, after the equalisation; empty: none."""
    filter_grid: Literal["network", "acquired"] = "network"
    """Where equalisation and median filter work. network: after resampling, on the voxels that the networks see (Tang
    2020); acquired: before it, on the slices as acquired, within the crop (Elmenabawy)."""
    scale: Literal["liver-zscore", "window"] = "liver-zscore"
    """liver-zscore: standard deviations of the liver from its mean; window: `window_hu` becomes `window_values`. A
    network that finds the liver always gets the window: there is nothing to take a z-score over yet."""
    window_hu: tuple[float, float] = (-150.0, 250.0)
    """The window that is mapped linearly; HU outside it are clipped."""
    window_values: tuple[float, float] = (-1.0, 1.0)
    """What the ends of the window become (Tang 2020: -200 to 200 HU become -0.2 to 0.2)."""

    @model_validator(mode="after")
    def _ranges_rise(self) -> PreprocessSettings:
        for name, unit in (("clip_hu", "HU"), ("window_hu", "HU"), ("window_values", "value")):
            low, high = getattr(self, name)
            if low >= high:
                raise ValueError(f"{name} must rise from the lower to the upper {unit}")
        return self

    @property
    def usual_pixels(self) -> int:
        """Pixels across the network grid, of a scan with a usual field of view."""
        return (
            self.network_grid if self.pixel_spacing_mm is None else ceil(USUAL_FIELD_OF_VIEW_MM / self.pixel_spacing_mm)
        )

    @property
    def usual_slices(self) -> float:
        """How many slices of the network grid there are for one of a scan with usual ones."""
        return 1.0 if self.slice_spacing_mm is None else USUAL_SLICE_MM / self.slice_spacing_mm
