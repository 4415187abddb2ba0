"""One seed per study, spawned per purpose, so that no two purposes share a stream and none depends on call order."""

from __future__ import annotations

import hashlib

import numpy as np


def seed_sequence(seed: int, *purpose: str | int) -> np.random.SeedSequence:
    """The seed sequence of one purpose, e.g. ``seed_sequence(7, "selection", "folds", 3)``."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in purpose).encode()).digest()
    words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]
    return np.random.SeedSequence([seed, *words])


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """A NumPy generator for one purpose."""
    return np.random.default_rng(seed_sequence(seed, *purpose))


def integer_seed(seed: int, *purpose: str | int) -> int:
    """A 31-bit seed for libraries that take a plain integer (torch, scikit-learn, Python's ``random``)."""
    return int(seed_sequence(seed, *purpose).generate_state(1, np.uint32)[0]) >> 1
