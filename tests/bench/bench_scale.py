"""A study of 1,000 patients at two timepoints: how long a dry run takes, and how much memory. By hand:
``python tests/bench/bench_scale.py [PATIENTS [PROFILE ...]]``. Images are empty files: a dry run opens none."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.empty_study import TIMEPOINTS, write_study

REPOSITORY = Path(__file__).parents[2]
MOST_SECONDS, MOST_MB = 60, 1024


def dry_run(folder: Path, *options: str) -> tuple[float, float, int]:
    """Seconds, memory in MB and number of jobs of a dry run."""
    command = [sys.executable, "-m", "snakemake", "-s", str(REPOSITORY / "Snakefile"), "--directory", str(folder), "-n"]
    started = time.perf_counter()
    done = subprocess.run([*command, "--quiet", "rules", *options], capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit((done.stdout + done.stderr)[-3000:])
    found = re.search(r"^total +(\d+)$", done.stdout + done.stderr, re.MULTILINE)
    memory_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return seconds, memory_mb, int(found.group(1)) if found else 0


def main() -> None:
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory(prefix="livermets-scale-") as place:
        folder = Path(place)
        write_study(folder, patients, training=patients // 10)
        for profile in sys.argv[2:] or ("default", "slurm"):
            path = REPOSITORY / "workflow/profiles" / profile
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds, memory_mb, jobs = dry_run(folder, "--workflow-profile", str(path))
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(
                f"{profile}: {patients} patients at {len(TIMEPOINTS)} timepoints, {jobs} jobs: {seconds:.1f} s"
                f" ({cpu:.1f} s of CPU, {seconds / MOST_SECONDS:.2f} of {MOST_SECONDS} s),"
                f" {memory_mb:.0f} MB ({memory_mb / MOST_MB:.2f} of 1 GiB)"
            )


if __name__ == "__main__":
    main()
