"""What the networks see of a scan, in words of the settings."""

from __future__ import annotations

import pandas as pd

from livermets.config.preprocess import PreprocessSettings
from livermets.config.segmentation import ClassName
from livermets.report import formatting as fmt


def steps_words(settings: PreprocessSettings, classes: tuple[ClassName, ...]) -> str:
    """What is done with an image for the network that finds these classes: ``the image, resampled and …``."""
    filters = ["with the histogram of every slice equalised"] if settings.histogram_equalisation else []
    filters += ["median filtered"] if settings.median_filter is not None else []
    scaled = "z-scored over the whole liver volume"
    if settings.scale == "window" or "liver" in classes:
        scaled = "in a fixed window of HU"
    cropped = ["cropped to the body"] if settings.crop == "body" else []
    order = [*filters, "resampled"] if settings.filter_grid == "acquired" else ["resampled", *filters]
    return f"the image, {fmt.listed([*cropped, *order, scaled])}"


def grid_words(settings: PreprocessSettings, scans: pd.DataFrame) -> dict[str, str]:
    """The grid in plane (``grid``), the slices (``slices``), and, where the table of scans says it, the sizes of pixels
    before and after (``pixel_mm``, ``network_pixel_mm``)."""
    pixels, pixel_mm, slice_mm = settings.network_grid, settings.pixel_spacing_mm, settings.slice_spacing_mm
    across = f"{fmt.integer(pixels)} × {fmt.integer(pixels)} pixels"
    words = {
        "grid": across if pixel_mm is None else f"pixels of {fmt.significant(pixel_mm)} mm",
        "slices": "slices as acquired" if slice_mm is None else f"slices {fmt.significant(slice_mm)} mm apart",
    }
    if not {"column_spacing_mm", "size_x"} <= set(scans.columns):
        return words
    own, size = scans["column_spacing_mm"], scans["size_x"]
    after = f"{fmt.significant(pixel_mm)} mm"
    if pixel_mm is None:
        # A crop has fewer pixels than the image, so that as many of the grid are smaller.
        after = f"{'at most ' if settings.crop == 'body' else ''}{_span(own * size / pixels)}"
    return words | {"pixel_mm": _span(own), "network_pixel_mm": after}


def _span(values: pd.Series) -> str:
    return f"{fmt.number(values.min())} to {fmt.number(values.max())} mm"
