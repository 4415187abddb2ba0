"""The published figures of Giannini et al. 2020 (doi 10.1109/MeMeA49120.2020.9137150), from its Table 4 alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import livermets.cli.concordance  # noqa: F401 (registers the verb)
from livermets.cli import app
from livermets.concordance.result import concordance
from livermets.config.statistics import StatisticsSettings
from livermets.stats.proportions import clopper_pearson, mercaldo_logit

FOLDER = Path(__file__).parent / "giannini2020"
PRINTED = pd.read_csv(FOLDER / "table2_diagnostics.csv")
METHOD = {"sensitivity": "clopper-pearson", "specificity": "clopper-pearson", "ppv": "mercaldo-logit"}
METHOD["npv"] = METHOD["ppv"]
SOURCE = {"validation_manual": "manual", "validation_unet": "automatic"}
VALIDATION = [row for row in PRINTED.itertuples() if row.set in SOURCE]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """What `livermets concordance table4_lesions.csv --out DIR` writes."""
    out = tmp_path_factory.mktemp("giannini")
    result = CliRunner().invoke(app, ["concordance", str(FOLDER / "table4_lesions.csv"), "--out", str(out)])
    assert result.exit_code == 0, result.output
    for figure in ("lesions", "strata", "agreement_curve"):
        assert (out / f"{figure}.png").read_bytes()[:4] == b"\x89PNG"
    words = {"summary": pd.DataFrame({"line": (out / "summary.txt").read_text(encoding="utf-8").splitlines()})}
    return words | {path.stem: pd.read_csv(path) for path in out.glob("*.csv") if path.stat().st_size > 1}


def one_decimal(share: float) -> float:
    return round(100 * share + 1e-9, 1)


@pytest.mark.parametrize(
    "row", [row for row in PRINTED.itertuples() if row.set in SOURCE], ids=lambda r: f"{r.set}-{r.measure}"
)
def test_every_percent_and_interval_of_table_2(row, tables: dict[str, pd.DataFrame]) -> None:
    rows = tables["diagnostics"].set_index(["mask_source", "measure", "method"])
    found = rows.loc[(SOURCE[row.set], row.measure, METHOD[row.measure])]
    assert (found["k"], found["n"]) == (row.numerator, row.denominator)
    percents = [one_decimal(found[column]) for column in ("value", "low", "high")]
    assert percents == [row.percent, row.ci_low, row.ci_high]


def test_training_set_of_table_2() -> None:
    """Table 2, training: 26/63 R+ and 15/21 R- lesions right."""
    tp, fn, fp, tn = 26, 63 - 26, 21 - 15, 15
    ppv, npv = mercaldo_logit(tp, fn, fp, tn)
    intervals = {"sensitivity": clopper_pearson(tp, 63), "specificity": clopper_pearson(tn, 21), "ppv": ppv, "npv": npv}
    printed = PRINTED[PRINTED["set"] == "training"]
    assert len(printed)
    for row in printed.itertuples():
        assert [one_decimal(end) for end in intervals[row.measure]] == [row.ci_low, row.ci_high]


def test_agreement_kappa_and_discordant_lesions(tables: dict[str, pd.DataFrame]) -> None:
    """19 of 32 alike, kappa 0.1875, 7 R+ only with the manual mask against 6 only with the automatic one."""
    agreement = tables["agreement"].set_index(["measure", "method"])
    assert tuple(agreement.loc[("agreement", "clopper-pearson"), ["k", "n"]]) == (19, 32)
    assert agreement.loc[("kappa", "fleiss-1969"), "value"] == pytest.approx(0.1875, abs=1e-12)
    assert agreement.loc[("manual_only", "count"), "value"] == 7
    assert agreement.loc[("automatic_only", "count"), "value"] == 6
    # 7 against 6 of 13: two-sided binomial with one half, so the most likely split of all.
    assert agreement.loc[("mcnemar_p", "exact-binomial"), "value"] == pytest.approx(1.0)


def test_agreement_by_diameter(tables: dict[str, pd.DataFrame]) -> None:
    """At least 20 mm: 14 of 18; smaller: 5 of 14."""
    margins = tables["strata_margins"]
    big = margins[(margins["margin"] == "diameter") & (margins["diameter_low_mm"] == 20)].iloc[0]
    assert (big["agree"], big["n"]) == (14, 18)
    small = margins[margins["margin"] == "small"].iloc[0]
    assert (small["diameter_high_mm"], small["agree"], small["n"]) == (20, 5, 14)


def test_big_lesions_with_some_overlap_all_agree(tables: dict[str, pd.DataFrame]) -> None:
    """All 14 lesions of at least 20 mm with Dice above 0.21 are classified alike, and none of the other four."""
    strata = tables["strata"]
    big = strata[strata["diameter_low_mm"] == 20]
    overlapping = big[big["dice_low"] >= 0.25]
    assert (overlapping["agree"].sum(), overlapping["n"].sum()) == (14, 14)
    rest = big[big["dice_low"] == 0].iloc[0]
    assert (rest["agree"], rest["n"]) == (0, 4)


def test_strata_and_accounting_hold_every_lesion_once(tables: dict[str, pd.DataFrame]) -> None:
    assert len(tables["strata"]) == 12
    assert tables["strata"]["n"].sum() == tables["strata"]["n_lesions"].sum() == 32
    accounting = tables["accounting"]
    assert accounting["n_lesions"].iloc[:-1].sum() == accounting["n_lesions"].iloc[-1] == 32


def test_mean_dice_per_patient_of_table_1(tables: dict[str, pd.DataFrame]) -> None:
    printed = pd.read_csv(FOLDER / "table1_segmentation.csv").set_index("patient_id")["mean_dice"]
    found = tables["per_patient"].set_index("patient_id")["mean_dice"]
    # Halves are printed upwards (0.485 as 0.49).
    rounded = np.floor(100 * found + 0.5 + 1e-9) / 100
    pd.testing.assert_series_equal(rounded, printed)


def test_what_the_paper_could_not_say(tables: dict[str, pd.DataFrame]) -> None:
    """With 8 patients the agreement lies anywhere from 40 % to 76 %, and no Dice can be named for 90 % agreement."""
    agreement = tables["agreement"].set_index(["measure", "method"]).loc[("agreement", "cluster-logit-t")]
    assert agreement["n_patients"] == 8
    assert (agreement["low"], agreement["high"]) == pytest.approx((0.401, 0.761), abs=1e-3)
    assert tables["required_dice"]["low"].isna().all()
    assert tables["required_dice"]["statement"].str.contains("the data cannot tell").all()
    notes = " ".join(tables["notes"]["note"])
    assert "8 patients" in notes
    assert "cannot be told" in notes


def test_the_answer_in_words_carries_its_uncertainty(tables: dict[str, pd.DataFrame]) -> None:
    """The paper's 78 % against 36 % by size is 42 points that 8 patients cannot tell from none."""
    words = " ".join(tables["summary"]["line"])
    assert "19 (59 %) kept their class" in words
    assert "lies between 40 % and 76 % (95 % interval)" in words
    assert "it is not shown that the masks agree more often than by chance" in words
    assert "5 of 14 (36 %) of those < 20 mm and 14 of 18 (78 %) of those ≥ 20 mm keep their class" in words
    assert words.count("big minus small 42 points (") == 1
    assert "which does not tell them apart" in words
    assert "rests on 8 patients (10 of the 32 lesions are one patient’s)" in words


