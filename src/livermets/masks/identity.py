"""Which lesion a row is about, and whose mask it speaks of: keys, ids and sources as all tables have them."""

from __future__ import annotations

SCAN_KEY = ("cohort", "patient_id", "timepoint")
"""The columns that name a scan."""
LESION_KEY = (*SCAN_KEY, "lesion_id")
"""The columns that name a lesion."""
MANUAL, AUTOMATIC = SOURCES = ("manual", "automatic")
"""Mask sources: the reference, and the study's own network."""
LARGEST_LESION_ID = 1000
"""A reader's lesion ids end here."""
FIRST_UNMATCHED_ID = LARGEST_LESION_ID + 1
"""Automatic components without a reader's lesion count from here, or from above the reader's highest id."""
