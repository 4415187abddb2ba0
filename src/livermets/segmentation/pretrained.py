"""The file of ImageNet weights: there, and the right one. Without torch, so that it can be asked for early."""

from __future__ import annotations

from pathlib import Path

from livermets.config.architectures import Backbone, PretrainedSettings
from livermets.config.paths import TemplateError, located
from livermets.errors import input_error
from livermets.provenance import file_digest

DOWNLOADS: dict[Backbone, str] = {"ResNet-18": "resnet18-f37072fd.pth", "AlexNet": "alexnet-owt-7be5be79.pth"}
"""Names of torchvision's files; the digits are the first ones of their SHA-256."""
SUFFIXES = (".pth", ".pt", ".safetensors", ".npz")


def checked_pretrained_file(settings: PretrainedSettings, backbone: Backbone) -> Path:
    """The path of the file. Raises `InputError` if it is missing, of a kind that cannot be read, or has another digest,
    saying how to get the right one."""
    try:
        path = located(settings.file)
    except TemplateError as error:
        raise input_error(settings.file, str(error), "Set it, or write the path out") from error
    if not path.exists():
        raise input_error(
            path,
            f"this file of pre-trained {backbone} weights does not exist",
            f"Fetch it once with `curl -LO https://download.pytorch.org/models/{DOWNLOADS[backbone]}`, name its path "
            "and SHA-256 in segmentation.network.pretrained, or leave that empty to train from scratch",
        )
    if path.suffix not in SUFFIXES:
        what = f"weights are read from files that end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        raise input_error(path, what, f"Use such a file, e.g. {DOWNLOADS[backbone]}")
    digest = file_digest(path)
    if not digest.startswith(settings.sha256):
        raise input_error(path, f"its SHA-256 is {digest}, not {settings.sha256}", "Fetch it again, or correct the key")
    return path
