"""The columns of every table of this stage, for whoever reads them."""

from __future__ import annotations

from livermets.masks.identity import SCAN_KEY
from livermets.stats.spread import SPREAD_COLUMNS

MEASURES = ("dice", "volume_ratio", "assd_mm", "hausdorff_mm")
"""What is measured of a pair."""
SEEN = ("seen_in_training_a", "seen_in_training_b")
"""Whether a source is a network that was trained on the patient."""
PAIRWISE_COLUMNS = (
    "structure",
    "lesion_id",
    "source_a",
    "source_b",
    "volume_a_ml",
    "volume_b_ml",
    *MEASURES,
    "lacking",
    "n_unmatched_a",
    "n_unmatched_b",
)
SCAN_TABLE_COLUMNS = (*SCAN_KEY, *PAIRWISE_COLUMNS, *SEEN)
"""Of `readers-scan`, one row per structure and pair."""
PAIR_COLUMNS = (
    "cohort",
    "source_a",
    "source_b",
    "kind",
    "reader_a",
    "reader_b",
    "start_a",
    "start_b",
    "from_start",
    "structure",
    "measure",
    "k",
    *SPREAD_COLUMNS,
    "n_scans",
    "n_lacking_a",
    "n_lacking_b",
    "n_lacking_both",
    "n_unmatched_a",
    "n_unmatched_b",
    "n_seen",
)
CEILING_COLUMNS = (
    "cohort",
    "mask_source",
    "source_a",
    "source_b",
    "against",
    "structure",
    "measure",
    "n",
    "n_left_out",
    "n_scans",
    "n_patients",
    "readers_median",
    "readers_mean",
    "network_median",
    "network_mean",
    "difference",
    "low",
    "high",
    "level",
    "method",
    "margin",
    "verdict",
    "note",
)
START_COLUMNS = (
    "cohort",
    "comparison",
    "source_a",
    "source_b",
    "adjusted_a",
    "adjusted_b",
    "structure",
    "measure",
    "n",
    "n_left_out",
    "n_scans",
    "n_patients",
    "without_median",
    "without_mean",
    "with_median",
    "with_mean",
    "difference",
    "low",
    "high",
    "level",
    "method",
    "note",
)
SCORES = ("quality", "minutes")
"""Score of a mask, 1 (worst) to 5 (best); minutes that it took to draw or to correct."""
GIVEN_COLUMNS = (*SCAN_KEY, "mask_source", *SCORES)
"""Of a table of scores as it is given."""
SCORE_COLUMNS = ("cohort", "mask_source", "compared_with", "measure", *SPREAD_COLUMNS)
TABLES = {
    "pairs": PAIR_COLUMNS,
    "ceiling": CEILING_COLUMNS,
    "start": START_COLUMNS,
    "scores": SCORE_COLUMNS,
    "notes": ("table", "statement"),
}
"""By the name of the file in `readers/`."""
