"""Reading what the features of training lesions are over other masks of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from livermets.config.selection import MasksBy
from livermets.model.files import read_rois
from livermets.model.training_table import common_extraction


def read_mask_tables(
    paths: Mapping[MasksBy, Sequence[Path]], extraction: Mapping[str, Any] | None
) -> dict[MasksBy, list[pd.DataFrame]]:
    """Tables of features over other masks. Raises `InputError` where one was extracted with other settings than the
    training table (None: unknown, not compared)."""
    read = {by: {path: read_rois(path) for path in some} for by, some in paths.items()}
    settings = {str(path): found for tables in read.values() for path, (_, found) in tables.items() if found}
    if extraction is not None:
        common_extraction({"training table": extraction, **settings})
    return {by: [table for table, _ in tables.values()] for by, tables in read.items()}
