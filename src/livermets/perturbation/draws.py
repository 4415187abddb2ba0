"""All altered masks of one lesion, each with the class that the model gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from livermets.config.perturbation import Kind, PerturbationSettings
from livermets.masks.metrics import overlap_metrics
from livermets.perturbation.engine.flips import Dials, Mask, count_flips, cut
from livermets.perturbation.engine.surfaces import summed_distances
from livermets.perturbation.moved import MOVED
from livermets.perturbation.neighbourhood import Neighbourhood
from livermets.perturbation.shapes import NESTED, NEVER
from livermets.perturbation.transported import TRANSPORTED, Donors, transported
from livermets.randomness import generator

Purpose = tuple[str | int, ...]
Scored = Callable[[Mask], tuple[int, float]]
"""How many windows a mask of a neighbourhood holds, and the sum of their scores."""
_STEPS = 2048
"""Of a dial, between 0 and where nothing changes any more."""


@dataclass(frozen=True)
class Alteration:
    """One altered mask: how it was made, and what it is."""

    kind: str
    draw: int
    dial: float
    mask: Mask
    mask_source: str | None = None
    """Whose error it is, of a transported one."""
    whole_error: bool = False
    """Whether it is that error as it was, and not a part or a multiple of it."""


def alterations(
    near: Neighbourhood, settings: PerturbationSettings, seed: int, purpose: Purpose, kind: Kind, shape: int
) -> Iterator[Alteration]:
    """The masks of one shape (a random field, plane, place or direction) of a kind, at as many Dice as the settings
    say. The Dice of all masks of a kind are spread evenly: every mask has its own share of the range, dealt at
    random."""
    number, together = masks_of_kind(settings), settings.masks_per_shape
    dealt = generator(seed, *purpose, kind, "dealt").permutation(number)
    random = generator(seed, *purpose, kind, shape)
    draws = range(shape * together, min((shape + 1) * together, number))
    places = [(dealt[draw] + random.random()) / number for draw in draws]
    length_mm = random.uniform(*settings.correlation_mm)
    if kind in NESTED:
        flips_at = NESTED[kind](near, random, length_mm)
        found = [] if flips_at is None else list(_nested(near, flips_at, settings.dice, places))
    else:
        low, high = settings.dice
        found = MOVED[kind](near, random, [low + place * (high - low) for place in places])
    for draw, (dial, mask) in zip(draws, found, strict=False):
        yield Alteration(kind, draw, dial, mask)


def alterations_like(
    near: Neighbourhood,
    settings: PerturbationSettings,
    seed: int,
    purpose: Purpose,
    source: str,
    errors: NDArray[np.float64],
    donor: int,
) -> Iterator[Alteration]:
    """The masks that one donor's error makes: the whole error first, then parts and multiples of it, at as many Dice as
    the settings say. ``errors`` (donors, directions): all donors of a source share the masks of a kind."""
    flips_at = transported(near, errors[donor])
    mask = np.empty_like(near.reference)
    cut(near.reference, flips_at, 1.0, mask)
    yield Alteration(TRANSPORTED, donor, 1.0, mask, source, whole_error=True)
    number, together = masks_of_kind(settings), settings.masks_per_shape
    dealt = generator(seed, *purpose, TRANSPORTED, source, "dealt").permutation(number)
    random = generator(seed, *purpose, TRANSPORTED, source, donor)
    draws = [draw for draw in range(number) if draw // together % len(errors) == donor]
    places = [(dealt[draw] + random.random()) / number for draw in draws]
    for draw, (dial, mask) in zip(draws, _nested(near, flips_at, settings.dice, places), strict=False):
        yield Alteration(TRANSPORTED, len(errors) + draw, dial, mask, source)


def shapes_of(settings: PerturbationSettings) -> int:
    """How many shapes of each kind give the masks of a lesion."""
    return -(-masks_of_kind(settings) // settings.masks_per_shape)


def masks_of_kind(settings: PerturbationSettings) -> int:
    """How many masks of each kind a lesion has."""
    return -(-settings.draws // len(settings.kinds))


def _nested(
    near: Neighbourhood, flips_at: Dials, wanted: tuple[float, float], places: Sequence[float]
) -> Iterator[tuple[float, Mask]]:
    """Masks whose Dice lie at ``places`` (0 to 1) of the part of the wanted range that the shape can reach."""
    changes = flips_at < NEVER
    if not changes.any():
        return
    largest = float(flips_at[changes].max())
    lost, gained = np.zeros(_STEPS, dtype=np.int64), np.zeros(_STEPS, dtype=np.int64)
    count_flips(near.reference, flips_at, largest, lost, gained)
    kept = near.volume - lost.cumsum()
    dice = 2 * kept / (near.volume + kept + gained.cumsum())
    first = int(np.argmax(dice < 1))  # before it no voxel has changed
    dice = dice[first:]
    low, high = max(wanted[0], float(dice[-1])), min(wanted[1], float(dice[0]))
    for place in places:
        step = int(np.argmin(np.abs(dice - (low + place * (high - low)))))
        dial = (first + step + 1) * largest / _STEPS * (1 + 1e-6)
        mask = np.empty_like(near.reference)
        cut(near.reference, flips_at, dial, mask)
        yield dial, mask


def lesion_table(
    near: Neighbourhood,
    scored: Scored,
    settings: PerturbationSettings,
    seed: int,
    purpose: Purpose,
    threads: int = 1,
    progress: Callable[[int], None] = lambda done: None,
    donors: Donors | None = None,
) -> pd.DataFrame:
    """One row per altered mask, the `COLUMNS`. A kind that the lesion does not allow (no neighbour to merge with) has
    no rows; errors of sources are transported from ``donors``. Rows do not depend on ``threads``."""
    draw = partial(alterations, near, settings, seed, purpose)
    draw_like = partial(alterations_like, near, settings, seed, purpose)
    tasks = [partial(draw, kind, shape) for kind in settings.kinds for shape in range(shapes_of(settings))]
    for source, errors in (donors or {}).items():
        tasks += [partial(draw_like, source, errors, donor) for donor in range(len(errors))]
    near.prepare()

    def rows(task: Callable[[], Iterator[Alteration]]) -> list[dict[str, object]]:
        found = [measured(near, scored, one) for one in task()]
        progress(len(found))
        return found

    # The arrays are too small for threads of the linear algebra library's own.
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(rows, tasks))
    return pd.DataFrame([row for part in parts for row in part], columns=list(COLUMNS))


COLUMNS = ("kind", "mask_source", "draw", "dial", "whole_error", "dice", "volume_ratio", "assd_mm", "n_roi", "share")


def measured(near: Neighbourhood, scored: Scored, altered: Alteration) -> dict[str, object]:
    """How a mask differs from the reference, and what the windows that it holds say."""
    mask = altered.mask
    overlap = overlap_metrics(near.reference, mask)
    total, number = summed_distances(mask, near.surface_zyx, near.to_surface_mm, near.spacing_zyx_mm)
    n_roi, score = scored(mask)
    return {
        "kind": altered.kind,
        "mask_source": altered.mask_source,
        "draw": altered.draw,
        "dial": altered.dial,
        "whole_error": int(altered.whole_error),
        "dice": overlap["dice"],
        "volume_ratio": overlap["volume_ratio"],
        "assd_mm": total / number if number else np.nan,
        "n_roi": n_roi,
        "share": score / n_roi if n_roi else np.nan,
    }
