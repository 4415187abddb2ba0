"""One look: told apart in any colour, of one home, and gone from matplotlib's settings once a figure is made."""

from __future__ import annotations

import subprocess
import sys

import matplotlib
import pytest

from livermets.figures.style import CONTOUR_LOOK, CONTOUR_WORDS, SERIES, SIDE_LOOK, figure, panels
from livermets.figures.writing import png_bytes, svg_bytes


@pytest.mark.parametrize("looks", [list(SIDE_LOOK.values()), list(CONTOUR_LOOK.values()), list(SERIES)])
def test_looks_differ_by_more_than_colour(looks) -> None:
    assert len({look.colour for look in looks}) == len(looks)
    assert len({(look.line, look.marker) for look in looks}) == len(looks)


def test_captions_have_a_word_for_every_contour() -> None:
    assert CONTOUR_WORDS.keys() == CONTOUR_LOOK.keys()


def test_settings_of_matplotlib_do_not_leak() -> None:
    before = dict(matplotlib.rcParams)
    with figure() as (drawn, _):
        png_bytes(drawn)
    with panels(3, 100, 50) as (drawn, _):
        svg_bytes(drawn, "name")
    assert dict(matplotlib.rcParams) == before


def test_figures_need_no_backend() -> None:
    script = """
        import sys
        from livermets.figures.style import figure
        from livermets.figures.writing import png_bytes
        with figure() as (drawn, axes):
            axes.plot([0, 1])
        assert png_bytes(drawn).startswith(b"\\x89PNG")
        assert "matplotlib.pyplot" not in sys.modules
    """
    lines = "\n".join(line.strip() if "axes.plot" not in line else " axes.plot([0, 1])" for line in script.split("\n"))
    subprocess.run([sys.executable, "-c", lines], check=True)


def test_the_same_figure_is_the_same_file() -> None:
    files = []
    for _ in range(2):
        with figure() as (drawn, axes):
            axes.plot([0, 1], label="line")
            axes.legend()
        files.append((png_bytes(drawn), svg_bytes(drawn, "name")))
    assert files[0] == files[1]
