"""Filtered images, made once per volume by PyRadiomics' own filters, under PyRadiomics' names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from livermets.config.radiomics import RadiomicsSettings
from livermets.errors import Problem, ProblemList
from livermets.radiomics.reference import quieten


def images_of(
    image_zyx: NDArray, spacing_zyx_mm: tuple[float, float, float], settings: RadiomicsSettings
) -> Iterator[tuple[str, NDArray]]:
    """The image types that the settings ask for as (column prefix, array), one after the other.

    ``original``: the image itself. ``log-sigma-<s>-mm-3D``: Laplacian of Gaussian, scale-normalised (recursive
    filter of ITK). ``wavelet-<LLH..HHH, LLL>``: undecimated one-level decomposition with coif1, eight sub-bands."""
    _check_fits(image_zyx.shape, spacing_zyx_mm, settings)
    for image_type in settings.image_types:
        if image_type == "original":
            yield "original", image_zyx
        else:
            yield from _filtered(image_zyx, spacing_zyx_mm, image_type, settings)


def prefixes(settings: RadiomicsSettings) -> list[str]:
    """The column prefixes of `images_of`, in its order, without computing anything."""
    found = []
    for image_type in settings.image_types:
        if image_type == "original":
            found.append("original")
        elif image_type == "log":
            found += [_log_name(sigma) for sigma in settings.log_sigmas_mm]
        else:
            found += [f"wavelet-{name}" for name in ("LLH", "LHL", "LHH", "HLL", "HLH", "HHL", "HHH", "LLL")]
    return found


def _filtered(
    image_zyx: NDArray, spacing_zyx_mm: tuple[float, float, float], image_type: str, settings: RadiomicsSettings
) -> Iterator[tuple[str, NDArray]]:
    import SimpleITK as sitk
    from radiomics import imageoperations

    from livermets.imaging.itk import spaced_image

    quieten()
    image = spaced_image(image_zyx.astype(np.float64), spacing_zyx_mm)
    if image_type == "log":
        made = imageoperations.getLoGImage(image, None, sigma=list(settings.log_sigmas_mm))
    else:
        made = imageoperations.getWaveletImage(image, None)
    for filtered, name, _ in made:
        yield name, sitk.GetArrayFromImage(filtered)


def _log_name(sigma_mm: float) -> str:
    return f"log-sigma-{str(sigma_mm).replace('.', '-')}-mm-3D"


def _check_fits(
    shape_zyx: tuple[int, ...], spacing_zyx_mm: tuple[float, float, float], settings: RadiomicsSettings
) -> None:
    """PyRadiomics skips a filter that does not fit the image with a warning; here that is an error."""
    problems = ProblemList()
    if "log" in settings.image_types:
        for sigma in settings.log_sigmas_mm:
            needed = np.maximum(np.ceil(sigma / np.asarray(spacing_zyx_mm)) + 1, 4)
            if np.any(np.asarray(shape_zyx) < needed):
                problems.problems.append(
                    Problem(
                        "image",
                        f"{_words(shape_zyx)} voxels are too few for a Laplacian of Gaussian of {sigma:g} mm",
                        f"At least {_words(needed.astype(int))} are needed: use a smaller sigma or leave log out",
                    )
                )
    problems.raise_if_errors()


def _words(sizes: Iterable[int]) -> str:
    return " × ".join(str(int(size)) for size in sizes)
