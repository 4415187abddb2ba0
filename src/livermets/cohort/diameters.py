"""Diameter cells that hold words instead of a number, and what to write there."""

from __future__ import annotations

import re

_VANISHED = re.compile(
    r"""i?CR | complete[ ](response|remission|resolution|regression) | (completely[ ])?resolved | (has[ ])?disappeared
    | disappearance | vanished | gone | absent | (no[ ]longer|not)[ ](visible|seen|detectable|present)
    | (komplette|vollständige)[ ](remission|response|rückbildung) | nicht[ ](mehr[ ])?(sichtbar|nachweisbar|abgrenzbar)
    | verschwunden | risposta[ ]completa | remissione[ ]completa | scompars[oa] | non[ ](più[ ])?visibile
    | réponse[ ]complète | rémission[ ]complète | disparue? | non[ ]visible
    | respuesta[ ]completa | desaparecid[oa]""",
    re.IGNORECASE | re.VERBOSE,
)
_TOO_SMALL = re.compile(
    r"""<=?\s*\d+([.,]\d+)?(\s*mm)? | ≤\s*\d+([.,]\d+)?(\s*mm)? | (tstm|bml|btm) | too[ ]small.* | below[ ]measurable.*
    | zu[ ]klein.* | tropp[oa][ ]piccol[oa].* | trop[ ]petite?.* | tiny | punctate""",
    re.IGNORECASE | re.VERBOSE,
)
_SPREADSHEET_ERROR = re.compile(r"#(DIV/0!|VALUE!|REF!|NAME\?|NUM!|NULL!)", re.IGNORECASE)


def says_vanished(text: str) -> bool:
    """Whether a follow-up entry says that the lesion is gone: a diameter of 0 mm, the best response there is."""
    return _VANISHED.fullmatch(" ".join(text.split()).strip(" .()")) is not None


def advice(text: str, column: str) -> tuple[str, str]:
    """What is wrong with a diameter that is no number, and what to do. RECIST 1.1 (Eisenhauer 2009) gives 0 mm to a
    lesion that has vanished and 5 mm to one that is seen but too small to measure."""
    if says_vanished(text):
        if column == "followup_diameter_mm":
            return "says that the lesion has vanished", "Write 0 (mm): left empty, a responder would be lost"
        return (
            "says that there is no lesion",
            "Exclude the lesion with a reason: without a size before there is no outcome",
        )
    if _TOO_SMALL.fullmatch(text.strip()):
        return "is no size", "Write the number that it stands for (RECIST 1.1: 5 mm if seen but too small to measure)"
    if _SPREADSHEET_ERROR.fullmatch(text):
        return "is an error of the spreadsheet", "Correct the formula"
    if re.fullmatch(r"\d+,\d+", text):
        return "has a decimal comma", 'Set decimal: "," for this cohort'
    if re.fullmatch(r"[\d.,]+\s*(mm|cm)", text, re.IGNORECASE):
        return "holds its unit", "Keep the number only (diameter_unit)"
    return "is not a number", "Correct it, or list it under missing if it means not available"
