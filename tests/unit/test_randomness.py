from livermets.randomness import generator, integer_seed


def test_purposes_have_streams_of_their_own_and_calls_have_no_order():
    first = generator(7, "folds", 1).random(4)
    generator(7, "folds", 2).random(100)
    assert (generator(7, "folds", 1).random(4) == first).all()
    assert (generator(7, "folds", 2).random(4) != first).all()
    assert (generator(8, "folds", 1).random(4) != first).all()


def test_parts_are_not_glued_together():
    assert integer_seed(1, "ab", "c") != integer_seed(1, "a", "bc")


def test_integer_seeds_fit_31_bits():
    assert all(0 <= integer_seed(seed, "x") < 2**31 for seed in range(200))
