"""network.json: what is written comes back, byte for byte, and what is none is said in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.network_descriptions import network_description

from livermets.errors import InputError
from livermets.segmentation.description import NetworkDescription, read_description, write_description


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    described = network_description(class_weights=(0.5, 6.25), fold=1, folds=2)
    write_description(tmp_path, described)
    text = (tmp_path / "network.json").read_text()
    assert read_description(tmp_path) == described
    assert list(json.loads(text))[:5] == ["classes", "network", "sampling", "training", "preprocess"]
    assert list(json.loads(text))[-1] == "weights_sha256"
    write_description(tmp_path, read_description(tmp_path))
    assert (tmp_path / "network.json").read_text() == text


def test_patients_are_all_that_the_network_has_seen() -> None:
    assert network_description(training_patients=("a", "b"), validation_patients=("c",)).patients == {"a", "b", "c"}


def test_a_damaged_description_is_refused(tmp_path: Path) -> None:
    (tmp_path / "network.json").write_text('{"classes": ')
    with pytest.raises(InputError, match=r"network\.json: this description of a network is damaged\. Train again\."):
        read_description(tmp_path)


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda values: values.pop("kept_epoch"), "missing: kept_epoch"),
        (lambda values: values.update(colour="red"), "unknown: colour"),
        (lambda values: values["network"].update(levels=0), "not as expected: network.unet.levels"),
        (lambda values: values.clear(), "missing: classes, network"),
    ],
)
def test_a_description_of_another_version_says_where_it_differs(tmp_path: Path, change, said: str) -> None:
    values = network_description().model_dump(mode="json")
    change(values)
    (tmp_path / "network.json").write_text(json.dumps(values))
    with pytest.raises(InputError, match="is of another version") as error:
        read_description(tmp_path)
    assert said in str(error.value)


def test_a_list_is_no_description(tmp_path: Path) -> None:
    (tmp_path / "network.json").write_text("[]")
    with pytest.raises(InputError, match="not as expected: the whole file"):
        read_description(tmp_path)


def test_a_description_cannot_be_changed() -> None:
    described: NetworkDescription = network_description()
    with pytest.raises(ValueError, match="frozen"):
        described.seed = 2  # type: ignore[misc]
