"""The sample size of a prediction model against the worked examples of the papers."""

from __future__ import annotations

import pytest

from livermets.stats.sample_size import maximum_cox_snell, model_sample_size


def test_chagas_disease_of_the_paper():
    """Riley et al., Stat Med 2019;38:1276: 24 parameters, 17.4 % with the disease, R² 0.288: 662 participants, 4.8
    events per parameter."""
    found = model_sample_size(24, 0.174, 0.288)
    assert (found.shrinkage, found.optimism, found.overall_risk) == (623, 662, 221)
    assert found.participants == 662
    assert round(found.participants * 0.174 / 24, 1) == 4.8


def test_recurrent_thromboembolism_of_the_paper():
    """The same paper: 30 parameters and R² 0.051 need 5143 for the shrinkage; with 0.065 events a year over 2.07 years
    that is 23 events per parameter."""
    found = model_sample_size(30, 0.13, 0.051)
    assert found.shrinkage == 5143
    assert round(found.shrinkage * 0.065 * 2.07 / 30) == 23


def test_pre_eclampsia_of_the_guidance():
    """Riley et al., BMJ 2020;368:m441: 5 % with the outcome, 30 parameters; the largest R² is 0.33, 0.15 of it 0.05."""
    assert maximum_cox_snell(0.05) == pytest.approx(0.33, abs=0.005)
    assert maximum_cox_snell(0.5) == pytest.approx(0.75)
    found = model_sample_size(30, 0.05, 0.05)
    assert (found.overall_risk, found.shrinkage) == (73, 5249)
    assert found.participants == 5249


@pytest.mark.parametrize("values", [(0, 0.2, 0.1), (10, 0.05, 0.4), (10, 0.5, 0.0)])
def test_values_out_of_range_are_refused(values):
    with pytest.raises(ValueError, match="needs a parameter and an R²"):
        model_sample_size(*values)
