"""The order of the tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest chain first (the tiny study, through SLURM too), so that the other workers do the rest beside it."""
    marks = {item: item.get_closest_marker("xdist_group") for item in items}
    items.sort(key=lambda item: (mark := marks[item]) is None or mark.args[0] != "end_to_end")
