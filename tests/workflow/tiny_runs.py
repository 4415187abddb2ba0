"""Runs of the tiny study by Snakemake, as a user starts them, and what two of them have in common."""

from __future__ import annotations

import contextlib
import filecmp
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import psutil
import yaml

REPOSITORY = Path(__file__).parents[2]
SLURM = Path(__file__).parent / "slurm"
# Whether a SLURM may be started: empty, 1, or all (also what takes minutes of waiting).
SLURM_ASKED = os.environ.get("LIVERMETS_SLURM", "")
SLURM_NOT_ASKED = "" if SLURM_ASKED in ("1", "all") else "LIVERMETS_SLURM=1 starts a SLURM here"
# Seconds differ between runs; these tables are compared without them.
TIMED = ("scan_metrics.csv", "training_log.csv", "networks.csv", "scan_measures.csv")
COMPARED = (".csv", ".gz", ".safetensors", ".parquet")


def snakemake_command(folder: Path, *options: str, profile: str | Path = "default") -> list[str]:
    """Snakemake in a study folder, as a user starts it, with two cores on this machine."""
    cores = ("--cores", "2") if profile == "default" else ()
    profile = REPOSITORY / "workflow/profiles" / profile
    place = ("-s", str(REPOSITORY / "Snakefile"), "--directory", str(folder), "--workflow-profile", str(profile))
    return [sys.executable, "-m", "snakemake", *place, *cores, *options]


def run(folder: Path, *options: str, profile: str | Path = "default") -> subprocess.CompletedProcess[str]:
    """Runs Snakemake in a study folder to its end."""
    return subprocess.run(snakemake_command(folder, *options, profile=profile), capture_output=True, text=True)


def study_folder(folder: Path) -> Path:
    """A folder with the tiny study's configuration."""
    folder.mkdir()
    shutil.copy(REPOSITORY / "tests/workflow/tiny/config.yaml", folder)
    return folder


def compared_files(results: Path) -> list[Path]:
    """Every table, volume and model of a results folder that must not differ between two runs."""
    return [
        file.relative_to(results)
        for file in sorted(results.rglob("*"))
        if file.suffix in COMPARED
        and not {"benchmarks", ".snakemake"} & set(file.parts)
        and file.name not in TIMED
        and not file.name.endswith("-curves.csv")
    ]


def differences(first: Path, second: Path) -> list[str]:
    """The files of two results folders that differ: byte for byte, and without their seconds where these are told."""
    found = [
        str(file)
        for file in sorted({*compared_files(first), *compared_files(second)})
        if not ((first / file).exists() and (second / file).exists())
        or not filecmp.cmp(first / file, second / file, shallow=False)
    ]
    for name in TIMED:
        for file in sorted(first.rglob(name)):
            ours, theirs = (_without_seconds(pd.read_csv(f)) for f in (file, second / file.relative_to(first)))
            if not ours.equals(theirs):
                found.append(str(file.relative_to(first)))
    return found


def _without_seconds(table: pd.DataFrame) -> pd.DataFrame:
    """A table without what was timed: columns, and rows of measures."""
    kept = table[[column for column in table if "second" not in column]]
    return kept[~kept["measure"].str.contains("second")] if "measure" in kept else kept


def start_slurm(gpus: int) -> str:
    """Starts a SLURM of one node with so many pretended GPUs; returns why that is impossible here, or nothing."""
    try:
        done = subprocess.run([SLURM / "start.sh", str(gpus)], capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        return "no SLURM can be started: it took more than ten minutes"
    # A machine on which the daemons do not work is no fault of the workflow's; the reason appears as that of the skip.
    return "" if done.returncode == 0 else done.stderr.strip() or f"start.sh ended with status {done.returncode}"


def stop_slurm() -> None:
    """Stops the SLURM that `start_slurm` started."""
    subprocess.run([SLURM / "stop.sh"], check=True, timeout=60)


def kill_node() -> None:
    """Kills the test SLURM's node as a power cut would: its daemon, what watches the jobs, and the jobs. Waits until
    SLURM has noticed."""
    watching = [process for process in psutil.process_iter() if process.name() in ("slurmd", "slurmstepd")]
    for process in [child for parent in watching for child in parent.children(recursive=True)] + watching:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    wait_until(lambda: said_by("sinfo", "--noheader", "--format=%t").startswith("down"))


def start_node() -> None:
    """Starts the killed node's daemon again."""
    subprocess.run(["slurmd"], check=True, timeout=60)
    wait_until(lambda: said_by("sinfo", "--noheader", "--format=%t").startswith("idle"))


def said_by(*command: str) -> str:
    """What a program of SLURM prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def wait_until(condition: Callable[[], bool], patience_seconds: float = 180) -> None:
    """Looks twice a second; fails when patience is at its end."""
    end = time.monotonic() + patience_seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.5)


def quick_profile(name: str, folder: Path) -> Path:
    """One of the project's profiles with this machine's CPUs, asking for states as often as tests need."""
    values = yaml.safe_load((REPOSITORY / "workflow/profiles" / name / "profile.yaml").read_text())
    values |= {"slurm-init-seconds-before-status-checks": 3, "max-status-checks-per-second": 1, "latency-wait": 10}
    values |= {"cores": os.cpu_count(), "retries": 0}
    target = folder / f"{name}-quick"
    target.mkdir(exist_ok=True)
    (target / "profile.yaml").write_text(yaml.safe_dump(values))
    return target


def slurm_jobs() -> pd.DataFrame:
    """What SLURM itself remembers of its jobs: id, state, generic resources asked for, comment, time, restarts."""
    fields = ("JobID", "State", "tres-per-job", "tres-per-node", "Comment", "TimeUsed", "RestartCnt")
    form = ",".join(f"{field}:|" for field in fields)
    out = said_by("squeue", "--noheader", "--states=all", "--sort=i", f"--Format={form}")
    rows = [[cell.strip() for cell in line.split("|")[: len(fields)]] for line in out.splitlines()]
    return pd.DataFrame(rows, columns=fields)
