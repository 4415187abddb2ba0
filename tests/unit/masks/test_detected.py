"""The rule of detection: strict, carried by the tables, said in words."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import livermets
from livermets.masks.detected import detection_dice_of, is_detected, missed, rule_in_words, rules_side_by_side
from livermets.masks.lesion_table import checked_lesions
from livermets.masks.matching import match_lesions


def table(**columns: list) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    plain = {"patient_id": ["P"] * n, "lesion_id": range(n), "response": [1] * n, "predicted_manual": [1] * n,
             "predicted_automatic": [1] * n, "longest_diameter_mm": [20.0] * n}  # fmt: skip
    return pd.DataFrame({**plain, **columns})


@pytest.mark.parametrize("rule, expected", [(0.0, [0, 1, 1, 1, 0]), (0.2, [0, 0, 0, 1, 0])])
def test_detected_is_strictly_above_the_rule_and_no_dice_is_no_detection(rule, expected):
    assert is_detected([0.0, 0.1, 0.2, 0.21, np.nan], rule).astype(int).tolist() == expected


def test_matching_follows_the_rule_and_says_it():
    manual = np.zeros((1, 10, 10), np.uint16)
    manual[0, :5] = 1
    touch = np.zeros_like(manual)
    touch[0, 0, :3] = 1  # Dice 2 * 3 / (50 + 3)
    by_rule = {rule: match_lesions(touch, manual, (1.0, 1.0, 1.0), rule).table.iloc[0] for rule in (0.0, 0.2)}
    assert [by_rule[rule]["detected"] for rule in by_rule] == [1, 0]
    assert [by_rule[rule]["detection_dice"] for rule in by_rule] == [0.0, 0.2]


@pytest.mark.parametrize(
    "columns, rule, words",
    [
        ({"dice": [0.1, 0.5]}, 0.0, "Dice above 0"),
        ({"dice": [0.1, 0.5], "detected": [0, 1], "detection_dice": [0.2, 0.2]}, 0.2, "Dice above 0.2"),
        ({"dice": [0.1, 0.5], "detected": [np.nan, np.nan]}, 0.0, "Dice above 0"),
        ({"dice": [0.1, 0.5], "detected": [0, 1]}, None, "as the column detected of the lesion table says"),
        ({"dice": [0.1, 0.5], "detected": [0, 1], "detection_dice": [0.2, 0.0]}, None, "as the column detected of"),
    ],
)
def test_a_table_says_its_rule_or_that_nobody_knows_it(columns, rule, words):
    assert detection_dice_of(table(**columns)) == rule
    assert rule_in_words(rule).startswith(words[:24])


def test_an_undetected_lesion_has_no_class_whatever_the_table_says():
    checked = checked_lesions(table(dice=[0.1, 0.5], detected=[0, 1], detection_dice=[0.2, 0.2]))
    assert checked["automatic_fate"].tolist() == ["undetected", "classified"]
    assert checked["compared"].tolist() == [False, True]
    assert checked["predicted_automatic"].isna().tolist() == [True, False]


def test_without_a_column_the_rule_is_any_overlap_and_a_class_without_dice_stays():
    checked = checked_lesions(table(dice=[0.0, 0.1, np.nan]))
    assert checked["automatic_fate"].tolist() == ["undetected", "classified", "classified"]


def test_a_scan_without_an_automatic_mask_missed_nothing():
    assert missed(table(dice=[np.nan, 0.0], detected=[np.nan, 0], detection_dice=[np.nan, 0.2])).tolist() == [
        False,
        True,
    ]


DECIDED_BESIDE = re.compile(
    r"""(?<!len\()dice"?\]?(\[\d\])?\)?(\.fillna\(0(\.0)?\))?          # a column or array of Dice
        (\ ?(>|<=|==)\ ?|\.(gt|le|eq)\()                    # compared
        (0(\.0)?(?![\d.])|above|detection_dice|limit)       # with nothing, or with a rule
    """,
    re.VERBOSE,
)


def test_no_module_decides_by_itself_what_was_detected():
    files = sorted((Path(livermets.__file__).parent).rglob("*.py"))
    beside = [
        f"{file.name}: {line.strip()}"
        for file in files
        if file.name != "detected.py"
        for line in file.read_text(encoding="utf-8").splitlines()
        if DECIDED_BESIDE.search(line)
    ]
    assert beside == []
    assert DECIDED_BESIDE.search('found = lesions["dice"] > 0')


def test_the_studys_rule_comes_first_and_once():
    assert rules_side_by_side(0.2) == (0.2, 0.0)
    assert rules_side_by_side(0.5) == (0.5, 0.0, 0.2)
