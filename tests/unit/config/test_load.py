"""Settings are typed, and a typo gets the nearest key."""

from pathlib import Path

import pytest
import yaml
from pydantic import Field

from livermets.config import base
from livermets.config.base import Section
from livermets.config.duplicates import repeated_keys
from livermets.config.load import read_yaml, section_from_option, validate_section
from livermets.config.replaced import REPLACED
from livermets.config.segmentation import SegmentationSettings
from livermets.config.selection import SelectionSettings
from livermets.config.statistics import StatisticsSettings
from livermets.config.study import StudyConfig
from livermets.errors import InputError
from livermets.report.configuration import ReportedConfig


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


@pytest.mark.parametrize("key", REPLACED)
def test_a_key_of_earlier_configurations_says_what_to_write_instead(key):
    values: dict = {"cohorts": {"learn": {"role": "train", "phantom": {"patients": 3}}}}
    section = values
    *sections, last = key.split(".")
    for name in sections:
        section = section.setdefault(name, {})
    section[last] = {}
    for model, where in ((StudyConfig, ""), (ReportedConfig, "config")):
        with pytest.raises(InputError) as caught:
            validate_section(model, values, where)
        assert [problem.fix for problem in caught.value.problems] == [REPLACED[key]]


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


@pytest.mark.parametrize(
    "text, problems",
    [
        ("a: 1\nb: 2\na: 3\n", ["{file}, line 3: the key `a` is already in line 1. Keep one of the two."]),
        ("a: {b: 1, b: 2}\n", ["{file}, line 1: the key `a.b` is already in line 1. Keep one of the two."]),
        (
            "cohorts:\n  turin:\n    role: train\n  milan:\n    role: predict\n  turin:\n    role: validation\n",
            ["{file}, line 6: the key `cohorts.turin` is already in line 2. Keep one of the two."],
        ),
        ("a:\n- {b: 1,\n   b: 1}\n", ["{file}, line 3: the key `a[0].b` is already in line 2. Keep one of the two."]),
        ("a: 1\n'a': 1\n\"a\": 1\n", ["{file}, line 2: the key `a` is already in line 1. Keep one of the two.",
                                    "{file}, line 3: the key `a` is already in line 1. Keep one of the two."]),
        ("base: &base {x: 1, y: 1}\na:\n  <<: *base\n  y: 2\nb: *base\nc: {<<: [*base, {z: 1}], x: 3}\n", []),
        ("a: {b: 1}\nc: {b: 1}\n", []),
    ],
)  # fmt: skip
def test_a_key_that_stands_twice_is_an_error_with_both_lines(tmp_path, text, problems):
    file = tmp_path / "config.yaml"
    file.write_text(text)
    expected = [problem.format(file=file) for problem in problems]
    assert [str(problem) for problem in repeated_keys([file])] == expected
    if not problems:
        assert read_yaml(file) == yaml.safe_load(text)
        return
    with pytest.raises(InputError) as caught:
        read_yaml(file)
    assert [str(problem) for problem in caught.value.problems] == expected


def test_a_key_that_stands_twice_in_json_is_an_error(tmp_path):
    text = '{"cohorts": {"a": {}, "b": {}, "a": {}}}'
    with pytest.raises(InputError, match="--settings: the key `a` stands there twice"):
        section_from_option(text, "cohorts", Outer)
    file = tmp_path / "config.json"
    file.write_text(text.replace(" ", "\t"))
    assert len(repeated_keys([file])) == 1


def test_an_overlay_repeats_keys_of_another_file(tmp_path):
    for name in ("config.yaml", "overlay.yaml"):
        (tmp_path / name).write_text("seed: 1\n")
    assert repeated_keys([tmp_path / "config.yaml", tmp_path / "overlay.yaml", tmp_path / "config.yaml"]) == []


@pytest.mark.parametrize(
    "text, said",
    [("a: [1", "is not valid YAML"), ("- a\n- b\n", "must be a mapping"), ("\x00", "is not valid YAML")],
)
def test_broken_yaml_is_the_users_mistake(tmp_path, text, said):
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=said):
        read_yaml(file)


@pytest.mark.parametrize("known, said", [(True, "reads 012 as the number 10"), (False, "reads this as the number 10")])
def test_a_text_that_yaml_read_as_something_else(tmp_path: Path, known: bool, said: str) -> None:
    """Said as it is typed where the file is at hand; the workflow has the values only."""
    file = tmp_path / "c.yaml"
    file.write_text("cohorts:\n  c: {role: predict, patients: [P1, 0o17, 012], image: '{patient}'}\n")
    with pytest.raises(InputError, match=rf"cohorts\.c\.patients\.2: YAML {said}, a text is needed\. Quote it"):
        validate_section(StudyConfig, read_yaml(file), "", file if known else None)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_yaml(tmp_path)


def test_no_pattern_is_shown_to_people() -> None:
    """Every pattern of the schema is explained in words: its model says so through `Allowed`."""
    texts = {module.name: module.read_text() for module in Path(base.__file__).parent.glob("*.py")}
    assert "cohorts.py" in texts
    assert [name for name, text in texts.items() if "pattern=" in text] == []


@pytest.mark.parametrize(
    "section, values, where",
    [
        (SegmentationSettings, {"training": {"betas": [0.9, 1.5]}}, "training.betas.1"),
        (SegmentationSettings, {"training": {"learning_rate": float("inf")}}, "training.learning_rate"),
        (SelectionSettings, {"search": {"parsimony": float("nan")}}, "search.parsimony"),
        (StatisticsSettings, {"diameter_cuts_mm": [10, float("inf")]}, "diameter_cuts_mm.1"),
    ],
)
def test_numbers_that_nothing_can_be_computed_with_are_refused(section, values, where):
    with pytest.raises(InputError, match=rf"^config\.{where}: "):
        validate_section(section, values)
