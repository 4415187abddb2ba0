"""Networks side by side: paired differences against closed forms, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.network_descriptions import network_description

from livermets.errors import InputError
from livermets.overlap.networks import NetworkMasks, compare_networks
from livermets.stats.resampling import Resampling


def masks(
    dice: list[float],
    diameters: list[float] | None = None,
    patients: int = 8,
    rule: float = 0.0,
    timepoints: tuple[str, ...] = ("baseline",),
) -> NetworkMasks:
    """One lesion per row, patients in turn (at the timepoints in turn), and a false positive that must not count as a
    lesion."""
    rows = [
        {
            "cohort": "c", "patient_id": f"P{n % patients}", "timepoint": timepoints[n // patients % len(timepoints)],
            "lesion_id": n, "kind": "manual", "detected": int(overlap > rule), "detection_dice": rule,
            "longest_diameter_mm": 25.0 if diameters is None else diameters[n - 1], "volume_ml": 1.0,
            "volume_automatic_ml": float(overlap > 0), "dice": overlap, "precision": overlap or np.nan,
            "recall": overlap, "voe": 1 - overlap / (2 - overlap), "assd_mm": np.nan, "hd95_mm": np.nan,
        }
        for n, overlap in enumerate(dice, start=1)
    ]  # fmt: skip
    rows.append(
        {
            **rows[-1],
            "lesion_id": 1001,
            "kind": "false_positive",
            "dice": np.nan,
            "volume_ml": np.nan,
            "detected": np.nan,
        }
    )
    matching = pd.DataFrame(rows)
    scans = matching[["cohort", "patient_id", "timepoint"]].drop_duplicates().assign(manual_lesions=1, seconds=2.0)
    return NetworkMasks(network_description(parameter_count=7, epochs=4, seconds=12.0), matching, scans)


def pairs(first: NetworkMasks, second: NetworkMasks) -> pd.DataFrame:
    resampling = Resampling(500, 0.95, np.random.default_rng(0))
    return compare_networks({"one": first, "two": second}, resampling).pairs


def value(table: pd.DataFrame, measure: str, above: float | None = 0.0, size: str = "all", method: str = "") -> float:
    rows = table[(table["measure"] == measure) & (table["size"] == size)]
    rows = rows[rows["dice_above"].isna() if above is None else rows["dice_above"] == above]
    rows = rows[rows["method"] == method] if method else rows
    return float(rows["value"].iloc[0])


def test_differences_and_discordant_lesions():
    # 6 lesions found by the first only, 1 by the second only: exact p = 2 · P(X <= 1 | 7, 1/2) = 16 / 128.
    table = pairs(masks([0.8] * 16 + [0.0]), masks([0.7] * 10 + [0.0] * 6 + [0.5]))
    assert value(table, "detection_difference") == pytest.approx(5 / 17)
    assert value(table, "dice_difference", None) == pytest.approx((10 * 0.1 + 6 * 0.8 - 0.5) / 17)
    assert value(table, "detection_mcnemar_p", method="exact-binomial") == pytest.approx(16 / 128)
    assert value(table, "detected_by_first_only") == 6
    assert value(table, "detected_by_second_only") == 1
    interval = table[table["measure"] == "dice_difference"].iloc[0]
    assert interval["low"] < interval["value"] < interval["high"]
    assert set(table["first"]) == {"one"}
    assert set(table["second"]) == {"two"}


def test_the_unpaired_test_is_the_published_one_and_not_the_paired_one():
    table = pairs(masks([0.8] * 16 + [0.0]), masks([0.7] * 10 + [0.0] * 6 + [0.5]))
    expected = stats.chi2_contingency([[16, 1], [11, 6]], correction=True).pvalue
    assert value(table, "detection_chi_squared_p") == pytest.approx(expected)
    assert value(table, "detection_mcnemar_p") != pytest.approx(expected)


def test_what_counts_as_found_depends_on_the_dice_asked_for():
    table = pairs(masks([0.8, 0.1, 0.8, 0.8]), masks([0.8, 0.8, 0.15, 0.0]))
    assert value(table, "detected_by_first_only", 0.0) == 1
    assert value(table, "detected_by_first_only", 0.2) == 2
    assert value(table, "detected_by_second_only", 0.2) == 1


def test_the_studys_own_rule_is_the_one_marked():
    table = pairs(masks([0.8, 0.1, 0.8, 0.8], rule=0.3), masks([0.8, 0.8, 0.25, 0.0], rule=0.3))
    assert set(table.loc[table["study_rule"] == 1, "dice_above"]) == {0.3}
    assert value(table, "detected_by_first_only", 0.3) == 2
    assert value(table, "detected_by_second_only", 0.3) == 1
    assert set(table["dice_above"].dropna()) == {0.0, 0.2, 0.3}


def test_networks_judged_by_different_rules_are_refused():
    with pytest.raises(InputError) as error:
        pairs(masks([0.8] * 4), masks([0.8] * 4, rule=0.2))
    assert "Dice above 0 and two counts as detected: Dice above 0.2" in str(error.value.problems[0])


@pytest.mark.parametrize("discordant, told", [(4, False), (5, True)])
def test_a_clustered_test_needs_five_lesions_found_by_one_network_only(discordant, told):
    table = pairs(masks([0.8] * 16), masks([0.0] * discordant + [0.8] * (16 - discordant)))
    rows = table[(table["method"] == "durkalski-2003") & (table["size"] == "all") & (table["study_rule"] == 1)]
    assert rows["value"].notna().item() == told
    if not told:
        assert rows["note"].item().startswith("fewer than 5 differently found lesions, too few")
    assert value(table, "detection_mcnemar_p", method="exact-binomial") == pytest.approx(2 / 2**discordant)


def test_timepoints_together_are_not_tested_as_independent_lesions():
    two = {"timepoints": ("baseline", "TP1")}
    table = pairs(masks([0.8] * 32, **two), masks([0.0] * 8 + [0.7] * 24, **two))
    independent = table["method"].isin(["exact-binomial", "chi-squared-yates"])
    assert set(table["timepoint"]) == {"all", "baseline", "TP1"}
    assert set(table.loc[independent, "timepoint"]) == {"baseline", "TP1"}
    assert "durkalski-2003" in set(table.loc[table["timepoint"] == "all", "method"])


def test_lesions_missed_by_several_networks_and_their_size():
    resampling = Resampling(200, 0.95, np.random.default_rng(0))
    sizes = [10.0, 12.0, 20.0, 30.0]
    three = {
        "one": masks([0.0, 0.1, 0.1, 0.9], sizes, rule=0.2),
        "two": masks([0.0, 0.0, 0.9, 0.9], sizes, rule=0.2),
        "three": masks([0.1, 0.2, 0.9, 0.9], sizes, rule=0.2),
    }
    missed = compare_networks(three, resampling).missed.set_index("n_missed_by")
    assert missed["n_lesions"].to_dict() == {3: 2, 2: 0, 1: 1, 0: 1}
    assert missed.loc[3, ["diameter_mean_mm", "diameter_sd_mm"]].tolist() == pytest.approx([11, np.sqrt(2)])
    assert set(missed["n_networks"]) == {3}


def test_means_with_and_without_the_lesions_missed():
    """By hand: Dice 0.4, 0.6 detected by Dice above 0.2; 0.1 and 0 not."""
    resampling = Resampling(200, 0.95, np.random.default_rng(0))
    one = masks([0.4, 0.6, 0.1, 0.0], rule=0.2)
    whole = compare_networks({"one": one, "two": one}, resampling).overlap
    row = whole[(whole["network"] == "one") & (whole["size"] == "all")].iloc[0]
    assert row[["dice_mean", "n_lesions", "n_detected"]].tolist() == pytest.approx([0.275, 4, 2])
    assert row[["dice_mean_detected", "dice_sd_detected"]].tolist() == pytest.approx([0.5, np.sqrt(0.02)])
    assert row["precision_mean_detected"] == pytest.approx(0.5)


def test_sizes_are_compared_separately():
    table = pairs(masks([0.5] * 4, [10, 10, 30, 30]), masks([0.4, 0.4, 0.1, 0.1], [10, 10, 30, 30]))
    assert value(table, "dice_difference", None, "< 20 mm") == pytest.approx(0.1)
    assert value(table, "dice_difference", None, "≥ 20 mm") == pytest.approx(0.4)


def test_a_network_against_itself_differs_in_nothing():
    one = masks([0.5, 0.0, 0.7, 0.9] * 4)
    table = pairs(one, one)
    difference = table[table["measure"] == "dice_difference"].iloc[0]
    assert difference["value"] == 0
    assert difference["note"]  # nothing varies, so there is nothing to resample, and that is said
    assert value(table, "detection_mcnemar_p", method="exact-binomial") == 1


def test_every_network_has_its_rows_and_costs():
    resampling = Resampling(200, 0.95, np.random.default_rng(0))
    found = compare_networks({"one": masks([0.5] * 9), "two": masks([0.4] * 9), "three": masks([0.3] * 9)}, resampling)
    assert found.networks["network"].tolist() == ["one", "two", "three"]
    assert found.networks["seconds_per_epoch"].tolist() == [3.0] * 3
    assert found.networks["seconds_per_scan"].tolist() == [2.0] * 3
    assert len(found.lesions) == 27
    whole = found.overlap[found.overlap["size"] == "all"].set_index("network")
    assert whole["dice_median"].to_dict() == pytest.approx({"one": 0.5, "two": 0.4, "three": 0.3})
    assert set(found.pairs["second"]) == {"two", "three"}


def test_the_table_says_what_a_description_says_and_is_empty_without_one():
    one = masks([0.5] * 9)
    two = NetworkMasks(None, one.matching, one.scans)
    found = compare_networks({"one": one, "two": two}, Resampling(200, 0.95, np.random.default_rng(0))).networks
    assert found["kept_epoch"].tolist()[0] == 4
    assert found["pretrained"].tolist()[0] == 0
    assert found["n_training_patients"].tolist()[0] == 1
    columns = found.columns[1 : found.columns.get_loc("seconds_per_epoch")]
    assert found.loc[1, columns].isna().all()


def test_different_lesions_and_scans_are_refused():
    with pytest.raises(InputError) as error:
        pairs(masks([1.0, 1.0, 1.0]), masks([1.0, 1.0]))
    first, second = map(str, error.value.problems)
    assert first.startswith("one and two: only one has the scan cohort c, patient_id P3, timepoint baseline.")
    assert "lesion_id 3. Compare networks on the same scans" in second
