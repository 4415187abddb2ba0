"""The tables of the agreement model, for every outcome that it is fitted to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from livermets.concordance.agreement_model import OUTCOMES, AgreementModel, coefficient_table, fit_agreement_model
from livermets.concordance.optional_tables import empty
from livermets.concordance.required_dice import agreement_curve, required_dice
from livermets.config.statistics import StatisticsSettings

TABLES = ("agreement_model", "required_dice", "agreement_curve")


def agreement_model_tables(
    lesions: pd.DataFrame, settings: StatisticsSettings
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Coefficients, needed Dice and curves, told apart by ``outcome``; and what was not fitted, and why."""
    notes: list[str] = []
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    for outcome in OUTCOMES:
        model, why = fit_agreement_model(lesions, settings, outcome)
        notes += [why] if why else []
        if model is None:
            continue
        for name, table in _tables(model, settings).items():
            parts[name].append(table)
        if parts["required_dice"][-1]["low"].isna().all():
            notes.append(
                f"the Dice needed for {settings.target_agreement:g} ({outcome}) cannot be told "
                f"from these {model.n_lesions} lesions of {model.n_patients} patients at any of the diameters asked for"
            )
    nothing = empty(*TABLES)
    return {n: pd.concat(made, ignore_index=True) if made else nothing[n] for n, made in parts.items()}, notes


def _tables(model: AgreementModel, settings: StatisticsSettings) -> dict[str, pd.DataFrame]:
    dice = np.linspace(0, 1, 51)
    curves = [agreement_curve(model, dice, size, settings.level) for size in settings.target_diameters_mm]
    return {
        "agreement_model": coefficient_table(model, settings.level),
        "required_dice": required_dice(model, settings),
        "agreement_curve": pd.concat(curves, ignore_index=True),
    }
