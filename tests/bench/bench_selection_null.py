"""What the nested AUC of the whole selection is when there is an effect, when there is none, and when the outcomes are
permuted by patient, on the embedded cohort; and on real tables (``LIVERMETS_DATA``) beside LASSO in the same folds.

Run: ``python tests/bench/bench_selection_null.py [--kinds effect null permuted tables] [--repeats 20]``. Each repeat is
a new synthetic training cohort of the demonstration (config.yaml: 12 patients, manual masks, its audit's settings), or
a new permutation of one such cohort's outcomes, and a whole nested evaluation. The real tables are run with the
defaults of config/selection.py. Not a timing, except for the tables."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from livermets.cohort.outcome import response_from_diameters
from livermets.config.load import read_yaml
from livermets.config.outcome import OutcomeSettings
from livermets.config.phantom import PhantomSettings
from livermets.config.radiomics import RadiomicsSettings
from livermets.config.selection import SelectionSettings
from livermets.io.tables import read_table
from livermets.model.data import TrainingData, patients_per_class, training_data
from livermets.model.evaluation import comparison_table, mean_auc_within_folds
from livermets.model.fit import Run
from livermets.model.nested import OURS, nested_evaluation, outer_folds
from livermets.model.permutation import permuted_response
from livermets.model.simpler_models import comparators
from livermets.phantom.cohort import synthesize_patient
from livermets.radiomics import roi_features
from livermets.randomness import generator
from livermets.stats.resampling import PatientBootstrap

THREADS = 2
DEMO = read_yaml(Path(__file__).parents[2] / "config.yaml")
GRID = PhantomSettings().grid


def demo_settings() -> SelectionSettings:
    """The demonstration's own, with the audit's smaller searches."""
    settings = SelectionSettings.model_validate(DEMO["selection"])
    sizes = {"population": settings.audit.population, "generations": settings.audit.generations}
    return settings.model_copy(update={"search": settings.search.model_copy(update=sizes)})


@cache
def embedded_cohort(seed: int, effect: float) -> TrainingData:
    """ROI features on the manual masks of the demonstration's training cohort, drawn with another seed."""
    rows = []
    for number in range(1, DEMO["cohorts"]["demo-train"]["phantom"]["patients"] + 1):
        patient = synthesize_patient(seed, number, effect, GRID)
        table = roi_features(
            patient.ct.array, patient.lesions.array, patient.ct.grid.spacing_zyx_mm, RadiomicsSettings()
        )
        outcome = pd.DataFrame(
            {
                "lesion_id": row["lesion_id"],
                "response": response_from_diameters(
                    row["baseline_diameter_mm"], row["followup_diameter_mm"], OutcomeSettings()
                ),
            }
            for row in patient.outcome
        )
        rows.append(table.merge(outcome, on="lesion_id").assign(patient_id=patient.patient_id))
    whole = pd.concat(rows, ignore_index=True).assign(cohort="demo", timepoint="baseline", mask_source="manual")
    return training_data(whole, "response", ["patient_id"], ["patient_id", "lesion_id"])


def permuted(number: int, folds: int) -> TrainingData:
    """The first cohort with an effect, its outcomes dealt out anew by patient."""
    data = embedded_cohort(0, 1.0)
    for attempt in range(1000):
        candidate = data.with_response(permuted_response(data, generator(number, "bench", attempt)))
        if patients_per_class(candidate) >= folds:
            return candidate
    raise RuntimeError("no feasible permutation")


def nested_auc(job: tuple[str, int]) -> float:
    """The mean AUC within the outer folds of one repeat."""
    kind, number = job
    settings = demo_settings()
    if kind == "permuted":
        data = permuted(number, settings.audit.outer_folds)
    else:
        data = embedded_cohort(number, 1.0 if kind == "effect" else 0.0)
    folds = outer_folds(data, settings, number, "bench")
    return mean_auc_within_folds(nested_evaluation(data, settings, number, folds, run=Run(1)).predictions, OURS)


def real_table(path: Path) -> None:
    """Nested AUC of ours and of the comparison models in the same folds, with the defaults."""
    settings, start = SelectionSettings(), time.perf_counter()
    data = training_data(read_table(path), "Target", ["ID"])
    models, _ = comparators(data, [])
    nested = nested_evaluation(data, settings, 0, outer_folds(data, settings, 0, path.name), models, Run(THREADS))
    boot = PatientBootstrap.draw(data.n_lesions, 1000, 0.95, generator(0, "bench"))
    names = list(dict.fromkeys(nested.predictions["model"]))
    table = comparison_table(nested.predictions, names, 0.95, boot)
    seconds = time.perf_counter() - start
    print(f"{path.name}: {data.features.shape[0]} x {data.features.shape[1]}, {data.response.mean():.0%} positive, "
          f"{seconds:.0f} s for {settings.audit.outer_folds} outer folds")  # fmt: skip
    for row in table[table["measure"].isin(["auc_within_folds", "auc_within_folds_difference"])].itertuples():
        print(f"   {row.model:24s} {row.measure:16s} {row.value:+.3f} ({row.low:+.3f} to {row.high:+.3f})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = ["effect", "null", "permuted", "tables"]
    parser.add_argument("--kinds", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    with ProcessPoolExecutor(THREADS, mp_context=get_context("spawn")) as pool:
        for kind in (kind for kind in options.kinds if kind != "tables"):
            aucs: list[float] = []
            for number, auc in enumerate(pool.map(nested_auc, [(kind, i) for i in range(options.repeats)])):
                aucs.append(auc)
                print(f"  {kind} {number}: {auc:.3f}", file=sys.stderr, flush=True)
            spread = np.std(aucs, ddof=1)
            print(f"{kind:9s} nested AUC: mean {np.mean(aucs):.3f} (SE {spread / np.sqrt(len(aucs)):.3f}), "
                  f"SD {spread:.3f}, {min(aucs):.2f} to {max(aucs):.2f}, {len(aucs)} repeats", flush=True)  # fmt: skip
    if "tables" in options.kinds and "LIVERMETS_DATA" in os.environ:
        for path in sorted((Path(os.environ["LIVERMETS_DATA"]) / "radiomics-tables").glob("*.csv.gz")):
            real_table(path)


if __name__ == "__main__":
    main()
