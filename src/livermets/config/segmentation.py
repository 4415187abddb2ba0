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
from livermets.config.training import TrainingSettings

ClassName = Literal["liver", "lesion"]
"""What a network can find beside the background."""
LEAVE_ONE_OUT = "leave-one-out"
Folds = Annotated[
    Annotated[int, Field(ge=0, le=20), Tag(LONG)] | Annotated[Literal["leave-one-out"], Tag(SHORT)],
    Discriminator(lambda value: SHORT if isinstance(value, str) else LONG),
]
"""How many folds of patients there are, or one per patient."""


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

    missing: Literal["network", "joint", "command"] = "network"
    """What finds the liver of a scan that comes without a mask of it. network: trained in the workflow, if any scan
    needs it, on the training scans that come with one; joint: the study's own lesion network, which tells the liver
    apart too (`classes: [liver, lesion]`); command: any external program."""
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
    """Clean-up of masks made by a network or the command; a given mask is used as it is."""
    preprocess: dict[str, Any] = {}
    """Keys of `preprocess` that differ from it for the liver network, e.g. {pixel_spacing_mm: 1.4}."""
    network: LiverNetworkSettings = LiverUNetSettings()
    """Architecture of the liver network."""
    sampling: LiverSamplingSettings = LiverAxialSampling()
    """What the liver network is shown."""
    training: LiverTrainingSettings = LiverTrainingSettings()
    """Training of the liver network."""
    output: LiverOutputSettings = LiverOutputSettings()
    """How the liver's probability becomes a mask."""

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
