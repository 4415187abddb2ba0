"""Which lesions are shown with both contours: chosen, read and cut out for their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from livermets.figures.slices import Pane, largest_slice, square_around
from livermets.imaging.geometry import Grid
from livermets.io.tables import read_table
from livermets.masks.detected import measured, segmented
from livermets.masks.identity import MANUAL, SIDES
from livermets.report import formatting as fmt
from livermets.report.document import Figure, Gallery
from livermets.report.pictures import drawing_png
from livermets.report.seen import cohort_words
from livermets.report.study import StudyResults
from livermets.report.vocabulary import mask_words

_MOST_WITH_EVERY_SOURCE = 3
"""Lesions of a cohort that are shown once more with the mask of every source."""


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


@dataclass(frozen=True, eq=False)
class LesionCut:
    """A lesion cut out of its scan: the axial slice with the largest manual area, as far as the eye needs it."""

    place: tuple[int, slice, slice]
    grid: Grid
    """Of the whole slice."""
    slice_hu: np.ndarray
    manual: np.ndarray
    automatic: np.ndarray
    spacing_yx_mm: tuple[float, float]

    def pane(self, title: str, **contours: np.ndarray) -> Pane:
        """The cut to be drawn with the contours of these masks."""
        return Pane(title, self.slice_hu, self.spacing_yx_mm, contours)


ShownLesion = tuple[pd.Series, LesionCut]


def overlay_galleries(study: StudyResults, most: int) -> dict[str, list[Gallery]]:
    """Per cohort that has images and both masks: contours, the model's view of the ROIs, and a feature's map."""
    galleries: dict[str, list[Gallery]] = {}
    if study.sources.primary is None:
        return galleries
    for name in study.cohorts:
        lesions = study.cohort_lesions(name)
        chosen = chosen_lesions(lesions, most)
        cuts = [(lesion, cut) for _, lesion in chosen.iterrows() if (cut := _cut(study, lesion)) is not None]
        if not cuts:
            continue
        ranks = fmt.listed([str(lesion["place"]) for lesion, _ in cuts])
        judged = fmt.plural(len(segmented(lesions)), "lesion")
        whose = f"Cohort {cohort_words(study, name)}: lesions of the {ranks} Dice among {judged}."
        where = "Axial slice with the largest manual area, liver window; single lesions, hence no interval."
        contours = f"{whose} {_contour_words('automatic')} {where}"
        pictures = [_contour_figure(lesion, cut) for lesion, cut in cuts]
        galleries[name] = [
            Gallery(f"overlays-{name}", contours, pictures),
            *_source_gallery(study, name, cuts, whose),
            *_response_gallery(study, name, cuts, whose),
            *_feature_gallery(study, name, cuts, whose),
        ]
    return galleries


def _contour_words(other: str) -> str:
    """Which contour is whose, for a caption."""
    from livermets.figures.style import CONTOUR_WORDS

    return f"{CONTOUR_WORDS['manual'].capitalize()}: manual; {CONTOUR_WORDS['automatic']}: {other}."


def _source_gallery(study: StudyResults, name: str, cuts: Sequence[ShownLesion], whose: str) -> list[Gallery]:
    """A few of the same lesions with the contour of every source beside the reference."""
    from livermets.io.images import read_volume

    figures = []
    for lesion, cut in cuts[:_MOST_WITH_EVERY_SOURCE]:
        masks = {study.sources.headline: cut.automatic}
        for source in study.sources.further:
            if (path := _lesion_mask(study.folder, source, lesion)).exists():
                masks[source] = read_volume(path).array[cut.place] > 0
        if len(masks) > 1:
            panes = [cut.pane(source, manual=cut.manual, automatic=mask) for source, mask in masks.items()]
            alt = f"CT slice with the manual contour and that of every other source. {_title(lesion)}"
            figures.append(_close_up("networks", lesion, _title(lesion), alt, panes))
    caption = (
        f"{whose} {_counted(len(figures), len(cuts))} the same lesions with the mask of every source. "
        f"{_contour_words('the source’s')} Every scan: overlay.png beside its mask (segmentation/<source>/…)."
    )
    return [Gallery(f"networks-{name}", caption, figures)] if figures else []


def _counted(shown: int, among: int) -> str:
    return "All of" if shown == among else f"{fmt.integer(shown)} of"


def _response_gallery(study: StudyResults, name: str, cuts: Sequence[ShownLesion], whose: str) -> list[Gallery]:
    path = study.folder / name / "roi_probabilities.parquet"
    if not path.exists():
        return []
    rois = read_table(path)
    caption = (
        f"{whose} Colour: probability of R+ of the ROIs that cover a pixel, averaged (0, dark: R-; 1, light: R+); the "
        "share of ROIs from 0.5 on is what the threshold judges. No colour: no ROI fits."
    )
    figures = []
    for lesion, cut in cuts:
        shares = ", ".join(
            f"{source} {fmt.number(lesion[f'share_{source}'])}"
            for source in SIDES
            if not fmt.is_missing(lesion.get(f"share_{source}"))
        )
        text = f"{_title(lesion)}; share of R+ ROIs: {shares or 'none, no ROI'}"
        maps = _maps(rois[_of_scan(rois, lesion)], "probability", lesion, cut, study)
        figures.append(_map_figure(study, "response", text, "probability of R+", lesion, cut, maps, (0.0, 1.0)))
    return [Gallery(f"response-{name}", caption, figures)]


def _feature_gallery(study: StudyResults, name: str, cuts: Sequence[ShownLesion], whose: str) -> list[Gallery]:
    """Maps of the selected feature that the model would miss most."""
    selection = study.model.get("selection", pd.DataFrame(columns=["feature", "selected", "gain"]))
    selected = selection[selection["selected"] == 1]
    if selected.empty:
        return []
    feature = str(selected.loc[selected["gain"].fillna(0.0).idxmax(), "feature"])
    figures = []
    for lesion, cut in cuts:
        folder = study.folder / name / "features" / lesion["patient_id"] / lesion["timepoint"]
        paths = [folder / f"rois_{source}.parquet" for source in study.sources.sides]
        columns = ["lesion_id", "mask_source", "z", "y", "x", feature]
        rois = pd.concat([read_table(path, columns=columns) for path in paths if path.exists()] or [pd.DataFrame()])
        if rois.empty:
            continue
        maps = _maps(rois, feature, lesion, cut, study)
        drawn = np.concatenate([values[np.isfinite(values)] for values in maps.values()])
        if drawn.size:
            limits = float(drawn.min()), float(drawn.max())
            figures.append(_map_figure(study, "feature", _title(lesion), feature, lesion, cut, maps, limits))
    caption = (
        f"{whose} Colour: {feature}, the selected feature whose loss costs the model most in cross-validation, "
        "averaged over the ROIs that cover a pixel; each picture has its own scale. No colour: no ROI fits."
    )
    return [Gallery(f"feature-{name}", caption, figures)] if figures else []


def _contour_figure(lesion: pd.Series, cut: LesionCut) -> Figure:
    caption = f"{_title(lesion)}, Dice {fmt.number(lesion['dice'])}"
    alt = f"CT slice with both contours. {caption}"
    return _close_up("overlay", lesion, caption, alt, [cut.pane("", manual=cut.manual, automatic=cut.automatic)])


def _close_up(kind: str, lesion: pd.Series, caption: str, alt: str, panes: Sequence[Pane]) -> Figure:
    from livermets.figures.overlay import close_ups

    identifier = _identifier(kind, lesion)
    return Figure(identifier, caption, alt, drawing_png(close_ups(panes), identifier))


def _of_scan(rois: pd.DataFrame, lesion: pd.Series) -> pd.Series:
    return (rois["patient_id"] == lesion["patient_id"]) & (rois["timepoint"] == lesion["timepoint"])


def _maps(
    rois: pd.DataFrame, column: str, lesion: pd.Series, cut: LesionCut, study: StudyResults
) -> dict[str, np.ndarray]:
    """A column of one scan's ROIs as a map of the picture's slice: the manual ROIs of the lesion, and the automatic
    ones of whatever the network outlined in the picture."""
    from livermets.radiomics.maps import feature_map

    on_slice = rois[rois["z"] == cut.place[0]]
    maps = {}
    for side, source in zip(SIDES, study.sources.sides, strict=True):
        wanted = on_slice["mask_source"] == source
        if side == MANUAL:
            wanted &= on_slice["lesion_id"] == int(lesion["lesion_id"])
        whole = feature_map(on_slice[wanted].assign(z=0), column, cut.grid, study.config.radiomics)
        maps[side] = whole[0][cut.place[1:]]
    return maps


def _map_figure(
    study: StudyResults,
    kind: str,
    caption: str,
    label: str,
    lesion: pd.Series,
    cut: LesionCut,
    maps: dict[str, np.ndarray],
    limits: tuple[float, float],
) -> Figure:
    from livermets.figures.overlay import map_overlay

    reference, other = (mask_words(study.sources, source) for source in study.sources.sides)
    panes = [cut.pane(reference, manual=cut.manual), cut.pane(other, automatic=cut.automatic)]
    identifier = _identifier(kind, lesion)
    drawing = map_overlay(panes, [maps["manual"], maps["automatic"]], label, limits)
    return Figure(identifier, caption, f"Map of {label}. {caption}", drawing_png(drawing, identifier))


def _title(lesion: pd.Series) -> str:
    missing = fmt.is_missing(lesion["longest_diameter_mm"])
    diameter = "" if missing else f", {fmt.number(lesion['longest_diameter_mm'], 1)} mm"
    where = f"patient {lesion['patient_id']}, {lesion['timepoint']}, lesion {lesion['lesion_id']}"
    return f"{str(lesion['place']).capitalize()}: {where}{diameter}"


def _identifier(kind: str, lesion: pd.Series) -> str:
    return f"{kind}-{lesion['cohort']}-{lesion['patient_id']}-{lesion['timepoint']}-{lesion['lesion_id']}"


def _cut(study: StudyResults, lesion: pd.Series) -> LesionCut | None:
    folder, scan = study.folder, Path(lesion["patient_id"]) / lesion["timepoint"]
    intake = folder / lesion["cohort"] / "intake" / scan
    paths = (intake / "image.nii.gz", intake / "lesions.nii.gz", _lesion_mask(folder, study.sources.headline, lesion))
    if not all(path.exists() for path in paths):
        return None
    from livermets.io.images import read_volume

    image, manual, found = (read_volume(path) for path in paths)
    inside = manual.array == int(float(lesion["lesion_id"]))
    if not inside.any():
        return None
    z = largest_slice(inside)
    _, spacing_y_mm, spacing_x_mm = image.grid.spacing_zyx_mm
    rows, columns = square_around(inside[z], (spacing_y_mm, spacing_x_mm))
    place = (z, rows, columns)
    masks = inside[place], found.array[place] > 0
    whole_slice = image.grid.within((slice(z, z + 1), slice(None), slice(None)))
    return LesionCut(place, whole_slice, image.array[place], *masks, (spacing_y_mm, spacing_x_mm))


def _lesion_mask(folder: Path, source: str, lesion: pd.Series) -> Path:
    """The mask that a source beside the reference has of a lesion's scan."""
    place = folder / lesion["cohort"] / "segmentation" / source
    return place / lesion["patient_id"] / lesion["timepoint"] / "lesions.nii.gz"
