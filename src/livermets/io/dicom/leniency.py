"""Reading DICOM as it is: values that break the standard pass, and no warning of a library quotes a header."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pydicom.config import disable_value_validation

from livermets.imaging.itk import without_itk_warnings


@contextmanager
def read_leniently() -> Iterator[None]:
    """Within, no value is held against the standard and no library warns; also a decorator (``@read_leniently()``).

    Settings of pydicom, of the image library (whose GDCM quotes headers) and of Python are as before afterwards."""
    with disable_value_validation(), without_itk_warnings(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
