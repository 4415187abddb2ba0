"""Segments for an unpadded network, which may see each place at several scales (DeepMedic). What a pathway sees is
sampled from the whole scan around the segment, however far it reaches: nothing is cut out or padded beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import lcm, prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from livermets.config.architectures import AnyNetwork
from livermets.config.sampling import SegmentSampling
from livermets.config.segmentation import OutputSettings
from livermets.config.training import AugmentationSettings
from livermets.errors import input_error
from livermets.randomness import generator
from livermets.segmentation.architectures.build import images_on_device, on_device, pathways_of
from livermets.segmentation.architectures.pathways import Pathway
from livermets.segmentation.augmentation import Varied, intensity_variations
from livermets.segmentation.classes import Classes
from livermets.segmentation.deformation import sampled
from livermets.segmentation.field import liver_of, volume_box
from livermets.segmentation.predict import mean_probabilities
from livermets.segmentation.training_scan import TrainingScan
from livermets.segmentation.views.places import SegmentPlaces
from livermets.segmentation.views.protocol import Batch, Progress
from livermets.segmentation.views.segments import SEGMENT, scan_order, to_draw_from
from livermets.segmentation.views.slices import in_order, shown_shares

Area = tuple[slice, slice, slice]


@dataclass(frozen=True)
class PathwayView:
    """Segments through one unpadded 3D network."""

    sampling: SegmentSampling
    settings: AnyNetwork
    classes: Classes

    @property
    def parts(self) -> Sequence[str]:
        """One network."""
        return ()

    def check_image(self, shape_zyx: tuple[int, ...], where: object) -> None:
        """Any size will do: beyond its border an image is repeated."""

    def shown(self, scans: list[TrainingScan], network: nn.Module) -> list[TrainingScan]:
        """Whole scans, since pathways see beyond any box."""
        return scans

    def samples(self, scans: list[TrainingScan], network: nn.Module) -> PathwaySegments:
        """Where segments can be drawn from: scans that have a liver, where only these are shown."""
        pathways, output = pathways_of(network), self._output(network)
        scans = to_draw_from(scans, self.sampling)
        areas = [self._area(scan.liver) for scan in scans]
        return PathwaySegments(scans, areas, self.sampling, pathways, output, self.classes.focus)

    @torch.inference_mode()
    def probabilities(
        self,
        network: nn.Module,
        image: NDArray[np.float32],
        liver: NDArray | None,
        output: OutputSettings,
        device: torch.device,
        progress: Progress = iter,
    ) -> NDArray[np.float32]:
        """The tiles' probabilities side by side; with ``restrict_to_liver`` only those that touch the liver."""
        within = liver_of(liver, output)
        probability = np.zeros((len(self.classes.found), *image.shape), dtype=np.float32)
        area = self._area(np.ones(image.shape, dtype=bool) if within is None else within)
        network, pathways = on_device(network, device).eval(), pathways_of(network)
        sides, steps, together = self._tiles(network, output.batch_size)
        tiles = [tile for tile in _cover(area, sides) if within is None or within[tile].any()]
        batches = in_order(len(tiles), together)
        for number in progress(range(len(batches))):
            batch = [tiles[position] for position in batches[number]]
            shown = [around(image, *_place(tile, steps), pathways) for tile in batch]
            images = [torch.from_numpy(np.stack(one)[:, None]) for one in zip(*shown, strict=True)]
            found = mean_probabilities(network, images_on_device(images, device), output.tta).cpu().numpy()
            for tile, one in zip(batch, found, strict=True):
                kept = tuple(slice(0, side.stop - side.start) for side in tile)
                probability[(slice(None), *tile)] = one[(slice(None), *kept)]
        return probability if within is None else probability * within

    def _area(self, liver: NDArray) -> Area:
        """Where segments give something back: the box around the liver, or the whole image."""
        if self.sampling.field == "liver":
            return volume_box(liver)
        z, y, x = (slice(0, length) for length in liver.shape)
        return z, y, x

    def _output(self, network: nn.Module) -> tuple[int, ...]:
        """What the network gives back of a segment. Raises `InputError` if it is nothing."""
        pathways, sides = pathways_of(network), self.sampling.segment
        lost = 2 * pathways[0].margin
        if min(sides) <= lost:
            shown, together = " × ".join(map(str, sides)), lcm(*(pathway.factor for pathway in pathways))
            raise input_error(
                SEGMENT,
                f"a segment of {shown} voxels is smaller than the receptive field of the network, {lost + 1} voxels",
                f"Use sides from {lost + 1} on, e.g. {lost + together}, which give back {together}",
            )
        return tuple(side - lost for side in sides)

    def _tiles(self, network: nn.Module, batch_size: int) -> tuple[tuple[int, ...], tuple[int, ...], int]:
        """Sides of what the tiles of a prediction give back; what those of a smaller one at the end of the area must be
        a multiple of; and how many tiles go through the network at once.

        Where segments give back multiples of all factors, a voxel lies in its coarse blocks as it did in training in
        tiles of any such size: one is taken that shows as much at once as a batch of segments, but loses less. Where
        they do not, tiles are segments."""
        output, pathways = self._output(network), pathways_of(network)
        if any(side % pathway.factor for side in output for pathway in pathways):
            return output, output, batch_size
        most, margin, times = batch_size * prod(self.sampling.segment), 2 * pathways[0].margin, 1
        while prod((times + 1) * side + margin for side in output) <= most:
            times += 1
        return tuple(times * side for side in output), (lcm(*(pathway.factor for pathway in pathways)),) * 3, 1


