"""From the labels of a mask to the ids of its lesions."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from livermets.cohort.scan import Scan
from livermets.config.cohorts import CohortSettings
from livermets.errors import input_error
from livermets.imaging.geometry import CONNECTIVITY_26
from livermets.io.labels import LabelMap
from livermets.masks.identity import LARGEST_LESION_ID


def lesion_numbers(names: Mapping[int, str]) -> dict[int, int]:
    """From segment number to lesion_id: the number at the end of the name ("Tumor_3") where every name has its own,
    else the segment number."""
    ends = {number: re.search(r"(\d+)\s*$", name) for number, name in names.items()}
    numbers = {number: int(match[1]) for number, match in ends.items() if match and int(match[1]) > 0}
    if len(numbers) == len(names) and len(set(numbers.values())) == len(names):
        return numbers
    return {number: number for number in names}


def with_lesion_ids(mask: LabelMap, settings: CohortSettings, scan: Scan) -> NDArray[np.uint16]:
    """The labels of one mask as lesion ids: its pieces numbered anew, or its own numbers, as the settings say."""
    labels = mask.labels
    if settings.lesion_ids == "components":
        components, count = ndimage.label(labels > 0, CONNECTIVITY_26)
        if count > LARGEST_LESION_ID:
            what = f"the lesion mask falls into {count} pieces"
            raise input_error(scan.lesion_pattern, what, "It is noise rather than lesions; correct the mask")
        return components.astype(np.uint16)
    if mask.names:
        numbers = lesion_numbers(mask.names)
        table = np.zeros(max(numbers) + 1, np.uint16)
        for number, lesion_id in numbers.items():
            table[number] = lesion_id
        labels = table[labels]
    if labels.max(initial=0) > LARGEST_LESION_ID:
        what = f"the mask has a lesion with label {labels.max()}"
        raise input_error(scan.lesion_pattern, what, f"Number the lesions from 1 to {LARGEST_LESION_ID}")
    return labels.astype(np.uint16)
