"""Which lesion a row is about, and which mask it speaks of: keys, ids and the sides of a pair as all tables have them.

What the sources of masks are called is for each study to say, and stands in the column ``mask_source``."""

from __future__ import annotations

from collections.abc import Container, Sequence

PATIENT_KEY = ("cohort", "patient_id")
"""The columns that name a patient: the same ``patient_id`` in two cohorts is two people."""
SCAN_KEY = (*PATIENT_KEY, "timepoint")
"""The columns that name a scan."""
LESION_KEY = (*SCAN_KEY, "lesion_id")
"""The columns that name a lesion."""
MANUAL, AUTOMATIC = SIDES = ("manual", "automatic")
"""The two sides of a pair of mask sources in columns and in ``kind``, whatever the sources are called: the reference,
and the source that is compared with it."""
REFERENCE = MANUAL
"""The name of the reference where none is said."""
FALSE_POSITIVE = "false_positive"
"""The ``kind`` of a component without a reference lesion; other kinds are the sides: a lesion of the reference, and a
component where there is no reference mask to say whether it is false."""
LARGEST_LESION_ID = 1000
"""The ids of reference lesions end here."""
FIRST_UNMATCHED_ID = LARGEST_LESION_ID + 1
"""Components without a reference lesion count from here, or from above the highest id of one."""


def present(key: Sequence[str], table: Container[object]) -> list[str]:
    """The columns of a key that a table has: one given by hand may be of one cohort and say no timepoint."""
    return [column for column in key if column in table]


def of_both(measure: str) -> tuple[str, str]:
    """The columns of a measure that a lesion has from each mask of a pair."""
    return f"{measure}_{MANUAL}", f"{measure}_{AUTOMATIC}"


ROI_COUNTS = of_both("n_roi")
SHARES = of_both("share")
"""Share of R+ ROIs."""
PREDICTED = of_both("predicted")
"""Class: 1 is R+, 0 is R-."""
CALIBRATED = of_both("calibrated")
"""Probability of response that a recalibration makes of the share."""
