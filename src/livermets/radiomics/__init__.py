"""Radiomics: sliding windows, whole lesions and feature maps.

`roi_features` is the sliding-window table, `lesion_features` the whole-lesion one, `feature_map` turns a column of the
first back into an image. What each texture matrix is, and why the compiled engine's shortcuts are exact, is written in
the modules of `livermets.radiomics.engine`.
"""

from livermets.radiomics.lesion import lesion_features
from livermets.radiomics.maps import feature_map
from livermets.radiomics.names import FEATURES_BY_CLASS, feature_names
from livermets.radiomics.sliding import roi_features

__all__ = ["FEATURES_BY_CLASS", "feature_map", "feature_names", "lesion_features", "roi_features"]
