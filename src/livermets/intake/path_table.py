"""The paths of a cohort as a table, scan by scan, where no template holds them all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from livermets.intake.choosing import chosen, roles
from livermets.intake.readings import Read

COLUMNS = ("image", "liver", "lesions")


def path_rows(read: Sequence[Read], place: Path) -> tuple[list[dict[str, str]], list[str]]:
    """One row per scan that has an image: `patient_id`, `timepoint`, and the paths by column (empty: none). Also the
    scans that have several images of equal standing, of which one was taken."""
    kinds = roles(read)
    rows, doubtful = [], []
    for patient, point in sorted({(one.patient, one.timepoint) for one in read}):
        mine = [one for one in read if (one.patient, one.timepoint) == (patient, point)]
        row = {"patient_id": patient, "timepoint": point or "baseline"}
        for column in COLUMNS:
            group = chosen([one for one in mine if kinds[one.template] == column], mine)
            row[column] = "" if group is None else _path(place, group.template, patient, point)
        if not row["lesions"]:
            both = chosen([one for one in mine if kinds[one.template] == "mask"], mine)
            row["lesions"] = "" if both is None else _path(place, both.template, patient, point)
        if len({one.item.path for one in mine if kinds[one.template] == "image"}) > 1:
            doubtful.append(f"{patient} {point}".strip())
        if row["image"]:
            rows.append(row)
    return rows, doubtful


def _path(place: Path, template: str, patient: str, point: str) -> str:
    return (place / template.replace("{patient}", patient).replace("{timepoint}", point)).as_posix()


def table_keys(rows: Sequence[dict[str, str]], table: Path) -> dict[str, Any]:
    """The keys of a cohort that reads such a table."""
    used = [column for column in COLUMNS if any(row[column] for row in rows)]
    return {"role": "predict", "table": str(table), "columns": {column: column for column in used}}
