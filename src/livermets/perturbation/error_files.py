"""The errors of all sources of a study: read from its label maps, written as one small table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from livermets.errors import ProblemList
from livermets.io.ct import read_labels
from livermets.io.images import read_volume
from livermets.io.named_words import name_and_place
from livermets.io.tables import read_table, write_parquet
from livermets.masks.identity import LESION_KEY, SCAN_KEY
from livermets.masks.pairs import SOURCE
from livermets.model.files import existing
from livermets.perturbation.errors import COLUMNS, lesion_errors
from livermets.perturbation.transported import DIRECTIONS
from livermets.provenance import versions

ERROR_COLUMNS = (*LESION_KEY, SOURCE, *(name for name in COLUMNS if name not in LESION_KEY))
_MASK, _METRICS = "lesions.nii.gz", "scan_metrics.csv"


def measured_errors(masks: Sequence[str], references: Sequence[Path]) -> pd.DataFrame:
    """The `ERROR_COLUMNS` of every lesion and source, without scans of patients that the source was trained on.

    ``masks``: words ``NAME=FOLDER``, where `segment` or `match` wrote what a source made of a scan; ``references``: the
    reference's label map of each, in the same order. Raises `InputError` with every word and file that is wrong."""
    problems = ProblemList()
    fix = "Name the source and its folder of a scan"
    pairs = [name_and_place(word, "--mask", "NAME=FOLDER", fix, problems) for word in masks]
    if len(masks) != len(references):
        what = f"{len(references)} label maps for {len(masks)} folders of masks"
        problems.error("--reference", what, "Give one for every --mask, in the same order")
    problems.raise_if_errors()
    named = [(pair[0], Path(pair[1])) for pair in pairs if pair is not None]
    existing([*references, *(folder / file for _, folder in named for file in (_MASK, _METRICS))])
    parts = []
    for (source, folder), reference in zip(named, references, strict=True):
        with problems.collected():
            parts.append(_of_scan(source, folder, reference))
    problems.raise_if_errors()
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(ERROR_COLUMNS))


def write_errors(out: Path, errors: pd.DataFrame) -> None:
    """The table, ``displacement`` as lists."""
    write_parquet(out, errors, {"directions": DIRECTIONS, "versions": versions()})


def read_errors(path: Path) -> pd.DataFrame:
    """A table that `write_errors` wrote."""
    existing([path])
    return read_table(path)


def _of_scan(source: str, folder: Path, reference: Path) -> pd.DataFrame:
    scan = read_table(folder / _METRICS).iloc[0]
    if "seen_in_training" in scan and scan["seen_in_training"] == 1:
        return pd.DataFrame(columns=list(ERROR_COLUMNS))
    manual = read_volume(reference)
    drawn: Any = read_labels(folder / _MASK, manual.grid).array
    found = lesion_errors(np.asarray(manual.array), drawn, manual.grid.spacing_zyx_mm)
    return found.assign(**{name: scan[name] for name in SCAN_KEY}, **{SOURCE: source})[list(ERROR_COLUMNS)]
