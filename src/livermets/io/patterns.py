"""Names as people write them: upper and lower case, accents and blanks do not matter, `*` stands for anything."""

from __future__ import annotations

import re
import unicodedata


def matches(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern in which only `*` is special: brackets are part of many structure names."""
    anything = ".*".join(re.escape(_plain(part)) for part in pattern.strip().split("*"))
    return re.fullmatch(anything, _plain(name.strip()), re.DOTALL) is not None


def without_uids(text: str) -> str:
    """A text for a message: UIDs, which some systems use as names of files, are cut to their last digits."""
    return re.sub(r"\d+(?:\.\d+){4,}", lambda match: "…" + match[0][-6:], text)


def _plain(text: str) -> str:
    """Without accents, which one system writes as one character and another as two, in lower case."""
    letters = unicodedata.normalize("NFKD", text)
    return re.sub(r"\s+", " ", "".join(c for c in letters if not unicodedata.combining(c)).casefold())
