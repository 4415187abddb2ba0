"""Networks, their training, and how masks are made from them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from livermets.config.base import Allowed, PathText, Section

Target = Literal["lesions", "liver"]
"""What a network finds."""


class PretrainedSettings(Section):
    """A file of ResNet-18 weights trained on ImageNet, with torchvision's key names."""

    file: PathText
    """Path of the file (``.pth`` or ``.safetensors``), e.g. torchvision's ``resnet18-f37072fd.pth``, fetched once with
    ``curl -LO https://download.pytorch.org/models/resnet18-f37072fd.pth``."""
    sha256: Annotated[str, Allowed(r"[0-9a-f]{8,64}", "8 to 64 hex digits (0-9, a-f)")]
    """SHA-256 of the file, or its first 8 or more hex digits (torchvision writes 8 of them into the file name)."""


class NetworkSettings(Section):
    """The architecture of a network."""

    architecture: Literal["unet", "resnet18-unet"] = "unet"
    """unet: 2D U-Net; resnet18-unet: ResNet-18 encoder with a U-Net decoder."""
    levels: int = Field(4, ge=1, le=6)
    """Descending levels of the U-Net (the ResNet encoder always has 5)."""
    base_filters: int = Field(32, ge=2, le=128)
    """Filters of the first level; doubled at every level below. The ResNet encoder always starts with 64."""
    norm: Literal["none", "batch", "instance"] = "batch"
    """Normalisation after every convolution of the U-Net."""
    upsampling: Literal["transpose", "nearest"] = "transpose"
    """transpose: learnt 2×2 transposed convolution; nearest: nearest-neighbour upsampling, then a 3×3 convolution."""
    output: Literal["softmax", "sigmoid"] = "softmax"
    """softmax: two channels, background and foreground; sigmoid: one."""
    initialisation: Literal["default", "normal"] = "default"
    """default: PyTorch's; normal: He normal for every convolution."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Spatial dropout before the deepest level's output."""
    context_slices: int = Field(0, ge=0, le=3)
    """Neighbouring slices on each side, fed as further channels."""
    pretrained: PretrainedSettings | None = None
    """ImageNet weights of the ResNet-18 encoder; empty: trained from scratch."""

    @model_validator(mode="after")
    def _pretrained_has_encoder(self) -> NetworkSettings:
        if self.pretrained and self.architecture != "resnet18-unet":
            raise ValueError("pretrained weights are for the architecture resnet18-unet")
        if self.pretrained and self.context_slices > 1:
            raise ValueError("pretrained weights take 1 or 3 channels: context_slices must be 0 or 1")
        return self


class AugmentationSettings(Section):
    """Random changes of the training slices; each is off at probability 0."""

    flip: float = Field(0.5, ge=0, le=1)
    """Probability of a left-right flip, and again of a front-back one."""
    affine: float = Field(0.0, ge=0, le=1)
    """Probability of a rotation with scaling."""
    rotation_degrees: float = Field(15.0, ge=0, le=180)
    """Largest rotation."""
    scale: float = Field(0.1, ge=0, lt=1)
    """Largest relative change of size."""
    intensity: float = Field(0.0, ge=0, le=1)
    """Probability of a change of contrast and brightness."""
    contrast: float = Field(0.1, ge=0, lt=1)
    """Largest relative change of contrast."""
    brightness: float = Field(0.1, ge=0)
    """Largest shift, in units of the normalised image (standard deviations of the liver)."""
    noise: float = Field(0.0, ge=0, le=1)
    """Probability of added Gaussian noise."""
    noise_sd: float = Field(0.1, ge=0)
    """Its standard deviation, in units of the normalised image."""


class TrainingSettings(Section):
    """How a network is trained."""

    loss: Literal["cross-entropy", "dice", "dice-cross-entropy"] = "dice-cross-entropy"
    """cross-entropy: binary cross-entropy per pixel; dice: overlap loss over the batch; or their sum."""
    class_weights: Literal["none", "inverse-frequency"] = "none"
    """Weights of the cross-entropy: inverse-frequency is all pixels / pixels of the class, over the slices or
    windows that an epoch shows (with `balance`, half of them with the target)."""
    optimiser: Literal["adam", "adamw", "sgd"] = "adamw"
    """The optimiser; sgd with Nesterov momentum 0.9."""
    learning_rate: float = Field(1e-3, gt=0)
    """Learning rate at the start."""
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.9, 0.999)
    """Decay of the moments of Adam and AdamW."""
    weight_decay: float = Field(1e-4, ge=0)
    """Weight decay."""
    schedule: Literal["constant", "plateau", "cosine"] = "cosine"
    """constant; plateau: multiplied by `lr_factor` after `lr_patience` epochs without improvement; cosine: down to
    0 at the last epoch."""
    lr_patience: int = Field(5, ge=1)
    """Epochs without improvement before the learning rate is reduced (schedule plateau)."""
    lr_factor: float = Field(0.1, gt=0, lt=1)
    """What the learning rate is multiplied by then."""
    epochs: int = Field(60, ge=1)
    """Most epochs."""
    early_stop_patience: int | None = Field(None, ge=1)
    """Stop after this many epochs without improvement; empty: never."""
    monitor: Literal["loss", "dice"] = "dice"
    """What counts as improvement on the validation slices: a lower loss, or a higher pooled Dice."""
    keep: Literal["best", "last"] = "best"
    """Weights of the best epoch by `monitor`, or of the last one."""
    batch_size: int = Field(16, ge=1)
    """Slices per step."""
    validation_fraction: float = Field(0.2, ge=0, lt=1)
    """Share of the training patients held back to monitor the training (never fewer than one patient); 0: none, then
    the training loss is monitored."""
    slices: Literal["all", "liver"] = "liver"
    """Which slices are trained on: all, or those that cross the liver."""
    balance: bool = True
    """As many slices with the target as without in every epoch: the more frequent kind is drawn anew each time."""
    slices_per_epoch: int | None = Field(None, ge=1)
    """At most this many slices per epoch, drawn anew each time; with `patch` exactly so many windows, several of one
    slice if need be; empty: all."""
    patch: int | None = Field(None, ge=16)
    """Train on windows of this many pixels within the liver, not on whole slices; of a slice that shows the target,
    half of the windows lie around it. Empty: whole slices. Prediction always sees whole slices (or the liver's box, see
    `output.field`)."""
    augmentation: AugmentationSettings = AugmentationSettings()
    """Random changes of the training slices."""
    mixed_precision: bool = True
    """Half-precision arithmetic where it is safe, on CUDA."""
    cpu_bfloat16: bool = False
    """The same on a CPU, in bfloat16: twice as fast on processors with units for it (AVX-512 BF16, AMX), slower on all
    others. Off, because a machine of another kind then rounds otherwise."""
    deterministic: bool = True
    """Ask the GPU for repeatable kernels; a little slower. The CPU always is repeatable."""

    @model_validator(mode="after")
    def _windows_have_a_liver(self) -> TrainingSettings:
        if self.patch is not None and self.slices != "liver":
            raise ValueError("patch takes windows within the liver: set slices: liver, or leave patch empty")
        return self


