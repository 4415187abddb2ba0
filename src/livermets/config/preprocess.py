"""The grid and the intensities that the networks see."""

from __future__ import annotations

from pydantic import Field, model_validator

from livermets.config.base import Section


class PreprocessSettings(Section):
    """From the CT as acquired to what the networks are fed: clipped, resized in plane, normalised."""

    network_grid: int = Field(256, ge=32, le=1024)
    """In-plane size of the network grid in pixels (a square); slices are kept as acquired."""
    clip_hu: tuple[float, float] = (-1024.0, 3071.0)
    """HU outside this range are clipped before anything else. The lower end also removes the padding that scanners
    write outside the reconstruction circle (-2000, -3024), which is no tissue. Narrow it (-150, 250) to keep bone, air
    and contrast from dominating the scale."""
    liver_window_hu: tuple[float, float] = (-150.0, 250.0)
    """The window mapped to -1..1 for the network that finds the liver: with no liver known yet, there is nothing to
    take a z-score over."""

    @model_validator(mode="after")
    def _ranges_rise(self) -> PreprocessSettings:
        for name in ("clip_hu", "liver_window_hu"):
            low, high = getattr(self, name)
            if low >= high:
                raise ValueError(f"{name} must rise from the lower to the upper HU")
        return self
