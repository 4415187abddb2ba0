"""What a job costs before it works: seconds of imports of every verb, on one job of each rule of a finished study.

    python tests/bench/bench_startup.py FINISHED_STUDY

The study is copied first. ``python -X importtime`` tells what every module takes in the real job, its own cost of about
a tenth included. Snakemake's own start, paid once per submission and once more per rule in it, is measured too."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
WITH_TORCH = {"train-segmentation", "segment", "select", "classify", "liver"}
MOST_SECONDS = 2.0


def commands(study: Path) -> dict[str, str]:
    """One shell command per verb, as Snakemake would run it."""
    place = ["-s", str(REPOSITORY / "Snakefile"), "--directory", str(study)]
    command = [sys.executable, "-m", "snakemake", *place, "-n", "-p", "--forceall"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, str] = {}
    for line in re.findall(r"python -m livermets .*", said):
        found.setdefault(line.split()[3], line.replace(" 2> ", " 2>> "))
    return found


def cpu_seconds(command: list[str] | str, folder: Path, **environment: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shell = isinstance(command, str)
    subprocess.run(
        ["bash", "-c", command] if shell else command,
        cwd=folder,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def import_seconds(log: str) -> float:
    """What all imports of a job took: the sum of what each module took itself."""
    return sum(map(int, re.findall(r"^import time: +(\d+) \|", log, re.MULTILINE))) / 1e6


def main() -> None:
    finished = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="livermets-startup-") as place:
        study = Path(place) / "study"
        shutil.copytree(finished, study, symlinks=True)
        print(f"{'verb':22} {'imports s':>10} {'job CPU s':>10}  torch")
        for verb, command in commands(study).items():
            log = study / re.search(r"2>> (\S+)", command).group(1)
            log.write_text("")
            environment = {
                "PYTHONPATH": str(REPOSITORY / "src"),
                "PYTHONPROFILEIMPORTTIME": "1",
                "OMP_NUM_THREADS": "1",
            }
            total = cpu_seconds(command, study, **environment)
            said = log.read_text(errors="replace")
            torch = re.search(r"\| +torch$", said, re.MULTILINE) is not None
            imports = import_seconds(said)
            late = " more than 2 s without torch" if imports > MOST_SECONDS and verb not in WITH_TORCH else ""
            print(f"{verb:22} {imports:10.2f} {total:10.2f}  {'yes' if torch else 'no'}{late}", flush=True)
        version = [sys.executable, "-m", "snakemake", "--version"]
        print(f"{'snakemake --version':22} {cpu_seconds(version, study):21.2f}")
        options = ["-s", str(REPOSITORY / "Snakefile"), "-n", "--quiet", "all", "--", "results/compiled_radiomics.txt"]
        one = [sys.executable, "-m", "snakemake", *options]
        print(f"{'snakemake, one job':22} {cpu_seconds(one, study):21.2f}")


if __name__ == "__main__":
    main()
