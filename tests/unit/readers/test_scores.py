"""Scores of quality and minutes, and what a start saves."""

import numpy as np
import pandas as pd
import pytest
from tests.unit.readers.made import only, pairs_of, tables_of

from livermets.errors import InputError
from livermets.readers.scores import checked_scores

SOURCES = {"manual": {"reader": "A"}, "adjusted": {"reader": "A", "start": "net"}}
RANDOM = np.random.default_rng(2)
SAVED = RANDOM.uniform(10, 30, 12)


def scores(n=12):
    rows = []
    for place in range(n):
        where = {"cohort": "a", "patient_id": f"P{place}", "timepoint": "baseline"}
        rows.append({**where, "mask_source": "manual", "quality": 4, "minutes": 40 + SAVED[place]})
        rows.append({**where, "mask_source": "adjusted", "quality": 5, "minutes": 40.0})
        rows.append({**where, "mask_source": "net", "quality": 2 + place % 2, "minutes": np.nan})
    return pd.DataFrame(rows)


def found(n=12):
    return tables_of(pairs_of({("manual", "adjusted"): [0.9] * 4}), scores=scores(n), sources=SOURCES).scores


def test_minutes_and_scores_by_source():
    table = found()
    row = only(table, mask_source="net", compared_with="", measure="quality")
    assert (row["n"], row["median"], row["q1"], row["q3"]) == (12, 2.5, 2, 3)
    assert "net" not in set(table.loc[table["measure"] == "minutes", "mask_source"])


def test_the_minutes_that_a_start_saves_are_paired_by_scan():
    row = only(found(), mask_source="adjusted", compared_with="manual", measure="minutes")
    assert row["mean"] == pytest.approx(-SAVED.mean())
    assert row["mean_low"] < -SAVED.mean() < row["mean_high"]
    better = only(found(), mask_source="adjusted", compared_with="net", measure="quality")
    assert better["mean"] == pytest.approx(2.5)


def test_two_scans_have_no_interval_and_say_why():
    row = only(found(2), mask_source="adjusted", compared_with="manual", measure="minutes")
    assert row["mean"] == pytest.approx(-SAVED[:2].mean())
    assert "at least 3" in row["note"]


def test_a_table_of_scores_that_is_none():
    with pytest.raises(InputError, match="no column quality"):
        checked_scores(scores().drop(columns="quality"), "scores.csv")
    with pytest.raises(InputError, match=r"a, P0, baseline has two rows of manual"):
        checked_scores(pd.concat([scores(1), scores(1).iloc[:1]]), "scores.csv")
    with pytest.raises(InputError, match="minutes holds words"):
        checked_scores(scores().assign(minutes="long"), "scores.csv")
