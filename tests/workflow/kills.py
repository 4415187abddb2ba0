"""Kills one job, or Snakemake with everything under it, in the middle of a rule's work, and starts the same command
again. By hand, for every rule: ``python tests/workflow/kills.py FINISHED_TINY_STUDY``; two of them are tests.

Every kill works on a copy of a finished study without the outputs of one job of one rule, and asks for these alone:
what is compared afterwards is every table, mask and model of the whole folder."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.workflow.tiny_runs import differences, snakemake_command

WHO = ("job", "snakemake")
SCAN = "T001/baseline"


@dataclass(frozen=True)
class Victim:
    """One job of a rule: its verb and what it writes."""

    verb: str
    outputs: tuple[str, ...]


def _victim(verb: str, folder: str, *names: str) -> Victim:
    return Victim(verb, tuple(f"results/{folder}/{name}" for name in names))


VICTIMS = {
    "phantom": _victim("phantom", "test", "phantom"),
    "check": _victim("check", "check", "summary.txt", "problems.csv", "scans.csv"),
    "intake": _victim("intake", f"learn/intake/{SCAN}", "image.nii.gz", "scan.json", "qc.png"),
    "outcome": _victim("outcome", "learn/intake", "lesions.csv"),
    "training_outcome": _victim("outcome", "model", "outcome.csv"),
    "liver": _victim("liver", "learn/liver", f"{SCAN}.nii.gz"),
    "preprocess": _victim(
        "preprocess", f"learn/preprocess/automatic/{SCAN}", "image.nii.gz", "liver.nii.gz", "normalisation.json"
    ),
    "train_segmentation": _victim(
        "train-segmentation",
        "networks/automatic",
        "network.safetensors",
        "network.json",
        "training_log.csv",
        "curves.png",
    ),
    "segment": _victim(
        "segment",
        f"learn/segmentation/automatic/{SCAN}",
        "lesions.nii.gz",
        "matching.csv",
        "scan_metrics.csv",
        "overlay.png",
    ),
    "overlap": _victim(
        "overlap",
        "overlap",
        "networks.csv",
        "lesions.csv",
        "overlap.csv",
        "detection.csv",
        "lesion_wise.csv",
        "pairs.csv",
        "dice.png",
    ),
    "warm_radiomics": Victim("warm-radiomics", ("results/compiled_radiomics.txt",)),
    "features": _victim("rois", f"learn/features/{SCAN}", "rois_manual.parquet", "lesions_manual.csv"),
    "training_table": _victim("training-table", "model", "training_rois.parquet"),
    "select": _victim(
        "select",
        "model",
        "model.safetensors",
        "model.json",
        "generations.csv",
        "selection.csv",
        "threshold.csv",
        "evaluation.csv",
        "comparison.csv",
    ),
    "mask_errors": _victim("mask-errors", "perturbation", "errors.parquet"),
    "perturb": _victim("perturb", "test/perturbation/V001", "baseline.parquet", "baseline.png"),
    "required_mask": _victim("required-mask", "perturbation", "needed.csv", "by_dice.csv"),
    "retrain": _victim("retrain", "perturbation", "refits.csv", "refit_classes.csv"),
    "class_noise": _victim("class-noise", "perturbation", "class_noise.csv", "class_noise_lesions.csv"),
    "classify": _victim("classify", "test", "lesions.csv", "lesions_long.csv", "roi_probabilities.parquet"),
    "resubstitution": _victim("resubstitution", "model", "resubstitution.csv", "resubstitution_calls.csv"),
    "lesion_table": Victim("lesion-table", ("results/lesions.csv",)),
    "lesion_feature_table": Victim("lesion-table", ("results/lesion_features.csv",)),
    "concordance": _victim(
        "concordance", "concordance/test/automatic", "diagnostics.csv", "agreement.csv", "strata.csv"
    ),
    "concordance_sources": _victim("concordance-sources", "concordance/test", "sources.csv", "sources.png"),
    "roi_concordance": _victim("roi-concordance", "concordance/test/automatic", "roi_agreement.csv", "feature_icc.csv"),
    "report": _victim("report", "report", "report.html"),
    "manifest": Victim("manifest", ("results/manifest.json",)),
}


def kill_and_resume(finished: Path, folder: Path, rule: str, who: str, share: float = 0.5) -> list[str]:
    """What differs from the finished study after one kill and a second start of the same command; empty if nothing.

    The kill comes when the job has used ``share`` of the CPU time that it needs undisturbed."""
    victim = VICTIMS[rule]
    shutil.copytree(finished, folder, symlinks=True)
    for output in victim.outputs:
        path = folder / output
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    command = snakemake_command(folder, "--retries", "0", *victim.outputs[:1])
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    job = wait_for_verb(victim.verb, folder, running)
    if job is None:
        return [f"no job of {rule} was seen: {running.communicate()[0][-500:]}"]
    _use_up(job, share * _cpu_seconds_needed(rule))
    if who == "job":
        _kill(job)
    else:
        os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    found = [f"half-written: {output}" for output in victim.outputs[:1] if _half_written(finished, folder, output)]
    again = subprocess.run(command, capture_output=True, text=True)
    if again.returncode:
        return [*found, f"the second start failed: {(again.stdout + again.stderr)[-1500:]}"]
    left = [str(path) for path in (folder / "results").rglob(".writing-*")]
    return [*found, *left, *differences(finished / "results", folder / "results")]


def _half_written(finished: Path, folder: Path, output: str) -> bool:
    """A killed job's output is there only if it is whole. Times in JSON, pictures and reports may differ."""
    path = folder / output
    if not path.is_file() or path.suffix in (".json", ".html", ".png"):
        return False
    return path.read_bytes() != (finished / output).read_bytes()


def wait_for_verb(verb: str, folder: Path, running: subprocess.Popen[str], patience_seconds: float = 120) -> int | None:
    """The process of a verb that works in a folder."""
    end = time.monotonic() + patience_seconds
    while time.monotonic() < end and running.poll() is None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
                here = (process / "cwd").readlink() == folder
            except OSError:
                continue
            if here and words[1:4] == [b"-m", b"livermets", verb.encode()]:
                return int(process.name)
        time.sleep(0.02)
    return None


def _use_up(pid: int, seconds: float) -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    while True:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            return
        if fields[0] in "ZX" or (int(fields[11]) + int(fields[12])) / ticks >= seconds:
            return
        time.sleep(0.02)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _cpu_seconds_needed(rule: str) -> float:
    """CPU seconds of each verb on the tiny study, most of which are imports."""
    return {"phantom": 5, "intake": 2.5, "segment": 3.5, "train_segmentation": 5, "select": 7, "report": 6}.get(
        rule, 1.5
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("finished", type=Path, help="Folder of a finished run of tests/workflow/tiny.")
    parser.add_argument("--rules", nargs="*", default=list(VICTIMS))
    parser.add_argument("--who", nargs="*", default=list(WHO), choices=WHO)
    chosen = parser.parse_args()
    tried = equal = 0
    for rule in chosen.rules:
        for who in chosen.who:
            with tempfile.TemporaryDirectory(prefix="livermets-kill-") as place:
                found = kill_and_resume(chosen.finished.resolve(), Path(place).resolve() / "study", rule, who)
            tried, equal = tried + 1, equal + (not found)
            print(f"{rule:22} {who:10} {'equal' if not found else '; '.join(found)}", flush=True)
    print(f"{tried} kills, {equal} runs equal to the undisturbed one")
    return int(equal < tried)


if __name__ == "__main__":
    sys.exit(main())
