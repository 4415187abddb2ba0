"""All tables together: their columns, the same resamples, and sentences where there is nothing to say."""

from dataclasses import fields

import numpy as np
import pytest
from tests.unit.perturbation.made import lesion_list, masks_of, with_threshold

from livermets.config.statistics import StatisticsSettings
from livermets.perturbation.answer import TABLES, Answer, answer

STATISTICS = StatisticsSettings(bootstrap_replicates=200, target_diameters_mm=(15.0, 30.0))


def answered(table, pairs=None, seed=1):
    return answer(table, pairs, STATISTICS, (0.9,), seed)


def lesions_of(patients):
    random = np.random.default_rng(4)
    lesions = lesion_list(np.repeat(np.arange(patients), 3), random.uniform(10, 40, patients * 3))
    return lesions.assign(threshold=random.uniform(0.3, 0.8, len(lesions)))


@pytest.fixture(scope="module")
def filled():
    table = with_threshold(lesions_of(10), 20)
    table.loc[table["patient_id"] == "p0", "same_class"] = np.nan
    return table


def test_every_table_has_its_columns_whether_filled_or_empty(filled):
    assert {field.name for field in fields(Answer)} == set(TABLES)
    for found in (answered(filled), answered(filled.iloc[:0])):
        for name, columns in TABLES.items():
            assert list(getattr(found, name)) == list(columns), name


def test_an_empty_table_gives_empty_ones_and_a_sentence(filled):
    found = answered(filled.iloc[:0])
    assert all(getattr(found, name).empty for name in TABLES if name != "notes")
    assert found.notes["note"].str.contains("how good a mask must be cannot be said").tolist() == [True]


def test_the_numbers_do_not_depend_on_the_order_of_rows(filled):
    one, shuffled = (answered(table).needed for table in (filled, filled.sample(frac=1, random_state=1)))
    assert shuffled["value"].to_numpy() == pytest.approx(one["value"].to_numpy(), nan_ok=True)


def test_lesions_left_out_are_counted_in_a_sentence(filled):
    assert (
        "3 lesions have no class by the reference mask itself and are left out."
        in answered(filled).notes["note"].tolist()
    )


def test_where_nothing_changes_every_table_says_so_in_words_and_without_nonsense():
    found = answered(masks_of(lesions_of(20), 10))
    assert "No altered mask changes the class of its lesion." in found.notes["note"].tolist()
    assert found.needed["value"].isna().all()
    assert found.needed["statement"].str.contains("reached at every").all()
    assert found.predictors["value"].isna().all()
    assert found.predictors["note"].ne("").all()
    assert (found.slope["value"] == 0).all()
    assert (found.by_dice.query("measure == 'same'")["value"] == 1).all()


def test_two_patients_are_said_to_be_too_few():
    found = answered(with_threshold(lesions_of(2), 20))
    assert found.notes["note"].str.contains("There are 2 patients: at least 3 are needed").any()
    for table in (found.by_dice, found.slope, found.predictors, found.claims, found.needed):
        assert table["low"].isna().all()
