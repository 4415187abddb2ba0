"""The manifest tells what results were made from, and changes when they do."""

from __future__ import annotations

import hashlib

from livermets.report.manifest import study_manifest


def test_it_names_seed_versions_inputs_and_outputs(made_study):
    manifest = study_manifest(made_study.folder, made_study.config)
    assert manifest["seed"] == 7
    assert manifest["versions"]["livermets"] == manifest["livermets"]
    assert manifest["inputs"]["unknown/UN0001/baseline"] == "ab" * 32
    content = (made_study.folder / "lesions.csv").read_bytes()
    assert manifest["outputs"]["lesions.csv"] == hashlib.sha256(content).hexdigest()


def test_settings_change_only_their_own_digest(made_study):
    one = study_manifest(made_study.folder, made_study.config)
    other = study_manifest(made_study.folder, made_study.config.model_copy(update={"seed": 8}))
    changed = {key for key in one if one[key] != other[key]} - {"created"}
    assert changed == {"seed", "seeds", "settings_digest"}


def test_the_time_of_writing_can_be_fixed(made_study, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert study_manifest(made_study.folder, made_study.config)["created"] == "1970-01-01 00:00 UTC"
