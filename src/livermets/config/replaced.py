"""Keys of earlier configurations that have become others, each with what to write instead."""

from __future__ import annotations

_SAMPLING = "What a network is shown of a scan is said under `sampling`, beside `training` and `output`; write it there"
REPLACED = {
    "segmentation.liver.source": (
        "Livers are given or found scan by scan. Write `missing: network` (or `missing: command`) for scans that come "
        "without a liver mask, with `replace_given: true` for all scans; for `source: given` write nothing"
    ),
    **{f"segmentation.training.{key}": _SAMPLING for key in ("slices", "balance", "slices_per_epoch", "patch")},
    **{f"segmentation.liver.training.{key}": _SAMPLING for key in ("balance", "slices_per_epoch", "patch")},
    "segmentation.output.field": _SAMPLING,
    "preprocess.liver_window_hu": "The window is no longer the liver network's alone: write `window_hu`",
    "compare_networks": "Further networks are mask sources like any other; write them under `networks`",
}
"""Once known key: what to do."""


def replacement(key: str) -> str | None:
    """What to write instead of an unknown key, as a problem names it; None: it was never known."""
    return REPLACED.get(key.removeprefix("config."))
