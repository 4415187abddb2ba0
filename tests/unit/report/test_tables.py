"""Tables of the report are built from columns that are declared as data."""

from __future__ import annotations

import pandas as pd

from livermets.report.document import Column
from livermets.report.tables import Shown, rows_in, shown_table


def test_rows_are_written_by_the_columns_and_the_reader_saves_the_data():
    frame = pd.DataFrame({"lesion": [1, 2], "dice": [0.5, 0.25]})
    columns = [
        Shown("Lesion", lambda row: f"no. {row['lesion']:.0f}"),
        Shown("Dice", lambda row: f"{row['dice']:.2f}", numeric=True),
    ]
    table = shown_table("dice-of-lesions", "Dice.", columns, rows_in(frame), data=frame, note="Two.")
    assert table.columns == [Column("Lesion"), Column("Dice", numeric=True)]
    assert table.rows == [["no. 1", "0.50"], ["no. 2", "0.25"]]
    assert table.note == "Two."
    assert table.download is not None
    assert table.download.filename == "dice-of-lesions.csv"


def test_without_data_there_is_nothing_to_save():
    assert shown_table("t", "T.", [Shown("Name", str)], ["a"]).download is None
