"""Methods in words follow the study: timepoints, resamples, versions."""

from __future__ import annotations

from dataclasses import replace

from livermets.report.document import Paragraph, Table
from livermets.report.sections.methods import methods_section


def _text(study) -> str:
    parts = [part for section in methods_section(study).walk() for part in section.blocks]
    return " ".join(part.text for part in parts if isinstance(part, Paragraph))


def test_the_timepoints_that_are_predicted_from_are_stated(made_study):
    named = replace(made_study.results, config=made_study.config.model_copy(update={"response_timepoints": ["TP1"]}))
    assert "predicted from images at TP1" in _text(named)
    assert "Lesions of the training cohorts at baseline train the segmentation only" in _text(named)
    assert "Lesions of the other cohorts at baseline test the masks only" in _text(named)
    config = made_study.config.model_copy(update={"response_timepoints": ["baseline", "TP1"]})
    both = replace(made_study.results, config=config)
    assert "masks only" not in _text(both)
    assert "segmentation only" not in _text(both)


def test_resamples_are_said_to_be_shared_within_a_comparison_only(made_study):
    assert "the same resamples are used for every statistic" not in _text(made_study.results)
    assert "within a comparison all measures of both masks share the resamples" in _text(made_study.results)


def test_versions_that_made_the_model_stand_beside_other_ones_of_today(made_study):
    def table(**made: str) -> Table:
        facts = {**made_study.results.model_facts, "provenance": {"versions": made}}
        study = replace(made_study.results, model_facts=facts, manifest={"versions": {"torch": "2.1", "numpy": "2.2"}})
        sections = methods_section(study).walk()
        return next(section.blocks[0] for section in sections if section.id == "versions")

    assert table(torch="2.1").rows == [["torch", "2.1"], ["numpy", "2.2"]]
    assert table(torch="2.0").rows == [["torch", "2.1", "2.0"], ["numpy", "2.2", ""]]
