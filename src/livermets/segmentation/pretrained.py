"""The file of ImageNet weights: there, and the right one. Without torch, so that it can be asked for early."""

from __future__ import annotations

from pathlib import Path

from livermets.config.architectures import PretrainedSettings
from livermets.config.paths import TemplateError, located
from livermets.errors import input_error
from livermets.provenance import file_digest


def checked_pretrained_file(settings: PretrainedSettings) -> Path:
    """The path of the file. Raises `InputError` if it is missing or has another digest, saying how to get it."""
    try:
        path = located(settings.file)
    except TemplateError as error:
        raise input_error(settings.file, str(error), "Set it, or write the path out") from error
    if not path.exists():
        raise input_error(
            path,
            "this file of pre-trained ResNet-18 weights does not exist",
            "Fetch it once with `curl -LO https://download.pytorch.org/models/resnet18-f37072fd.pth`, name its path "
            "and SHA-256 in segmentation.network.pretrained, or leave that empty to train from scratch",
        )
    digest = file_digest(path)
    if not digest.startswith(settings.sha256):
        raise input_error(path, f"its SHA-256 is {digest}, not {settings.sha256}", "Fetch it again, or correct the key")
    return path
