"""Who made which masks, as it is configured."""

import pytest

from livermets.config.load import sections_from_option, validate_section
from livermets.config.sources import ReaderStudy
from livermets.config.study import StudyConfig
from livermets.errors import InputError

COHORTS = {"learn": {"role": "train", "phantom": {}}}


def problem(**values) -> str:
    with pytest.raises(InputError) as error:
        validate_section(StudyConfig, {"cohorts": COHORTS, **values}, "")
    (found,) = error.value.problems
    return str(found)


def test_what_contradicts_itself_is_refused():
    assert problem(sources={"nnunet": {"tool": True, "reader": "A"}}).startswith(
        "sources.nnunet: a source with `tool: true` has no `reader` and no `start`"
    )
    assert problem(sources={"adjusted": {"start": "adjusted"}}).startswith(
        "sources: adjusted cannot be its own `start`; name the mask that was corrected"
    )
    assert "(found 'jaccard')" in problem(readers={"margins": {"jaccard": 0.1}})
    assert problem(readers={"margins": {"dice": 0}}).startswith("readers.margins.dice: ")
    assert problem(readers={"volume_ratio_limits": [0.9, 0.95]}).startswith("readers.volume_ratio_limits.1: ")


def test_the_verb_takes_its_sections_from_a_configuration_or_from_json(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("study: x\nreaders: {margins: {dice: 0.1}}\nsources: {adjusted: {reader: A, start: automatic}}\n")
    found = sections_from_option(str(config), ReaderStudy)
    assert found.readers.margins == {"dice": 0.1}
    assert found.sources["adjusted"].start == "automatic"
    assert sections_from_option('{"readers": {"margins": {"dice": 0.1}}}', ReaderStudy).readers == found.readers
    with pytest.raises(InputError, match=r"source: unknown key. Did you mean `sources`"):
        sections_from_option('{"source": {}}', ReaderStudy)
