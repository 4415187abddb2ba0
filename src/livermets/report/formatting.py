"""The single place where numbers become text: one way to write a value, an interval, a count or a p-value."""

from __future__ import annotations

import math
from typing import Any

MISSING = "n/a"
"""What a table cell says when there is no value; prose never uses it."""
_MINUS = "\u2212"


def is_missing(value: Any) -> bool:
    """True for None, NaN, infinite numbers and the empty string: nothing that may be printed as a number."""
    if value is None or value == "":
        return True
    try:
        return not math.isfinite(value)
    except TypeError:
        return False


def number(value: Any, digits: int = 2) -> str:
    """A number with fixed decimals and a real minus sign: ``-0.154`` is ``−0.15``."""
    if is_missing(value):
        return MISSING
    text = f"{float(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", _MINUS)


def integer(value: Any) -> str:
    """A count with thousands separated: ``8,000``."""
    return MISSING if is_missing(value) else f"{round(float(value)):,}".replace("-", _MINUS)


def significant(value: Any, digits: int = 3) -> str:
    """A number of unknown size with so many significant digits, for settings and feature values."""
    if is_missing(value):
        return MISSING
    value = float(value)
    if value == int(value) and abs(value) < 1e6:
        return integer(value)
    if value != 0 and not 1e-4 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", _MINUS)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else 0
    return number(value, decimals)


def percent(fraction: Any, digits: int = 1) -> str:
    """A fraction of one as percent: ``0.594`` is ``59.4 %``."""
    return MISSING if is_missing(fraction) else f"{number(100 * float(fraction), digits)}\u00a0%"


_MORE_DIGITS = 2


def _digits(value: float, digits: int) -> int:
    """More decimals where a number that is not 0 would be printed as 0: an end of an interval beside 0 must not seem
    to touch it."""
    tried = range(digits, digits + _MORE_DIGITS + 1)
    return next((n for n in tried if value == 0 or round(abs(value), n) > 0), digits)


def interval(low: Any, high: Any, *, as_percent: bool = False, digits: int | None = None) -> str:
    """An interval's two ends, ``0.41 to 0.76`` (a dash would be lost beside a minus sign); empty if not available."""
    if is_missing(low) or is_missing(high):
        return ""
    if as_percent:
        decimals = 1 if digits is None else digits
        ends = [100 * float(low), 100 * float(high)]
    else:
        decimals = 2 if digits is None else digits
        ends = [float(low), float(high)]
    text = " to ".join(number(end, _digits(end, decimals)) for end in ends)
    return f"{text}\u00a0%" if as_percent else text


def estimate(
    value: Any, low: Any = None, high: Any = None, *, as_percent: bool = False, digits: int | None = None
) -> str:
    """A value with its interval in brackets: ``59.4 % (40.6 to 76.3 %)``."""
    point, ends = _point(value, as_percent, digits), interval(low, high, as_percent=as_percent, digits=digits)
    return f"{point} ({ends})" if ends and point != MISSING else point


def over_interval(value: Any, low: Any, high: Any, *, as_percent: bool = False, digits: int | None = None) -> str:
    """A value, and below it its interval, for a narrow column."""
    point, ends = _point(value, as_percent, digits), interval(low, high, as_percent=as_percent, digits=digits)
    return f"{point}\n{ends}" if ends else point


def _point(value: Any, as_percent: bool, digits: int | None) -> str:
    if as_percent:
        return percent(value, 1 if digits is None else digits)
    return number(value, 2 if digits is None else digits)


def points(value: Any, low: Any = None, high: Any = None, digits: int = 0) -> str:
    """A difference of two shares in percentage points: ``42 points (5 to 70)``."""
    if is_missing(value):
        return MISSING
    ends = interval(100 * low, 100 * high, digits=digits) if not (is_missing(low) or is_missing(high)) else ""
    return f"{number(100 * float(value), digits)} points{f' ({ends})' if ends else ''}"


def count_of(k: Any, n: Any) -> str:
    """``19 of 32``; counts are never shown without what they are out of."""
    return f"{integer(k)} of {integer(n)}"


def share(k: Any, n: Any, digits: int = 0) -> str:
    """``19 of 32 (59 %)``; without a percent when there is nothing to divide by."""
    if is_missing(k) or is_missing(n) or n == 0:
        return count_of(k, n)
    return f"{count_of(k, n)} ({percent(k / n, digits)})"


def p_value(value: Any) -> str:
    """``p = 0.034``, ``p < 0.001``."""
    if is_missing(value):
        return MISSING
    if value < 0.001:
        return "p\u00a0<\u00a00.001"
    return f"p\u00a0=\u00a0{number(min(float(value), 1.0), 3 if value < 0.1 else 2)}"


def plural(n: Any, noun: str, nouns: str | None = None) -> str:
    """``1 lesion``, ``8,000 lesions``, ``no lesions``."""
    word = noun if n == 1 else (nouns or f"{noun}s")
    return f"no {word}" if n == 0 else f"{integer(n)} {word}"


def listed(items: list[str], conjunction: str = "and") -> str:
    """``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {conjunction} {items[-1]}"


def sentence(remark: object) -> str:
    """A remark of a table as a sentence, ``The data cannot tell.``; empty where there is none."""
    return f"{remark[:1].upper()}{remark[1:]}." if isinstance(remark, str) and remark else ""


def response_class(value: Any) -> str:
    """``R+`` for 1, ``R−`` for 0."""
    if is_missing(value):
        return MISSING
    return "R+" if int(value) == 1 else f"R{_MINUS}"


def yes_no(value: Any) -> str:
    """``yes`` or ``no`` for a flag stored as bool, 0/1 or text."""
    if is_missing(value):
        return MISSING
    return "yes" if str(value).lower() in {"1", "1.0", "true", "yes"} else "no"


def mean_sd(mean: Any, sd: Any, digits: int = 2) -> str:
    """``0.61 ± 0.22``."""
    if is_missing(mean):
        return MISSING
    return number(mean, digits) if is_missing(sd) else f"{number(mean, digits)} ± {number(sd, digits)}"


def median_quartiles(median: Any, low: Any, high: Any, digits: int = 2) -> str:
    """``0.54 (0.30 to 0.77)``: median and quartiles."""
    return estimate(median, low, high, digits=digits)


def duration(seconds: Any) -> str:
    """``3.2 s``, ``4 min 10 s``, ``2 h 5 min``."""
    if is_missing(seconds):
        return MISSING
    seconds = float(seconds)
    if seconds < 60:
        return f"{number(seconds, 1)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
