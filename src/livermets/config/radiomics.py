"""Sliding-window and whole-lesion radiomics."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from livermets.config.base import Section

FeatureClass = Literal["firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm"]
FEATURE_CLASSES: tuple[FeatureClass, ...] = ("firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")

# A z-scored liver spans a few standard deviations: a width above this is a width in HU that was left behind.
_LARGEST_ZSCORE_BIN_WIDTH = 10.0


class RadiomicsSettings(Section):
    """Which windows are taken, how grey levels are made and which features are computed."""

    size: int = Field(7, ge=3, le=15)
    """Side of the square axial window (ROI) in pixels; odd."""
    step: int = Field(2, ge=1, le=64)
    """Distance between neighbouring windows in pixels, along rows and columns; every slice is used."""
    pixel_spacing_mm: float | None = Field(None, ge=0.1, le=5, allow_inf_nan=False)
    """Side of the pixels that windows and lesions are cut from, in mm: the image is resampled in plane first, so that a
    window is as many mm on every scanner (0.75: 7 pixels are 5.25 mm). Empty: pixels as acquired."""
    binning: Literal["roi", "mask"] = "roi"
    """Where the grey levels start: at each window's own minimum (roi) or at the minimum of the whole lesion (mask)."""
    bin_width: float = Field(25.0, gt=0, allow_inf_nan=False)
    """Width of a grey level, in the unit of the image (HU, or standard deviations with intensity zscore)."""
    bin_count: int | None = Field(None, ge=2, le=4096)
    """A fixed number of grey levels between minimum and maximum instead of a fixed width; empty: use bin_width."""
    classes: tuple[FeatureClass, ...] = FEATURE_CLASSES
    """Feature classes to compute for every window."""
    features: tuple[str, ...] | None = None
    """Single features to keep, as <class>_<Feature> (glcm_Contrast); empty: all of the classes."""
    image_types: tuple[Literal["original", "log", "wavelet"], ...] = ("original",)
    """Images to take features from: the original, its Laplacian of Gaussian, its eight wavelet sub-bands."""
    log_sigmas_mm: tuple[float, ...] = (1.0, 3.0)
    """Widths of the Laplacian of Gaussian in mm; used with image type log."""
    intensity: Literal["hu", "zscore"] = "hu"
    """Features of the CT in HU, or of the CT z-scored over the whole liver."""
    engine: Literal["fast", "pyradiomics"] = "fast"
    """The compiled engine, or PyRadiomics itself: the same table, several hundred times slower."""

    @field_validator("size")
    @classmethod
    def _odd(cls, size: int) -> int:
        if size % 2 == 0:
            raise ValueError("the ROI size must be odd, 3 to 15")
        return size

    @field_validator("classes", "image_types")
    @classmethod
    def _some_and_once(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not values:
            raise ValueError("name at least one")
        return tuple(dict.fromkeys(values))

    @field_validator("log_sigmas_mm")
    @classmethod
    def _positive(cls, sigmas: tuple[float, ...]) -> tuple[float, ...]:
        if any(not sigma > 0 for sigma in sigmas):
            raise ValueError("every sigma must be above 0 mm")
        return sigmas

    @field_validator("features")
    @classmethod
    def _named_as_pyradiomics(cls, features: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for feature in features or ():
            if feature.partition("_")[0] not in FEATURE_CLASSES:
                raise ValueError(f"`{feature}` is no <class>_<Feature> of {', '.join(FEATURE_CLASSES)}")
        return features or None

    @model_validator(mode="after")
    def _consistent(self) -> RadiomicsSettings:
        if "log" in self.image_types and not self.log_sigmas_mm:
            raise ValueError("image type log needs at least one value in log_sigmas_mm")
        too_wide = self.bin_width > _LARGEST_ZSCORE_BIN_WIDTH and self.bin_count is None
        if self.intensity == "zscore" and too_wide:
            raise ValueError(
                f"bin_width {self.bin_width:g} is a width in HU; with intensity zscore give standard deviations (0.25)"
            )
        outside = sorted({feature.partition("_")[0] for feature in self.features or ()} - set(self.classes))
        if outside:
            raise ValueError(f"features of class {', '.join(outside)} are asked for, but classes leaves it out")
        return self
