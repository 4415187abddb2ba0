"""Does the chain see an effect where there is one, and none where there is none?

Per seed and effect size: a training and a validation cohort are synthesised, ROI features are taken on the manual
masks, the model is selected on the training patients (no audit), and validation lesions are ranked by their share of
R+ ROIs. Not a timing; run by hand: ``python tests/bench/bench_effect.py --seeds 101 102 103 --effects 0 1``."""

import argparse
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from livermets.cohort.outcome import response_from_diameters
from livermets.config.load import read_yaml
from livermets.config.outcome import OutcomeSettings
from livermets.provenance import canonical_json
from livermets.stats.auc import obuchowski

REPOSITORY = Path(__file__).parents[2]
DEMO = read_yaml(REPOSITORY / "config.yaml")


def verb(*words: object) -> None:
    """Runs one verb of the program."""
    subprocess.run([sys.executable, "-m", "livermets", *map(str, words)], check=True, stderr=subprocess.DEVNULL)


def cohort(folder: Path, patients: int, seed: int, effect: float, prefix: str) -> Path:
    """Writes a cohort with the ROI table and the lesion table of every scan."""
    verb(
        "phantom",
        folder,
        "--patients",
        patients,
        "--seed",
        seed,
        "--effect",
        effect,
        "--prefix",
        prefix,
        "--threads",
        2,
    )
    outcome = pd.read_csv(folder / "outcome.csv")
    outcome["response"] = [
        response_from_diameters(baseline_mm, followup_mm, OutcomeSettings())
        for baseline_mm, followup_mm in zip(
            outcome["baseline_diameter_mm"], outcome["followup_diameter_mm"], strict=True
        )
    ]
    outcome["longest_diameter_mm"] = outcome["baseline_diameter_mm"]

    def scan(patient: str) -> None:
        place = folder / patient / "baseline"
        rows = outcome[outcome["patient_id"] == patient].assign(cohort=prefix, volume_ml=1.0)
        rows.to_csv(place / "lesions.csv", index=False)
        ids = ("--cohort", prefix, "--patient", patient, "--timepoint", "baseline", "--source", "manual")
        verb("rois", place / "ct.nii.gz", place / "lesions.nii.gz", "--out", place / "rois.parquet", *ids)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(scan, sorted(outcome["patient_id"].unique())))
    return folder


def lesion_auc(folder: Path, seed: int, effect: float) -> str:
    """AUC of the share of R+ ROIs on validation lesions, with its interval clustered by patient."""
    train = cohort(folder / "train", DEMO["cohorts"]["demo-train"]["phantom"]["patients"], seed, effect, "T")
    test = cohort(
        folder / "test", DEMO["cohorts"]["demo-validation"]["phantom"]["patients"], seed + 50_000, effect, "V"
    )
    tables = [f"--lesions={path}" for path in sorted(train.glob("*/*/lesions.csv"))]
    verb("training-table", *sorted(train.glob("*/*/rois.parquet")), *tables, "--out", folder / "rois.parquet")
    settings = {**DEMO["selection"], "audit": {"outer_folds": 0, "permutations": 0, "feature_gains": False}}
    verb(
        "select", folder / "rois.parquet", "--target", "response", "--group", "patient_id", "--out", folder / "model",
        "--settings", canonical_json(settings), "--seed", seed, "--threads", 2, "--no-figures",
    )  # fmt: skip
    lesions = [f"--lesions={path}" for path in sorted(test.glob("*/*/lesions.csv"))]
    rois = [f"--rois=manual={path}" for path in sorted(test.glob("*/*/rois.parquet"))]
    verb("classify", "--model", folder / "model", *lesions, *rois, "--out", folder / "lesions.csv")
    table = pd.read_csv(folder / "lesions.csv").dropna(subset=["share_manual", "response"])
    patient = pd.factorize(table["patient_id"])[0]
    found = obuchowski(table[["share_manual"]].to_numpy().T, table["response"].to_numpy(), patient)
    low, high = found.interval(0.95)
    return f"{len(table)} lesions, AUC {found.auc[0]:.3f} ({low:.3f} to {high:.3f})"


def main() -> None:
    """Prints one line per seed and effect."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    parser.add_argument("--effects", type=float, nargs="+", default=[0.0, 1.0])
    chosen = parser.parse_args()
    for effect in chosen.effects:
        for seed in chosen.seeds:
            with tempfile.TemporaryDirectory() as folder:
                print(f"effect {effect:g}, seed {seed}: {lesion_auc(Path(folder), seed, effect)}", flush=True)


if __name__ == "__main__":
    main()
