"""Are a source's masks as good as the reference's? Classes and areas against the margins that the study has set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from livermets.concordance.agreement import kept_class, population
from livermets.concordance.diagnostics import scored
from livermets.config.statistics import EquivalenceSettings
from livermets.masks.identity import SHARES
from livermets.masks.lesion_table import SAME
from livermets.stats.equivalence import against_margins, clustered_auc_difference, clustered_share, tost_level
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN

AUC_DIFFERENCE = "auc_difference"
OF_AREAS = "lesions with an outcome, and a class and a share from both masks"
COLUMNS = (
    "measure",
    "population",
    "value",
    "low",
    "high",
    "level",
    "method",
    "lower_margin",
    "upper_margin",
    "verdict",
    "n_lesions",
    "n_patients",
    "note",
)


def equivalence_table(lesions: pd.DataFrame, margins: EquivalenceSettings, boot: PatientBootstrap) -> pd.DataFrame:
    """A row per question: does the share of lesions that keep their class, of each population of `kept_class`, exceed
    the margin; does the area with the manual mask minus that with the automatic one lie within the margins.

    Two one-sided tests by intervals of level 1 - 2 x significance, of patients and never of lesions taken as
    independent; ``verdict`` as `stats.equivalence.against_margins`. ``upper_margin`` is empty for agreement, of which
    more is never worse."""
    at_level = replace(boot, level=tost_level(margins.significance))
    rows = [*_of_agreement(lesions, margins.agreement, at_level), _of_areas(lesions, margins.auc, at_level)]
    table = pd.DataFrame([{"level": at_level.level, **row} for row in rows], columns=list(COLUMNS))
    return table.astype({"n_lesions": "Int64", "n_patients": "Int64"})


def _of_agreement(lesions: pd.DataFrame, margin: float, boot: PatientBootstrap) -> Iterator[dict[str, object]]:
    patient, same = lesions["patient"].to_numpy(np.intp), (lesions["fate"] == SAME).to_numpy()
    patients = boot.weights.shape[1]
    for measure, among in kept_class(lesions).items():
        hits, counts = (per_patient_sum(part, patient, patients) for part in (same & among, among))
        (low, high), method, why = clustered_share(hits, counts, boot.level)
        yield {
            "measure": measure,
            "population": population(measure),
            "value": hits.sum() / counts.sum() if among.any() else NAN,
            "low": low,
            "high": high,
            "method": method,
            "lower_margin": margin,
            "upper_margin": NAN,
            "verdict": against_margins(low, high, lower=margin),
            "n_lesions": int(among.sum()),
            "n_patients": int(np.count_nonzero(counts)),
            "note": why,
        }


def _of_areas(lesions: pd.DataFrame, margin: float, boot: PatientBootstrap) -> dict[str, object]:
    has_shares = all(column in lesions for column in SHARES)
    known = scored(lesions[lesions["compared"]])
    manual, automatic = (known[column].to_numpy(float) if has_shares else np.empty(0) for column in SHARES)
    response, patient = known["response"].to_numpy(float), known["patient"].to_numpy(np.intp)
    value, (low, high), method, why = clustered_auc_difference(manual, automatic, response, patient, boot)
    return {
        "measure": AUC_DIFFERENCE,
        "population": OF_AREAS,
        "value": value,
        "low": low,
        "high": high,
        "method": method,
        "lower_margin": -margin,
        "upper_margin": margin,
        "verdict": against_margins(low, high, -margin, margin),
        "n_lesions": len(known),
        "n_patients": len(np.unique(patient)),
        "note": why if has_shares else "the table has no shares of both masks",
    }
