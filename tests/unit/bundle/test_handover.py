"""A finished study becomes one file that holds what decides masks and classes, and nobody."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from tests.finished_study import CONFIG, TRAINING_IDS, finished_study

from livermets.bundle.handover import write_bundle
from livermets.config.bundled import read_facts
from livermets.errors import InputError
from livermets.io.tables import write_csv


def complaints(study: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        write_bundle(study / "out.zip", study / "results", ["config.yaml"])
    assert not (study / "out.zip").exists()
    return [str(problem) for problem in caught.value.problems]


def test_it_holds_networks_model_facts_and_card(bundle):
    with zipfile.ZipFile(bundle) as archive:
        names = archive.namelist()
        card = archive.read("MODEL_CARD.md").decode()
    networks = [
        f"networks/{name}/network.{end}" for name in ("automatic", "liver", "paper") for end in ("json", "safetensors")
    ]
    assert names == ["MODEL_CARD.md", "bundle.json", "model/model.json", "model/model.safetensors", *networks]
    assert "**automatic** finds lesion: unet with 1,943,000 weights, trained on 3 patients" in card
    assert "9 training lesions of 3 patients" in card


def test_its_facts_count_those_who_trained_and_name_nobody(bundle):
    facts = read_facts(bundle)
    assert (facts.study, facts.trained_on_synthetic) == ("Two hospitals", True)
    assert {name: network.training_patients for name, network in facts.networks.items()} == dict.fromkeys(
        ("liver", "automatic", "paper"), 3
    )
    assert facts.model is not None
    assert (facts.model.training_lesions, facts.model.training_responders, facts.model.features) == (9, 4, 2)
    assert facts.settings["preprocess"]["network_grid"] == 64
    assert facts.settings["networks"]["paper"]["training"]["learning_rate"] == 1e-4
    assert facts.settings["segmentation"]["liver"]["replace_given"]


def test_nothing_in_it_names_a_patient_or_a_place(bundle, study):
    with zipfile.ZipFile(bundle) as archive:
        everything = {name: archive.read(name) for name in archive.namelist()}
    forbidden = [*TRAINING_IDS, "Okapi", str(study), str(study.parent), "results/learn", "preprocess/"]
    found = [(name, word) for name, content in everything.items() for word in forbidden if word.encode() in content]
    assert found == []
    original = (study / "results/networks/automatic/network.json").read_text()
    assert all(word in original for word in TRAINING_IDS)


def test_the_number_of_patients_is_kept_in_a_spelling_that_no_id_can_have(bundle):
    with zipfile.ZipFile(bundle) as archive:
        described = json.loads(archive.read("networks/automatic/network.json"))
    assert described["training_patients"] == ["#1", "#2"]
    assert described["validation_patients"] == ["#3"]
    assert described["scans"] == {}
    assert not any(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in described["training_patients"])


def test_the_same_study_gives_the_same_bytes(bundle, study):
    again = study / "again.zip"
    (study / "results/networks/automatic/network.safetensors").touch()
    written = write_bundle(again, study / "results", ["config.yaml"])
    assert again.read_bytes() == bundle.read_bytes()
    assert "network paper (lesion, trained on 3 patients); response model (9 lesions of 3 patients)" in str(written)


def test_a_study_of_several_configuration_files_is_bundled_with_all_of_them(study):
    whole = json.loads((study / "config.yaml").read_text())
    preset = {"preprocess": {"network_grid": whole["preprocess"].pop("network_grid")}}
    (study / "config.yaml").write_text(json.dumps(whole))
    (study / "preset.yaml").write_text(json.dumps(preset))
    assert "made with another configuration" in complaints(study)[0]
    written = write_bundle(study / "out.zip", study / "results", ["config.yaml", "preset.yaml"])
    assert written.facts.settings["preprocess"]["network_grid"] == 64


def test_weights_of_a_file_are_named_without_their_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network = {"architecture": "resnet18-unet", "pretrained": {"file": "/data/secret/r18.pth", "sha256": "f37072fd"}}
    finished_study(tmp_path, {**CONFIG, "segmentation": {"network": network}, "networks": {}})
    write_bundle(tmp_path / "out.zip", tmp_path / "results", ["config.yaml"])
    assert read_facts(tmp_path / "out.zip").settings["segmentation"]["network"]["pretrained"]["file"] == "r18.pth"
    assert b"secret" not in (tmp_path / "out.zip").read_bytes()


def test_a_study_of_networks_alone_has_no_model_and_no_settings_of_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cohorts = {
        name: {**cohort, "role": {"segmentation": cohort["role"], "response": "none"}}
        for name, cohort in CONFIG["cohorts"].items()
    }
    finished_study(tmp_path, {**CONFIG, "cohorts": cohorts})
    facts = write_bundle(tmp_path / "out.zip", tmp_path / "results", ["config.yaml"]).facts
    assert facts.model is None
    assert set(facts.settings) == {"preprocess", "segmentation", "networks"}
    assert facts.brings("segmentation")
    assert not facts.brings("response")


def test_a_study_of_response_alone_has_no_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cohorts = {
        name: {**cohort, "role": {"segmentation": "none", "response": cohort["role"]}}
        for name, cohort in CONFIG["cohorts"].items()
    }
    values = {"cohorts": cohorts, "radiomics": {"bin_width": 10}}
    finished_study(tmp_path, values)
    facts = write_bundle(tmp_path / "out.zip", tmp_path / "results", ["config.yaml"]).facts
    assert facts.networks == {}
    assert facts.brings("response")
    assert not facts.brings("segmentation")
    assert facts.settings["radiomics"]["bin_width"] == 10


def test_an_unfinished_study_is_refused(study):
    (study / "results/manifest.json").unlink()
    assert complaints(study) == [
        f"{study}/results: this study is not finished (manifest.json is missing). "
        "Run the workflow to its end, then write the bundle."
    ]


def test_another_configuration_and_changed_files_are_said_at_once(study):
    config = json.loads((study / "config.yaml").read_text())
    (study / "config.yaml").write_text(json.dumps({**config, "radiomics": {"bin_width": 5}}))
    (study / "results/model/model.json").write_text("{}")
    write_csv(study / "results/networks/automatic/training_log.csv", pd.DataFrame({"epoch": [1]}))
    (study / "results/networks/liver/network.safetensors").unlink()
    said = complaints(study)
    assert [line for line in said if "made with another configuration" in line]
    assert [line for line in said if "model/model.json: this file has changed" in line]
    assert [line for line in said if "liver/network.safetensors: this file is in the manifest and is missing" in line]
    assert not [line for line in said if "training_log.csv" in line]  # what came later is not in the bundle
