"""The section ``follow_up``: which lesion of one timepoint is which of the next."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from livermets.config.base import Section

LinkedBy = Literal["cohort", "ids", "position"]
"""How lesions of two timepoints are told to be the same."""


class FollowUpSettings(Section):
    """How the lesions of a patient with scans at several timepoints are followed. Tables of their own come of it; no
    lesion_id and no other table changes."""

    link: LinkedBy = "cohort"
    """What makes two lesions of a patient the same. ids: their lesion_id, the number that the reader gave them;
    position: where they lie in the liver, after the earlier liver is laid over the later one; cohort: ids where the
    cohort's `lesion_ids` are labels, position where they are components."""
    gate_mm: Annotated[float, Field(gt=0)] = 15.0
    """Linked by position: how far, in mm, the centroid of a lesion may lie from that of the earlier one after
    registration, unless the two overlap by `overlap_share`. Linked by id: a distance from which it is remarked on."""
    overlap_share: Annotated[float, Field(gt=0, le=1)] = 0.25
    """Share of the smaller of two lesions that must lie in the other after registration, for them to be linked in
    spite of distant centroids; or, where one of them is linked otherwise, for the other to count as merged with it or
    split from it."""
    least_liver_dice: Annotated[float, Field(ge=0, le=1)] = 0.9
    """Dice of the two livers after registration below which the links of a pair of scans are to be doubted, which is
    said; they are made all the same."""
