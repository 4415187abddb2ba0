"""The order of the tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest chain first (the tiny study, through SLURM too), so that the other workers do the rest beside it."""
    items.sort(key=lambda item: all(mark.args[0] != "end_to_end" for mark in item.iter_markers("xdist_group")))
