"""Settings are typed, and a typo gets the nearest key."""

import pytest
from pydantic import Field

from livermets.config.base import Section
from livermets.config.load import read_yaml, section_from_option, validate_section
from livermets.config.segmentation import SegmentationSettings
from livermets.config.selection import SelectionSettings
from livermets.config.statistics import StatisticsSettings
from livermets.errors import InputError


class Inner(Section):
    width: float = Field(25.0, gt=0)


class Outer(Section):
    inner: Inner = Inner()
    many: dict[str, Inner] = {}
    needed: int


def _messages(values):
    with pytest.raises(InputError) as caught:
        validate_section(Outer, values, "features")
    return [str(problem) for problem in caught.value.problems]


def test_an_unknown_key_gets_the_nearest_one():
    assert _messages({"needed": 1, "iner": {}}) == ["features.iner: unknown key. Did you mean `inner`?"]


def test_an_unknown_nested_key_is_compared_with_its_own_siblings():
    assert _messages({"needed": 1, "inner": {"widht": 3}}) == [
        "features.inner.widht: unknown key. Did you mean `width`?"
    ]
    assert _messages({"needed": 1, "many": {"a": {"wdth": 3}}}) == [
        "features.many.a.wdth: unknown key. Did you mean `width`?"
    ]


def test_a_key_like_no_other_lists_those_known():
    assert _messages({"needed": 1, "zzz": 0}) == ["features.zzz: unknown key. Known keys: inner, many, needed."]


def test_all_problems_are_listed_at_once():
    messages = _messages({"inner": {"width": -1}, "x": 1})
    assert len(messages) == 3
    assert any("features.needed: this key is missing" in message for message in messages)
    assert any("greater than 0 (found -1)" in message for message in messages)


def test_json_or_a_file_give_the_same_section(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("features: {needed: 4, inner: {width: 2}}\n")
    assert section_from_option(str(file), "features", Outer) == section_from_option(
        '{"needed": 4, "inner": {"width": 2}}', "features", Outer
    )


@pytest.mark.parametrize("text", ["a: [1", "- a\n- b\n", "\x00"])
def test_broken_yaml_is_the_users_mistake(tmp_path, text):
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(InputError):
        read_yaml(file)


@pytest.mark.parametrize(
    "section, values",
    [
        (SegmentationSettings, {"training": {"betas": [0.9, 1.5]}}),
        (SegmentationSettings, {"training": {"learning_rate": float("inf")}}),
        (SelectionSettings, {"search": {"parsimony": float("nan")}}),
        (StatisticsSettings, {"diameter_cuts_mm": [10, float("inf")]}),
    ],
)
def test_numbers_that_nothing_can_be_computed_with_are_refused(section, values):
    with pytest.raises(InputError):
        validate_section(section, values)
