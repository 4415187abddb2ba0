"""The IBSI digital phantom (``LIVERMETS_DATA/ibsi1-digital-phantom``): published values by the engine's own code.

Reference values and tolerances: image biomarker standardisation initiative, reference manual, arXiv:1612.07003,
aggregation "2D, averaged" (features per slice and direction, then the mean). The phantom's slices are 5 x 4 pixels
with holes; they are laid into a square window whose pixels outside the mask have level 0.

Left out, because PyRadiomics defines them otherwise: none of the matrices, only features that it does not have."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from livermets.radiomics.engine import kernel
from livermets.radiomics.engine.scratch import new_scratch
from livermets.radiomics.names import COLUMNS

pytestmark = pytest.mark.xdist_group("radiomics")

SIDE = 5
WANTED = kernel.Wanted(False, True, True, True, True, True, True)

# IBSI tag -> our column. Sizes: IBSI counts runs (rlm), zones (szm) and dependence (ngl) by the same statistics.
GLCM = {
    "joint_max": "MaximumProbability", "joint_avg": "JointAverage", "joint_var": "SumSquares",
    "joint_entr": "JointEntropy", "diff_avg": "DifferenceAverage", "diff_var": "DifferenceVariance",
    "diff_entr": "DifferenceEntropy", "sum_avg": "SumAverage", "sum_var": "ClusterTendency",
    "sum_entr": "SumEntropy", "energy": "JointEnergy", "contrast": "Contrast", "inv_diff": "Id",
    "inv_diff_norm": "Idn", "inv_diff_mom": "Idm", "inv_diff_mom_norm": "Idmn", "inv_var": "InverseVariance",
    "corr": "Correlation", "auto_corr": "Autocorrelation", "clust_tend": "ClusterTendency",
    "clust_shade": "ClusterShade", "clust_prom": "ClusterProminence", "info_corr1": "Imc1", "info_corr2": "Imc2",
}  # fmt: skip
GLRLM = {
    "sre": "ShortRunEmphasis", "lre": "LongRunEmphasis", "lgre": "LowGrayLevelRunEmphasis",
    "hgre": "HighGrayLevelRunEmphasis", "srlge": "ShortRunLowGrayLevelEmphasis",
    "srhge": "ShortRunHighGrayLevelEmphasis", "lrlge": "LongRunLowGrayLevelEmphasis",
    "lrhge": "LongRunHighGrayLevelEmphasis", "glnu": "GrayLevelNonUniformity",
    "glnu_norm": "GrayLevelNonUniformityNormalized", "rlnu": "RunLengthNonUniformity",
    "rlnu_norm": "RunLengthNonUniformityNormalized", "r_perc": "RunPercentage", "gl_var": "GrayLevelVariance",
    "rl_var": "RunVariance", "rl_entr": "RunEntropy",
}  # fmt: skip
GLSZM = {
    "sze": "SmallAreaEmphasis", "lze": "LargeAreaEmphasis", "lgze": "LowGrayLevelZoneEmphasis",
    "hgze": "HighGrayLevelZoneEmphasis", "szlge": "SmallAreaLowGrayLevelEmphasis",
    "szhge": "SmallAreaHighGrayLevelEmphasis", "lzlge": "LargeAreaLowGrayLevelEmphasis",
    "lzhge": "LargeAreaHighGrayLevelEmphasis", "glnu": "GrayLevelNonUniformity",
    "glnu_norm": "GrayLevelNonUniformityNormalized", "zsnu": "SizeZoneNonUniformity",
    "zsnu_norm": "SizeZoneNonUniformityNormalized", "z_perc": "ZonePercentage", "gl_var": "GrayLevelVariance",
    "zs_var": "ZoneVariance", "zs_entr": "ZoneEntropy",
}  # fmt: skip
GLDM = {
    "lde": "SmallDependenceEmphasis", "hde": "LargeDependenceEmphasis", "lgce": "LowGrayLevelEmphasis",
    "hgce": "HighGrayLevelEmphasis", "ldlge": "SmallDependenceLowGrayLevelEmphasis",
    "ldhge": "SmallDependenceHighGrayLevelEmphasis", "hdlge": "LargeDependenceLowGrayLevelEmphasis",
    "hdhge": "LargeDependenceHighGrayLevelEmphasis", "glnu": "GrayLevelNonUniformity",
    "dcnu": "DependenceNonUniformity", "dcnu_norm": "DependenceNonUniformityNormalized",
    "gl_var": "GrayLevelVariance", "dc_var": "DependenceVariance", "dc_entr": "DependenceEntropy",
}  # fmt: skip
NGTDM = {
    "coarseness": "Coarseness", "contrast": "Contrast", "busyness": "Busyness", "complexity": "Complexity",
    "strength": "Strength",
}  # fmt: skip
FAMILIES = {
    "cm": ("glcm", GLCM, "_2D_avg"), "rlm": ("glrlm", GLRLM, "_2D_avg"), "szm": ("glszm", GLSZM, "_2D"),
    "ngl": ("gldm", GLDM, "_2D"), "ngt": ("ngtdm", NGTDM, "_2D"),
}  # fmt: skip


@pytest.fixture(scope="module")
def phantom() -> Path:
    folder = Path(os.environ.get("LIVERMETS_DATA", "")) / "ibsi1-digital-phantom"
    if "LIVERMETS_DATA" not in os.environ or not folder.exists():
        pytest.skip("needs LIVERMETS_DATA/ibsi1-digital-phantom")
    return folder


def slice_features(levels: np.ndarray) -> np.ndarray:
    """The texture features of one slice of levels; 0 outside the mask."""
    memory = new_scratch()
    s = memory[0]
    window = np.zeros((SIDE + 2, SIDE + 2), dtype=np.int64)
    window[1 : 1 + levels.shape[0], 1 : 1 + levels.shape[1]] = levels
    present = np.unique(levels[levels > 0])
    compact = np.searchsorted(present, window) + 1
    s["w"][: window.size] = np.where(window > 0, compact, 0).ravel()
    s["high"][: window.size] = np.where(window > 0, window - present[0], 0).ravel()
    s["above"][1 : present.size + 1] = present - present[0]
    s["per_level"][1 : present.size + 1] = [(levels == level).sum() for level in present]
    row = np.full(kernel.N_FEATURES, np.nan)
    kernel.texture_features(memory[0], SIDE, present.size, int(present[0]), int(present[-1]), 1.0, WANTED, row)
    return row


def test_published_values(phantom: Path) -> None:
    from livermets.io.images import read_volume

    image, mask = (read_volume(phantom / name).array for name in ("image.nii.gz", "mask.nii.gz"))
    levels = np.where(mask > 0, np.rint(image), 0).astype(np.int64)
    found = dict(zip(COLUMNS, np.mean([slice_features(one) for one in levels], axis=0), strict=True))
    with (phantom / "ibsi_1_dig_phantom.csv").open() as stream:
        published = {row["tag"]: row for row in csv.DictReader(stream, delimiter=";")}
    wrong = []
    compared = 0
    for family, (feature_class, names, ending) in FAMILIES.items():
        for tag, name in names.items():
            row = published[f"{family}_{tag}{ending}"]
            value, tolerance = float(row["reference value"]), float(row["tolerance"] or 0)
            ours = found[f"{feature_class}_{name}"]
            digits = 0.5 * 10.0 ** -_decimals(row["reference value"])
            compared += 1
            if abs(ours - value) > max(tolerance, digits):
                wrong.append(f"{family}_{tag}: {ours:.6g}, published {value:g} +- {tolerance:g}")
    assert not wrong, wrong
    assert compared == 75


def _decimals(text: str) -> int:
    """Decimals of a published number: its rounding is no disagreement."""
    mantissa, _, exponent = text.lower().partition("e")
    return len(mantissa.partition(".")[2]) - int(exponent or 0)
