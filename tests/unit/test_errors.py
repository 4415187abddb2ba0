import pytest

from livermets.errors import InputError, Problem, ProblemList, input_error


def test_a_problem_reads_as_sentences():
    assert str(Problem("row 3", "diameter is negative", "Correct the table")) == (
        "row 3: diameter is negative. Correct the table."
    )
    assert str(Problem("row 3", "diameter is negative.")) == "row 3: diameter is negative."


def test_warnings_do_not_stop():
    problems = ProblemList()
    problems.warning("a", "odd")
    problems.raise_if_errors()
    problems.error("b", "wrong")
    problems.error("c", "wrong too")
    with pytest.raises(InputError) as caught:
        problems.raise_if_errors()
    assert [problem.where for problem in caught.value.problems] == ["b", "c"]


def test_input_error_holds_one_problem():
    assert [problem.where for problem in input_error("here", "bad").problems] == ["here"]
