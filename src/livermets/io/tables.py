"""Reading and writing tables: CSV for people, Parquet (with settings inside) for ROI features."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from livermets.errors import input_error
from livermets.io.atomic import written_aside
from livermets.io.listing import require

METADATA_KEY = b"livermets"
# Names, not numbers: patient 007 is not patient 7.
TEXT_COLUMNS: dict[Any, type[str]] = dict.fromkeys(("cohort", "patient_id", "timepoint", "centre", "mask_source"), str)


def read_table(path: Path | str) -> pd.DataFrame:
    """A table of any supported form by its suffix: ``.csv``, ``.csv.gz``, ``.tsv``, ``.xlsx``, ``.parquet``."""
    path = Path(path)
    require(path, "this table", "Check the path")
    name = path.name.lower()
    try:
        if name.endswith(".parquet"):
            return pd.read_parquet(path)
        if name.endswith((".xlsx", ".xls")):
            return pd.read_excel(path, dtype=TEXT_COLUMNS)
        if name.endswith((".tsv", ".tsv.gz")):
            return pd.read_csv(path, sep="\t", dtype=TEXT_COLUMNS, float_precision="round_trip")
        if name.endswith((".csv", ".csv.gz")):
            return pd.read_csv(path, dtype=TEXT_COLUMNS, float_precision="round_trip")
    except (ValueError, OSError, UnicodeDecodeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise input_error(path, f"this table cannot be read ({reason})", "Save it again") from error
    raise input_error(path, "unknown kind of table", "Use .csv, .csv.gz, .tsv, .xlsx or .parquet")


def write_csv(path: Path | str, table: pd.DataFrame) -> None:
    """Writes a CSV in one step; empty cells mean not available; floats round-trip."""
    with written_aside(path) as aside:
        table.to_csv(aside, index=False, lineterminator="\n", compression=None)


def write_parquet(path: Path | str, table: pd.DataFrame, metadata: dict[str, Any]) -> None:
    """Writes a Parquet table whose file metadata key ``livermets`` holds ``metadata`` as JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False)
    arrow = arrow.replace_schema_metadata(
        {**(arrow.schema.metadata or {}), METADATA_KEY: json.dumps(metadata, default=str).encode()}
    )
    with written_aside(path) as aside:
        pq.write_table(arrow, aside, compression="zstd")


def read_parquet_metadata(path: Path | str) -> dict[str, Any]:
    """The JSON under ``livermets`` in a Parquet file's metadata; empty if there is none."""
    import pyarrow.parquet as pq

    found = (pq.read_schema(path).metadata or {}).get(METADATA_KEY)
    return json.loads(found) if found else {}
