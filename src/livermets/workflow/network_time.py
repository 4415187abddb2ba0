"""CPU seconds that networks take on one core, from their settings: multiply-accumulates of all that they are shown.

Within a factor of two of the 13 trainings that `tests/unit/workflow/test_network_time.py` lists, on 16 real CTs: U-Nets
of 16 and 24 filters on slices and windows of one plane and of three, an AlexNet of 512 maps and a ResNet-18, of 4 to 24
epochs. Of other networks single steps alone were timed: 11 (AlexNet of 4096 maps, a slice at a time), 13 (a 3D U-Net),
20 (DeepMedic) and 27 (a U-Net of 32 filters) thousand million multiply-accumulates per second."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, prod

from livermets.config.architectures import AnyNetwork, DeepMedicSettings
from livermets.config.preprocess import PreprocessSettings
from livermets.config.sampling import AnySampling, OrthogonalSampling, SegmentSampling, SliceSampling
from livermets.config.segmentation import LiverSettings, SegmentationSettings
from livermets.config.training import TrainingSettings
from livermets.workflow.arithmetic import Shape, multiply_accumulates

Network = SegmentationSettings | LiverSettings
MULTIPLY_ACCUMULATES_PER_SECOND = 22e9
"""Of one core of a server processor with AVX2 (and no units for bfloat16), in float32 with torch 2.13: the trainings
above had 21 to 27, once their samples are counted exactly."""
SAMPLE_SECONDS = 0.01
"""To draw a slice, window or segment and to vary it at random."""
PASSES = 3
"""A training step is a forward pass, one for the gradients of the maps and one for those of the weights."""
LIVER_SLICES = 72
"""A liver is about 180 mm high: so many slices of a usual 2.5 mm; of scans with more slices at least a third."""
LIVER_SIDE = 0.7
"""Side of the box around livers, as a share of the image's."""

Cut = tuple[float, Shape]
"""So many slices, or segments, of one shape."""


def training_seconds(
    settings: Network, preprocess: PreprocessSettings, slices: Sequence[float], patients: int
) -> float:
    """Of training one network on scans with so many acquired slices each, of so many patients, and of monitoring it."""
    training, sampling = settings.training, settings.sampling
    held_back = _held_back(training, patients)
    planes = list(zip(*(_shown(settings, preprocess, number) for number in slices), strict=True))
    all_work = [sum(count * _work(settings, shape) for count, shape in plane) for plane in planes]
    epoch = validation = 0.0
    for plane, work in zip(planes, all_work, strict=True):
        there = sum(count for count, _ in plane)
        number, shape = _drawn(sampling, (1 - held_back) * there)
        each = work / there if shape is None else _work(settings, shape)
        epoch += number * (PASSES * each + SAMPLE_SECONDS)
        validation += held_back * work
    if training.validate_on == "volumes":
        volumes = sum(segmentation_seconds(settings, preprocess, number) for number in slices)
        validation += held_back * volumes
    return training.epochs * epoch + ceil(training.epochs / training.validate_every) * validation


def segmentation_seconds(settings: Network, preprocess: PreprocessSettings, slices: float) -> float:
    """Of the probabilities of one scan with so many acquired slices."""
    output, sampling = settings.output, _in_prediction(settings)
    cuts = _cuts(settings.network, sampling, *_extents(preprocess, slices, sampling.field, output.restrict_to_liver))
    overlapping = 1.0
    if isinstance(sampling, SegmentSampling) and not settings.network.unpadded:
        overlapping = (1 - sampling.overlap) ** -3
    again = overlapping * (4 if output.tta == "flips" else 1)
    return again * sum(count * _work(settings, shape) for count, shape in cuts)


def _held_back(training: TrainingSettings, patients: int) -> float:
    """The share of the patients that monitors the training; at least one does, unless none is asked for."""
    fraction = training.validation_fraction
    return max(1, round(fraction * patients)) / max(patients, 1) if fraction > 0 else 0.0


def _work(settings: Network, shape: Shape) -> float:
    """Seconds of a forward pass of one image."""
    classes = settings.classes if isinstance(settings, SegmentationSettings) else ("liver",)
    outputs = 1 if settings.network.output == "sigmoid" else 1 + len(classes)
    return multiply_accumulates(settings.network, shape, outputs) / MULTIPLY_ACCUMULATES_PER_SECOND


def _shown(settings: Network, preprocess: PreprocessSettings, slices: float) -> list[Cut]:
    """What a scan is cut into in training, plane by plane."""
    sampling = settings.sampling
    only_liver = isinstance(sampling, SliceSampling) and sampling.slices == "liver"
    return _cuts(settings.network, sampling, *_extents(preprocess, slices, sampling.field, only_liver))


def _drawn(sampling: AnySampling, there: float) -> tuple[float, Shape | None]:
    """How many samples of a plane an epoch shows of those that are there, and their shape if it is not that of the
    slices."""
    if isinstance(sampling, SegmentSampling):
        return sampling.segments_per_epoch, sampling.segment
    assert isinstance(sampling, SliceSampling)
    asked = sampling.slices_per_epoch
    if sampling.patch is not None:
        return asked or there, (sampling.patch, sampling.patch)
    return min(asked or there, there), None


def _extents(preprocess: PreprocessSettings, slices: float, field: str, only_liver: bool) -> tuple[Shape, Shape]:
    """Sides (``zyx``) on the network grid of what is shown of a scan, and how many slices along each axis count."""
    side, spacing = preprocess.usual_pixels, preprocess.usual_slices
    liver = max(slices / 3, min(slices, LIVER_SLICES)) * spacing
    whole = max(round(slices * spacing), 1), side, side
    box = max(round(liver), 1), round(LIVER_SIDE * side), round(LIVER_SIDE * side)
    return (box if field == "liver" else whole), (box if field == "liver" or only_liver else whole)


def _lost(network: AnyNetwork) -> int:
    """Voxels that a side of a segment loses in a network."""
    return 2 * len(network.filters[0]) if isinstance(network, DeepMedicSettings) else 0


def _in_prediction(settings: Network) -> AnySampling:
    """Whole scans go through an unpadded network in as large tiles as a batch of segments is, where these give back
    multiples of its factors."""
    network, sampling = settings.network, settings.sampling
    if not isinstance(sampling, SegmentSampling) or not isinstance(network, DeepMedicSettings):
        return sampling
    lost, times = _lost(network), 1
    output = [side - lost for side in sampling.segment]
    if any(side % factor for side in output for factor in network.downsampling):
        return sampling
    while prod((times + 1) * side + lost for side in output) <= settings.output.batch_size * prod(sampling.segment):
        times += 1
    return sampling.model_copy(update={"segment": tuple(times * side + lost for side in output)})


def _cuts(network: AnyNetwork, sampling: AnySampling, image: Shape, counted: Shape) -> list[Cut]:
    if isinstance(sampling, SegmentSampling):
        tiles = prod(
            ceil(length / (side - _lost(network))) for length, side in zip(counted, sampling.segment, strict=True)
        )
        return [(tiles, sampling.segment)]
    axes = range(3) if isinstance(sampling, OrthogonalSampling) else range(1)
    return [(counted[axis], [*image[:axis], *image[axis + 1 :]]) for axis in axes]
