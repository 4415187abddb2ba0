"""What was seen in a folder and is not brought in, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from livermets.intake.choosing import Chosen, roles
from livermets.intake.listing import Listing
from livermets.intake.readings import Read

_SHOWN = 20


def without_image(read: Sequence[Read], image: Chosen) -> list[str]:
    """Patients that are left out, because they have no image or have it at another place."""
    kinds = roles(read)
    lacking = {one.patient for one in read} - {patient for patient, _ in image.scans}
    elsewhere = {one.patient for one in read if kinds[one.template] == "image"} & lacking
    lines = []
    if elsewhere:
        others = some(sorted(elsewhere, key=natural))
        fix = "with --table FILE every path is written into a table"
        lines.append(f"left out, because their image is not at {image.template}: {others} ({fix})")
    if lacking - elsewhere:
        lines.append(f"no image for {some(sorted(lacking - elsewhere, key=natural))}")
    return lines


def also_there(read: Iterable[Read], image: Chosen, masks: dict[str, Chosen]) -> list[str]:
    used = {item for group in (image, *masks.values()) for items in group.items.values() for item in items}
    left: dict[str, set[str]] = {}
    for one in read:
        if one.item not in used:
            left.setdefault(one.template, set()).add(one.patient)
    order = sorted(left, key=lambda template: (-len(left[template]), template))
    lines = [
        f"also there: {template} ({len(left[template])} patient{'s'[: len(left[template]) > 1]})"
        for template in order[:_SHOWN]
    ]
    if len(order) > _SHOWN:
        lines.append(f"also there: {len(order) - _SHOWN} more kinds of paths")
    return lines


def left_over(listing: Listing) -> list[str]:
    lines = []
    empty = [name for name in listing.empty if name != "."]
    if empty:
        lines.append(f"empty folders: {some(empty)}")
    if listing.dangling:
        lines.append(f"links that lead nowhere: {some(listing.dangling)}")
    if listing.others:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(listing.others.items()))
        lines.append(f"other files: {kinds}")
    return lines


def some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(map(repr, names[:_SHOWN]))}{more}".replace("'", "")


def natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