def test_the_seven_undetected_lesions_are_accounted_for() -> None:
    """The validation set had 39 lesions, 22 R+ and 17 R-; the network missed seven (six of at most 12 mm, one of 16 mm;
    so 3 R+ and 4 R-). With them in the table nothing about the other 32 changes, and the seven are said."""
    detected = pd.read_csv(FOLDER / "table4_lesions.csv")
    missed = pd.DataFrame({"response": [1, 1, 1, 0, 0, 0, 0], "longest_diameter_mm": [11.0] * 6 + [16.0]})
    missed = missed.assign(patient_id=1013, lesion_id=range(101, 108), dice=0.0)
    settings = StatisticsSettings(bootstrap_replicates=200)
    found = concordance(pd.concat([detected, missed], ignore_index=True), settings)
    accounting = found.accounting.set_index("category")
    total = accounting.loc["lesions in the table"]
    assert tuple(total[["n_lesions", "r_plus", "r_minus"]]) == (39, 22, 17)
    undetected = accounting[accounting["automatic"] == "undetected"]
    assert tuple(undetected[["n_lesions", "r_plus", "r_minus"]].sum()) == (7, 3, 4)
    assert found.strata["n_lesions"].sum() == 39
    assert found.strata["n"].sum() == 32
    assert found.agreement.loc[0, ["k", "n"]].tolist() == [19, 32]
    assert any(note.startswith("7 of 39 lesions have no class with at least one mask") for note in found.notes)
    everyone = found.diagnostics_all.query("mask_source == 'automatic' and measure == 'accuracy'")
    assert everyone.groupby("population")["n"].first().to_dict() == {
        "classified with this mask": 32,
        "all lesions, unclassified counted as wrong": 39,
    }
