"""The cohort flow diagram as inline SVG: patients, scans and lesions in and out, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from livermets.report.formatting import integer, plural
from livermets.report.lesions import Flow

_WIDTH = 420
_LINE = 17
_PADDING = 10
_LONGEST = 54


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float
    lines: list[str]
    style: str = "box"

    @property
    def height(self) -> float:
        return len(self.lines) * _LINE + 2 * _PADDING - 4

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    def svg(self) -> str:
        rows = "".join(self._row(number, line) for number, line in enumerate(self.lines))
        frame = f'<rect x="{self.x:g}" y="{self.y:g}" width="{self.width:g}" height="{self.height:g}" rx="4"/>'
        return f'<g class="{self.style}">{frame}{rows}</g>'

    def _row(self, number: int, line: str) -> str:
        """A line of text; the first one is the heading."""
        style = ' class="strong"' if number == 0 else ""
        baseline = self.y + _PADDING + 11 + number * _LINE
        return f'<text x="{self.middle:g}" y="{baseline:g}"{style}>{escape(line)}</text>'


@dataclass(frozen=True)
class Shown:
    """Which of its boxes a flow has: whether lesions get a class, and whether another mask is compared."""

    classes: bool = True
    masks: bool = True


def flow_svg(
    flow: Flow,
    identifier: str,
    title: str,
    left_out: Sequence[str] = (),
    apart: Sequence[str] = (),
    shown: Shown = Shown(),
) -> str:
    """One group's flow, top to bottom: what was left out and why, what is counted apart, the lesions, the two mask
    sources side by side, the comparison."""
    lists = [(head, lines) for head, lines in (("Left out before", left_out), ("Counted apart", apart)) if lines]
    out: list[_Box] = []
    for head, lines in lists:
        out.append(_Box(4, out[-1].bottom + 20 if out else 4, _WIDTH - 8, [head, *map(_cut, lines)]))
    top = _Box(60, out[-1].bottom + 20 if out else 4, 300, _lesion_lines(flow, shown))
    beside = _mask_boxes(flow, top.bottom + 34, shown)
    below = []
    if shown.classes and shown.masks:
        level = max(box.bottom for box in beside) + 34
        below = [_Box(60, level, 300, _comparison_lines(flow))]
    drawn = _arrows(top, beside, below)
    for upper, lower in pairwise([*out, top]):
        drawn += f'<path class="line" d="M{upper.middle:g} {upper.bottom:g}V{lower.y:g}"/>'
    boxes = [*out, top, *beside, *below]
    height = max(box.bottom for box in boxes) + 4
    named = [f"{head}: {line}." for head, lines in lists for line in lines]
    described = " ".join([*named, *_description(flow, shown)])
    return (
        f'<svg class="flow" viewBox="0 0 {_WIDTH} {height:g}" role="img" aria-labelledby="{identifier}-t '
        f'{identifier}-d">'
        f'<title id="{identifier}-t">{escape(title)}</title><desc id="{identifier}-d">{escape(described)}</desc>'
        f"{drawn}{''.join(box.svg() for box in boxes)}</svg>"
    )


def _mask_boxes(flow: Flow, level: float, shown: Shown) -> list[_Box]:
    """What each mask makes of the lesions; one alone stands in the middle."""
    lines = [(_manual_lines(flow), "box manual")] if shown.classes else []
    lines += [(_automatic_lines(flow) if shown.classes else _detection_lines(flow), "box automatic")] * shown.masks
    starts = (4, 216) if len(lines) == 2 else (110,)
    return [_Box(x, level, 200, text, style) for x, (text, style) in zip(starts, lines, strict=False)]


def _lesion_lines(flow: Flow, shown: Shown) -> list[str]:
    lines = [plural(flow.lesions, "lesion"), f"{plural(flow.patients, 'patient')}, {plural(flow.scans, 'scan')}"]
    return [*lines, _outcomes(flow)] if shown.classes else lines


def _manual_lines(flow: Flow) -> list[str]:
    rarer = _no_class(flow.manual_no_class, flow.manual_few_rois)
    lines = [
        "Manual mask",
        *(f"{words}: {integer(n)}" for words, n in rarer),
        f"no ROI: {integer(flow.manual_no_roi)}",
        f"classified: {integer(flow.manual_classified)}",
    ]
    return [*lines, f"the model is fitted on: {integer(flow.fitted)}"] if flow.fitted else lines


def _automatic_lines(flow: Flow) -> list[str]:
    rarer = _no_class(flow.automatic_no_class, flow.automatic_few_rois)
    return [
        "Automatic mask",
        *(f"{words}: {integer(n)}" for words, n in rarer),
        f"no class, not detected: {integer(flow.automatic_not_detected)}",
        f"no class, no ROI: {integer(flow.automatic_no_roi)}",
        f"classified: {integer(flow.automatic_classified)}",
    ]


def _detection_lines(flow: Flow) -> list[str]:
    return [
        "Automatic mask",
        f"detected: {integer(flow.automatic_detected)}",
        f"not detected: {integer(flow.automatic_not_detected)}",
    ]


def _comparison_lines(flow: Flow) -> list[str]:
    return [
        f"{plural(flow.lesions, 'lesion')}, both masks",
        f"same class {integer(flow.agree)}, other class {integer(flow.differ)}",
        f"no class with at least one mask {integer(flow.no_class)}",
    ]


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _no_class(no_class: int, few_rois: int) -> list[tuple[str, int]]:
    """The rarer reasons for no class, where they occur: in the picture and in its words."""
    lines = {"no class given": no_class, "too few ROIs for a class": few_rois}
    return [(words, n) for words, n in lines.items() if n]


def _outcomes(flow: Flow) -> str:
    if flow.outcome_unknown == flow.lesions:
        return "outcome not known"
    text = f"R+ {integer(flow.responders)}, R− {integer(flow.non_responders)}"
    return f"{text}, unknown {integer(flow.outcome_unknown)}" if flow.outcome_unknown else text


def _arrows(top: _Box, beside: Sequence[_Box], below: Sequence[_Box]) -> str:
    paths, ends = [], []
    for box in beside:
        paths.append(f"M{box.middle:g} {top.bottom:g}V{box.y:g}")
        ends.append((box, box.y))
        for last in below:
            paths.append(f"M{box.middle:g} {box.bottom:g}V{last.y:g}")
            ends.append((box, last.y))
    heads = "".join(f'<path class="head" d="M{box.middle - 4:g} {y - 6:g}h8l-4 6z"/>' for box, y in ends)
    return f'<path class="line" d="{"".join(paths)}"/>{heads}'


def _description(flow: Flow, shown: Shown) -> Iterator[str]:
    """The picture in sentences."""
    yield f"{plural(flow.lesions, 'lesion')} in {plural(flow.scans, 'scan')} of {plural(flow.patients, 'patient')}."
    manual, automatic = (
        "".join(f", {integer(n)} with {words}" for words, n in _no_class(*counts))
        for counts in (
            (flow.manual_no_class, flow.manual_few_rois),
            (flow.automatic_no_class, flow.automatic_few_rois),
        )
    )
    if shown.classes:
        yield (
            f"Manual mask: {integer(flow.manual_classified)} classified, {integer(flow.manual_no_roi)} without a "
            f"ROI{manual}."
        )
    if shown.masks and not shown.classes:
        yield (
            f"Automatic mask: {integer(flow.automatic_detected)} detected, {integer(flow.automatic_not_detected)} not "
            "detected."
        )
    if shown.masks and shown.classes:
        yield (
            f"Automatic mask: {integer(flow.automatic_classified)} classified, "
            f"{integer(flow.automatic_not_detected)} without a class since not detected, "
            f"{integer(flow.automatic_no_roi)} without a ROI{automatic}. Both masks: {integer(flow.agree)} in the same "
            f"class, {integer(flow.differ)} in another, {integer(flow.no_class)} without a class with at least one "
            "mask."
        )
