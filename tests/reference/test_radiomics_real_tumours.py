"""A seeded sample of the windows of real liver tumours (``LIVERMETS_DATA/ircadb01-p01``), engine against PyRadiomics.

All windows are compared by tests/bench/bench_radiomics_equality.py, which takes PyRadiomics several minutes."""

from __future__ import annotations

import numpy as np
import pytest
from tests.exact_glcm import ABSOLUTE, ILL_CONDITIONED, RELATIVE, differing
from tests.radiomics_cases import Case, tumours

from livermets.config.radiomics import RadiomicsSettings
from livermets.radiomics import reference
from livermets.radiomics.engine import fast
from livermets.radiomics.names import COLUMNS
from livermets.randomness import generator

pytestmark = pytest.mark.xdist_group("radiomics")

SAMPLE = 50


@pytest.fixture(scope="module")
def case() -> Case:
    found = tumours()
    if found is None:
        pytest.skip("needs LIVERMETS_DATA/ircadb01-p01")
    return found


@pytest.mark.parametrize(
    "options", [{"bin_width": 25.0}, {"bin_width": 25.0, "binning": "mask"}, {"bin_width": 0.3}], ids=str
)
def test_sampled_windows(case: Case, options: dict) -> None:
    settings = RadiomicsSettings(**options)
    image = case.zscored if settings.bin_width < 1 else case.image
    assert image is not None
    lesion, origins = max(case.windows(settings).items(), key=lambda item: len(item[1]))
    sample = np.sort(generator(1, "tumours", str(options)).choice(len(origins), SAMPLE, replace=False))
    if settings.binning == "mask":  # the voxel-based reference pays per slice
        sample = np.flatnonzero(origins[:, 0] == origins[sample[0], 0])[:SAMPLE]
    chosen, inside = origins[sample], case.labels == lesion
    ours = fast.window_features(image, inside, chosen, case.spacing_zyx_mm, settings)
    theirs = reference.window_features(image, inside, chosen, case.spacing_zyx_mm, settings)
    for row, column in np.argwhere(differing(ours, theirs)):
        name, (z, y, x) = COLUMNS[column], chosen[row]
        assert name in ILL_CONDITIONED, f"{name}, window {z, y, x}: {ours[row, column]!r} {theirs[row, column]!r}"
        exact = ILL_CONDITIONED[name](image[z, y : y + 7, x : x + 7], image[inside], settings)
        assert ours[row, column] == pytest.approx(exact, rel=RELATIVE, abs=ABSOLUTE)