@dataclass(frozen=True, eq=False)
class PathwaySegments:
    """Scans from which segments are drawn, the ``areas`` within them, and how much a network gives back of one."""

    scans: list[TrainingScan]
    areas: list[Area]
    sampling: SegmentSampling
    pathways: Sequence[Pathway]
    output: tuple[int, ...]
    focus: int

    def __len__(self) -> int:
        return self.sampling.segments_per_epoch

    @property
    def with_focus(self) -> NDArray[np.bool_]:
        """Which scans show the innermost class."""
        return np.array([(scan.target == self.focus).any() for scan in self.scans])

    def epochs(self, augmentation: AugmentationSettings, seed: int) -> EpochPathwaySegments:
        """The epochs of a training on segments of these scans."""
        return EpochPathwaySegments(self, augmentation, seed)

    def batches(self, size: int) -> Iterator[Batch]:
        """Segments that cover the areas side by side; what is at the end of one overlaps its neighbours."""
        for scan, area in zip(self.scans, self.areas, strict=True):
            starts = [_starts(side, length, inside=True) for side, length in zip(area, self.output, strict=True)]
            places = list(product(*starts))
            for positions in in_order(len(places), size):
                batch = [places[position] for position in positions]
                shown = [around(scan.image, start, self.output, self.pathways) for start in batch]
                images = [torch.from_numpy(np.stack(one)[:, None]) for one in zip(*shown, strict=True)]
                (target,) = zip(
                    *(around(scan.target, start, self.output, [Pathway(1, 0)]) for start in batch), strict=True
                )
                yield Batch(images, torch.from_numpy(np.stack(target)[:, None]), 0)


