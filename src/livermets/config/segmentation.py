"""The segmentation of a study: its networks, their training, and how masks are made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from livermets.config.architectures import (
    AnyNetwork,
    LiverNetworkSettings,
    LiverUNetSettings,
    NetworkSettings,
    UNetSettings,
)
from livermets.config.base import LONG, SHORT, Section
from livermets.config.programs import lacking
from livermets.config.sampling import (
    AnySampling,
    AxialSampling,
    LiverAxialSampling,
    LiverSamplingSettings,
    SamplingSettings,
)

ClassName = Literal["liver", "lesion"]
"""What a network can find beside the background."""
LEAVE_ONE_OUT = "leave-one-out"
Folds = Annotated[
    Annotated[int, Field(ge=0, le=20), Tag(LONG)] | Annotated[Literal["leave-one-out"], Tag(SHORT)],
    Discriminator(lambda value: SHORT if isinstance(value, str) else LONG),
]
"""How many folds of patients there are, or one per patient."""


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


class OutputSettings(Section):
    """How a probability map becomes a mask."""

    rule: Literal["otsu", "argmax", "threshold"] = "threshold"
    """otsu: the map is cut at Otsu's threshold, found per scan; argmax: the most probable class; threshold: fixed."""
    threshold: float = Field(0.5, gt=0, lt=1)
    """The fixed threshold."""
    otsu_floor: float = Field(0.0, ge=0, lt=1)
    """Otsu's threshold is never taken below this: a scan without a lesion has a threshold too, in the noise."""
    restrict_to_liver: bool = True
    """Keep only what lies in the liver mask."""
    minimum_volume_ml: float = Field(0.0, ge=0)
    """Components smaller than this are removed."""
    tta: Literal["none", "flips"] = "none"
    """flips: the mean of four predictions, as is and flipped left-right, front-back and both."""
    keep_probability: bool = False
    """Also write the probability map on the native grid."""
    batch_size: int = Field(16, ge=1)
    """Slices or segments per forward pass."""


class PostprocessSettings(Section):
    """Clean-up of a liver mask, in this order; each step is off at 0 or false."""

    erosion_mm: float = Field(0.0, ge=0)
    """Erode by this many mm, which cuts thin bridges to other organs."""
    largest_component: bool = True
    """Keep the largest component (26-connected)."""
    dilation_mm: float = Field(0.0, ge=0)
    """Dilate by this many mm, which gives back what the erosion took."""
    fill_holes: bool = True
    """Fill holes, slice by slice: a lesion that the network left out is liver too."""


class LiverTrainingSettings(TrainingSettings):
    """How the liver network is trained; the same keys as for lesions, with other defaults."""

    epochs: int = Field(30, ge=1)
    """Most epochs."""


class LiverOutputSettings(OutputSettings):
    """How the liver network's probability becomes a mask."""

    restrict_to_liver: Literal[False] = False
    """Cannot be used to find the liver itself."""


def _check_network(
    classes: tuple[ClassName, ...], network: AnyNetwork, sampling: AnySampling, output: OutputSettings
) -> None:
    """What the parts of a network's settings say of each other."""
    if network.dimensions != sampling.dimensions:
        views = {2: "view: axial or orthogonal", 3: "view: segments"}[network.dimensions]
        raise ValueError(f"the network is made for {network.dimensions}D images: set sampling to {views}")
    if len(classes) > 1 and network.output == "sigmoid":
        raise ValueError(f"output: sigmoid has one class, not {' and '.join(classes)}; set network.output: softmax")
    if sampling.field == "liver" and not output.restrict_to_liver:
        raise ValueError(
            "sampling.field: liver shows the network nothing outside the liver; set output.restrict_to_liver: true"
        )


