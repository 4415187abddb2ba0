"""The corpus: one way of being wrong each, and the sentence that a person gets for it. One module a heading."""

from tests.wrong_input.cases import configuration, diameters, dicom, dicom_masks, files, headers, masks, sources, tables
from tests.wrong_input.cases.corpus import CASES, Case, heading_of

HEADINGS = [
    heading_of(module.__name__)
    for module in (configuration, tables, diameters, files, headers, masks, sources, dicom, dicom_masks)
]

__all__ = ["CASES", "HEADINGS", "Case"]
