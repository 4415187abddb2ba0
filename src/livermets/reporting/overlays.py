"""Which lesions are shown with both contours, and their pictures: read, cut out, drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from livermets.reporting import formatting as fmt
from livermets.reporting.aggregate import measured
from livermets.reporting.model import Download, Figure, Gallery
from livermets.reporting.results import StudyResults

_MARGIN_MM = 18.0
_LEAST_SIDE_MM = 70.0


def chosen_lesions(lesions: pd.DataFrame, most: int) -> pd.DataFrame:
    """Best, median and worst Dice first; with more places, evenly between them. Column ``place`` says which it is."""
    known = lesions.assign(dice=measured(lesions)["dice"]).dropna(subset=["dice"])
    ranked = known.sort_values(["dice", "patient_id", "lesion_id"], ascending=[False, True, True], kind="stable")
    n = len(ranked)
    if n == 0 or most == 0:
        return ranked.head(0).assign(place="")
    places = np.unique(np.round(np.linspace(0, n - 1, min(most, n))).astype(int))
    if most < 3:
        places = np.unique([(n - 1) // 2, n - 1][:most])
    names = {0: "best", (n - 1) // 2: "median", round((n - 1) / 2): "median", n - 1: "worst"}
    if n == 1:
        names = {0: "only"}
    return ranked.iloc[places].assign(place=[names.get(int(p), f"rank {p + 1}") for p in places])


def overlay_galleries(study: StudyResults, most: int) -> dict[str, list[Gallery]]:
    """One gallery per cohort that has images and both masks; cohorts without them are left out."""
    galleries: dict[str, list[Gallery]] = {}
    for name in study.cohorts:
        lesions = study.cohort_lesions(name)
        figures = []
        for _, lesion in chosen_lesions(lesions, most).iterrows():
            picture = _picture(study.folder, lesion)
            if picture is not None:
                figures.append(_figure(lesion, picture))
        if figures:
            caption = (
                f"Cohort {name}: lesions of the {fmt.listed([f.caption.split(':')[0].lower() for f in figures])} "
                "Dice among "
                f"{fmt.plural(len(lesions), 'lesion')}. Light blue, solid: manual; orange, dashed: automatic. Axial "
                "slice with the "
                "largest manual area, liver window; single lesions, hence no interval."
            )
            galleries[name] = [Gallery(f"overlays-{name}", caption, figures)]
    return galleries


def _figure(lesion: pd.Series, picture: Download) -> Figure:
    diameter = (
        "" if fmt.is_missing(lesion["longest_diameter_mm"]) else f", {fmt.number(lesion['longest_diameter_mm'], 1)} mm"
    )
    caption = (
        f"{str(lesion['place']).capitalize()}: patient {lesion['patient_id']}, {lesion['timepoint']}, lesion "
        f"{lesion['lesion_id']}{diameter}, Dice {fmt.number(lesion['dice'])}"
    )
    return Figure(_identifier(lesion), caption, f"CT slice with manual and automatic contour. {caption}", picture)


def _identifier(lesion: pd.Series) -> str:
    return f"overlay-{lesion['cohort']}-{lesion['patient_id']}-{lesion['timepoint']}-{lesion['lesion_id']}"


def _picture(folder: Path, lesion: pd.Series) -> Download | None:
    scan = folder / lesion["cohort"] / "intake" / lesion["patient_id"] / lesion["timepoint"]
    automatic = (
        folder / lesion["cohort"] / "segmentation" / lesion["patient_id"] / lesion["timepoint"] / "lesions.nii.gz"
    )
    paths = (scan / "image.nii.gz", scan / "lesions.nii.gz", automatic)
    if not all(path.exists() for path in paths):
        return None
    from livermets.figures.overlay import lesion_overlay
    from livermets.io.images import read_volume
    from livermets.reporting.pictures import drawing_png

    image, manual, found = (read_volume(path) for path in paths)
    inside = manual.array == int(float(lesion["lesion_id"]))
    if not inside.any():
        return None
    z = int(inside.sum(axis=(1, 2)).argmax())
    spacing_x_mm, spacing_y_mm, _ = image.grid.spacing_xyz_mm
    rows, columns = _window(inside[z], (spacing_y_mm, spacing_x_mm))
    cut = (z, rows, columns)
    drawing = lesion_overlay(image.array[cut], inside[cut], found.array[cut] > 0, (spacing_y_mm, spacing_x_mm))
    return drawing_png(drawing, _identifier(lesion))


def _window(mask_yx: np.ndarray, spacing_yx_mm: tuple[float, float]) -> tuple[slice, slice]:
    """A square of the slice around the lesion, at least as wide as the eye needs to know where it is."""
    where = np.argwhere(mask_yx)
    spacing = np.array(spacing_yx_mm)
    centre = (where.min(axis=0) + where.max(axis=0)) / 2
    side_mm = max(float(((np.ptp(where, axis=0) + 1) * spacing).max()) + 2 * _MARGIN_MM, _LEAST_SIDE_MM)
    half = np.ceil(side_mm / 2 / spacing).astype(int)
    low = np.clip(np.round(centre).astype(int) - half, 0, None)
    high = np.minimum(np.round(centre).astype(int) + half + 1, mask_yx.shape)
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))
