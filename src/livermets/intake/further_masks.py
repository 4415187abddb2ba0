"""The masks of a source beside the reference: read and checked alike, but for what only the reference must have.

No lesion ids are asked of them, since only the reference is joined with the outcome. A mask may be empty: whoever drew
it saw no lesion. A lesion at an impossible place is a finding to be counted, unless most of the mask lies so: then it
is the mask that is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from livermets.cohort.missing import missing_masks
from livermets.cohort.scan import Scan
from livermets.cohort.study import Cohort
from livermets.errors import Finding, InputError, ProblemList
from livermets.intake.checks import check_intensities
from livermets.intake.lesion_checks import (
    FEW_VOXELS,
    FIX_AIR,
    FIX_OUTSIDE,
    check_lesions_placed,
    lesion_sizes,
    lesions_in_air,
    lesions_outside_liver,
)
from livermets.intake.lesion_shapes import check_organs
from livermets.intake.liver_checks import liver_problems
from livermets.intake.scan_data import ScanData, read_ct_of, read_masks_on
from livermets.masks.identity import LARGEST_LESION_ID
from livermets.masks.matching import components_of

MOST = 0.5
"""Share of a mask's volume from which a finding speaks against the mask, and not against lesions of it."""


@dataclass(frozen=True)
class FurtherFound:
    """What was found of the further sources of one scan."""

    problems: ProblemList = field(default_factory=ProblemList)
    lesions: dict[str, int] = field(default_factory=dict)
    """Lesions that each source has drawn, of those whose mask is sound."""


def checked_masks(scan: Scan, cohort: Cohort, on: ScanData, hounsfield: bool = True) -> ScanData:
    """The masks of the source that drew ``scan``'s, on the CT and beside the liver of ``on``, with its warnings; raises
    `InputError` with all errors. ``hounsfield``: whether what lies under the masks can be trusted."""
    data = read_masks_on(on.ct, scan, cohort.reading(scan))
    problems = ProblemList(accepted=cohort.settings.accept)
    for lost in data.swallowed.values():
        problems.warning(_where(scan), lost)
    _check_lesions(scan, cohort, data, on, hounsfield, problems)
    if hounsfield and data.liver is not None:
        portal, whole = on.facts.get("phase_hint") == "portal", cohort.settings.phantom is None
        where, accepted = f"{scan.label}, {scan.liver_path}", cohort.settings.accept
        problems.extend(liver_problems(on.ct, data.liver, where, portal=portal, whole=whole, accepted=accepted))
    problems.raise_if_errors()
    data.warnings = [*data.warnings, *problems.warnings]
    return data


def further_masks(scan: Scan, cohort: Cohort, data: ScanData | None) -> FurtherFound:
    """Every further source of a scan looked at; ``data``: the scan as it was read, if it was sound."""
    found = FurtherFound()
    if not scan.further_sources:
        return found
    on, hounsfield = (data, True) if data is not None else _ct_alone(scan, cohort)
    for source in scan.further_sources:
        drawn = scan.of_source(source)
        if on is None:
            found.problems.extend(missing_masks(drawn))
            continue
        with found.problems.collected():
            masks = checked_masks(drawn, cohort, on, hounsfield)
            found.problems.extend(masks.warnings)
            found.lesions[source] = 0 if masks.lesions is None else components_of(masks.lesions)[1]
    return found


def _ct_alone(scan: Scan, cohort: Cohort) -> tuple[ScanData | None, bool]:
    """The CT of a scan whose own masks are wrong, and whether its values are HU; nothing where it cannot be read."""
    problems = ProblemList(accepted=cohort.settings.accept)
    try:
        data = read_ct_of(scan, cohort.settings)
    except (InputError, OSError):
        return None, False
    check_intensities(scan, data, problems)
    return data, not problems.errors


def _check_lesions(
    scan: Scan, cohort: Cohort, data: ScanData, on: ScanData, hounsfield: bool, problems: ProblemList
) -> None:
    if data.lesions is None:
        return
    pieces, number = components_of(data.lesions)
    if number > LARGEST_LESION_ID:
        what = f"the lesion mask falls into {number} pieces"
        problems.error(_where(scan), what, "It is noise rather than lesions; correct the mask")
        return
    several = np.count_nonzero(np.bincount(data.lesions.ravel())[1:]) > 1
    # A single label says nothing of which lesion is which: its pieces are looked at one by one.
    lesions = data.lesions if several else pieces.astype(np.uint16)
    looked_at = replace(data, lesions=lesions, liver=data.liver if on.liver is None else on.liver)
    numbered = {"lesion_ids": "labels" if several else "components"}
    organs = check_organs(_where(scan), scan, cohort.settings.model_copy(update=numbered), looked_at, lesions, problems)
    if organs:
        return
    sizes = lesion_sizes(looked_at)
    if hounsfield:
        _check_places(scan, looked_at, sizes, problems)
        check_lesions_placed(scan, looked_at, problems)
    few = sum(voxels < FEW_VOXELS for voxels in sizes.values())
    if few:
        has, each = ("has", "it is") if few == 1 else ("have", "they are")
        what = f"{few} of {len(sizes)} lesions {has} fewer than {FEW_VOXELS} voxels"
        problems.warning(_where(scan), what, f"Remove them if {each} stray marks: each counts as a finding")


def _check_places(scan: Scan, data: ScanData, sizes: dict[int, int], problems: ProblemList) -> None:
    """Lesions in air or outside the liver: the same errors as of the reference where most of the mask lies so."""
    checks: tuple[tuple[Finding, dict[int, str], str, str], ...] = (
        ("lesion_air", lesions_in_air(data), "in air or lung", FIX_AIR),
        ("lesion_outside_liver", lesions_outside_liver(data), "outside the liver mask", FIX_OUTSIDE),
    )
    for finding, lesions, place, fix in checks:
        if sum(sizes[lesion] for lesion in lesions) > MOST * sum(sizes.values()):
            for what in lesions.values():
                problems.refusal(finding, _where(scan), what, fix)
        elif lesions:
            what = f"{len(lesions)} of {len(sizes)} lesions {'lies' if len(lesions) == 1 else 'lie'} {place}"
            problems.warning(_where(scan), what, "Each counts as a finding; look at the overlay")


def _where(scan: Scan) -> str:
    return f"{scan.label}, {scan.lesion_pattern}"
