"""The fitted model: selected features, scaler, network and threshold, in two readable files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.errors import Problem, ProblemList, input_error
from livermets.io.atomic import write_json, written_aside
from livermets.io.row_numbers import rows_in_words
from livermets.model.extraction import setting_differences
from livermets.model.network import Network, probabilities
from livermets.model.preparation import Scaler
from livermets.model.recalibration import Recalibration
from livermets.model.scores import Score

WEIGHTS_FILE, DESCRIPTION_FILE = "model.safetensors", "model.json"
FORMAT = 1
_FARTHEST = 1e15
"""Training standard deviations; far beyond, single precision overflows and a ROI would be R- for want of a number."""


@dataclass(frozen=True, eq=False)
class FittedModel:
    """Everything needed to classify a lesion, and what it was made from."""

    features: tuple[str, ...]
    """Selected features, in the order of the network's inputs."""
    scaler: Scaler
    network: Network
    threshold: float
    """A lesion is R+ if at least this share of its ROIs is R+."""
    threshold_method: str
    score: Score = "share"
    """What the threshold applies to: the share of R+ ROIs, or the mean probability."""
    extraction: Mapping[str, Any] | None = None
    """Settings under which the training ROIs were extracted; None: unknown, then tables are not compared."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Settings, versions, seed and digests of the training data."""
    recalibration: Recalibration | None = None
    """From a lesion's score to its probability of response; None where the training lesions do not allow one."""

    def roi_probabilities(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Probability of R+ of every row."""
        values = table[list(self.features)].to_numpy(dtype=np.float64)
        return probabilities(self.network, self.scaler.apply(values))

    def classify(self, share: NDArray) -> NDArray:
        """1 = R+ (share at or above the threshold), 0 = R-; a NaN share (no ROI) stays NaN."""
        share = np.asarray(share, dtype=np.float64)
        return np.where(np.isnan(share), np.nan, (share >= self.threshold).astype(np.float64))

    def probability(self, share: NDArray) -> NDArray[np.float64]:
        """Recalibrated probability of response; NaN without a share or a recalibration."""
        share = np.asarray(share, dtype=np.float64)
        return np.full(share.shape, np.nan) if self.recalibration is None else self.recalibration.probability(share)

    def problems_of(self, table: pd.DataFrame, extraction: Mapping[str, Any] | None, where: object) -> list[Problem]:
        """Why a table cannot be classified: it lacks a feature, holds a non-finite one, or was extracted with other
        settings (``extraction``; None: unknown, not compared). Empty if it can."""
        problems = ProblemList()
        missing = [name for name in self.features if name not in table]
        if missing:
            what = f"{len(missing)} of the model's features are missing: {', '.join(missing)}"
            problems.error(where, what, "Extract them with the settings in model.json")
        for name in [name for name in self.features if name in table and len(table)]:
            values = table[name].to_numpy(dtype=np.float64)
            bad = ~np.isfinite(values)
            if bad.any():
                problems.error(
                    where, f"`{name}` is missing or infinite in {rows_in_words(pd.Series(bad, table.index))}"
                )
                continue
            at = self.features.index(name)
            far = np.abs(values - self.scaler.mean[at]) > _FARTHEST * self.scaler.sd[at]
            if far.any():
                rows = rows_in_words(pd.Series(far, table.index))
                problems.error(where, f"`{name}` is out of all proportion to the training data in {rows}")
        if self.extraction is not None and extraction is not None:
            for difference in setting_differences(self.extraction, extraction):
                problems.error(where, f"extracted with other settings: {difference}", "Extract it again as the model's")
        return problems.problems


def write_model(folder: Path | str, model: FittedModel) -> None:
    """Writes ``model.safetensors`` (scaler and weights) and ``model.json`` (everything a person wants to read)."""
    from safetensors.numpy import save_file

    folder = Path(folder)
    tensors = {
        "scaler.mean": model.scaler.mean,
        "scaler.sd": model.scaler.sd,
        "hidden.weight": model.network.hidden_weight,
        "hidden.bias": model.network.hidden_bias,
        "output.weight": model.network.output_weight,
        "output.bias": np.array([model.network.output_bias], dtype=np.float32),
    }
    with written_aside(folder / WEIGHTS_FILE) as aside:
        save_file({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, str(aside))
    description = {
        "format": FORMAT,
        "features": list(model.features),
        "hidden_neurons": len(model.network.hidden_bias),
        "threshold": model.threshold,
        "threshold_method": model.threshold_method,
        "score": model.score,
        "rules": {
            "roi": "a ROI is R+ if its probability is at least 0.5",
            "lesion": "a lesion is R+ if its score is at least the threshold; without ROIs it has no class",
        },
        "scaler": {
            name: {"mean": mean, "sd": sd}
            for name, mean, sd in zip(model.features, model.scaler.mean.tolist(), model.scaler.sd.tolist(), strict=True)
        },
        "recalibration": asdict(model.recalibration) if model.recalibration else None,
        "extraction": model.extraction,
        "provenance": dict(model.provenance),
    }
    write_json(folder / DESCRIPTION_FILE, description)


def read_model(folder: Path | str) -> FittedModel:
    """Reads a model folder; raises `InputError` for what is missing, damaged or does not belong together."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    folder = Path(folder)
    for name in (WEIGHTS_FILE, DESCRIPTION_FILE):
        if not (folder / name).exists():
            raise input_error(folder / name, "this file of the model does not exist", "Run `livermets select` first")
    try:
        description = json.loads((folder / DESCRIPTION_FILE).read_text(encoding="utf-8"))
        tensors = load_file(str(folder / WEIGHTS_FILE))
    except (json.JSONDecodeError, SafetensorError, UnicodeDecodeError) as error:
        raise input_error(folder, f"the model cannot be read ({error})", "Run `livermets select` again") from error
    if description.get("format") != FORMAT:
        raise input_error(folder / DESCRIPTION_FILE, f"model format {description.get('format')!r}, known is {FORMAT}")
    features = tuple(description["features"])
    shape = (description["hidden_neurons"], len(features))
    if tensors.get("hidden.weight", np.empty(0)).shape != shape:
        raise input_error(
            folder, f"{WEIGHTS_FILE} does not hold the {shape[0]} × {shape[1]} network of the description"
        )
    return FittedModel(
        features,
        Scaler(tensors["scaler.mean"], tensors["scaler.sd"]),
        Network(
            tensors["hidden.weight"], tensors["hidden.bias"], tensors["output.weight"], float(tensors["output.bias"][0])
        ),
        float(description["threshold"]),
        description["threshold_method"],
        description["score"],
        description["extraction"],
        description["provenance"],
        Recalibration(**description["recalibration"]) if description.get("recalibration") else None,
    )
