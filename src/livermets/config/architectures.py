"""The architectures of networks: each has its own keys, and a key that it would ignore is refused."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from livermets.config.base import LONG, SHORT, Allowed, PathText, Section
from livermets.config.unions import told_by

Share = Annotated[float, Field(ge=0, lt=1)]


def _one_or_list(value: object) -> str:
    return LONG if isinstance(value, (list, tuple)) else SHORT


OneOrList = Annotated[
    Annotated[Share, Tag(SHORT)] | Annotated[tuple[Share, ...], Tag(LONG)], Discriminator(_one_or_list)
]
"""One share, or one per level."""
Backbone = Literal["ResNet-18", "AlexNet"]
"""A published classifier whose layers a network contains."""


class PretrainedSettings(Section):
    """A file of ResNet-18 or AlexNet weights trained on ImageNet, with torchvision's key names."""

    file: PathText
    """Path of the file (``.pth``, ``.safetensors`` or ``.npz``), e.g. torchvision's ``resnet18-f37072fd.pth`` or
    ``alexnet-owt-7be5be79.pth``, fetched once with ``curl -LO https://download.pytorch.org/models/`` and the name."""
    sha256: Annotated[str, Allowed(r"[0-9a-f]{8,64}", "8 to 64 hex digits (0-9, a-f)")]
    """SHA-256 of the file, or its first 8 or more hex digits (torchvision writes 8 of them into the file name)."""


class AnyNetwork(Section):
    """What every architecture has."""

    dimensions: ClassVar[int]
    """Of the images that it is made for: slices have 2, segments of a scan 3."""
    backbone: ClassVar[Backbone | None] = None
    """The classifier that it begins with, if any."""

    output: Literal["softmax", "sigmoid"] = "softmax"
    """softmax: one channel per class, the background first; sigmoid: one channel, for one class beside the
    background."""
    initialisation: Literal["default", "normal"] = "default"
    """default: PyTorch's; normal: He normal for every convolution."""

    @property
    def halvings(self) -> int:
        """How often the network halves its input."""
        raise NotImplementedError

    @property
    def least_side(self) -> int:
        """The fewest pixels of an image's side that do not shrink to nothing inside the network."""
        return int(2 ** (self.halvings + 1))

    @property
    def unpadded(self) -> bool:
        """Whether it gives back less than it is shown, which it may be shown at several scales."""
        return False

    @property
    def weights_file(self) -> PretrainedSettings | None:
        """The weights that it begins with, where it does not begin at random."""
        return None


class SliceNetwork(AnyNetwork):
    """What the architectures of slices have."""

    dimensions: ClassVar[int] = 2

    context_slices: int = Field(0, ge=0, le=3)
    """Neighbouring slices on each side, fed as further channels."""


class UNetSettings(SliceNetwork):
    """The plain 2D U-Net."""

    architecture: Literal["unet"] = "unet"
    """2D U-Net."""
    levels: int = Field(4, ge=1, le=6)
    """Descending levels."""
    base_filters: int = Field(32, ge=2, le=128)
    """Filters of the first level; doubled at every level below."""
    norm: Literal["none", "batch", "instance"] = "batch"
    """Normalisation after every convolution."""
    upsampling: Literal["transpose", "nearest"] = "transpose"
    """transpose: learnt 2×2 transposed convolution; nearest: nearest-neighbour upsampling, then a 3×3 convolution."""
    dropout: OneOrList = 0.0
    """Spatial dropout (whole maps) after the convolutions of a level. One number: of the deepest level alone; a list:
    of every level from the top down, `levels` + 1 numbers, on the way down and on the way up alike."""
    short_skips: bool = False
    """Adds the input of every level's two convolutions to their output before the last ReLU (residual learning;
    Drozdzal 2016), through a 1×1 convolution where the number of maps changes."""

    @property
    def halvings(self) -> int:
        return self.levels

    @property
    def dropout_by_level(self) -> tuple[float, ...]:
        """Spatial dropout of every level, from the top down."""
        return self.dropout if isinstance(self.dropout, tuple) else (*[0.0] * self.levels, self.dropout)

    @model_validator(mode="after")
    def _dropout_has_these_levels(self) -> UNetSettings:
        found, levels = len(self.dropout_by_level), self.levels + 1
        if found != levels:
            raise ValueError(
                f"dropout has {found} numbers, and {levels} are needed: one for each of `levels`, one for the deepest"
            )
        return self


class ImageNetNetwork(SliceNetwork):
    """What the architectures have that begin with the layers of a published classifier, which halve five times."""

    pretrained: PretrainedSettings | None = None
    """ImageNet weights of these layers; empty: trained from scratch."""

    @property
    def halvings(self) -> int:
        return 5

    @property
    def weights_file(self) -> PretrainedSettings | None:
        return self.pretrained

    @model_validator(mode="after")
    def _pretrained_has_these_channels(self) -> ImageNetNetwork:
        if self.pretrained and self.context_slices > 1:
            raise ValueError("pretrained weights take 1 or 3 channels: context_slices must be 0 or 1")
        return self


class ResNet18UNetSettings(ImageNetNetwork):
    """A ResNet-18 encoder with a U-Net decoder, for slices."""

    backbone: ClassVar[Backbone | None] = "ResNet-18"

    architecture: Literal["resnet18-unet"]
    """ResNet-18 encoder of 5 levels with a U-Net decoder."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Spatial dropout before the deepest level's output."""


