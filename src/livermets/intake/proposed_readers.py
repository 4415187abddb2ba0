"""Lesion masks of several readers in one folder: files beside those that were taken for the lesions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from livermets.config.cohort_entries import FIRST_READER
from livermets.config.networks import LIVER, OWN
from livermets.intake.choosing import Chosen, is_second_choice, roles
from livermets.intake.readings import Read

_LEAST_SHARE = 0.5
"""Of the scans with lesion masks: a template that fewer have is no reader of the study."""
_TAKEN = {FIRST_READER, OWN, LIVER, ""}


def further_readers(read: Sequence[Read], lesions: Chosen | None) -> dict[str, Chosen]:
    """The templates that hold one more lesion mask of most scans, by a name made of what only their path says."""
    if lesions is None or re.search(r"\{(lesion|timepoint)\}", lesions.template):
        return {}
    kinds = roles(read)
    groups: dict[str, Chosen] = {}
    for one in read:
        alike = kinds[one.template] == kinds.get(lesions.template) and one.item.kind == "volume"
        if alike and one.lesion is None and not one.timepoint and one.template != lesions.template:
            group = groups.setdefault(one.template, Chosen(one.template))
            group.items.setdefault((one.patient, one.timepoint), []).append(one.item)
    least = _LEAST_SHARE * len(lesions.scans)
    found: dict[str, Chosen] = {}
    for template, group in sorted(groups.items()):
        if len(group.scans & lesions.scans) >= least and not is_second_choice(template):
            name = _name(template, lesions.template)
            found[f"reader{len(found) + 2}" if name in _TAKEN or name in found else name] = group
    return found


def _name(template: str, other: str) -> str:
    words, known = ([w for w in re.split(r"[^A-Za-z0-9]+", text) if w] for text in (template, other))
    return "-".join(word for word in words if word not in known)
