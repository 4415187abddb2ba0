"""The view that settings ask for; a further one is a further line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livermets.config.architectures import AnyNetwork
from livermets.config.sampling import AnySampling, AxialSampling, OrthogonalSampling, SegmentSampling
from livermets.segmentation.classes import Classes
from livermets.segmentation.views.axial import AxialView
from livermets.segmentation.views.orthogonal import OrthogonalView
from livermets.segmentation.views.pathways import PathwayView
from livermets.segmentation.views.protocol import View
from livermets.segmentation.views.segments import SegmentView


def _of_segments(sampling: SegmentSampling, network: AnyNetwork, classes: Classes) -> View:
    return (PathwayView if network.unpadded else SegmentView)(sampling, network, classes)


_VIEWS: dict[type[AnySampling], Callable[[Any, Any, Classes], View]] = {
    AxialSampling: AxialView,
    OrthogonalSampling: OrthogonalView,
    SegmentSampling: _of_segments,
}


def view_of(sampling: AnySampling, network: AnyNetwork, classes: Classes) -> View:
    """How a network with these settings is shown scans."""
    kind = next(kind for kind in type(sampling).__mro__ if kind in _VIEWS)
    return _VIEWS[kind](sampling, network, classes)
