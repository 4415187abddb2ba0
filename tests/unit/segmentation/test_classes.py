"""Classes: their order, the target that they make of masks, and which of them is the most probable."""

from __future__ import annotations

import numpy as np
import pytest

from livermets.errors import InputError
from livermets.segmentation.classes import Classes, most_probable

LESIONS = Classes.beside_background(["lesion"])
BOTH = Classes.beside_background(["lesion", "liver"])


def test_classes_go_from_the_outside_in_whatever_the_order_they_are_asked_in():
    assert BOTH.names == ("background", "liver", "lesion")
    assert (BOTH.found, str(BOTH), BOTH.focus) == (("liver", "lesion"), "liver and lesion", 2)
    assert (LESIONS.focus, LESIONS.index("lesion"), BOTH.index("lesion")) == (1, 0, 1)
    assert (LESIONS.need_liver, BOTH.need_liver) == (True, False)


def test_a_voxel_belongs_to_its_innermost_class():
    masks = {"liver": np.array([0, 1, 1, 0]), "lesion": np.array([0, 0, 3, 1])}
    assert BOTH.target(masks).tolist() == [0, 1, 2, 2]
    assert LESIONS.target(masks).tolist() == [0, 0, 1, 1]


def test_channels_follow_the_output():
    assert [LESIONS.channels(output) for output in ("sigmoid", "softmax")] == [1, 2]
    assert BOTH.channels("softmax") == 3
    with pytest.raises(InputError, match="output: sigmoid has one class, not liver and lesion"):
        BOTH.channels("sigmoid")


@pytest.mark.parametrize("asked, said", [(["spleen"], "spleen is no class"), ([], "nothing is no class")])
def test_a_class_that_is_not_known_is_refused(asked, said):
    with pytest.raises(InputError, match=said):
        Classes.beside_background(asked)
    with pytest.raises(InputError, match="net: this network finds lesion, not liver"):
        LESIONS.index("liver", "net")


def test_the_most_probable_class_beats_the_background_and_the_others():
    values = np.random.default_rng(0).dirichlet([1, 1, 1], size=1000).astype(np.float32)
    found = most_probable(values.T[1:])
    winner = values.argmax(axis=1)
    assert (found[0] == (winner == 1)).all()
    assert (found[1] == (winner == 2)).all()


def test_of_one_class_the_most_probable_is_that_above_a_half():
    values = np.concatenate([np.linspace(0, 1, 5), 0.5 + np.array([-1, 1]) * 2.0**-25]).astype(np.float32)
    assert np.array_equal(most_probable(values[None])[0], values > 0.5)
