"""The training table: ROIs of the reference masks of the training scans, each with the outcome of its lesion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from livermets.errors import ProblemList
from livermets.masks.identity import LESION_KEY
from livermets.masks.lesion_table import TRAIN, at_timepoints, of_roles
from livermets.model.extraction import setting_differences

KEYS = list(LESION_KEY)


@dataclass(frozen=True, eq=False)
class TrainingTable:
    """``table``: ROI rows with ``response``; the lists name lesions that are not in it, and why."""

    table: pd.DataFrame
    without_response: tuple[str, ...]
    without_rois: tuple[str, ...]


def training_table(
    rois: Sequence[pd.DataFrame], lesions: Sequence[pd.DataFrame], timepoints: Sequence[str] = ()
) -> TrainingTable:
    """Joins ROI tables with the outcome of their lesions and leaves out lesions without one.

    Of lesions with a ``role``, only those with the role ``train`` enter, and of the named ``timepoints``; without
    either, those of the one timepoint that there is. Raises `InputError` for several timepoints of which none is
    chosen, for a ROI whose lesion is unknown, and if no ROI is left."""
    problems = ProblemList()
    rois = [part[at_timepoints(part, timepoints, "ROIs")] for part in rois]
    lesions = [part[at_timepoints(part, timepoints, "lesions")] for part in lesions]
    listed = pd.concat(lesions, ignore_index=True)
    known = listed.loc[of_roles(listed, [TRAIN]), [*KEYS, "response"]]
    rows = pd.concat([part for part in rois if len(part)] or list(rois)[:1], ignore_index=True)
    other_role = listed.loc[~of_roles(listed, [TRAIN]), KEYS]
    rows = rows[~pd.MultiIndex.from_frame(rows[KEYS]).isin(pd.MultiIndex.from_frame(other_role))]
    found = sorted({str(timepoint) for timepoint in rows["timepoint"]})
    if len(found) > 1 and not timepoints and not _roles_say_so(listed):
        what = f"several timepoints ({', '.join(found)}), and a follow-up image is part of the outcome"
        problems.error("ROIs", what, "Name those to learn from with --timepoint")
        problems.raise_if_errors()
    for key in known[known.duplicated(KEYS)][KEYS].itertuples(index=False, name=None):
        problems.error("lesions", f"lesion {_name(key)} is listed twice", "Give each scan's table once")
    problems.raise_if_errors()
    joined = rows.merge(known, on=KEYS, how="left", indicator=True, validate="many_to_one")
    for key in joined[joined["_merge"] == "left_only"][KEYS].drop_duplicates().itertuples(index=False, name=None):
        problems.error("ROIs", f"lesion {_name(key)} is in no lesion table", "Give the tables of the same scans")
    known["response"] = pd.to_numeric(known["response"], errors="coerce")
    joined["response"] = pd.to_numeric(joined["response"], errors="coerce")
    table = joined[joined["response"].notna()].drop(columns="_merge").reset_index(drop=True)
    if table.empty and not problems.errors:
        problems.error("training table", "no ROI belongs to a lesion with a known outcome", "Check the outcome table")
    problems.raise_if_errors()
    table["response"] = table["response"].astype("int64")
    with_rois = set(rows[KEYS].itertuples(index=False, name=None))
    names = {_name(key): key for key in known[KEYS].itertuples(index=False, name=None)}
    unknown = {_name(key) for key in known[known["response"].isna()][KEYS].itertuples(index=False, name=None)}
    return TrainingTable(
        table,
        tuple(sorted(unknown)),
        tuple(sorted(name for name, key in names.items() if name not in unknown and key not in with_rois)),
    )


def _roles_say_so(lesions: pd.DataFrame) -> bool:
    """Whether every lesion has a role, so that nobody need say which timepoints to learn from."""
    return "role" in lesions and bool(lesions["role"].notna().all())


def common_extraction(settings: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The extraction settings that all tables (by name) share; raises `InputError` naming every difference."""
    problems = ProblemList()
    (_, reference), *others = settings.items()
    for name, found in others:
        for difference in setting_differences(reference, found):
            problems.error(
                name, f"extracted with other settings than the first table: {difference}", "Extract it again"
            )
    problems.raise_if_errors()
    return reference


def _name(key: tuple[Any, ...]) -> str:
    return " ".join(map(str, key))
