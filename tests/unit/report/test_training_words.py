"""The training cohort's figures are told to be of other lesions, and of scans that the network had seen."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from livermets.report.sections.diagnostics import _network_saw, _other_lesions


def test_masks_that_classify_other_lesions_are_not_to_be_compared():
    lesions = pd.DataFrame({
        "response": [1, 0, 1, np.nan], "predicted_manual": [1, 0, 1, 1], "predicted_automatic": [1, np.nan, 1, np.nan],
    })  # fmt: skip
    assert _other_lesions(lesions).startswith(": not the same lesions, 2 with a class from both")
    assert _other_lesions(lesions.iloc[[0, 2, 3]]) == ""


def test_scans_that_the_network_was_trained_on_are_counted():
    scans = pd.DataFrame({"cohort": "a", "timepoint": "baseline", "seen_in_training": [1, 0, 1]})
    assert "patients of 2 of 3 of these scans" in _network_saw(SimpleNamespace(scan_metrics=scans), "a")
    unseen = SimpleNamespace(scan_metrics=scans.assign(seen_in_training=0))
    assert _network_saw(unseen, "a") == ""
