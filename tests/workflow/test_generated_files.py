"""What is generated from a single source is in step with it."""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import yaml

from livermets.config.cohorts import CohortSettings
from livermets.config.load import read_yaml, validate_section
from livermets.config.recipes import network_recipes, overlaid
from livermets.config.study import StudyConfig, json_schema

REPOSITORY = Path(__file__).parents[2]


def _pins(name: str) -> dict[str, str]:
    lines = (REPOSITORY / "envs" / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_conda_environments_pin_the_versions_of_the_lock():
    done = subprocess.run(
        [sys.executable, "envs/write_envs.py", "--check"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    pins = _pins("lock.txt")
    for file in REPOSITORY.glob("envs/*.yaml"):
        packages = [line for line in yaml.safe_load(file.read_text())["dependencies"] if not line.startswith("python ")]
        assert packages
        for line in packages:
            name, version = line.split(" =")
            assert pins[{"pytorch": "torch"}.get(name, name)] == version, file.name


def test_what_is_installed_is_what_the_lock_says():
    wrong = {
        name: metadata.version(name)
        for name, version in {**_pins("lock.txt"), **_pins("lock-dev.txt")}.items()
        if metadata.version(name).split("+")[0] != version
    }
    assert wrong == {}


def test_every_direct_dependency_is_locked():
    text = (REPOSITORY / "pyproject.toml").read_text()
    direct = re.findall(r'"([\w-]+)"', re.search(r"dependencies = \[(.*?)\]", text, re.DOTALL).group(1))
    normalised = {name.lower().replace("_", "-") for name in direct}
    assert len(normalised) > 20
    assert normalised <= set(_pins("lock.txt"))


def test_the_schema_on_disk_is_that_of_the_typed_configuration():
    on_disk = json.loads((REPOSITORY / "workflow/schemas/config.schema.json").read_text())
    assert on_disk == json.loads(json.dumps(json_schema())), "run `make schema`"


def test_every_setting_is_described():
    schema = json_schema()

    def described(value):
        # Pydantic leaves out a description that is the same as that of the section it refers to.
        section = schema["$defs"].get(value.get("$ref", "").rpartition("/")[2], {})
        return value.get("description") or section.get("description")

    sections = {"": schema, **schema["$defs"]}
    fields = {
        f"{name}.{key}": value for name, section in sections.items() for key, value in section["properties"].items()
    }
    assert len(fields) > 100
    assert [path for path, value in fields.items() if not described(value)] == []


def test_the_tracked_configuration_and_every_preset_are_valid():
    base = read_yaml(REPOSITORY / "config.yaml")
    validate_section(StudyConfig, base)
    presets = sorted((REPOSITORY / "presets").glob("*.yaml"))
    assert presets
    for preset in presets:
        validate_section(StudyConfig, overlaid(base, read_yaml(preset)), preset.name)


def test_the_configuration_shown_in_the_readme_is_valid():
    blocks = re.findall(r"```yaml\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.DOTALL)
    cohorts: dict = {}
    compared: dict = {}
    for block in blocks:
        shown = yaml.safe_load(f"cohorts:\n{block}" if block.startswith("  ") else block)
        cohorts |= shown.get("cohorts", {})
        compared |= shown.get("networks", {})
        if "model" in shown:
            validate_section(StudyConfig, shown)
    assert set(cohorts) == {"turin", "ircadb01", "milan"}
    for name, values in cohorts.items():
        validate_section(CohortSettings, values, name)
    phantom = {"train": {"role": "train", "phantom": {}}}
    study = validate_section(StudyConfig, {"cohorts": phantom, "networks": compared})
    assert set(network_recipes(study)) == {"giannini2020", "no-neighbours", "quarter", "half"}


def test_every_line_of_a_profile_has_its_reason():
    for profile in sorted((REPOSITORY / "workflow/profiles").glob("*/profile.yaml")):
        for line in profile.read_text().splitlines():
            # Headings of a mapping are explained by the lines under them.
            bare = line.strip().startswith("#") or line.rstrip().endswith(":") or not line.strip()
            assert bare or "#" in line or line.startswith("executor:"), f"{profile.parent.name}: {line}"
