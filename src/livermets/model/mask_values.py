"""The values that features take over several masks of each training lesion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class MaskValues:
    """One row per lesion and mask, at least two of each lesion that is here: the means of all features over the
    mask's ROIs, (masks, features), and the code of the lesion among those of the training data."""

    values: NDArray[np.float64]
    lesion: NDArray[np.intp]

    def subset(self, chosen: NDArray[np.bool_]) -> MaskValues:
        """The masks of some lesions of the training data, which are counted anew; nothing of the others remains."""
        rows = chosen[self.lesion]
        return MaskValues(self.values[rows], (np.cumsum(chosen) - 1)[self.lesion[rows]].astype(np.intp))

    def drawn(self, lesions: NDArray[np.intp]) -> MaskValues:
        """The masks of lesions as often as these are named (resamples), which are counted anew in that order."""
        rows = [np.flatnonzero(self.lesion == lesion) for lesion in lesions]
        code = np.repeat(np.arange(len(lesions), dtype=np.intp), [len(of) for of in rows])
        return MaskValues(self.values[np.concatenate(rows)], code)

    def with_features(self, kept: Sequence[int]) -> MaskValues:
        """Only some features, in the order given."""
        return replace(self, values=np.ascontiguousarray(self.values[:, kept]))

    @property
    def lesions(self) -> NDArray[np.intp]:
        """The codes of the lesions that have masks, ascending."""
        return np.unique(self.lesion)

    def parts(self) -> Iterator[bytes]:
        """What a digest is taken over."""
        for part in (self.values, self.lesion):
            yield np.ascontiguousarray(part).tobytes()
