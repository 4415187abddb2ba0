"""Mask sources side by side: the figures of each pair's own tables, and the difference to the primary one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from tests.lesion_tables import lesion_table

from livermets.concordance.figures.sources import fates_by_source
from livermets.concordance.result import concordance
from livermets.concordance.sources import COLUMNS, sources_table
from livermets.config.statistics import StatisticsSettings
from livermets.errors import InputError
from livermets.masks.pairs import as_long, pair
from livermets.stats.results import shown_interval

pytestmark = pytest.mark.slow

SETTINGS = StatisticsSettings(bootstrap_replicates=200)


def study() -> pd.DataFrame:
    """A reference and three sources: a network, one that always agrees, and a reader of one cohort's scans only."""
    wide = lesion_table(12)
    long = as_long(wide, "manual", "net")
    own = long[long["mask_source"] == "manual"]
    perfect = own.assign(mask_source="perfect", dice=1.0, detected=1)
    false = perfect.iloc[:3].assign(lesion_id=[1001, 1002, 1003], kind="false_positive")
    reader = perfect[perfect["cohort"] == "north"].assign(mask_source="reader2", predicted=0.0)
    return pd.concat([long, perfect, false, reader], ignore_index=True).astype({"dice": float})


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return sources_table(study(), "manual", "net", SETTINGS, seed=3).set_index("mask_source")


def test_the_primary_source_comes_first_and_every_source_has_a_row(table: pd.DataFrame) -> None:
    assert list(table.index) == ["net", "perfect", "reader2"]
    assert table["primary"].tolist() == [1, 0, 0]
    assert sources_table(study(), "manual", "perfect", SETTINGS)["mask_source"].tolist()[0] == "perfect"
    assert tuple(table.reset_index().columns) == COLUMNS


@pytest.mark.parametrize("source", ["net", "reader2"])
def test_every_row_says_what_the_tables_of_its_pair_say(table: pd.DataFrame, source: str) -> None:
    own = concordance(pair(study(), "manual", source), SETTINGS, seed=3)
    row = table.loc[source]
    for name, measure in (("same", "agreement_all"), ("agreement", "agreement"), ("kappa", "kappa")):
        quoted = shown_interval(own.agreement[own.agreement["measure"] == measure])
        assert quoted is not None
        np.testing.assert_array_equal(
            row[[name, f"{name}_low", f"{name}_high"]].to_numpy(float), quoted[["value", "low", "high"]].to_numpy(float)
        )
    fates = own.fates.iloc[-1]
    assert row[["n_lesions", "n_same", "n_other", "n_no_class"]].tolist() == [
        fates["n_lesions"], fates["same"], fates["other"], fates["no_class"],
    ]  # fmt: skip
    every = own.diagnostics_all[own.diagnostics_all["population"] == "classified with this mask"]
    for measure, count in (("sensitivity", "n_r_plus"), ("specificity", "n_r_minus")):
        rows = every[(every["mask_source"] == "automatic") & (every["measure"] == measure)]
        assert row[count] == rows["n"].iloc[0]
        np.testing.assert_array_equal(row[measure], rows["value"].iloc[0])
    assert row["n_detected"] == own.detection.iloc[0]["k"]


def test_the_three_shares_add_up_to_all_lesions(table: pd.DataFrame) -> None:
    assert (table["n_same"] + table["n_other"] + table["n_no_class"] == table["n_lesions"]).all()
    np.testing.assert_allclose(table["same"] + table["other"] + table["no_class"], 1)


def test_the_difference_to_the_primary_source_is_of_the_lesions_of_both(table: pd.DataFrame) -> None:
    """Against the two sources' classes themselves, lesion by lesion."""
    long = study()
    for source in ("perfect", "reader2"):
        wide = {name: pair(long, "manual", name) for name in (source, "net")}
        same = {
            name: one[one["kind"] == "manual"].set_index(["cohort", "patient_id", "timepoint", "lesion_id"])
            .pipe(lambda t: (t["predicted_manual"] == t["predicted_automatic"]).fillna(False)
                  & ~((t["detected"] == 0).fillna(False)))
            for name, one in wide.items()
        }  # fmt: skip
        this, other = same[source].align(same["net"], join="inner")
        row = table.loc[source]
        this_only, other_only = int((this & ~other).sum()), int((other & ~this).sum())
        assert [row["n_lesions_both"], row["n_same_this_only"], row["n_same_primary_only"]] == [
            len(this), this_only, other_only,
        ]  # fmt: skip
        assert row["same_minus_primary"] == pytest.approx((this_only - other_only) / len(this))
        assert row["mcnemar_p"] == pytest.approx(binomtest(this_only, this_only + other_only).pvalue)
        assert row["same_minus_primary_low"] < row["same_minus_primary"] < row["same_minus_primary_high"]
    assert table.loc["net", ["n_lesions_both", "same_minus_primary", "mcnemar_p"]].isna().all()
    assert table.loc["reader2", "n_lesions"] < table.loc["net", "n_lesions"]


def test_false_positives_are_counted_per_scan(table: pd.DataFrame) -> None:
    assert table["n_false_positives"].tolist() == [0, 3, 0]
    row = table.loc["perfect"]
    assert row["false_positives_per_scan"] == pytest.approx(3 / row["n_scans"])


def test_a_training_lesion_is_in_no_figure() -> None:
    long = study()
    trained = long["patient_id"].isin(["P00", "P01", "P02"])
    roles = long.assign(role=np.where(trained, "train", "validation"))
    found = sources_table(roles, "manual", "net", SETTINGS, seed=3)
    without = sources_table(long[~trained], "manual", "net", SETTINGS, seed=3)
    pd.testing.assert_frame_equal(found, without)
    assert found["n_lesions"].iloc[0] < sources_table(long, "manual", "net", SETTINGS)["n_lesions"].iloc[0]


def test_one_patient_and_nothing_in_common_are_no_errors() -> None:
    long = study()
    one = sources_table(long[long["patient_id"] == "P01"], "manual", "net", SETTINGS)
    assert one["same_low"].notna().any()
    assert "at least 3 are needed" in one["note"].iloc[1]
    north = long["cohort"] == "north"
    apart = long[(long["mask_source"] == "manual") | (north & (long["mask_source"] == "reader2"))
                 | (~north & (long["mask_source"] == "net"))]  # fmt: skip
    assert sources_table(apart, "manual", "net", SETTINGS)["n_lesions_both"].tolist()[1] == 0


def test_a_primary_source_that_is_not_there_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"no row of the primary mask source 'nett'\. Others are net, perfect, reader2"
    ):
        sources_table(study(), "manual", "nett", SETTINGS)


def test_the_picture_shows_the_shares_and_the_dice(table: pd.DataFrame) -> None:
    drawn = fates_by_source(table.reset_index())
    bars, dots = drawn.axes
    widths = np.array([patch.get_width() for patch in bars.patches]).reshape(3, 3)
    np.testing.assert_allclose(widths, table[["same", "other", "no_class"]].to_numpy(float).T)
    np.testing.assert_array_equal(dots.lines[0].get_xdata(), table["mean_dice"])
    assert bars.get_yticklabels()[0].get_text().startswith("net (")
