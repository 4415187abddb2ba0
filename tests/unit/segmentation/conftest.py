"""Training material shared by the tests of this folder."""

from __future__ import annotations

import pytest
import torch
from tests import disc_scans as made

from livermets.segmentation.training_scan import TrainingScan


@pytest.fixture(scope="session")
def disc_scans() -> list[TrainingScan]:
    """Six patients; the last one has no lesion."""
    return made.disc_scans()


@pytest.fixture(autouse=True)
def one_thread():
    """Small networks lose more by waiting for other threads than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