class LiverSettings(Section):
    """Where the liver mask of a scan comes from: the one it is given with, or else a network or a program."""

    missing: Literal["network", "command"] = "network"
    """What finds the liver of a scan that comes without a mask of it. network: trained in the workflow, if any scan
    needs it, on the training scans that come with one; command: any external program."""
    replace_given: bool = False
    """Find every liver so, also where a mask is given, as the published pipelines do. The given masks train the
    network, and are the reference that the found ones are measured against."""
    command: str | None = None
    """The external program with `{image}` and `{out}` in place of the two files, e.g.
    ``TotalSegmentator -i {image} -o {out} --ml --roi_subset liver``; or with `{image_folder}` and `{out_folder}`, as in
    `programs`."""
    labels: list[int] = []
    """Which labels of the external program's mask are liver, e.g. [5] of TotalSegmentator's organs, or [1, 2] where 2
    is a tumour in it. Empty: the only label that there is."""
    postprocess: PostprocessSettings = PostprocessSettings()
    """Clean-up of masks made by the network or the command; a given mask is used as it is."""
    preprocess: dict[str, Any] = {}
    """Keys of `preprocess` that differ from it for the liver network, e.g. {pixel_spacing_mm: 1.4}."""
    network: LiverNetworkSettings = LiverUNetSettings()
    """Architecture of the liver network."""
    sampling: LiverSamplingSettings = LiverAxialSampling()
    """What the liver network is shown."""
    training: LiverTrainingSettings = LiverTrainingSettings()
    """Training of the liver network."""
    output: LiverOutputSettings = LiverOutputSettings()
    """How the liver network's probability becomes a mask."""

    @model_validator(mode="after")
    def _network_fits(self) -> LiverSettings:
        _check_network(("liver",), self.network, self.sampling, self.output)
        return self

    @model_validator(mode="after")
    def _command_has_places(self) -> LiverSettings:
        if self.missing == "command" and (absent := lacking(self.command or "")):
            raise ValueError(f"missing: command needs a `command` with {' and '.join(absent)} in it")
        return self


class MatchingSettings(Section):
    """When an automatic mask counts as having found a manual lesion."""

    detection_dice: float = Field(0.0, ge=0, lt=1)
    """Detected: Dice above this (Giannini 2020: 0, Defeudis 2022: 0.2). Every count of detections in tables and report
    follows it; a lesion that is not detected has no class from the automatic mask."""


class SegmentationSettings(Section):
    """The automatic masks: liver, lesions, and how they are matched with the manual ones."""

    liver: LiverSettings = LiverSettings()
    """Where the liver mask of a scan comes from."""
    classes: tuple[ClassName, ...] = ("lesion",)
    """What the lesion network tells apart beside the background: [lesion], or [liver, lesion] at once. One that finds
    the liver too is shown the fixed window `preprocess.window_hu`: a z-score needs the liver."""
    network: NetworkSettings = UNetSettings()
    """Architecture of the lesion network."""
    sampling: SamplingSettings = AxialSampling()
    """What the lesion network is shown."""
    training: TrainingSettings = TrainingSettings()
    """Training of the lesion network."""
    output: OutputSettings = OutputSettings()
    """How the lesion network's probability becomes a mask."""
    matching: MatchingSettings = MatchingSettings()
    """Matching of automatic and manual lesions."""
    cross_fit: Folds = 0
    """Cross-validation by patient, from 2 to 20 folds or leave-one-out (a fold per patient): every network of the
    study, further ones and that of livers too, is trained once more per fold, on the patients of the others, and draws
    the training scans of the fold's own patients, which it never saw. These masks are judged as those of validation
    scans are. All networks have the same folds, and all scans of a patient are in one. 0: training scans are drawn by
    the study's own network, which did see them, and by no further one."""
    cpu_threads: int = Field(4, ge=1, le=256)
    """Threads that share a network's arithmetic where there is no GPU. Sums round differently with another number, so
    it belongs to the study and not to the machine: with fewer cores the same result takes longer."""

    @field_validator("classes")
    @classmethod
    def _lesions_are_found(cls, classes: tuple[ClassName, ...]) -> tuple[ClassName, ...]:
        if classes not in (("lesion",), ("liver", "lesion")):
            raise ValueError("use [lesion] or [liver, lesion]")
        return classes

    @model_validator(mode="after")
    def _network_fits(self) -> SegmentationSettings:
        _check_network(self.classes, self.network, self.sampling, self.output)
        return self

    @model_validator(mode="after")
    def _more_than_one_fold(self) -> SegmentationSettings:
        if self.cross_fit == 1:
            raise ValueError("cross_fit needs at least 2 folds, or 0 for none")
        return self
