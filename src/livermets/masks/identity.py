"""Which lesion a row is about, and whose mask it speaks of: keys, ids and sources as all tables have them."""

from __future__ import annotations

from collections.abc import Container, Sequence

from livermets.config.networks import OWN

PATIENT_KEY = ("cohort", "patient_id")
"""The columns that name a patient: the same ``patient_id`` in two cohorts is two people."""
SCAN_KEY = (*PATIENT_KEY, "timepoint")
"""The columns that name a scan."""
LESION_KEY = (*SCAN_KEY, "lesion_id")
"""The columns that name a lesion."""
MANUAL, AUTOMATIC = SOURCES = ("manual", OWN)
"""Mask sources: the reference, and the study's own network."""
SIDES = SOURCES
"""The two sides of a pair of sources in columns, whatever the sources are called."""
FALSE_POSITIVE = "false_positive"
"""The ``kind`` of an automatic component without a reader's lesion; other kinds are the sources: a reader's lesion, and
a component where there is no manual mask to say whether it is false."""
LARGEST_LESION_ID = 1000
"""A reader's lesion ids end here."""
FIRST_UNMATCHED_ID = LARGEST_LESION_ID + 1
"""Automatic components without a reader's lesion count from here, or from above the reader's highest id."""


def present(key: Sequence[str], table: Container[object]) -> list[str]:
    """The columns of a key that a table has: one given by hand may be of one cohort and say no timepoint."""
    return [column for column in key if column in table]


def of_both(measure: str) -> tuple[str, str]:
    """The columns of a measure that a lesion has from each mask."""
    return f"{measure}_{MANUAL}", f"{measure}_{AUTOMATIC}"


ROI_COUNTS = of_both("n_roi")
SHARES = of_both("share")
"""Share of R+ ROIs."""
PREDICTED = of_both("predicted")
"""Class: 1 is R+, 0 is R-."""
CALIBRATED = of_both("calibrated")
"""Probability of response that a recalibration makes of the share."""
