"""Training a network: published recipes by settings, resumable, repeatable."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from livermets.config.training import TrainingSettings
from livermets.errors import input_error
from livermets.randomness import integer_seed
from livermets.segmentation.architectures.build import (
    NetworkPlan,
    images_on_device,
    networks_in,
    on_device,
    pick_device,
)
from livermets.segmentation.architectures.pathways import Images
from livermets.segmentation.checkpoint import load_checkpoint, remove_checkpoint, save_checkpoint
from livermets.segmentation.losses import Loss, build_loss, inverse_frequency_weights
from livermets.segmentation.monitoring import validation_pass
from livermets.segmentation.predict import gpu_half_type, half_precision, out_of_memory_advice
from livermets.segmentation.schedule import build_optimiser, build_schedule
from livermets.segmentation.transfer import load_pretrained
from livermets.segmentation.views.protocol import EpochSamples, Samples

logger = logging.getLogger(__name__)
LOG_COLUMNS = (
    "epoch",
    "learning_rate",
    "training_loss",
    "validation_loss",
    "validation_dice",
    "improved",
    "seconds",
    "samples_per_second",
)


@dataclass(frozen=True)
class CheckpointPlace:
    """Where an interrupted training is kept, and the digest of what it was made from."""

    folder: Path
    digest: str


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """The weights kept, one log row per epoch, and what was decided on the way: the best epoch by the monitor, and the
    one whose weights were kept, which is the last where the settings say so."""

    weights: dict[str, Tensor]
    log: pd.DataFrame
    best_epoch: int
    kept_epoch: int
    class_weights: tuple[float, ...] | None


@dataclass(eq=False)
class Training:
    """The moving parts of a training between epochs."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: Any
    scaler: torch.amp.GradScaler
    loss: Loss
    settings: TrainingSettings
    device: torch.device
    epoch: int = 0
    best_value: list[float] = field(default_factory=lambda: [float("inf"), float("inf")])
    best_epoch: int = 0
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        """Everything that the next epoch depends on."""
        plain = ("epoch", "best_value", "best_epoch", "best_weights", "log")
        moving = ("network", "optimiser", "schedule", "scaler")
        return {
            **{name: getattr(self, name) for name in plain},
            **{name: getattr(self, name).state_dict() for name in moving if getattr(self, name) is not None},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Puts back what `state` gave."""
        for name in ("epoch", "best_value", "best_epoch", "best_weights", "log"):
            setattr(self, name, state[name])
        for name in ("network", "optimiser", "schedule", "scaler"):
            if getattr(self, name) is not None:
                getattr(self, name).load_state_dict(state[name])

    @property
    def stale_epochs(self) -> int:
        """Epochs since the last improvement."""
        return self.epoch - self.best_epoch


def train_network(
    samples: Samples,
    validation: Samples | None,
    plan: NetworkPlan,
    settings: TrainingSettings,
    seed: int,
    place: CheckpointPlace | None = None,
    workers: int = 0,
    dice_of_volumes: Callable[[nn.Module], float] | None = None,
) -> TrainedNetwork:
    """Trains a network on samples, monitored on others (on the training loss if there are none). ``dice_of_volumes``:
    the Dice of whole validation scans, in place of that of the samples.

    The same seed, data and settings give the same weights on one machine's CPU, interrupted or not.
    Raises `InputError` if no sample shows what is looked for, or memory runs out."""
    if not samples.with_focus.any():
        what = f"no training slice shows the {plan.classes.found[-1]}"
        raise input_error("training scans", what, "Add scans with masks of it")
    device = pick_device()
    with repeatable_torch(settings, seed, device):
        weights = None
        dataset = samples.epochs(settings.augmentation, seed)
        if settings.class_weights == "inverse-frequency":
            weights = inverse_frequency_weights(dataset.class_shares())
        training = start_training(plan, settings, weights, device)
        found = load_checkpoint(place.folder, place.digest, device) if place else None
        if found:
            training.restore(found)
            logger.info("Continuing after epoch %d", training.epoch)
        for _ in epochs_left(training):
            run_epoch(training, dataset, validation, workers, dice_of_volumes)
            if place:
                save_checkpoint(place.folder, place.digest, training.state())
        if place:
            remove_checkpoint(place.folder)
        best = settings.keep == "best"
        kept = training.best_weights if best else training.network.state_dict()
        return TrainedNetwork(
            weights={k: v.detach().cpu().clone() for k, v in kept.items()},
            log=pd.DataFrame(training.log, columns=list(LOG_COLUMNS)),
            best_epoch=training.best_epoch,
            kept_epoch=training.best_epoch if best else training.epoch,
            class_weights=weights,
        )


@contextmanager
def repeatable_torch(settings: TrainingSettings, seed: int, device: torch.device) -> Iterator[None]:
    """Within, torch is seeded and asked for repeatable kernels; its and MONAI's settings are as before afterwards."""
    import monai

    cudnn, repeatable = torch.backends.cudnn, settings.deterministic or device.type == "cpu"
    kernels = (torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled())
    before = (cudnn.deterministic, cudnn.benchmark, monai.data.get_track_meta())
    try:
        with warnings.catch_warnings():
            # A slice without the target gives windows without it, and no reason to warn at every one.
            warnings.filterwarnings("ignore", message="Num foregrounds", module="monai")
            monai.data.set_track_meta(False)  # tracking the affines of slices costs more than the transforms
            torch.manual_seed(integer_seed(seed, "segmentation", "network"))
            torch.use_deterministic_algorithms(repeatable, warn_only=True)
            cudnn.deterministic, cudnn.benchmark = repeatable, not repeatable
            yield
    finally:
        torch.use_deterministic_algorithms(kernels[0], warn_only=kernels[1])
        cudnn.deterministic, cudnn.benchmark = before[:2]
        monai.data.set_track_meta(before[2])


def start_training(
    plan: NetworkPlan, settings: TrainingSettings, weights: tuple[float, ...] | None, device: torch.device
) -> Training:
    """A fresh network with its optimiser, schedule and loss."""
    built = plan.build()
    if plan.settings.weights_file and plan.settings.backbone:
        load_pretrained(built, plan.settings.weights_file, plan.settings.backbone)
    moved = on_device(built, device)
    optimiser = build_optimiser(moved, settings)
    half = gpu_half_type() == torch.float16
    scaler = torch.amp.GradScaler("cuda", enabled=device.type == "cuda" and settings.mixed_precision and half)
    loss = build_loss(settings, plan.settings, weights, device)
    return Training(moved, optimiser, build_schedule(optimiser, settings), scaler, loss, settings, device)


def epochs_left(training: Training) -> Iterable[int]:
    """Counts epochs until the last one or until early stopping, with progress and time left on stderr."""
    from tqdm import tqdm

    settings = training.settings
    with tqdm(total=settings.epochs, initial=training.epoch, desc="training", unit="epoch", mininterval=5) as bar:
        while training.epoch < settings.epochs:
            patience = settings.early_stop_patience
            if patience and training.stale_epochs >= patience and settings.is_validated(training.epoch):
                logger.info("Stopped early: no improvement in %d epochs", training.stale_epochs)
                return
            yield training.epoch
            bar.set_postfix(loss=f"{training.log[-1]['training_loss']:.3f}", best=training.best_epoch, refresh=False)
            bar.update()


def run_epoch(
    training: Training,
    dataset: EpochSamples,
    validation: Samples | None,
    workers: int,
    dice_of_volumes: Callable[[nn.Module], float] | None = None,
) -> None:
    """One pass over the epoch's samples, one over the validation samples where it is their turn, and what follows from
    their result: without one nothing can improve, and a plateau has no value to look at."""
    started = time.perf_counter()
    dataset.set_epoch(training.epoch)
    training_loss = train_pass(training, dataset, workers)
    seconds = time.perf_counter() - started
    training.epoch += 1
    judged = training.settings.is_validated(training.epoch)
    validation_loss, validation_dice = float("nan"), float("nan")
    if validation is not None and judged:
        validation_loss, validation_dice = validation_pass(
            training.network, training.loss, training.settings, training.device, validation
        )
        if dice_of_volumes is not None:
            validation_dice = dice_of_volumes(training.network)
    loss = training_loss if validation is None else validation_loss
    by_dice = training.settings.monitor == "dice" and validation is not None
    # Lower is better. Before a network finds anything its Dice stands still: the loss decides between equals.
    value = [-validation_dice, loss] if by_dice else [loss, loss]
    improved = judged and value < training.best_value
    if improved:
        training.best_value, training.best_epoch = value, training.epoch
        training.best_weights = {k: v.detach().cpu().clone() for k, v in training.network.state_dict().items()}
    rate = training.optimiser.param_groups[0]["lr"]
    speed = len(dataset) / seconds
    row = (training.epoch, rate, training_loss, validation_loss, validation_dice, improved, seconds, speed)
    training.log.append(dict(zip(LOG_COLUMNS, row, strict=True)))
    if training.schedule is not None:
        if not isinstance(training.schedule, torch.optim.lr_scheduler.ReduceLROnPlateau):
            training.schedule.step()
        elif judged:
            training.schedule.step(value[0])


def train_pass(training: Training, dataset: EpochSamples, workers: int) -> float:
    """One optimisation step per batch; the mean loss over samples."""
    on_gpu = training.device.type == "cuda"
    # Workers would compete with the forward pass for the same cores on a CPU.
    loader: DataLoader = DataLoader(
        cast(Dataset, dataset),
        batch_sampler=dataset.batches(training.settings.batch_size),
        num_workers=workers if on_gpu else 0,
        pin_memory=on_gpu,
    )
    training.network.train()
    total = torch.zeros((), device=training.device)
    for images, target, networks in loader:
        images = images_on_device(images, training.device)
        target = target.to(training.device, non_blocking=True)
        try:
            total += train_step(training, int(networks[0]), images, target) * len(target)
        except RuntimeError as error:
            raise out_of_memory_advice(error, len(target), "segmentation.training.batch_size") from error
    return float(total) / len(dataset)


def train_step(training: Training, network: int, images: Images, target: Tensor) -> Tensor:
    """One step of the optimiser for one of the networks; the batch's loss. Without gradients the others stay as they
    are."""
    training.optimiser.zero_grad(set_to_none=True)
    with half_precision(training.settings, training.device):
        logits = networks_in(training.network)[network](images)
    loss = training.loss(logits, target)
    training.scaler.scale(loss).backward()
    training.scaler.step(training.optimiser)
    training.scaler.update()
    return loss.detach()
