"""How lesion ids tell whose lesion it is."""

FIRST_UNMATCHED_ID = 1001
"""Automatic components without a reader's lesion count from here, or from above the reader's highest id."""
