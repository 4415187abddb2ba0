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


def test_a_refusal_is_a_warning_with_its_reason_where_the_cohort_accepts_it() -> None:
    strict, lenient = ProblemList(), ProblemList(accepted={"windowed": "public copies"})
    for problems in (strict, lenient):
        problems.refusal("windowed", "ct.nii", "the values are cut off", "Export it again")
    assert [str(problem) for problem in strict.errors] == [
        'ct.nii: the values are cut off. Export it again, or accept it with a reason: `accept: {windowed: "..."}`.'
    ]
    assert [str(found) for found in lenient.warnings] == ["ct.nii: the values are cut off. Accepted: public copies."]
    assert not lenient.errors