class EpochPathwaySegments:
    """The varied segments of one epoch: (images float32, target uint8, network). Images and target are sampled once,
    where all changes of place together lead; the random changes of values are the same at all scales."""

    def __init__(self, segments: PathwaySegments, augmentation: AugmentationSettings, seed: int) -> None:
        self.segments, self.seed = segments, seed
        self.places = SegmentPlaces(segments.pathways, segments.output, augmentation)
        self.vary = Varied(intensity_variations(augmentation), seed)
        self.around = [self._around(scan) for scan in segments.scans]
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch
        self.order = scan_order(len(self.segments.scans), len(self.segments), self.seed, epoch)

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, position: int) -> tuple[list[Tensor], Tensor, int]:
        scan = self.segments.scans[int(self.order[position])]
        random = generator(self.seed, "segmentation", "pathways", self.epoch, position)
        centre = self._centre(int(self.order[position]), random)
        *of_images, of_target = self.places.drawn(random, centre)
        values = [sampled(scan.image, places, 1) for places in of_images]
        flat = torch.from_numpy(np.concatenate([value.ravel() for value in values])[None])
        item = {"image": flat, "hu_per_unit": torch.tensor(scan.hu_per_unit)}
        varied = self.vary(item, self.epoch, position)["image"][0].float()
        parts = varied.split([value.size for value in values])
        images = [part.reshape(1, *value.shape) for part, value in zip(parts, values, strict=True)]
        return images, torch.from_numpy(sampled(scan.target, of_target, 0))[None], 0

    def batches(self, size: int) -> list[list[int]]:
        """The positions of every batch, in their order."""
        return in_order(len(self), size)

    def class_shares(self) -> tuple[float, ...]:
        """Shares of the classes in the segments of the present epoch."""
        return shown_shares(self, range(1, self.segments.focus + 1))

    def _around(self, scan: TrainingScan) -> tuple[NDArray[np.int32], NDArray[np.int32] | None]:
        """The voxels of the innermost class and, where segments lie in the liver only, the other ones of the liver."""
        focus = scan.target == self.segments.focus
        inside = (scan.liver > 0) | (scan.target > 0) if self.segments.sampling.within == "liver" else None
        if self.segments.sampling.balance:
            others = None if inside is None else inside & ~focus
            return _flat(focus), None if others is None else _flat(others)
        return _flat(np.zeros_like(focus)), None if inside is None else _flat(inside)

    def _centre(self, number: int, random: np.random.Generator) -> NDArray[np.float64]:
        """The centre of a segment's output, moved so that the output lies within the area if that is large enough."""
        scan, area, output = self.segments.scans[number], self.segments.areas[number], self.segments.output
        focus, others = self.around[number]
        if len(focus) and (random.uniform() < 0.5 or (others is not None and not len(others))):
            voxel = _voxel(focus, scan.image.shape, random)
        elif others is not None:
            voxel = _voxel(others, scan.image.shape, random)
        else:
            voxel = self._elsewhere(scan, area, random)
        starts = [
            min(max(place - length // 2, side.start), max(side.stop - length, side.start))
            for place, side, length in zip(voxel, area, output, strict=True)
        ]
        return np.array([start + (length - 1) / 2 for start, length in zip(starts, output, strict=True)])

    def _elsewhere(self, scan: TrainingScan, area: Area, random: np.random.Generator) -> NDArray[np.int64]:
        """A voxel of the area; with balance one that is not of the innermost class, if there is any."""
        low, high = [side.start for side in area], [side.stop for side in area]
        drawn = random.integers(low, high, (64, 3))
        if self.segments.sampling.balance:
            outside = scan.target[tuple(drawn.T)] != self.segments.focus
            drawn = drawn[outside] if outside.any() else drawn
        return drawn[0]


def around(array: NDArray, start: Sequence[int], output: Sequence[int], pathways: Sequence[Pathway]) -> list[NDArray]:
    """What each pathway sees of a segment whose output begins at ``start``; beyond the edges their values repeat."""
    axes = [
        [
            np.clip(first + pathway.places(side), 0, length - 1)
            for first, side, length in zip(start, output, array.shape, strict=True)
        ]
        for pathway in pathways
    ]
    return [array[np.ix_(*places)] for places in axes]


def _place(tile: Area, steps: Sequence[int]) -> tuple[list[int], list[int]]:
    """Where a tile begins, and the sides of what the network must give back for it."""
    lengths = [side.stop - side.start for side in tile]
    return [side.start for side in tile], [-(-own // step) * step for own, step in zip(lengths, steps, strict=True)]


def _cover(area: Area, sides: Sequence[int]) -> list[Area]:
    """Tiles side by side that cover an area; those at its end are cut."""
    starts = [_starts(side, length) for side, length in zip(area, sides, strict=True)]
    cut = [
        [slice(start, min(start + length, side.stop)) for start in own]
        for own, length, side in zip(starts, sides, area, strict=True)
    ]
    return [(z, y, x) for z, y, x in product(*cut)]


def _starts(side: slice, length: int, inside: bool = False) -> list[int]:
    """Where tiles begin along an axis; with ``inside`` the last one ends where the axis does."""
    last = max(side.stop - length, side.start)
    return [min(start, last) if inside else start for start in range(side.start, side.stop, length)]


def _flat(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    return np.flatnonzero(mask).astype(np.int32)


def _voxel(places: NDArray[np.int32], shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.int64]:
    return np.array(np.unravel_index(places[random.integers(len(places))], shape))