class OutputSettings(Section):
    """How a probability map becomes a mask."""

    rule: Literal["otsu", "argmax", "threshold"] = "threshold"
    """otsu: the map is cut at Otsu's threshold, found per scan; argmax: the more probable class; threshold: fixed."""
    threshold: float = Field(0.5, gt=0, lt=1)
    """The fixed threshold."""
    otsu_floor: float = Field(0.0, ge=0, lt=1)
    """Otsu's threshold is never taken below this: a scan without a lesion has a threshold too, in the noise."""
    restrict_to_liver: bool = True
    """Keep only what lies in the liver mask."""
    field: Literal["image", "liver"] = "liver"
    """What the network is shown: the whole slices, or the box around the liver (faster; needs `restrict_to_liver`)."""
    minimum_volume_ml: float = Field(0.0, ge=0)
    """Components smaller than this are removed."""
    tta: Literal["none", "flips"] = "none"
    """flips: the mean of four predictions, as is and flipped left-right, front-back and both."""
    keep_probability: bool = False
    """Also write the probability map on the native grid."""
    batch_size: int = Field(16, ge=1)
    """Slices per forward pass."""

    @model_validator(mode="after")
    def _field_is_kept(self) -> OutputSettings:
        if self.field == "liver" and not self.restrict_to_liver:
            raise ValueError("field: liver shows the network nothing outside the liver; set restrict_to_liver: true")
        return self


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


class LiverNetworkSettings(NetworkSettings):
    """The architecture of the liver network."""

    base_filters: int = Field(16, ge=2, le=128)
    """Filters of the first level; doubled at every level below."""


class LiverTrainingSettings(TrainingSettings):
    """How the liver network is trained; the same keys as for lesions, with other defaults."""

    slices: Literal["all"] = "all"
    """The liver network must learn where no liver is, so it is trained on all slices."""
    balance: bool = False
    """As many slices with the liver as without in every epoch."""
    epochs: int = Field(30, ge=1)
    """Most epochs."""
    slices_per_epoch: int | None = Field(400, ge=1)
    """At most this many slices per epoch, drawn anew each time; empty: all."""


class LiverOutputSettings(OutputSettings):
    """How the liver network's probability becomes a mask."""

    restrict_to_liver: Literal[False] = False
    """Cannot be used to find the liver itself."""
    field: Literal["image"] = "image"
    """The liver is looked for in whole slices."""


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
    ``TotalSegmentator -i {image} -o {out} --ml --roi_subset liver``."""
    labels: list[int] = []
    """Which labels of the external program's mask are liver, e.g. [5] of TotalSegmentator's organs, or [1, 2] where 2
    is a tumour in it. Empty: the only label that there is."""
    postprocess: PostprocessSettings = PostprocessSettings()
    """Clean-up of masks made by the network or the command; a given mask is used as it is."""
    network: LiverNetworkSettings = LiverNetworkSettings()
    """Architecture of the liver network."""
    training: LiverTrainingSettings = LiverTrainingSettings()
    """Training of the liver network."""
    output: LiverOutputSettings = LiverOutputSettings()
    """How the liver network's probability becomes a mask."""

    @model_validator(mode="after")
    def _command_has_places(self) -> LiverSettings:
        if self.missing == "command":
            absent = [place for place in ("{image}", "{out}") if place not in (self.command or "")]
            if absent:
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
    network: NetworkSettings = NetworkSettings()
    """Architecture of the lesion network."""
    training: TrainingSettings = TrainingSettings()
    """Training of the lesion network."""
    output: OutputSettings = OutputSettings()
    """How the lesion network's probability becomes a mask."""
    matching: MatchingSettings = MatchingSettings()
    """Matching of automatic and manual lesions."""
    cross_fit: int = Field(0, ge=0, le=20)
    """Folds of patients for out-of-fold masks: with 5, the automatic masks of training patients come from five further
    networks that never saw them. 0: they come from the one network, which did."""
    cpu_threads: int = Field(4, ge=1, le=256)
    """Threads that share a network's arithmetic where there is no GPU. Sums round differently with another number, so
    it belongs to the study and not to the machine: with fewer cores the same result takes longer."""

    @model_validator(mode="after")
    def _more_than_one_fold(self) -> SegmentationSettings:
        if self.cross_fit == 1:
            raise ValueError("cross_fit needs at least 2 folds, or 0 for none")
        return self
