"""The table of equivalence: which intervals it holds against which margins, and when it has none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.lesion_tables import lesion_table, minimal

from livermets.concordance.equivalence import AUC_DIFFERENCE, equivalence_table
from livermets.concordance.result import concordance
from livermets.config.load import validate_section
from livermets.config.statistics import EquivalenceSettings, StatisticsSettings
from livermets.errors import InputError
from livermets.masks.lesion_table import checked_lesions
from livermets.stats.equivalence import CANNOT_TELL, EQUIVALENT, NOT_EQUIVALENT
from livermets.stats.resampling import PatientBootstrap

FAST = StatisticsSettings(bootstrap_replicates=200, level=0.9)


def table_of(lesions: pd.DataFrame, **margins: float) -> pd.DataFrame:
    lesions = checked_lesions(lesions)
    boot = PatientBootstrap.draw(lesions["patient"].nunique(), 200, 0.95, np.random.default_rng(0))
    return equivalence_table(lesions, EquivalenceSettings(**margins), boot).set_index("measure")


def test_the_intervals_are_those_of_the_other_tables_at_the_level_of_the_tests():
    result = concordance(lesion_table(), FAST)
    found = result.equivalence.set_index("measure")
    assert set(found["level"]) == {0.9}
    for measure in ("agreement", "agreement_reader_classified", "agreement_all"):
        row = found.loc[measure]
        rows = result.agreement[
            (result.agreement["measure"] == measure) & (result.agreement["method"] == row["method"])
        ]
        assert rows[["value", "low", "high", "n_lesions"]].iloc[0].tolist() == pytest.approx(
            row[["value", "low", "high", "n_lesions"]].tolist()
        )
    areas, row = result.auc_comparison, found.loc[AUC_DIFFERENCE]
    same = areas[areas["method"] == row["method"]].iloc[0]
    assert [same[end] for end in ("value", "low", "high")] == pytest.approx(
        [row[end] for end in ("value", "low", "high")]
    )
    assert (same["n_lesions"], same["n_patients"]) == (row["n_lesions"], row["n_patients"])


def test_verdicts_follow_the_margins():
    lesions = lesion_table(60)
    assert table_of(lesions, agreement=0.5).loc["agreement", "verdict"] == EQUIVALENT
    assert table_of(lesions, agreement=0.95).loc["agreement", "verdict"] == NOT_EQUIVALENT
    value = table_of(lesions).loc["agreement", "value"]
    assert table_of(lesions, agreement=value).loc["agreement", "verdict"] == CANNOT_TELL
    assert table_of(lesions, auc=0.4).loc[AUC_DIFFERENCE, "verdict"] == EQUIVALENT
    assert table_of(lesions, auc=0.001).loc[AUC_DIFFERENCE, "verdict"] != EQUIVALENT


def test_a_lost_class_counts_as_changed_where_the_reader_gave_one():
    rows = [(f"P{i}", i % 2, 1, 1 if i % 4 else None, 0.8, 20) for i in range(80)]
    found = table_of(minimal(rows), agreement=0.9)
    assert found["value"].tolist()[:3] == [1.0, 0.75, 0.75]
    assert found["verdict"].tolist()[:3] == [EQUIVALENT, NOT_EQUIVALENT, NOT_EQUIVALENT]


def test_one_patient_or_no_shares_cannot_tell_and_say_why():
    found = table_of(minimal([("A", i % 2, 1, 1, 0.8, 20) for i in range(40)]))
    assert set(found["verdict"]) == {CANNOT_TELL}
    assert found["low"].isna().all()
    assert found.loc["agreement", "note"] == "needs two patients"
    assert found.loc[AUC_DIFFERENCE, "note"] == "the table has no shares of both masks"


def test_a_table_without_a_compared_lesion_has_its_rows_all_the_same():
    found = table_of(minimal([("A", 1, None, None, 0.0, 20), ("B", 0, None, None, 0.0, 20)]))
    assert found["verdict"].tolist() == [CANNOT_TELL, CANNOT_TELL, NOT_EQUIVALENT, CANNOT_TELL]  # none of two is kept
    assert found["n_lesions"].tolist() == [0, 0, 2, 0]


@pytest.mark.parametrize(
    "margins, where", [({"agreement": 1.0}, "agreement"), ({"auc": 0.5}, "auc"), ({"significance": 0}, "significance")]
)
def test_margins_out_of_range_are_refused(margins, where):
    with pytest.raises(InputError) as error:
        validate_section(StatisticsSettings, {"equivalence": margins}, "statistics")
    (problem,) = error.value.problems
    assert problem.where == f"statistics.equivalence.{where}"
