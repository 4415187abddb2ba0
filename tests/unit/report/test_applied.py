"""A report of a study that applies another one's bundle says whose networks and model it shows."""

from dataclasses import replace

import pytest
from tests.finished_study import CONFIG

from livermets.report.document import Pairs
from livermets.report.sections.applied import applied_blocks, selection_elsewhere
from livermets.report.sections.model_card import model_card_section
from livermets.report.sections.selection import selection_section
from livermets.report.sections.trained_networks import networks_sections

APPLIED = {
    "sha256": "ab" * 32,
    "study": CONFIG["study"],
    "created": "2020-01-02 03:04 UTC",
    "trained_on_synthetic": False,
    "networks": {"automatic": {"classes": ["background", "lesion"], "training_patients": 1, "parameter_count": 9}},
    "model": {"training_lesions": 9, "training_patients": 3, "training_responders": 4, "features": 2},
    "versions": {"livermets": "0.0.9"},
}


@pytest.fixture
def study(made_study):
    """The results as they would be read beside these facts."""

    training = made_study.results.of_role("train")
    cohorts = {name: facts for name, facts in made_study.results.cohorts.items() if name not in training}
    return replace(made_study.results, applied=APPLIED, cohorts=cohorts)


def test_it_names_the_bundle_and_counts_those_who_trained(study):
    pairs = dict(next(block for block in applied_blocks(study) if isinstance(block, Pairs)).items)
    assert pairs == {
        "Results of that study": "2020-01-02 03:04 UTC, livermets 0.0.9",
        "SHA-256 of the bundle": "ab" * 32,
        "Network automatic": "finds lesion; trained on 1 patient of that study",
        "Response model": "fitted on 9 lesions of 3 patients (4 R+, 5 R−) of that study",
    }


def test_the_card_does_not_take_this_studys_patients_for_those_who_trained(study):
    card = model_card_section(study)
    said = dict(
        next(block for block in card.blocks if isinstance(block, Pairs) and "Trained on" in dict(block.items)).items
    )
    assert said["Trained on"] == "the study “Two hospitals”: 9 lesions of 3 patients (4 R+, 5 R−)"
    assert any("how many centres" in str(block) for block in card.blocks)


def test_the_search_is_said_to_be_elsewhere(study):
    section = selection_section(study)
    assert section.sections == []
    assert "in the report of the study “Two hospitals”" in section.blocks[0].text


def test_networks_are_said_to_be_trained_elsewhere(study):
    (section,) = networks_sections(study)
    assert any("Trained in the study “Two hospitals”" in str(block) for block in section.blocks)


def test_a_study_of_its_own_says_nothing_of_bundles(made_study):
    assert applied_blocks(made_study.results) == []
    assert selection_elsewhere(made_study.results) == []
