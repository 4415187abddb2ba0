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
    try:
        problems.raise_if_errors()
    except InputError as error:
        assert [problem.where for problem in error.problems] == ["b", "c"]
    else:
        raise AssertionError("errors must stop")


def test_input_error_holds_one_problem():
    assert [problem.where for problem in input_error("here", "bad").problems] == ["here"]
