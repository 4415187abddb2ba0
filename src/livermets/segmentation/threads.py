"""How many CPU cores torch and SimpleITK may use."""

from __future__ import annotations


def use_threads(threads: int) -> None:
    """Limits both libraries to this many threads."""
    import SimpleITK as sitk
    import torch

    torch.set_num_threads(threads)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
