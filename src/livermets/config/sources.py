"""The sections ``sources`` and ``readers``: who drew a mask and from what, and when masks count as alike."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from livermets.config.base import Section
from livermets.config.cohorts import Header, Name
from livermets.config.statistics import StatisticsSettings

CeilingMeasure = Literal["dice", "volume_ratio_outside", "assd_mm", "hausdorff_mm"]
"""What is compared between a network and a reader, and between two readers."""


class SourceSettings(Section):
    """Who made the masks of one source. Every key may be left out; a source that is not named here is a network of the
    study, or a reader of its own who began from nothing."""

    reader: str | None = None
    """Who drew; two sources with the same reader are two drawings of one person. Empty: a reader of the source's own
    name."""
    start: Name | None = None
    """The source that the drawing began from and that was corrected; empty: from nothing."""
    tool: bool = False
    """Masks that another program made, and nobody corrected."""
    quality_column: Header | None = None
    """Column of the cohorts' tables with a score of the mask's quality, 1 (worst) to 5 (best), one per scan."""
    minutes_column: Header | None = None
    """Column with the minutes that the drawing (or the correction) of a scan took."""

    @model_validator(mode="after")
    def _no_reader_of_a_tool(self) -> SourceSettings:
        if self.tool and (self.reader is not None or self.start is not None):
            raise ValueError("a source with `tool: true` has no `reader` and no `start`: nobody corrected it")
        return self


Sources = dict[Name, SourceSettings]


class ReadersSettings(Section):
    """When the masks of a network are as good as those of a second reader."""

    margins: dict[CeilingMeasure, Annotated[float, Field(gt=0)]] = {"dice": 0.05}
    """How much worse than another reader a network may be and still count as within what readers differ, by measure
    (non-inferiority margin); a measure without a margin gets its difference and no verdict."""
    volume_ratio_limits: tuple[Annotated[float, Field(gt=0, lt=1)], Annotated[float, Field(gt=1)]] = (0.9, 1.1)
    """Volume ratios from the first to the second count as alike; the share outside is reported."""


def is_drawn_by_a_person(sources: Sources, name: str) -> bool:
    """Whether the masks of a source that was given were drawn or corrected by somebody."""
    return name not in sources or not sources[name].tool


def not_its_own_start(sources: Sources) -> Sources:
    """The sources; raises `ValueError` where one began from itself."""
    for name, source in sources.items():
        if source.start == name:
            raise ValueError(f"{name} cannot be its own `start`; name the mask that was corrected")
    return sources


class ReaderStudy(Section):
    """What the verb `readers` uses of a configuration."""

    sources: Sources = {}
    """Who made which masks."""
    readers: ReadersSettings = ReadersSettings()
    """When masks count as alike."""
    statistics: StatisticsSettings = StatisticsSettings()
    """Level and resamples."""

    _starts = field_validator("sources")(not_its_own_start)
