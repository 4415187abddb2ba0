"""What the classes of one source's masks are worth where there is no other source to compare them with."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from livermets.concordance.result import concordance
from livermets.config.statistics import StatisticsSettings
from livermets.masks.identity import AUTOMATIC, MANUAL
from livermets.masks.lesion_table import VALIDATION
from livermets.masks.pairs import pair

OF_ONE_MASK = ("diagnostics", "diagnostics_all", "confusion", "roc", "calibration", "calibration_summary", "decision")
"""The tables of a concordance that have rows of one mask."""


def alone(
    long: pd.DataFrame,
    reference: str,
    settings: StatisticsSettings | None = None,
    seed: int = 0,
    where: str = "lesion table",
    timepoints: Sequence[str] = (),
    roles: Sequence[str] = (VALIDATION,),
) -> dict[str, pd.DataFrame]:
    """The tables of `OF_ONE_MASK` about the reference's masks, from a lesion table in long form; as `concordance`."""
    lesions = pair(long, reference, None, every=True)
    # Compared with itself every lesion is found, and "classified with both masks" is classified at all.
    names = [name for name in map(str, lesions) if name.endswith(MANUAL)]
    own = {name.removesuffix(MANUAL) + AUTOMATIC: lesions[name] for name in names}
    itself = lesions.assign(**own, dice=1.0, precision=1.0, recall=1.0, detected=1)
    result = concordance(itself, settings, seed, where, timepoints, roles)
    tables = {name: getattr(result, name) for name in OF_ONE_MASK}
    return {
        name: table[table["mask_source"] == MANUAL].reset_index(drop=True) if "mask_source" in table else table
        for name, table in tables.items()
    }
