"""Runs that several tests look at: the tiny study on this machine, and again through SLURM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.workflow.tiny_runs import SLURM_NOT_ASKED, quick_profile, run, start_slurm, stop_slurm, study_folder


@pytest.fixture(scope="session")
def local_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One finished run of the tiny study on this machine."""
    folder = study_folder(tmp_path_factory.mktemp("local") / "study")
    done = run(folder)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return folder


@pytest.fixture(scope="session")
def slurm() -> Iterator[str]:
    """A SLURM of one node with two pretended GPUs; empty, or the reason why there is none."""
    if SLURM_NOT_ASKED:
        yield SLURM_NOT_ASKED
        return
    reason = start_slurm(gpus=2)
    yield reason
    if not reason:
        stop_slurm()


@pytest.fixture(scope="session")
def second_study(slurm: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study once more from scratch: through SLURM where one can be started, otherwise on this machine."""
    folder = study_folder(tmp_path_factory.mktemp("second") / "study")
    done = run(folder) if slurm else run(folder, profile=quick_profile("slurm", folder.parent))
    (folder / "run.log").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return folder
