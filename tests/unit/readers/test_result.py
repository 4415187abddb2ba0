"""All tables together: what one lacks is said, and empty tables keep their columns."""

import numpy as np
import pandas as pd
from tests.unit.readers.made import pairs_of, tables_of

from livermets.readers.figures import dice_by_pair, differences
from livermets.readers.files import write_readers
from livermets.readers.tables import START_COLUMNS


def test_what_cannot_be_computed_is_said_table_by_table():
    tables = tables_of(pairs_of({("m", "net"): [0.5] * 8}))
    notes = dict(zip(tables.notes["table"], tables.notes["statement"], strict=True))
    assert notes.keys() == {"ceiling", "start"}
    assert notes["ceiling"].startswith("Masks that were drawn from nothing come from 1 reader.")
    assert notes["start"].startswith("No source has a `start`")
    assert tuple(tables.start.columns) == START_COLUMNS


def test_sources_that_are_taken_for_readers_unasked_are_named():
    dice = {("m", "adjusted"): [0.9] * 8}
    said = tables_of(pairs_of(dice), sources={"m": {"reader": "A"}}).notes.set_index("table")["statement"]
    assert any(note.startswith("adjusted: taken for readers of their own") for note in said["ceiling"])
    described = {"m": {"reader": "A"}, "adjusted": {"reader": "A", "start": "net"}}
    assert not tables_of(pairs_of(dice), sources=described).notes["statement"].str.contains("taken for").any()


def test_scans_without_a_pair_leave_the_same_files(tmp_path):
    values = np.random.default_rng(0).uniform(0.6, 0.9, 12)
    full = tables_of(pairs_of({("m", "r"): values, ("m", "net"): values, ("r", "net"): values - 0.1}))
    empty = tables_of(pairs_of({("m", "r"): [0.5]}).iloc[:0])
    files = []
    for name, tables in (("full", full), ("empty", empty)):
        write_readers(tmp_path / name, tables)
        files.append({path.name for path in (tmp_path / name).iterdir()})
    assert files[0] == files[1] == {
        "pairs.csv", "ceiling.csv", "start.csv", "scores.csv", "notes.csv", "dice.png", "ceiling.png",
    }  # fmt: skip
    assert len(pd.read_csv(tmp_path / "full" / "pairs.csv")) == 3 * 5


def test_the_band_of_a_picture_is_what_readers_reach():
    values = np.random.default_rng(0).uniform(0.6, 0.9, 12)
    tables = tables_of(pairs_of({("m", "r"): values, ("m", "net"): values, ("r", "net"): values - 0.1}))
    (axes,) = dice_by_pair(tables.pairs).axes
    band = axes.patches[0]
    pair = tables.pairs[(tables.pairs["measure"] == "dice") & (tables.pairs["kind"] == "reader-reader")].iloc[0]
    assert (band.get_x(), band.get_x() + band.get_width()) == (pair["mean_low"], pair["mean_high"])
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [f"{pair}\nn = 12" for pair in ("m – r", "m – net", "r – net")]
    (axes,) = differences(tables.ceiling).axes
    assert [line.get_xdata()[0] for line in axes.lines[:2]] == [-0.05, 0]
