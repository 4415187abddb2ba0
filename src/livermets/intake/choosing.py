"""Which template is the CT, which the liver, which the lesions, and how far one template reaches."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from livermets.intake.listing import Item
from livermets.intake.proposed_roles import ROLES
from livermets.intake.readings import FIRST_TIMEPOINT, LESION_WORDS, Read

_LESION = re.compile(rf"(?<![a-z])({LESION_WORDS}|gtv|livertumou?rs?)(?![a-z])", re.IGNORECASE)
_LIVER = re.compile(r"liver|hepat|leber|fegato|foie|higado", re.IGNORECASE)
_MASK = re.compile(
    r"seg(?!ovia)|mask|label|roi|rtstruct|annot|contour|kontur|contorn|maschera|masque|truth", re.IGNORECASE
)
_IMAGE = re.compile(r"image|volume|dicom|scan|(?<![a-z])(ct|tc|orig\w*|portal\w*|venous)(?![a-z])", re.IGNORECASE)
_SECOND_CHOICE = re.compile(r"old|backup|copy|kopie|copia|arterial|native|nativ|delayed|late", re.IGNORECASE)
_PORTAL = re.compile(r"portal|porto|venous|venos|venös|\bpv\b|\bpvp\b", re.IGNORECASE)
_OTHER_ORGAN = re.compile(
    r"vein|vena|vene|venoussystem|artery|arteria|kyst|cyst|zyste|spleen|milz|milza|kidney|niere|lung|bone|skin|spine|heart|"
    r"gallbladder|pancreas|stomach|colon|surrenal",
    re.IGNORECASE,
)
Role = Literal["image", "liver", "lesions", "mask", "other"]
Scan = tuple[str, str]
"""Patient and timepoint."""


@dataclass
class Chosen:
    """A template with the items that it stands for, scan by scan."""

    template: str
    items: dict[Scan, list[Item]] = field(default_factory=dict)

    @property
    def scans(self) -> set[Scan]:
        return set(self.items)


def roles(read: Sequence[Read]) -> dict[str, Role]:
    """What each template is by its kind and its words; words that all templates share say nothing."""
    owns = {one.template: _without_fields(one.template) for one in read}
    shared = _shared_folders(list(owns.values()))
    found: dict[str, Role] = {}
    for one in read:
        found[one.template] = _role(one.item, "/".join(owns[one.template].split("/")[shared:]))
    return found


def _without_fields(template: str) -> str:
    return template.replace("{patient}", "").replace("{lesion}", "0").replace("{timepoint}", "")


def _shared_folders(texts: list[str]) -> int:
    parts = [text.split("/")[:-1] for text in texts]
    shared = 0
    while len(texts) > 1 and all(len(part) > shared and part[shared] == parts[0][shared] for part in parts):
        shared += 1
    return shared


def _role(item: Item, own: str) -> Role:
    if item.kind in ("SEG", "RTSTRUCT"):
        return "mask"
    lesion, liver, mask = (bool(pattern.search(own)) for pattern in (_LESION, _LIVER, _MASK))
    if item.kind == "slices" and item.modality not in ("CT", "") and not (lesion or liver or mask):
        return "other"
    if _OTHER_ORGAN.search(own) and not lesion:
        return "other"
    if _IMAGE.search(own) and not mask:
        return "image"
    if lesion:
        return "lesions"
    if liver:
        return "liver" if not re.search("labels|segmentation", own) else "mask"
    return "mask" if mask else "image"


def is_second_choice(template: str) -> bool:
    """Whether a path says that there is a better one: an old version, another phase."""
    return bool(_SECOND_CHOICE.search(template.replace("{patient}", "")))


def chosen(read: Sequence[Read], everything: Sequence[Read]) -> Chosen | None:
    """The template of most scans; where each patient has its own folders (dates, accession numbers), the folder above
    them, if it holds one such object per patient."""
    groups: dict[str, Chosen] = {}
    for one in read:
        group = groups.setdefault(one.template, Chosen(one.template))
        group.items.setdefault((one.patient, one.timepoint), []).append(one.item)
    if not groups:
        return None
    best = min(groups.values(), key=_preference)
    if len(best.scans) < len({(one.patient, one.timepoint) for one in read}):
        above = _folder_above(read, everything)
        if above is not None and len(above.scans) > len(best.scans):
            return above
    return best


def _preference(group: Chosen) -> tuple[Any, ...]:
    own = group.template.replace("{patient}", "")
    second, image = bool(_SECOND_CHOICE.search(own)), bool(_IMAGE.search(own))
    return (-len(group.scans), second, not _PORTAL.search(own), not image, len(own), own)


def _folder_above(read: Sequence[Read], everything: Sequence[Read]) -> Chosen | None:
    """DICOM is looked for in all folders below a path, so a folder above may stand for it."""
    if any(one.item.kind == "volume" or one.lesion is not None or one.timepoint for one in read):
        return None
    parts = [one.template.split("/") for one in read]
    depth = 0
    while all(len(part) > depth and part[depth] == parts[0][depth] for part in parts):
        depth += 1
    folder = "/".join(parts[0][:depth])
    if "{patient}" not in folder:
        return None
    group = Chosen(folder)
    for one in read:
        group.items.setdefault((one.patient, ""), []).append(one.item)
    kinds = {one.item.kind for one in read}
    others = [
        one
        for one in everything
        if f"{one.template}/".startswith(f"{folder}/")
        and one.item.kind in kinds
        and one not in read
        and one.item.modality in ("CT", "")
    ]
    return None if others else group


def series_choice(group: Chosen) -> tuple[dict[str, Any] | None, bool]:
    """The `series` key that leaves one series per scan (None: none is needed or none does), and whether one is left."""
    found = [{item.series for item in items if item.kind == "slices"} for items in group.items.values()]
    if all(len(series) <= 1 for series in found):
        return None, True
    if all(sum(bool(_PORTAL.search(text)) for _, text in series) == 1 for series in found):
        return {"phase": "portal"}, True
    for index, key in ((1, "description"), (0, "number")):
        common = set.intersection(*({part[index] for part in series} for series in found)) - {""}
        for value in sorted(common):
            if all(sum(part[index] == value for part in series) == 1 for series in found):
                return {key: int(value) if key == "number" else value}, True
    return None, False


def timepoints_of(group: Chosen) -> dict[str, set[str]]:
    """The patients that have each timepoint."""
    found: dict[str, set[str]] = defaultdict(set)
    for patient, point in group.scans:
        found[point].add(patient)
    return dict(found)


def chosen_roles(read: list[Read], role: str, remarks: list[str]) -> tuple[Chosen | None, dict[str, Chosen]]:
    """The image and the masks, on the timepoints that can be used together."""
    kinds = roles(read)

    def of(*wanted: str) -> list[Read]:
        return [one for one in read if kinds[one.template] in wanted]

    image = chosen(of("image"), read)
    lesions, liver, both = (chosen(of(kind), read) for kind in ("lesions", "liver", "mask"))
    masks = {"lesions": lesions or both, "liver": liver or (both if lesions is None else None)}
    if lesions is None and liver is not None and both is None:
        masks["lesions"] = None
    found = {key: mask for key, mask in masks.items() if mask is not None}
    if image is None or "{timepoint}" not in image.template:
        return image, {key: mask for key, mask in found.items() if "{timepoint}" not in mask.template}
    return _at_timepoints(image, found, role, remarks)


def _at_timepoints(
    image: Chosen, masks: dict[str, Chosen], role: str, remarks: list[str]
) -> tuple[Chosen, dict[str, Chosen]]:
    """All timepoints that every patient has; one of them where an outcome is wanted (`lesions` drawn there)."""
    having = timepoints_of(image)
    everyone = {patient for patient, _ in image.scans}
    full = sorted((point for point in having if having[point] == everyone), key=time_order)
    drawn = timepoints_of(masks["lesions"]) if "lesions" in masks else {}
    with_lesions = [point for point in full if not drawn or drawn.get(point, set()) >= everyone]
    points = with_lesions or full or sorted(having, key=lambda point: (-len(having[point]), *time_order(point)))[:1]
    if ROLES[role].needs_outcome:
        points = points[:1]
    others = sorted(set(having) - set(points), key=time_order)
    if others:
        remarks.append(
            "timepoints not used: " + ", ".join(f"{point} ({len(having[point])} patients)" for point in others)
        )
    return _only(image, points), {key: _only(mask, points) for key, mask in masks.items()}


def _only(group: Chosen, points: Sequence[str]) -> Chosen:
    """The group at these timepoints; a single one is written into the template."""
    if "{timepoint}" not in group.template:
        return group
    template = group.template.replace("{timepoint}", points[0]) if len(points) == 1 else group.template
    items = {
        (patient, point if len(points) > 1 else ""): items
        for (patient, point), items in group.items.items()
        if point in points
    }
    return Chosen(template, items)


def time_order(point: str) -> tuple[bool, str]:
    return not re.fullmatch(FIRST_TIMEPOINT, point, re.IGNORECASE), point
