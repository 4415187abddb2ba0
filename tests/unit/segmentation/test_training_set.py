"""Which scans a network is trained on, and what cannot be."""

from __future__ import annotations

import pytest
from tests.disc_scans import disc_scan

from livermets.config.architectures import UNetSettings
from livermets.config.sampling import AxialSampling
from livermets.config.training import TrainingSettings
from livermets.errors import InputError
from livermets.segmentation.architectures.build import build_network
from livermets.segmentation.classes import Classes
from livermets.segmentation.training_set import TrainingSet, assemble
from livermets.segmentation.views.axial import AxialView

LESIONS = Classes(("background", "lesion"))


def assembled(scans, settings: UNetSettings) -> TrainingSet:
    view = AxialView(AxialSampling(), settings, LESIONS)
    return assemble(scans, view, build_network(settings, LESIONS), LESIONS, TrainingSettings(), 0)


def test_scans_are_split_by_patient_and_shown_in_boxes_of_one_size(disc_scans):
    made = assembled([*disc_scans, *disc_scans], UNetSettings(levels=2, base_filters=2))
    assert set(made.training_patients) | set(made.validation_patients) == {scan.patient_id for scan in disc_scans}
    assert not set(made.training_patients) & set(made.validation_patients)
    assert made.description()["training_samples"] == 2 * 6 * len(made.training_patients)
    assert made.training.stack.shape[1:] == made.validation.stack.shape[1:]


def test_the_scans_that_monitor_a_training_are_kept_whole_too(disc_scans):
    made = assembled(disc_scans, UNetSettings(levels=2, base_filters=2))
    whole = {scan.name: scan for scan in disc_scans}
    assert [scan.patient_id for scan in made.validation_volumes] == made.validation_patients
    assert all(scan is whole[scan.name] for scan in made.validation_volumes)


def test_a_training_set_without_the_target_is_refused():
    scans = [disc_scan(name, 1, lesions=False) for name in "abc"]
    with pytest.raises(InputError, match="none of them shows the lesion"):
        assembled(scans, UNetSettings(levels=2, base_filters=2))


def test_scans_too_small_for_the_network_are_refused(disc_scans):
    with pytest.raises(InputError, match="slices of 32 pixels are too small") as caught:
        assembled([disc_scan("large", 9, size=64), *disc_scans], UNetSettings(levels=5, base_filters=2))
    assert [problem.where for problem in caught.value.problems] == [scan.name for scan in disc_scans]
