"""What the documentation tells users to write about external programs is a configuration."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from livermets.config.load import validate_section
from livermets.config.study import StudyConfig

DOCUMENT = Path(__file__).parents[3] / "docs/external_tools.md"
RECIPES = re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)


def test_there_are_recipes_of_both_ways() -> None:
    assert {key for recipe in RECIPES for key in yaml.safe_load(recipe)} >= {"programs", "cohorts", "sources"}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_a_part_of_a_configuration(recipe: str) -> None:
    values = {"cohorts": {"test": {"role": "validation", "phantom": {}}}, **yaml.safe_load(recipe)}
    read = validate_section(StudyConfig, values, "")
    assert all(program.command in recipe for program in read.programs.values())
