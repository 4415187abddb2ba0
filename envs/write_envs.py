"""Writes envs/*.yaml from envs/lock.txt, so that conda users get the same versions: ``python envs/write_envs.py``.

With ``--check`` nothing is written; the exit status says whether the files on disk are up to date."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).parent
# Only what is imported directly; conda resolves the rest. Names that differ on conda-forge are translated.
CORE = (
    "numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "scikit-image", "statsmodels", "matplotlib", "numba",
    "simpleitk", "pyradiomics", "pydicom", "highdicom", "nibabel", "openpyxl", "pydantic", "pyyaml", "typer", "jinja2",
    "tqdm", "pygments", "pyjpegls", "threadpoolctl",
)  # fmt: skip
TORCH = ("torch", "monai", "deap", "safetensors")
CONDA_NAMES = {"torch": "pytorch"}
HEADER = "# Written by envs/write_envs.py from envs/lock.txt: change the lock, not this file.\n"


def pins() -> dict[str, str]:
    """Package name to exact version, from the lock."""
    lines = (FOLDER / "lock.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))


def environment(name: str, packages: tuple[str, ...]) -> str:
    """One conda environment file."""
    pinned = pins()
    lines = [f"  - {CONDA_NAMES.get(package, package)} ={pinned[package]}" for package in packages]
    body = "\n".join(["  - python =3.11", *lines])
    return f"{HEADER}name: {name}\nchannels:\n  - conda-forge\n  - nodefaults\ndependencies:\n{body}\n"


FILES = {
    "core.yaml": environment("livermets-core", CORE),
    "torch.yaml": environment("livermets-torch", (*CORE, *TORCH)),
}


def main() -> int:
    stale = [
        name for name, text in FILES.items() if not (FOLDER / name).exists() or (FOLDER / name).read_text() != text
    ]
    if "--check" in sys.argv:
        print("\n".join(f"{name} is not in step with lock.txt" for name in stale), end="")
        return bool(stale)
    for name in stale:
        (FOLDER / name).write_text(FILES[name])
    return 0


if __name__ == "__main__":
    sys.exit(main())
