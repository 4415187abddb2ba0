"""What the models of the comparison are called in figures and in the report."""

from __future__ import annotations

CLINICAL, WITH_CLINICAL = "clinical", "radiomics_clinical"
"""Clinical covariates alone, and with the score of the genetic selection."""
MODEL_NAMES = {
    "ga_network": "Genetic selection",
    "ga_network_unfiltered": "Genetic selection, unstable features too",
    "network_all_features": "Network, all features",
    "lasso": "LASSO",
    "longest_diameter": "Longest diameter",
    "lasso_whole_lesion": "LASSO, whole lesion",
    CLINICAL: "Clinical covariates",
    WITH_CLINICAL: "Genetic selection and covariates",
}
