"""A made-up finished study, small enough to be bundled in a moment: two networks, a response model, its manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests.network_descriptions import network_description

from livermets.config.architectures import LiverUNetSettings
from livermets.config.sampling import LiverAxialSampling
from livermets.io.atomic import write_json
from livermets.io.tables import write_csv
from livermets.model.fitted import FittedModel, write_model
from livermets.model.network import Network
from livermets.model.preparation import Scaler
from livermets.report.configuration import reported_config
from livermets.report.manifest import study_manifest
from livermets.segmentation.description import write_description
from livermets.workflow.plan import Plan

TRAINING_IDS = ("Quagga001", "Quagga002", "Quagga003")
CONFIG: dict[str, Any] = {
    "study": "Two hospitals",
    "cohorts": {
        "learn": {"role": "train", "phantom": {"patients": 3, "prefix": "Quagga"}},
        "test": {"role": "validation", "phantom": {"patients": 2, "prefix": "Okapi"}},
    },
    "preprocess": {"network_grid": 64, "clip_hu": [-150, 250]},
    "segmentation": {
        "liver": {"replace_given": True},
        "network": {"levels": 2},
        "matching": {"detection_dice": 0.2},
        "cpu_threads": 1,
    },
    "networks": {"paper": {"preset": "giannini2020"}},
    "radiomics": {"bin_width": 10},
}
"""Its configuration."""


def finished_study(folder: Path, config: Mapping[str, Any] = CONFIG) -> Path:
    """Writes ``config.yaml`` (as JSON, which is YAML) and ``results``; the configuration's path."""
    plan = Plan.from_config(config, check_files=False)
    for name in plan.networks.names:
        _write_network(folder / "results/networks" / name, name)
    if plan.fits_response:
        _write_model(folder / "results/model")
        write_csv(folder / "results/lesions.csv", _lesions())
    write_json(folder / "config.yaml", config)
    write_manifest(folder, plan)
    return folder / "config.yaml"


def write_manifest(folder: Path, plan: Plan) -> None:
    """The manifest of what is there now."""
    manifest = study_manifest(folder / "results", reported_config(json.loads(plan.whole)))
    write_json(folder / "results/manifest.json", manifest)


def _write_network(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    (folder / "network.safetensors").write_bytes(f"weights of {name}".encode() * 100)
    of_livers: dict[str, Any] = {
        "classes": ("background", "liver"),
        "network": LiverUNetSettings(),
        "sampling": LiverAxialSampling(),
    }
    seen = {f"results/learn/preprocess/{name}/{patient}/baseline": "ab" * 32 for patient in TRAINING_IDS}
    differences = {
        "scans": seen,
        "training_patients": TRAINING_IDS[:2],
        "validation_patients": TRAINING_IDS[2:],
        **(of_livers if name == "liver" else {}),
    }
    write_description(folder, network_description(**differences))


def _write_model(folder: Path) -> None:
    features = ("original_firstorder_Entropy", "original_ngtdm_Busyness")
    network = Network(np.ones((3, 2), np.float32), np.zeros(3, np.float32), np.ones(3, np.float32), 0.0)
    counts = {"sha256": "cd" * 32, "rows": 90, "lesions": 9, "patients": 3, "responders": 4, "candidate_features": 40}
    model = FittedModel(
        features, Scaler(np.zeros(2), np.ones(2)), network, 0.5, "youden", provenance={"training_data": counts}
    )
    folder.mkdir(parents=True)
    write_model(folder, model)


def _lesions() -> pd.DataFrame:
    rows = [("learn", patient, response) for patient in TRAINING_IDS for response in (0, 1)]
    rows += [("test", "Okapi001", 1), ("test", "Okapi002", 0)]
    table = pd.DataFrame(rows, columns=["cohort", "patient_id", "response"])
    return table.assign(
        timepoint="baseline",
        lesion_id=range(1, len(table) + 1),
        kind="manual",
        longest_diameter_mm=20.0,
        dice=0.7,
        detected=1,
        predicted_manual=table["response"],
        predicted_automatic=table["response"],
    )
