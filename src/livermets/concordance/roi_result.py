"""One mask source against the reference, from the ROI tables: places, classes and features of the ROIs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from livermets.concordance.feature_icc import feature_icc, feature_medians
from livermets.concordance.optional_tables import empty
from livermets.concordance.rois import roi_agreement
from livermets.config.statistics import StatisticsSettings
from livermets.errors import input_error
from livermets.features import IMAGE_PREFIXES, feature_columns
from livermets.masks.identity import REFERENCE, SCAN_KEY, present
from livermets.masks.lesion_table import at_timepoints
from livermets.masks.pairs import SOURCE, other_source, sources_in
from livermets.randomness import generator


@dataclass(frozen=True, eq=False)
class RoiConcordance:
    """What the ROI tables of both masks say; a table that cannot be computed is empty, and ``notes`` says why."""

    overall: pd.DataFrame
    per_lesion: pd.DataFrame
    feature_icc: pd.DataFrame
    notes: tuple[str, ...]


def roi_concordance(
    rois: pd.DataFrame,
    medians: pd.DataFrame | None = None,
    settings: StatisticsSettings | None = None,
    seed: int = 0,
    selected: Sequence[str] = (),
    timepoints: Sequence[str] = (),
    scans: pd.DataFrame | None = None,
    reference: str = REFERENCE,
    other: str | None = None,
) -> RoiConcordance:
    """Places and classes of the ROIs of both masks of a pair, and the ICC of their features.

    ``rois`` holds both masks, told apart by ``mask_source``; ``medians`` the features per lesion and mask
    (`concordance.feature_icc.feature_medians`), taken from ``rois`` itself if left out; ``selected`` the model's
    features. ``timepoints``: those whose ROIs count (none named: all); ``scans``: the same by scan, one row each.
    ``other``: the source beside the ``reference``, to be named where there are several."""
    settings = settings or StatisticsSettings()
    rois = _of_scans(rois[at_timepoints(rois, timepoints, "ROI table")], scans)
    given = feature_medians(rois) if medians is None else medians
    medians = _of_scans(given[at_timepoints(given, timepoints, "feature table")], scans)
    manual, automatic = _by_source(rois, reference, other, "ROI table")
    level, replicates = settings.level, settings.bootstrap_replicates
    random = generator(seed, "concordance", "ROIs")
    agreement = roi_agreement(manual, automatic, level=level, replicates=replicates, random=random)
    features = feature_columns(medians)
    if not features:
        note = f"feature ICC not computed: no table with columns {'*, '.join(IMAGE_PREFIXES)}*"
        icc = empty("feature_icc")["feature_icc"]
        return RoiConcordance(agreement.overall, agreement.per_lesion, icc, (*agreement.notes, note))
    pair = _by_source(medians, reference, other, "feature table")
    icc = feature_icc(pair[0], pair[1], features, settings.icc, level, replicates, random, selected)
    return RoiConcordance(agreement.overall, agreement.per_lesion, icc, agreement.notes)


def _of_scans(table: pd.DataFrame, scans: pd.DataFrame | None) -> pd.DataFrame:
    if scans is None:
        return table
    keys = [name for name in present(SCAN_KEY, scans) if name in table]
    chosen = pd.MultiIndex.from_frame(scans[keys].astype(str))
    return table[pd.MultiIndex.from_frame(table[keys].astype(str)).isin(chosen)]


def _by_source(table: pd.DataFrame, reference: str, other: str | None, where: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    if SOURCE not in table:
        raise input_error(where, f"missing column {SOURCE}", "It says whose mask every row is of")
    others = [name for name in sources_in(table) if name != reference]
    if other is None and others:  # none at all: no mask of the other source holds a ROI
        other = other_source(others, reference, other, where)
    return table[table[SOURCE] == reference], table[table[SOURCE] == other]
