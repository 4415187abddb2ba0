"""How networks are trained, and what is varied at random meanwhile."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from livermets.config.base import Section


class AugmentationSettings(Section):
    """Random changes of what is trained on; each is off at probability 0. Flips, rotations and scaling are in the plane
    of the slices."""

    flip: float = Field(0.5, ge=0, le=1)
    """Probability of a left-right flip, and again of a front-back one."""
    affine: float = Field(0.0, ge=0, le=1)
    """Probability of a rotation with scaling."""
    rotation_degrees: float = Field(15.0, ge=0, le=180)
    """Largest rotation."""
    scale: float = Field(0.1, ge=0, lt=1)
    """Largest relative change of size."""
    elastic: float = Field(0.0, ge=0, le=1)
    """Probability of a smooth random deformation: of slices in their plane, of segments in all three directions."""
    elastic_sd_voxels: float = Field(2.0, ge=0)
    """Standard deviation of its displacements in each direction, in voxels of the network grid."""
    elastic_spacing_voxels: float = Field(24.0, gt=0)
    """Distance of the control points between which the displacements are cubic B-splines. Displacements of more than
    about a tenth of it may fold the image."""
    intensity: float = Field(0.0, ge=0, le=1)
    """Probability of a change of contrast and brightness."""
    contrast: float = Field(0.1, ge=0, lt=1)
    """Largest relative change of contrast."""
    brightness: float = Field(0.1, ge=0)
    """Largest shift, in units of the normalised image (standard deviations of the liver)."""
    shift: float = Field(0.0, ge=0, le=1)
    """Probability that one random number of HU is added to everything shown at once; after the normalisation, so that
    nothing is clipped again."""
    shift_mean_hu: float = 0.0
    """Mean of the normal distribution that it is drawn from, in HU."""
    shift_sd_hu: float = Field(20.0, ge=0)
    """Standard deviation of it, in HU."""
    noise: float = Field(0.0, ge=0, le=1)
    """Probability of added Gaussian noise."""
    noise_sd: float = Field(0.1, ge=0)
    """Its standard deviation, in units of the normalised image."""


class TrainingSettings(Section):
    """How a network is trained."""

    loss: Literal["cross-entropy", "dice", "dice-cross-entropy"] = "dice-cross-entropy"
    """cross-entropy: cross-entropy per pixel (with `network.output: sigmoid` the binary one); dice: overlap loss over
    the batch, the mean of the classes; or their sum."""
    class_weights: Literal["none", "inverse-frequency"] = "none"
    """Weights of the cross-entropy: inverse-frequency is all pixels / pixels of the class, over what an epoch shows
    (with `sampling.balance`, half of it with lesions)."""
    optimiser: Literal["adam", "adamw", "sgd"] = "adamw"
    """The optimiser."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Momentum of sgd; 0: none."""
    nesterov: bool = True
    """Nesterov's momentum (sgd); false: plain momentum."""
    learning_rate: float = Field(1e-3, gt=0)
    """Learning rate at the start."""
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.9, 0.999)
    """Decay of the moments of Adam and AdamW."""
    weight_decay: float = Field(1e-4, ge=0)
    """Weight decay."""
    schedule: Literal["constant", "plateau", "step", "cosine"] = "cosine"
    """constant; plateau: multiplied by `lr_factor` after `lr_patience` epochs without improvement; step: multiplied by
    it every `step_epochs` epochs; cosine: down to 0 at the last epoch."""
    lr_patience: int = Field(5, ge=1)
    """Epochs without improvement before the learning rate is reduced (schedule plateau); looked at after epochs that
    are validated."""
    step_epochs: int = Field(32, ge=1)
    """Epochs between two reductions (schedule step)."""
    lr_factor: float = Field(0.1, gt=0, lt=1)
    """What the learning rate is multiplied by then."""
    epochs: int = Field(60, ge=1)
    """Most epochs."""
    early_stop_patience: int | None = Field(None, ge=1)
    """Stop after this many epochs without improvement, looked at after epochs that are validated; empty: never."""
    monitor: Literal["loss", "dice"] = "dice"
    """What counts as improvement on the validation patients: a lower loss, or a higher Dice (`validate_on` says of
    what; of several classes, their mean)."""
    keep: Literal["best", "last"] = "best"
    """Weights of the best epoch by `monitor`, or of the last one."""
    batch_size: int = Field(16, ge=1)
    """Slices, windows or segments per step."""
    validation_fraction: float = Field(0.2, ge=0, lt=1)
    """Share of the training patients held back to monitor the training (never fewer than one patient); 0: none, then
    the training loss is monitored."""
    validate_every: int = Field(1, ge=1)
    """Epochs from one validation to the next; the last epoch always has one. Only an epoch with a validation can be an
    improvement, or the best."""
    validate_on: Literal["samples", "volumes"] = "samples"
    """What the Dice of a validation is of. samples: all pixels of slices, windows or segments like those of the
    training, pooled; volumes: the validation scans as a whole, segmented as `output` says on the network's grid, the
    mean over the scans (slower)."""
    augmentation: AugmentationSettings = AugmentationSettings()
    """Random changes of what is trained on."""
    mixed_precision: bool = True
    """Half-precision arithmetic where it is safe, on CUDA."""
    cpu_bfloat16: bool = False
    """The same on a CPU, in bfloat16: twice as fast on processors with units for it (AVX-512 BF16, AMX), slower on all
    others. Off, because a machine of another kind then rounds otherwise."""
    deterministic: bool = True
    """Ask the GPU for repeatable kernels; a little slower. The CPU always is repeatable."""

    @property
    def epochs_between(self) -> int:
        """Epochs from one value of what is monitored to the next: the training loss is there after every one."""
        return self.validate_every if self.validation_fraction > 0 else 1

    def is_validated(self, epoch: int) -> bool:
        """Whether what is monitored has a new value after an epoch (counted from 1)."""
        return epoch % self.epochs_between == 0 or epoch == self.epochs

    @model_validator(mode="after")
    def _momentum_of_nesterov(self) -> TrainingSettings:
        if self.optimiser == "sgd" and self.nesterov and self.momentum == 0:
            raise ValueError("nesterov: true needs a momentum; set nesterov: false, or a momentum above 0")
        return self

    @model_validator(mode="after")
    def _volumes_to_validate_on(self) -> TrainingSettings:
        if self.validate_on == "volumes" and self.validation_fraction == 0:
            raise ValueError("validate_on: volumes needs validation patients; set a validation_fraction above 0")
        if self.validate_on == "volumes" and self.monitor == "loss":
            raise ValueError("validate_on: volumes measures a Dice; set monitor: dice")
        return self
