"""Long and wide are two forms of one table, and every source makes a pair with the reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.lesion_tables import lesion_table, minimal

from livermets.errors import InputError
from livermets.io.tables import csv_text
from livermets.masks.pairs import (
    LONG_COLUMNS,
    WIDE_COLUMNS,
    as_long,
    checked_long,
    joined_long,
    pair,
    paired,
    sources_in,
)

KEY = {"cohort": "c", "patient_id": "P1", "timepoint": "baseline"}


def wide() -> pd.DataFrame:
    """A whole wide table with findings below the lesions, as `classify` writes it."""
    table = lesion_table(6).assign(
        kind="manual", centre="A", role="validation", volume_ml=2.0, volume_automatic_ml=1.5, precision=0.5,
        recall=0.25, detection_dice=0.2,
    )  # fmt: skip
    false = table.iloc[:2].assign(kind="false_positive", lesion_id=[1001, 1002])
    false[[name for name in table if name.endswith("_manual")]] = np.nan
    false[["response", "dice", "precision", "recall"]] = np.nan
    return pd.concat([table, false], ignore_index=True)[list(WIDE_COLUMNS)]


def rows(source: str, *lesions: tuple[int, str, float | None, float]) -> pd.DataFrame:
    """Rows of one source: lesion, kind, class and Dice."""
    return pd.DataFrame(
        [{**KEY, "lesion_id": number, "mask_source": source, "kind": kind, "response": 1, "predicted": called,
          "dice": dice, "longest_diameter_mm": 20.0} for number, kind, called, dice in lesions]
    )  # fmt: skip


THREE = pd.concat(
    [
        rows("gold", (1, "manual", 1, np.nan), (2, "manual", 0, np.nan)),
        rows("net", (1, "manual", 0, 0.4), (2, "manual", 0, 0.7), (1001, "false_positive", 1, np.nan)),
        rows("reader2", (1, "manual", 1, 0.9)),
    ],
    ignore_index=True,
)


@pytest.mark.parametrize("names", [("manual", "automatic"), ("gold", "net")])
def test_wide_to_long_and_back_is_the_same_table(names: tuple[str, str]) -> None:
    given = wide()
    long = as_long(given, *names)
    assert tuple(long.columns) == LONG_COLUMNS
    assert len(long) == 2 * (len(given) - 2) + 2
    assert sources_in(long) == list(names)
    assert csv_text(pair(long, *names)) == csv_text(given)


def test_columns_of_the_users_own_stay_with_the_lesion() -> None:
    given = wide().assign(sex=["F", "M"] * (len(wide()) // 2) + ["F"] * (len(wide()) % 2))
    assert csv_text(pair(as_long(given), "manual", "automatic")) == csv_text(given)


def test_a_bare_table_given_by_hand_keeps_its_lesions_and_classes() -> None:
    given = minimal([("A", 1, 1, 0, 0.2, 11.0), ("B", 0, 0, np.nan, np.nan, 9.0)])
    back = pair(as_long(given), "manual", "automatic")
    assert csv_text(back[list(given.columns)]) == csv_text(given)


def test_a_pair_is_about_what_its_source_has_seen() -> None:
    net = pair(THREE, "gold", "net")
    assert net["lesion_id"].tolist() == [1, 2, 1001]
    assert net["predicted_manual"].tolist() == [1, 0, pd.NA]
    assert net["predicted_automatic"].tolist() == [0, 0, 1]
    reader = pair(THREE, "gold", "reader2")
    assert reader[["lesion_id", "predicted_automatic", "dice"]].values.tolist() == [[1, 1, 0.9]]
    every = pair(THREE, "gold", "reader2", every=True)
    assert every["lesion_id"].tolist() == [1, 2]
    assert every["predicted_automatic"].tolist() == [1, pd.NA]


def test_what_is_left_out_of_a_pair_is_said() -> None:
    found = paired({"long.csv": THREE}, "gold", "reader2")
    assert len(found.lesions) == 1
    assert found.names == ("gold", "reader2")
    assert found.notes == (
        "in these tables manual is the mask source gold, and automatic is reader2",
        "1 lesion is left out: reader2 has no mask of its scan",
    )
    assert paired({"wide.csv": wide()}).notes == ()


def test_tables_of_both_forms_go_together() -> None:
    other = minimal([("Z", 1, 1, 0, 0.2, 11)]).assign(cohort="d", timepoint="baseline")
    table = paired({"long.csv": as_long(wide()), "wide.csv": other}).lesions
    assert len(table) == len(wide()) + 1
    assert table["cohort"].tolist().count("d") == 1


@pytest.mark.parametrize(
    "reference, source, sentence",
    [
        ("gold", None, "long.csv: 2 mask sources beside gold. Name one with --source: net, reader2."),
        ("gold", "nett", "long.csv: no row of mask source 'nett'. Name one with --source: net, reader2."),
        ("god", "net", "long.csv: no row of the reference 'god'. Sources in the table: gold, net, reader2."),
        ("reader2", "net", "long.csv: lesion c P1 baseline 2 of gold: the reference reader2 has no row of it."),
    ],
)
def test_a_pair_that_is_not_there_is_refused(reference: str, source: str | None, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        paired({"long.csv": THREE}, reference, source)
    assert sentence in str(refused.value)


def test_a_table_of_the_reference_alone_has_no_pair() -> None:
    with pytest.raises(InputError, match="no mask source beside the reference 'gold'"):
        paired({"long.csv": THREE[:2]}, "gold")


def test_a_source_that_has_seen_no_lesion_has_no_pair() -> None:
    with pytest.raises(InputError, match="no lesion of gold is in a scan that net has a mask of"):
        paired({"long.csv": THREE[[True, True, False, False, True, False]]}, "gold", "net")


@pytest.mark.parametrize(
    "row, column, value, sentence",
    [
        (1, "predicted", 0.5, "column predicted, row 3: found '0.5'. It must be 0, 1 or empty"),
        (1, "dice", 2.0, "column dice, row 3: found '2.0'. It must be between 0 and 1, or empty"),
        (1, "mask_source", None, "column mask_source, row 3: empty"),
        (
            2,
            "mask_source",
            "gold",
            "rows 2, 4: the same cohort, patient_id, timepoint, lesion_id, mask_source more than",
        ),
    ],
)
def test_a_wrong_cell_of_a_long_table_is_named(row: int, column: str, value: object, sentence: str) -> None:
    table = THREE.astype(object)
    table.loc[row, column] = value
    with pytest.raises(InputError) as refused:
        checked_long(table, "long.csv")
    assert sentence in str(refused.value)


def test_every_wrong_table_is_named_with_its_file() -> None:
    with pytest.raises(InputError) as refused:
        joined_long({"a.csv": THREE.drop(columns="dice"), "b.csv": wide().assign(dice=3.0)})
    assert [str(problem).partition(":")[0] for problem in refused.value.problems] == [
        "a.csv", f"b.csv, column dice, rows 2 to {len(wide()) + 1}",
    ]  # fmt: skip
