"""A results folder is reported with a whole configuration, with a part of one, and with none."""

from __future__ import annotations

import pytest

from livermets.config.report import ReportSettings
from livermets.config.study import StudyConfig
from livermets.errors import InputError
from livermets.report.configuration import ReportedConfig, config_from_option, reported_config

COHORTS = {"a": {"role": "train", "phantom": {"patients": 3}}}


def test_a_whole_configuration_gives_everything_defaults_included():
    config = reported_config({"cohorts": COHORTS})
    assert config.gives("outcome")
    assert config.values() == StudyConfig.model_validate({"cohorts": COHORTS}).model_dump(mode="json")


def test_a_part_gives_what_it_names_and_has_defaults_for_the_rest():
    config = config_from_option('{"statistics": {"level": 0.9}}')
    assert config.gives("statistics")
    assert not config.gives("outcome")
    assert config.values() == {"statistics": {"level": 0.9}}
    assert config.report == ReportSettings()


def test_nothing_is_known_without_a_configuration():
    assert config_from_option("{}").values() == {}
    assert not any(ReportedConfig().gives(name) for name in ReportedConfig.model_fields)


@pytest.mark.parametrize("option", ['{"statistic": {}}', '{"cohorts": {"a": {"role": "train"}}}', '{"seed": '])
def test_what_is_no_configuration_is_refused(option):
    with pytest.raises(InputError):
        config_from_option(option)
