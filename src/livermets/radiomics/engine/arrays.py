"""Types of the compiled functions' arguments, for the reader and the type checker (Numba infers its own)."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Integers: TypeAlias = NDArray[np.int64]
Reals: TypeAlias = NDArray[np.float64]
Scratch: TypeAlias = Any
"""A thread's working memory: one record of `scratch.SCRATCH`."""
