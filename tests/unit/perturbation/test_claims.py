"""The claims of Giannini 2020 on simulated lesions that bear them out or do not."""

import numpy as np
import pytest
from tests.unit.perturbation.made import lesion_list, masks_of, with_threshold

from livermets.perturbation.altered import altered_masks
from livermets.perturbation.claims import CLAIM_COLUMNS, CLAIMS, claims_table, together, verdict
from livermets.stats.resampling import PatientBootstrap

BIG, SMALL, HIGH = CLAIMS


def claims(table, cuts=(15.0, 20.0), targets=(0.9,)):
    altered = altered_masks(table)
    boot = PatientBootstrap.draw(altered.patients, 300, 0.95, np.random.default_rng(3))
    return claims_table(altered, targets, cuts, boot)


def verdicts(small, big, patients=60):
    """The verdicts where lesions below 20 mm keep their class from one Dice on, and others from another."""
    lesions = lesion_list(np.repeat(np.arange(patients), 3), np.tile([11.0, 17.0, 30.0], patients))
    spread = np.random.default_rng(1).normal(0, 0.01, len(lesions))
    threshold = np.where(lesions["longest_diameter_mm"] < 20, small, big) + spread
    return claims(with_threshold(lesions.assign(threshold=threshold), 30)).groupby("claim")["verdict"].first().to_dict()


def test_lesions_as_the_paper_says_bear_out_every_claim():
    assert verdicts(small=0.5, big=0.15) == {BIG: "holds", SMALL: "holds", HIGH: "holds"}


def test_small_lesions_that_need_no_good_mask_refute_the_second_claim_alone():
    assert verdicts(small=0.0, big=0.0) == {BIG: "holds", SMALL: "does not hold", HIGH: "holds"}


def test_lesions_that_need_a_near_perfect_mask_refute_all():
    assert verdicts(small=0.95, big=0.95) == dict.fromkeys(CLAIMS, "does not hold")


def test_one_size_that_is_affected_refutes_any_size():
    assert verdicts(small=0.95, big=0.1)[HIGH] == "does not hold"


def test_two_patients_cannot_tell():
    assert set(verdicts(small=0.5, big=0.15, patients=2).values()) == {"cannot tell"}


def test_what_a_range_hides_next_to_its_limit_is_shown():
    """Masks fill Dice 0.2 to 0.97 evenly: big lesions that need a Dice of 0.3 keep their class in 67 of 77."""
    lesions = lesion_list(np.arange(30), np.full(30, 30.0)).assign(threshold=0.3)
    row = claims(with_threshold(lesions, 200)).set_index("claim").loc[BIG]
    assert row["value"] == pytest.approx(0.67 / 0.77, abs=0.01)
    assert row["value_at_limit"] == 0
    assert 0 < row["high_at_limit"] < 0.2


@pytest.mark.parametrize(
    "low, high, suffices, said",
    [
        (0.91, 0.99, True, "holds"),
        (0.90, 0.99, True, "holds"),
        (0.89, 0.99, True, "cannot tell"),
        (0.5, 0.89, True, "does not hold"),
        (0.5, 0.89, False, "holds"),
        (0.91, 0.99, False, "does not hold"),
        (0.5, 0.9, False, "cannot tell"),
        (np.nan, np.nan, True, "cannot tell"),
    ],
)
def test_a_part_is_judged_by_its_interval(low, high, suffices, said):
    assert verdict(low, high, 0.9, suffices) == said


def test_a_claim_needs_all_its_parts():
    assert together(["holds", "holds"]) == "holds"
    assert together(["holds", "cannot tell"]) == "cannot tell"
    assert together(["cannot tell", "does not hold"]) == "does not hold"


def test_every_target_has_its_verdict_and_every_row_its_rule():
    table = masks_of(lesion_list(np.arange(30), np.linspace(10, 40, 30)), 20)
    found = claims(table, targets=(0.8, 0.99))
    high = found[found["claim"] == HIGH].groupby("target_agreement")["verdict"].first()
    assert high.to_dict() == {0.8: "cannot tell", 0.99: "cannot tell"}
    overall = found[(found["claim"] == HIGH) & (found["size"] == "all")].set_index("target_agreement")
    assert overall["part_verdict"].to_dict() == {0.8: "holds", 0.99: "cannot tell"}
    assert overall["low"].to_numpy() == pytest.approx(0.025 ** (1 / 30))
    assert found["rule"].nunique() == 1


def test_an_empty_table_gives_an_empty_one():
    found = claims(masks_of(lesion_list([0], [20]), 1).iloc[:0])
    assert list(found) == list(CLAIM_COLUMNS)
    assert found.empty
