"""Scans with too few slices for a network that sees coronal and sagittal planes, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable

from livermets.config.preprocess import PreprocessSettings
from livermets.config.sampling import OrthogonalSampling
from livermets.errors import ProblemList
from livermets.imaging.resample import covering
from livermets.intake.study_check import ScanSummary
from livermets.workflow.plan import Plan


def thin_scan_problems(plan: Plan, scans: Iterable[ScanSummary]) -> ProblemList:
    """One error per network of orthogonal planes that would halve the slices of a scan to nothing, with the thinnest
    scan by name. ``scans``: all of the study, with slices and their spacing where an image could be read."""
    used = {
        (scan.cohort, scan.patient_id, scan.timepoint): scan.label
        for scan in plan.scans()
        if scan.roles.segmentation != "none"
    }
    known = [scan for scan in scans if (scan.cohort, scan.patient_id, scan.timepoint) in used and scan.size_z]
    problems = ProblemList()
    for name in plan.networks.names:
        settings = plan.networks.settings(name)
        if not isinstance(settings.sampling, OrthogonalSampling):
            continue
        network, preprocess = settings.network, plan.networks.preprocess(name)
        slices = {scan: network_slices(scan, preprocess) for scan in known}
        thin = [scan for scan in known if slices[scan] < network.least_side]
        if thin:
            thinnest = min(thin, key=lambda scan: slices[scan])
            others = len(thin) - 1
            more = f"; so are those of {others} more scan{'s' * (others > 1)}" if others else ""
            label = used[thinnest.cohort, thinnest.patient_id, thinnest.timepoint]
            what = f"{slices[thinnest]} slices are too few for the coronal and sagittal planes of the network {name}"
            fix = f"Set its preprocess.slice_spacing_mm, so that a scan has at least {network.least_side}"
            halved = f"which halves them {network.halvings} times{more}"
            problems.error(label, f"{what}, {halved}", f"{fix}, or fewer levels")
    return problems


def network_slices(scan: ScanSummary, preprocess: PreprocessSettings) -> int:
    """How many slices a network sees of a scan."""
    wanted, size = preprocess.slice_spacing_mm, scan.size_z or 0
    return size if wanted is None else covering(size * (scan.spacing_z_mm or 0), wanted)
