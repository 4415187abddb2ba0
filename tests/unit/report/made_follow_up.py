"""Lesions over time for a made-up results folder, by the stage's own tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from livermets.config.follow_up import FollowUpSettings
from livermets.follow_up.links import Link
from livermets.follow_up.registration import Affine, Registration
from livermets.follow_up.tables import LESION_COLUMNS, SCAN_COLUMNS, Timepoint, lesion_table, scan_table
from livermets.follow_up.tracks import GONE, LINKED, NEW, Followed


def write_follow_up(folder: Path, lesions: pd.DataFrame, reference: str, other: str | None) -> None:
    """Follows the patients of one cohort with several timepoints, linked by position. The first lesion of each is gone
    at the second timepoint and another is new; livers agree less from patient to patient."""
    for number, (patient, part) in enumerate(lesions.groupby("patient_id", sort=False)):
        names = list(part["timepoint"].unique())
        if len(names) < 2:
            continue
        series = [_timepoint(name, 61.0 * n, part[part["timepoint"].eq(name)], other) for n, name in enumerate(names)]
        step = Registration(Affine(np.eye(3), np.zeros(3)), 0.97 - 0.02 * number)
        ids = series[0].lesions["lesion_id"].tolist()
        followed = [Followed(0, i, "first", i) for i in ids]
        for n in range(1, len(series)):
            followed += [Followed(n, ids[0], GONE), Followed(n, 900 + n, NEW, ids[0])]
            followed += [Followed(n, i, LINKED, i, Link(3.5, 0.6)) for i in ids[1:]]
        key = {"cohort": folder.name, "patient_id": patient}
        steps, settings = [step] * (len(series) - 1), FollowUpSettings()
        out = folder / "follow_up" / str(patient)
        out.mkdir(parents=True)
        tracks = lesion_table(series, followed, steps, reference).assign(**key)
        tracks[list(LESION_COLUMNS)].to_csv(out / "lesions.csv", index=False)
        scans = scan_table(series, followed, steps, reference, False, settings).assign(**key)
        scans[list(SCAN_COLUMNS)].to_csv(out / "scans.csv", index=False)
        _picture(out / "tracks.png")


def _timepoint(name: str, days: float, lesions: pd.DataFrame, other: str | None) -> Timepoint:
    found = lesions.assign(kind="manual", volume_automatic_ml=lesions["volume_ml"] * (lesions["dice"] > 0))
    return Timepoint(name, lesions, 1500.0, days, {} if other is None else {other: found})


def _picture(path: Path) -> None:
    from PIL import Image

    Image.new("L", (8, 8)).save(path)
