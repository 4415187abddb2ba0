"""A column of the window table, written back as an image to look at."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.radiomics import RadiomicsSettings
from livermets.errors import input_error
from livermets.imaging.geometry import Grid
from livermets.radiomics.pixels import on_native_pixels, window_grid


def feature_map(table: pd.DataFrame, column: str, native: Grid, settings: RadiomicsSettings) -> NDArray[np.float32]:
    """The mean of ``column`` over all windows that cover a pixel; NaN where no window does.

    ``table`` has ``z, y, x`` (first pixels of windows of ``settings.size``) as `window_grid` of the image's grid counts
    them; the map is on the image's own pixels, whatever those of the windows are. Any column serves: a feature, or a
    model's probability per window. Windows without a value are left out. Sums of windows are formed by their four
    corners (a two-dimensional running sum), so the cost is that of the image."""
    missing = [name for name in ("z", "y", "x", column) if name not in table.columns]
    if missing:
        raise input_error("table", f"it has no column {', '.join(missing)}", "Columns: z, y, x and the feature")
    rows = table.loc[table[column].notna(), ["z", "y", "x", column]]
    shape_zyx = window_grid(native, settings).shape_zyx
    result = np.full(shape_zyx, np.nan, dtype=np.float32)
    z, y, x = (rows[axis].to_numpy(dtype=np.int64) for axis in "zyx")
    limits = np.asarray(shape_zyx) - (1, settings.size, settings.size)
    if len(rows) and (min(z.min(), y.min(), x.min()) < 0 or np.any((z.max(), y.max(), x.max()) > limits)):
        raise input_error("table", "it has windows outside the image", "Use the image that the table was made from")
    values = rows[column].to_numpy(dtype=np.float64)
    for level in np.unique(z):
        here = z == level
        covering, total = (
            _window_sums(y[here], x[here], weight, (shape_zyx[1], shape_zyx[2]), settings.size)
            for weight in (np.ones(here.sum()), values[here])
        )
        covered = covering > 0.5
        result[level][covered] = (total[covered] / covering[covered]).astype(np.float32)
    return on_native_pixels(result, native, settings)


def _window_sums(
    y: NDArray[np.int64], x: NDArray[np.int64], weight: NDArray[np.float64], shape_yx: tuple[int, int], size: int
) -> NDArray[np.float64]:
    corners = np.zeros((shape_yx[0] + 1, shape_yx[1] + 1))
    for dy, dx, sign in ((0, 0, 1), (0, size, -1), (size, 0, -1), (size, size, 1)):
        np.add.at(corners, (y + dy, x + dx), sign * weight)
    return corners.cumsum(axis=0).cumsum(axis=1)[:-1, :-1]
