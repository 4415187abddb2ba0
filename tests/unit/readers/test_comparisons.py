"""Tables of pairs that cannot be used are refused, all problems at once."""

import pytest
from tests.unit.readers.made import pairs_of

from livermets.errors import InputError
from livermets.readers.comparisons import checked

ONE = pairs_of({("m", "r"): [0.5, 0.5]})


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(InputError) as error:
        checked(
            {
                "one.csv": ONE,
                "again.csv": ONE,
                "other.csv": ONE.drop(columns="dice"),
                "spine.csv": pairs_of({("m", "r"): [0.5]}, cohort="b", structure="spine"),
            }
        )
    said = [str(problem) for problem in error.value.problems]
    assert len(said) == 3
    assert said[0].startswith("again.csv: the scan cohort a, patient_id P0, timepoint baseline is in one.csv too")
    assert said[1].startswith("other.csv: there is no column dice")
    assert said[2].startswith("spine.csv: structure is spine")


def test_a_pair_that_is_there_twice_is_refused_either_way_round():
    twice = pairs_of({("m", "r"): [0.5, 0.5], ("r", "m"): [0.5, 0.5]})
    with pytest.raises(InputError, match="2 rows repeat a pair"):
        checked({"one.csv": twice})
