"""Classes of size: their names, what lies at a cut, and what has no diameter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from livermets.masks.sizes import size_groups, size_labels, sizes


@pytest.mark.parametrize(
    "cuts_mm, names",
    [
        ([], ()),
        ([20], ("< 20 mm", "≥ 20 mm")),
        ([10.0, 20.0], ("< 10 mm", "10–20 mm", "≥ 20 mm")),
        ([5, 12.5, 30], ("< 5 mm", "5–12.5 mm", "12.5–30 mm", "≥ 30 mm")),
    ],
)
def test_classes_are_called_by_their_limits(cuts_mm, names):
    assert size_labels(cuts_mm) == names


def test_a_lesion_at_a_cut_belongs_to_the_class_above_it():
    diameter = pd.Series([9.99, 10.0, 19.99, 20.0, 80.0, np.nan], index=list("abcdef"))
    found = sizes(diameter, [10, 20])
    assert found.iloc[:5].to_dict() == {
        "a": "< 10 mm",
        "b": "10–20 mm",
        "c": "10–20 mm",
        "d": "≥ 20 mm",
        "e": "≥ 20 mm",
    }
    assert pd.isna(found["f"])
    assert sizes(diameter, []).isna().all()


def test_the_classes_of_size_share_out_the_lesions_with_a_diameter():
    random = np.random.default_rng(0)
    lesions = pd.DataFrame({"longest_diameter_mm": random.uniform(1, 60, 200)})
    lesions.loc[::7, "longest_diameter_mm"] = np.nan
    (name, every), *classes = size_groups(lesions, [10, 20, 35])
    assert (name, len(every)) == ("all", 200)
    joined = pd.concat([part for _, part in classes])
    assert sorted(joined.index) == lesions.index[lesions["longest_diameter_mm"].notna()].tolist()
    limits = [0, 10, 20, 35, np.inf]
    for (_, part), low, high in zip(classes, limits[:-1], limits[1:], strict=True):
        assert part["longest_diameter_mm"].between(low, high, inclusive="left").all()


def test_a_class_without_a_lesion_is_there_and_empty():
    lesions = pd.DataFrame({"longest_diameter_mm": [25.0, 30.0]})
    assert [(name, len(part)) for name, part in size_groups(lesions, [10, 20])] == [
        ("all", 2),
        ("< 10 mm", 0),
        ("10–20 mm", 0),
        ("≥ 20 mm", 2),
    ]
    assert [(name, len(part)) for name, part in size_groups(lesions, [])] == [("all", 2)]
