"""Which columns of a table are radiomics features, and which clinical covariates."""

from __future__ import annotations

from collections.abc import Iterable

IMAGE_PREFIXES = ("original_", "log-sigma-", "wavelet-")
"""How their names begin: with the image that they are taken from (`radiomics.filters` names the images)."""

COVARIATE_PREFIX = "covariate_"
"""How the columns of covariates begin; that of a category's word is ``covariate_<name>=<word>``, 1 or 0."""

STABLE_OVER = {"altered": "altered masks", "readers": "masks of several readers"}
"""The masks over which features are asked to be stable, in words."""


def feature_columns(columns: Iterable[object]) -> list[str]:
    """Those columns that are radiomics features, of any image, in the table's order."""
    return [str(column) for column in columns if str(column).startswith(IMAGE_PREFIXES)]


def covariate_columns(columns: Iterable[object]) -> list[str]:
    """Those columns that are clinical covariates, in the table's order."""
    return [str(column) for column in columns if str(column).startswith(COVARIATE_PREFIX)]
