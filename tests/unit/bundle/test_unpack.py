"""What is unpacked is what was bundled, byte for byte, or nothing."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from tests.network_descriptions import network_description

from livermets.bundle.anonymous import anonymous
from livermets.bundle.unpack import unpack_facts, unpack_folder
from livermets.config.bundled import read_facts
from livermets.errors import InputError
from livermets.model.fitted import read_model
from livermets.provenance import file_digest
from livermets.segmentation.description import read_description


def test_weights_and_model_come_out_as_they_went_in(bundle, study, tmp_path):
    unpack_folder(bundle, "networks/paper", tmp_path / "paper")
    unpack_folder(bundle, "model", tmp_path / "model")
    for ours, theirs in (("paper/network.safetensors", "networks/paper"), ("model/model.json", "model")):
        written = tmp_path / ours
        assert written.read_bytes() == (study / "results" / theirs / written.name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "paper").iterdir()) == ["network.json", "network.safetensors"]
    assert read_model(tmp_path / "model").threshold == 0.5


def test_a_network_from_a_bundle_has_seen_no_patient_of_any_id(bundle, study, tmp_path):
    unpack_folder(bundle, "networks/automatic", tmp_path / "network")
    theirs, ours = read_description(study / "results/networks/automatic"), read_description(tmp_path / "network")
    assert "Quagga001" in theirs.patients
    assert len(ours.patients) == len(theirs.patients) == 3
    assert not {"Quagga001", "learn/Quagga001", "1"} & ours.patients
    assert "ab" * 32 not in ours.scans.values()
    told = {"scans", "training_patients", "validation_patients"}
    assert ours.model_dump(exclude=told) == theirs.model_dump(exclude=told)


def test_anonymous_numbers_never_repeat_between_training_and_monitoring():
    found = anonymous(network_description(training_patients=("1", "2"), validation_patients=("3",)))
    assert found["training_patients"] + found["validation_patients"] == ["#1", "#2", "#3"]


def test_its_facts_say_which_file_it_was(bundle, tmp_path):
    unpack_facts(bundle, tmp_path / "facts")
    said = json.loads((tmp_path / "facts/applied.json").read_text())
    assert said.pop("sha256") == file_digest(bundle)
    assert said == read_facts(bundle).model_dump(mode="json")
    assert (tmp_path / "facts/MODEL_CARD.md").read_text().startswith("# Two hospitals")


def test_a_part_that_is_not_there_is_named_with_those_that_are(bundle, tmp_path):
    with pytest.raises(
        InputError, match=r"there is no networks/other in this bundle\. It holds model, networks/automatic"
    ):
        unpack_folder(bundle, "networks/other", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_damaged_part_is_not_written(bundle, tmp_path):
    damaged = altered(bundle, tmp_path / "damaged.zip", "model/model.json", b"{}")
    with pytest.raises(InputError, match=r"model/model\.json: this part is damaged"):
        unpack_folder(damaged, "model", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def altered(bundle: Path, out: Path, name: str, content: bytes) -> Path:
    """The bundle with another member in place of one."""
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.namelist():
            new.writestr(member, content if member == name else old.read(member))
    return out
