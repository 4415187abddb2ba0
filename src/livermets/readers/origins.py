"""Who made the masks of a source, and so what a pair of sources compares: two readers, a network with a reader …"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from livermets.config.sources import SourceSettings

READER, ADJUSTED, TOOL, NETWORK = MAKERS = ("reader", "adjusted", "tool", "network")
"""Drawn from nothing; corrected from another mask; another program's; a network's of the study. In a pair the earlier
of these is source a."""
SAME_READER = "same reader"


@dataclass(frozen=True)
class Origin:
    """Where the masks of one source come from."""

    maker: str
    """One of `MAKERS`."""
    reader: str = ""
    """The person; empty for a machine's."""
    start: str = ""
    """The source that was corrected; empty: none."""

    @property
    def is_drawn(self) -> bool:
        """Whether a person answers for it."""
        return self.maker in (READER, ADJUSTED)


def origins(
    names: Iterable[str], settings: Mapping[str, SourceSettings], networks: Collection[str]
) -> dict[str, Origin]:
    """The origin of every source by name; one that is neither a network nor described is a reader of that name."""
    return {name: _origin(name, settings.get(name, SourceSettings()), networks) for name in names}


def _origin(name: str, source: SourceSettings, networks: Collection[str]) -> Origin:
    if source.tool:
        return Origin(TOOL)
    if name in networks:
        return Origin(NETWORK)
    return Origin(ADJUSTED if source.start else READER, source.reader or name, source.start or "")


def lineage(name: str, known: Mapping[str, Origin]) -> set[str]:
    """A source, the one that it was corrected from, the one that this was corrected from, and so on."""
    found: set[str] = set()
    while name in known and name not in found:
        found.add(name)
        name = known[name].start
    return found | ({name} if name else set())


def pair_kind(a: Origin, b: Origin) -> str:
    """What a pair compares: ``reader-reader``, ``adjusted-adjusted``, ``reader-adjusted`` (different readers), ``same
    reader``, ``network-reader``, ``network-adjusted``, ``tool-reader`` and so on, machines named first."""
    if a.is_drawn and b.is_drawn and a.reader == b.reader:
        return SAME_READER
    first, second = sorted((a.maker, b.maker), key=MAKERS.index)
    return f"{first}-{second}" if MAKERS.index(second) < MAKERS.index(TOOL) else f"{second}-{first}"
