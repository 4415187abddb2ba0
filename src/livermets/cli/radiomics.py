"""Radiomics verbs: `rois`, `lesion-features`, `feature-map`, `warm-radiomics`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livermets.cli import app
from livermets.cli.options import Cohort, Patient, Timepoint, settings_of, threads
from livermets.config.load import section_from_option
from livermets.config.radiomics import RadiomicsSettings

if TYPE_CHECKING:
    import pandas as pd

    from livermets.radiomics.files import ScanOfWindows

Settings = Annotated[str, settings_of("radiomics")]
Liver = Annotated[
    Path | None, typer.Option(help="Liver mask; needed with intensity zscore (statistics over the whole liver).")
]
Source = Annotated[str, typer.Option(help="Fills the column mask_source: whose mask it is.")]


@app.command("rois")
def rois(
    image: Annotated[Path, typer.Argument(help="CT or other 3D image.")],
    mask: Annotated[Path, typer.Argument(help="Label map on the image's grid; 0 is background.")],
    out: Annotated[Path, typer.Option(help="Parquet table to write.")],
    label: Annotated[list[int] | None, typer.Option(help="Label to work on; may be repeated [default: all].")] = None,
    size: Annotated[int | None, typer.Option(help="Window side in pixels, odd, 3 to 15 [default: 7].")] = None,
    step: Annotated[int | None, typer.Option(help="Distance between windows in pixels [default: 2].")] = None,
    bin_width: Annotated[float | None, typer.Option(help="Grey-level width [default: 25].")] = None,
    binning: Annotated[str | None, typer.Option(help="Grey levels per window or lesion: roi or mask.")] = None,
    engine: Annotated[str | None, typer.Option(help="fast or pyradiomics [default: fast].")] = None,
    threads: Annotated[int, threads("the result does not depend on their number")] = 1,
    lesion_features: Annotated[
        Path | None, typer.Option(help="CSV table to write beside it: what the verb lesion-features writes.")
    ] = None,
    settings: Settings = "{}",
    liver: Liver = None,
    cohort: Cohort = "",
    patient: Patient = "",
    timepoint: Timepoint = "",
    source: Source = "",
) -> None:
    """Sliding-window radiomics of any image and label map: one row per window that lies fully inside a lesion."""
    from livermets.io.folders import made_from
    from livermets.io.tables import write_parquet
    from livermets.radiomics.files import read_scan
    from livermets.radiomics.sliding import count_windows, roi_features

    chosen = _with_options(
        section_from_option(settings, "radiomics", RadiomicsSettings),
        {"size": size, "step": step, "bin_width": bin_width, "binning": binning, "engine": engine},
    )
    read = read_scan(image, mask, liver, chosen)
    with _progress(count_windows(read.labels.array, chosen, label)) as bar:
        arrays, spacing = (read.image.array, read.labels.array), read.image.grid.spacing_zyx_mm
        table = roi_features(*arrays, spacing, chosen, labels=label, threads=threads, progress=bar.update)
    if lesion_features is not None:
        _write_lesion_features(lesion_features, read, chosen, (cohort, patient, timepoint, source))
    _insert_ids(table, cohort, patient, timepoint, source)
    write_parquet(out, table, made_from(chosen, {"image": image, "mask": mask, "liver": liver}))


@app.command("lesion-features")
def lesion_features_verb(
    image: Annotated[Path, typer.Argument(help="CT or other 3D image.")],
    mask: Annotated[Path, typer.Argument(help="Label map on the image's grid; 0 is background.")],
    out: Annotated[Path, typer.Option(help="CSV table to write.")],
    settings: Settings = "{}",
    liver: Liver = None,
    cohort: Cohort = "",
    patient: Patient = "",
    timepoint: Timepoint = "",
    source: Source = "",
) -> None:
    """Whole-lesion 3D radiomics by PyRadiomics, shape included: one row per lesion."""
    from livermets.radiomics.files import read_scan

    chosen = section_from_option(settings, "radiomics", RadiomicsSettings)
    read = read_scan(image, mask, liver, chosen)
    _write_lesion_features(out, read, chosen, (cohort, patient, timepoint, source))


@app.command("feature-map")
def feature_map_verb(
    table: Annotated[Path, typer.Argument(help="Table with z, y, x of windows (as `rois` writes it).")],
    image: Annotated[Path, typer.Argument(help="The image that the table was made from (gives the grid).")],
    column: Annotated[str, typer.Option(help="Column to map: a feature, or a probability per window.")],
    out: Annotated[Path, typer.Option(help="NIfTI image to write; NaN where no window lies.")],
    size: Annotated[int | None, typer.Option(help="Window side in pixels [default: as the table says, or 7].")] = None,
) -> None:
    """Any column of a window table as an image on the native grid: the mean over the windows covering a pixel."""
    from livermets.io.ct import read_image
    from livermets.io.images import write_volume
    from livermets.io.tables import read_parquet_metadata, read_table
    from livermets.radiomics.maps import feature_map

    rows = read_table(table)
    stored = read_parquet_metadata(table).get("settings", {}) if table.suffix == ".parquet" else {}
    said = {"size": size or stored.get("size"), "pixel_spacing_mm": stored.get("pixel_spacing_mm")}
    volume = read_image(image)
    mapped = feature_map(rows, column, volume.grid, _with_options(RadiomicsSettings(), said))
    write_volume(out, volume.with_array(mapped))


@app.command("warm-radiomics")
def warm_radiomics(
    out: Annotated[Path | None, typer.Option(help="Text file that says where the compiled code is kept.")] = None,
) -> None:
    """Compiles the sliding-window engine once, so that no later job pays for it (about a minute; then under 1 s)."""
    from livermets.compilation import cache_folder
    from livermets.io.atomic import write_text
    from livermets.radiomics.engine.fast import warm

    warm()
    if out is not None:
        write_text(out, f"{cache_folder('radiomics/engine')}\n")


def _write_lesion_features(
    out: Path, read: ScanOfWindows, settings: RadiomicsSettings, ids: tuple[str, str, str, str]
) -> None:
    from livermets.io.tables import write_csv
    from livermets.radiomics.lesion import lesion_features

    table = lesion_features(read.image, read.labels, settings, read.lesions)
    _insert_ids(table, *ids)
    write_csv(out, table)


def _insert_ids(table: pd.DataFrame, cohort: str, patient: str, timepoint: str, source: str) -> None:
    """Puts the columns that say whose lesion it is around `lesion_id`, the first column so far."""
    for position, (name, value) in enumerate({"cohort": cohort, "patient_id": patient, "timepoint": timepoint}.items()):
        table.insert(position, name, value)
    table.insert(4, "mask_source", source)


def _with_options(settings: RadiomicsSettings, options: dict[str, Any]) -> RadiomicsSettings:
    """Settings overridden by the options that were given, checked again as a whole."""
    from livermets.config.load import validate_section

    given = {name: value for name, value in options.items() if value is not None}
    return validate_section(RadiomicsSettings, {**settings.model_dump(), **given}, "radiomics") if given else settings


def _progress(total: int) -> Any:
    """A bar on stderr that appears only if the work takes longer than ten seconds."""
    from tqdm import tqdm

    return tqdm(total=total, desc="windows", unit="window", delay=10, mininterval=1)
