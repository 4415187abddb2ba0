"""How many CPU cores torch and SimpleITK may use, and how their threads wait for each other."""

from __future__ import annotations

import os


def use_threads(threads: int) -> None:
    """Limits both libraries to this many threads. Call it before torch is imported.

    OpenMP threads wait by spinning unless told otherwise; on a machine that is busy with other jobs too, spinning
    made a training ten times slower, while sleeping costs nothing measurable on an idle one."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS needs to be repeatable
    import SimpleITK as sitk
    import torch

    torch.set_num_threads(threads)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
