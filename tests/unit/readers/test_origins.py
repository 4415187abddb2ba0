"""Who made a mask, and what a pair of sources compares."""

import pytest

from livermets.config.sources import SourceSettings
from livermets.readers.origins import Origin, lineage, origins, pair_kind

SETTINGS = {
    "manual": SourceSettings(reader="A"),
    "adjusted": SourceSettings(reader="A", start="net"),
    "adjusted2": SourceSettings(reader="B", start="net"),
    "nnunet": SourceSettings(tool=True),
}
KNOWN = origins(["manual", "reader2", "adjusted", "adjusted2", "nnunet", "net", "net2"], SETTINGS, ["net", "net2"])


def test_what_is_not_described_is_a_network_of_the_study_or_a_reader_of_its_own():
    assert KNOWN["reader2"].reader == "reader2"
    assert KNOWN["net"].maker == "network"
    assert not KNOWN["net"].is_drawn
    assert (KNOWN["adjusted"].maker, KNOWN["adjusted"].start) == ("adjusted", "net")


@pytest.mark.parametrize(
    "a,b,kind",
    [
        ("manual", "reader2", "reader-reader"),
        ("manual", "adjusted", "same reader"),
        ("manual", "adjusted2", "reader-adjusted"),
        ("adjusted", "adjusted2", "adjusted-adjusted"),
        ("manual", "net", "network-reader"),
        ("adjusted", "net", "network-adjusted"),
        ("reader2", "nnunet", "tool-reader"),
        ("nnunet", "net", "network-tool"),
        ("net", "net2", "network-network"),
    ],
)
def test_kinds_of_pairs_do_not_depend_on_their_order(a, b, kind):
    assert pair_kind(KNOWN[a], KNOWN[b]) == pair_kind(KNOWN[b], KNOWN[a]) == kind


def test_a_lineage_goes_back_to_what_a_correction_of_a_correction_began_from():
    chain = {"c": Origin("adjusted", "A", "b"), "b": Origin("adjusted", "B", "net")}
    assert lineage("c", chain) == {"c", "b", "net"}
    assert lineage("net", chain) == {"net"}
    assert lineage("x", {"x": Origin("adjusted", "A", "y"), "y": Origin("adjusted", "A", "x")}) == {"x", "y"}
