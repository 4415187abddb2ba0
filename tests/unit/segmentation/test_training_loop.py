"""Trainings repeat, resume, learn, survive empty slices, and say what is wrong."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from livermets.config.architectures import UNetSettings
from livermets.config.sampling import AxialSampling
from livermets.config.segmentation import OutputSettings
from livermets.config.training import AugmentationSettings, TrainingSettings
from livermets.errors import InputError
from livermets.segmentation import training_loop as train_module
from livermets.segmentation.architectures.build import NetworkPlan
from livermets.segmentation.checkpoint import CHECKPOINT_FILE
from livermets.segmentation.classes import Classes
from livermets.segmentation.losses import inverse_frequency_weights
from livermets.segmentation.monitoring import VolumeDice
from livermets.segmentation.training_loop import CheckpointPlace, train_network
from livermets.segmentation.views.axial import AxialView
from livermets.segmentation.views.slices import select_slices

pytestmark = pytest.mark.slow

NETWORK = UNetSettings(levels=2, base_filters=4, dropout=0.1)
LESIONS = Classes(("background", "lesion"))
SAMPLING, EVERY_SLICE = AxialSampling(), AxialSampling(slices="all")
SETTINGS = TrainingSettings(
    epochs=4, batch_size=4, learning_rate=0.01, augmentation=AugmentationSettings(flip=0.5, noise=0.5)
)


class Killed(Exception):
    """Stands for a job that was ended from outside."""


def train(scans, settings=SETTINGS, network=NETWORK, place=None, seed=3):
    ours, others = select_slices(scans[:4], SAMPLING, 0), select_slices(scans[4:], SAMPLING, 0)
    return train_network(ours, others, NetworkPlan(network, LESIONS), settings, seed, place)


def same_weights(one, other) -> bool:
    return all(torch.equal(one.weights[name], other.weights[name]) for name in one.weights)


def test_same_seed_same_weights_and_another_seed_others(disc_scans):
    first = train(disc_scans)
    assert same_weights(first, train(disc_scans))
    assert not same_weights(first, train(disc_scans, seed=4))


@pytest.mark.parametrize(
    "update",
    [
        {"schedule": "plateau"},
        {"schedule": "cosine"},
        {"schedule": "step", "step_epochs": 1, "optimiser": "sgd", "nesterov": False},
        {"schedule": "plateau", "validate_every": 3, "lr_patience": 1, "lr_factor": 0.5},
    ],
)
def test_a_killed_training_continues_to_the_same_weights(disc_scans, tmp_path, monkeypatch, update):
    settings = SETTINGS.model_copy(update={**update, "keep": "last"})
    whole = train(disc_scans, settings)
    place = CheckpointPlace(tmp_path, "digest")
    run_epoch = train_module.run_epoch

    def run_two_epochs(training, *rest):
        if training.epoch == 2:
            raise Killed
        run_epoch(training, *rest)

    monkeypatch.setattr(train_module, "run_epoch", run_two_epochs)
    with pytest.raises(Killed):
        train(disc_scans, settings, place=place)
    monkeypatch.setattr(train_module, "run_epoch", run_epoch)
    torch.manual_seed(999)
    continued = train(disc_scans, settings, place=place)
    assert same_weights(whole, continued)
    assert continued.log["epoch"].tolist() == [1, 2, 3, 4]
    assert (continued.log["training_loss"] == whole.log["training_loss"]).all()
    assert not (tmp_path / CHECKPOINT_FILE).exists()


def test_a_checkpoint_of_something_else_is_set_aside(disc_scans, tmp_path, caplog):
    torch.save({"digest": "other"}, tmp_path / CHECKPOINT_FILE)
    with caplog.at_level(logging.WARNING):
        fresh = train(disc_scans, place=CheckpointPlace(tmp_path, "digest"))
    assert "is of other settings, data or code" in caplog.text
    assert (tmp_path / (CHECKPOINT_FILE + ".stale")).exists()
    assert same_weights(fresh, train(disc_scans))


def test_a_damaged_checkpoint_is_set_aside(disc_scans, tmp_path, caplog):
    (tmp_path / CHECKPOINT_FILE).write_bytes(b"half a file")
    train(disc_scans, SETTINGS.model_copy(update={"epochs": 1}), place=CheckpointPlace(tmp_path, "digest"))
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("loss", ["cross-entropy", "dice", "dice-cross-entropy"])
@pytest.mark.parametrize("class_weights", ["none", "inverse-frequency"])
def test_slices_and_scans_without_a_lesion_give_no_nan(disc_scans, output, loss, class_weights):
    settings = SETTINGS.model_copy(update={"loss": loss, "class_weights": class_weights, "epochs": 1, "batch_size": 1})
    sampling = AxialSampling(slices="all", balance=False)
    plan = NetworkPlan(NETWORK.model_copy(update={"output": output}), LESIONS)
    # Patient P5, monitored alone, has no lesion at all; with one slice per batch many batches have none.
    trained = train_network(
        select_slices(disc_scans[3:5], sampling, 0), select_slices(disc_scans[5:], sampling, 0), plan, settings, 0
    )
    assert np.isfinite(trained.log[["training_loss", "validation_loss", "validation_dice"]].to_numpy()).all()
    built = plan.build()
    built.load_state_dict(trained.weights)
    scan, view = disc_scans[5], AxialView(sampling, plan.settings, LESIONS)
    probability = view.probabilities(built, scan.image, scan.liver, OutputSettings(), torch.device("cpu"))
    assert np.isfinite(probability).all()


@pytest.mark.parametrize("keep, kept", [("best", 2), ("last", 4)])
def test_the_epoch_kept_is_the_one_whose_weights_are_kept(disc_scans, monkeypatch, keep, kept):
    dice = iter([0.1, 0.5, 0.3, 0.2])
    monkeypatch.setattr("livermets.segmentation.training_loop.validation_pass", lambda *_: (1.0, next(dice)))
    trained = train(disc_scans, SETTINGS.model_copy(update={"keep": keep, "monitor": "dice"}))
    assert (trained.best_epoch, trained.kept_epoch) == (2, kept)


def test_epochs_without_a_validation_cannot_be_the_best(disc_scans, monkeypatch):
    dice = iter([0.2, 0.1, 0.3])
    monkeypatch.setattr("livermets.segmentation.training_loop.validation_pass", lambda *_: (1.0, next(dice)))
    trained = train(disc_scans, SETTINGS.model_copy(update={"validate_every": 2, "epochs": 5}))
    assert trained.log["validation_dice"].isna().tolist() == [True, False, True, False, False]
    assert trained.log["improved"].tolist() == [False, True, False, False, True]  # the last one always has a validation
    assert trained.best_epoch == 5


def test_a_training_stops_early_only_after_a_validation(disc_scans, monkeypatch):
    monkeypatch.setattr("livermets.segmentation.training_loop.validation_pass", lambda *_: (1.0, 0.5))
    update = {"validate_every": 4, "early_stop_patience": 2, "epochs": 20}
    trained = train(disc_scans, SETTINGS.model_copy(update=update))
    assert (trained.best_epoch, len(trained.log)) == (4, 8)


def test_a_plateau_is_counted_in_epochs_and_looked_at_in_those_with_a_validation(disc_scans, monkeypatch):
    monkeypatch.setattr("livermets.segmentation.training_loop.validation_pass", lambda *_: (1.0, 0.5))
    update = {"validate_every": 2, "schedule": "plateau", "lr_patience": 3, "lr_factor": 0.5, "epochs": 10}
    rates = train(disc_scans, SETTINGS.model_copy(update=update)).log["learning_rate"] / SETTINGS.learning_rate
    # The best epoch is 2. Three epochs later is 5, and the next validation is after 6.
    assert rates.tolist() == [1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5]


def test_validating_less_often_changes_no_weights(disc_scans):
    settings = SETTINGS.model_copy(update={"keep": "last"})
    assert same_weights(
        train(disc_scans, settings), train(disc_scans, settings.model_copy(update={"validate_every": 3}))
    )


def test_the_training_loss_is_monitored_in_every_epoch(disc_scans):
    settings = SETTINGS.model_copy(update={"validation_fraction": 0.0, "validate_every": 3})
    trained = train_network(
        select_slices(disc_scans[:4], SAMPLING, 0), None, NetworkPlan(NETWORK, LESIONS), settings, 3
    )
    assert trained.best_epoch == int(trained.log["training_loss"].argmin()) + 1


def test_the_dice_of_whole_scans_takes_the_place_of_the_samples(disc_scans):
    view = AxialView(SAMPLING, NETWORK, LESIONS)
    dice = VolumeDice(view, disc_scans[4:], OutputSettings())
    ours, others = (select_slices(scans, SAMPLING, 0) for scans in (disc_scans[:4], disc_scans[4:]))
    plan = NetworkPlan(NETWORK, LESIONS)
    trained = train_network(ours, others, plan, SETTINGS, 3, dice_of_volumes=dice)
    built = plan.build()
    built.load_state_dict(trained.weights)
    assert trained.log["validation_dice"][trained.best_epoch - 1] == dice(built)
    assert trained.log["validation_dice"].max() == dice(built)


def test_a_dark_disc_is_learnt(disc_scans):
    settings = SETTINGS.model_copy(update={"epochs": 25})
    trained = train(disc_scans[:5], settings)
    assert trained.log["validation_dice"].max() > 0.85
    assert trained.log["validation_dice"][trained.best_epoch - 1] == trained.log["validation_dice"].max()


def test_training_stops_early_and_lowers_its_rate(disc_scans):
    settings = SETTINGS.model_copy(
        update={
            "epochs": 50, "schedule": "plateau", "lr_patience": 1, "early_stop_patience": 3, "monitor": "loss",
            "learning_rate": 1e-9, "lr_factor": 0.5,
        }
    )  # fmt: skip
    # At such a rate the loss stands still to within its rounding.
    trained = train(disc_scans, settings, network=NETWORK.model_copy(update={"norm": "none", "dropout": 0.0}))
    epochs = len(trained.log)
    assert epochs < 50
    assert epochs - trained.best_epoch == 3
    assert trained.log["learning_rate"].iloc[-1] < 1e-9


def test_half_precision_on_a_cpu_is_asked_for_and_learns_the_same(disc_scans):
    settings = SETTINGS.model_copy(update={"epochs": 3, "schedule": "constant"})
    full, half = (train(disc_scans, settings.model_copy(update={"cpu_bfloat16": asked})) for asked in (False, True))
    assert not same_weights(full, half)  # bfloat16 was used
    assert all(weight.dtype == full.weights[name].dtype for name, weight in half.weights.items())
    assert half.log["training_loss"].to_numpy() == pytest.approx(full.log["training_loss"].to_numpy(), rel=0.05)
    assert same_weights(half, train(disc_scans, settings.model_copy(update={"cpu_bfloat16": True})))


def test_no_slice_with_the_target_is_refused(disc_scans):
    with pytest.raises(InputError, match="no training slice shows the lesion"):
        train_network(select_slices(disc_scans[5:], EVERY_SLICE, 0), None, NetworkPlan(NETWORK, LESIONS), SETTINGS, 0)


def test_class_weights_are_all_pixels_over_those_of_the_class():
    assert inverse_frequency_weights((0.25,)) == (100 / 75, 4)
    assert inverse_frequency_weights((0.25, 0.125)) == (100 / 62.5, 4, 8)


def test_the_class_weights_of_a_training_are_those_of_its_balanced_epochs(disc_scans):
    settings = SETTINGS.model_copy(update={"class_weights": "inverse-frequency", "loss": "cross-entropy", "epochs": 1})
    slices = select_slices(disc_scans[:4], EVERY_SLICE, 0)
    trained = train_network(slices, None, NetworkPlan(NETWORK, LESIONS), settings, 3)
    lesion = slices.with_focus
    share = 0.5 * float(slices.target[torch.from_numpy(lesion)].float().mean())
    assert trained.class_weights == pytest.approx((1 / (1 - share), 1 / share))
