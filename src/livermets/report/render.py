"""The report's data laid out as one self-contained HTML file; templates and styles live in ``templates/``."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from livermets.report.checklists import STATES
from livermets.report.document import Report


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("livermets.report", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html", "j2"), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["include_raw"] = _raw
    environment.globals["states"] = STATES
    environment.globals["titled"] = _titled
    return environment


def _raw(name: str) -> Markup:
    """A style sheet or script, put inside the page as it is."""
    source, _, _ = PackageLoader("livermets.report", "templates").get_source(_environment(), name)
    return Markup(source)


def _titled(caption: str) -> Markup:
    """A caption with its first sentence, the title, set apart from n, method and interval."""
    parts = re.split(r"(?<=[.;:]) (?=[A-Z0-9])", caption, maxsplit=1)
    title = Markup("<strong>{}</strong>").format(parts[0])
    return title + Markup(" {}").format(parts[1]) if len(parts) > 1 else title


def render_html(report: Report) -> str:
    """The whole report as one HTML text."""
    return _environment().get_template("report.html.j2").render(report=report, anchors=report.anchors())
