"""The liver mask of a scan from whichever source the study uses."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from livermets.config.preprocess import PreprocessSettings
from livermets.config.segmentation import LiverSettings
from livermets.errors import input_error
from livermets.imaging.geometry import Volume
from livermets.io.images import read_volume


def liver_mask(
    path: Path, image: Volume, given: Volume | None, network: Path | None, settings: LiverSettings, threads: int
) -> Volume:
    """The 0/1 liver mask of a CT on its grid. Raises `InputError` if the source gives none."""
    if settings.source == "given":
        if given is None or not given.array.any():
            raise input_error(
                path, "there is no liver mask for this scan", "Give one, or set segmentation.liver.source to network"
            )
        return image.with_array((given.array > 0).astype(np.uint8))
    if settings.source == "command":
        return image.with_array(_by_command(path, image, settings))
    if network is None:
        raise input_error("--network", "segmentation.liver.source is network and none is given", "Name its folder")
    return image.with_array(_by_network(path, image, network, settings, threads))


def _by_command(path: Path, image: Volume, settings: LiverSettings) -> np.ndarray:
    from livermets.segmentation.liver import run_command
    from livermets.segmentation.postprocess import clean_liver

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "liver.nii.gz"
        run_command(settings.command or "", path, out)
        found = read_volume(out)
    differences = image.grid.differences(found.grid)
    if differences:
        raise input_error(
            path,
            f"the liver command's mask is not on the grid of the CT: {'; '.join(differences)}",
            "Change the command",
        )
    mask = clean_liver(found.array > 0, image.grid.spacing_zyx_mm, settings.postprocess)
    if not mask.any():
        raise input_error(path, "the liver command finds no liver in this scan", "Give a liver mask for it")
    return mask.astype(np.uint8)


def _by_network(path: Path, image: Volume, folder: Path, settings: LiverSettings, threads: int) -> np.ndarray:
    from livermets.segmentation.liver import liver_by_network
    from livermets.segmentation.networks import pick_device
    from livermets.segmentation.threads import use_threads
    from livermets.segmentation.weights import load_network, network_settings

    use_threads(threads)
    network, description = load_network(folder)
    if description["target"] != "liver":
        raise input_error(
            folder, f"this network finds {description['target']}, not the liver", "Name the liver network"
        )
    preprocess = PreprocessSettings.model_validate(description["preprocess"])
    architecture = network_settings(description, folder)
    return liver_by_network(image, network, architecture, preprocess, settings, pick_device(), path)
