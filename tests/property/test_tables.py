"""Any name that is written to a table is read back as it was."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from livermets.io.tables import TEXT_COLUMNS, read_table, write_csv, write_parquet

# Cells lose blanks at their ends, and control characters are no names.
NAMES = st.one_of(
    st.sampled_from(
        ["NA", "nan", "None", "null", "#N/A", "007", "1", "1.0", "1e3", "True", "inf", "-", "1,5", "a;b|c"]
    ),
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1),
)


@given(names=st.lists(NAMES, min_size=1), column=st.sampled_from(TEXT_COLUMNS))
@settings(deadline=None)
def test_text_survives_a_round_trip(tmp_path_factory, names, column):
    folder = tmp_path_factory.mktemp("tables")
    table = pd.DataFrame({column: names, "x": 0.5})
    write_csv(folder / "t.csv", table)
    write_parquet(folder / "t.parquet", table, {})
    for name in ("t.csv", "t.parquet"):
        assert read_table(folder / name)[column].tolist() == names


@given(numbers=st.lists(st.floats(allow_nan=False), min_size=1))
@settings(deadline=None)
def test_numbers_survive_a_round_trip(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("tables") / "t.csv"
    write_csv(path, pd.DataFrame({"x": numbers}))
    assert read_table(path)["x"].astype(float).tolist() == numbers
