"""Training material shared by the tests of this folder."""

from __future__ import annotations

import pytest
from tests import disc_scans as made

from livermets.segmentation.training_scan import TrainingScan


@pytest.fixture(scope="session")
def disc_scans() -> list[TrainingScan]:
    """Six patients; the last one has no lesion."""
    return made.disc_scans()