class FCNResNet18Settings(ImageNetNetwork):
    """ResNet-18 without its last layer, mirrored by as many transposed convolutions, for slices."""

    backbone: ClassVar[Backbone | None] = "ResNet-18"

    architecture: Literal["fcn-resnet18"]
    """ResNet-18 encoder, and a decoder of as many transposed convolutions without connections between the two."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Spatial dropout between encoder and decoder."""


class FCNAlexNetSettings(ImageNetNetwork):
    """AlexNet as a fully convolutional network (Long 2015), for slices."""

    backbone: ClassVar[Backbone | None] = "AlexNet"

    architecture: Literal["fcn-alexnet"]
    """AlexNet without its last layer, its fully connected layers as convolutions, and transposed convolutions."""
    fully_connected: int = Field(4096, ge=2, le=4096)
    """Maps of each of the two fully connected layers that became convolutions (6×6 and 1×1). The published weights of
    these two fit 4096 only; a file without them fits any number."""
    finest_stride: Literal[8, 16, 32] = 8
    """Pixels per step of the finest map whose scores are added on the way up: 8 is FCN-8s (the maps at 16 and 8 are
    added, then eightfold upsampling), 16 is FCN-16s, 32 is FCN-32s (none is added)."""
    dropout: float = Field(0.5, ge=0, lt=1)
    """Dropout before each of the two fully connected layers."""


class UNet3DSettings(AnyNetwork):
    """A 3D U-Net for segments of a scan."""

    dimensions: ClassVar[int] = 3

    architecture: Literal["unet3d"]
    """3D U-Net (MONAI's)."""
    levels: int = Field(3, ge=1, le=5)
    """Descending levels; every one halves all three sides of a segment."""
    base_filters: int = Field(16, ge=2, le=64)
    """Filters of the first level; doubled at every level below."""
    norm: Literal["batch", "instance"] = "instance"
    """Normalisation after every convolution."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout after every convolution."""

    @property
    def halvings(self) -> int:
        return self.levels


Filters = Annotated[int, Field(ge=2, le=512)]


class DeepMedicSettings(AnyNetwork):
    """DeepMedic, for segments of a scan seen at several scales. None of its convolutions is padded."""

    dimensions: ClassVar[int] = 3

    architecture: Literal["deepmedic"]
    """DeepMedic: pathways of unpadded 3×3×3 convolutions at several scales. A segment (`sampling.segment`) loses a
    voxel on every side for each layer of the first pathway: 31 voxels give back 15. Sides that give back a multiple of
    all factors of `downsampling` let whole scans be segmented in large tiles, which is faster."""
    downsampling: tuple[Annotated[int, Field(ge=1, le=31)], ...] = (1, 5, 15)
    """What each pathway sees: every voxel (1, the first), every fifth (5), and so on; odd numbers."""
    filters: tuple[Annotated[tuple[Filters, ...], Field(min_length=1)], ...] = (
        (30, 30, 40, 40, 40, 40, 50, 50),
        (30, 30, 40, 40, 50, 50, 60, 60),
        (30, 30, 40, 40, 50, 50, 60, 60),
    )
    """Filters of the layers of each pathway, a row for each; eight layers have a receptive field of 17 voxels."""
    combining_filters: tuple[Filters, ...] = (150, 150)
    """Filters of the layers of 1×1×1 that combine the pathways; one more gives the classes."""
    residual: bool = True
    """Every second layer of a pathway, from the fourth on, adds what the layer before it was given (DeepMedic 0.6 and
    later)."""
    norm: Literal["none", "batch"] = "batch"
    """Normalisation before every activation."""
    dropout: float = Field(0.5, ge=0, lt=1)
    """Dropout before the layers of 1×1×1, the first excepted."""

    @property
    def halvings(self) -> int:
        return 0

    @property
    def unpadded(self) -> bool:
        return True

    @model_validator(mode="after")
    def _pathways_fit(self) -> DeepMedicSettings:
        if self.downsampling[:1] != (1,) or any(factor % 2 == 0 for factor in self.downsampling):
            raise ValueError("downsampling begins with 1, and all its factors are odd")
        if len(self.filters) != len(self.downsampling):
            raise ValueError(
                f"filters has {len(self.filters)} rows for the {len(self.downsampling)} pathways of downsampling"
            )
        return self


class LiverUNetSettings(UNetSettings):
    """The plain 2D U-Net, for the liver."""

    base_filters: int = Field(16, ge=2, le=128)
    """Filters of the first level; doubled at every level below."""


_TAG = told_by("architecture")

NetworkSettings = Annotated[
    Annotated[UNetSettings, Tag("unet")]
    | Annotated[ResNet18UNetSettings, Tag("resnet18-unet")]
    | Annotated[FCNResNet18Settings, Tag("fcn-resnet18")]
    | Annotated[FCNAlexNetSettings, Tag("fcn-alexnet")]
    | Annotated[UNet3DSettings, Tag("unet3d")]
    | Annotated[DeepMedicSettings, Tag("deepmedic")],
    _TAG,
]
"""The architecture of a network: the key `architecture` says which, unet where it is left out."""

LiverNetworkSettings = Annotated[
    Annotated[LiverUNetSettings, Tag("unet")]
    | Annotated[ResNet18UNetSettings, Tag("resnet18-unet")]
    | Annotated[FCNResNet18Settings, Tag("fcn-resnet18")]
    | Annotated[FCNAlexNetSettings, Tag("fcn-alexnet")]
    | Annotated[UNet3DSettings, Tag("unet3d")]
    | Annotated[DeepMedicSettings, Tag("deepmedic")],
    _TAG,
]
"""The same, with the defaults of the liver network."""
