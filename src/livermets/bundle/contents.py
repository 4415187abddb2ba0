"""What is in a bundle: networks, response model, facts and the card, from the results of a finished study."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from livermets.bundle.anonymous import anonymous
from livermets.bundle.unpack import CARD_FILE
from livermets.config.applied import settings_to_share
from livermets.config.bundled import FACTS_FILE, FORMAT, BundledModel, BundledNetwork, BundleFacts
from livermets.errors import input_error
from livermets.provenance import versions
from livermets.segmentation.description import read_description
from livermets.workflow.plan import Plan

MODEL_FILES = ("model.safetensors", "model.json")
NETWORK_FILE, DESCRIPTION_FILE = "network.safetensors", "network.json"


def fitted_files(plan: Plan) -> list[str]:
    """What a bundle is made from, by path within the results: networks (not those of folds) and the response model."""
    networks = [f"networks/{name}/{file}" for name in plan.networks.names for file in (NETWORK_FILE, DESCRIPTION_FILE)]
    return networks + ([f"model/{file}" for file in MODEL_FILES] if _has_model(plan) else [])


def bundle_members(plan: Plan, results: Path, created: str, card: str) -> dict[str, bytes]:
    """Every file of the bundle by name. Raises `InputError` for a study that has fitted nothing."""
    names = fitted_files(plan)
    if not names:
        what = "this study has neither a network nor a response model"
        raise input_error(results, what, "Give a cohort a role train for segmentation or response")
    members = {name: _shared(results / name) for name in names} | {CARD_FILE: card.encode()}
    facts = BundleFacts(
        format=FORMAT,
        study=plan.config.study,
        created=created,
        trained_on_synthetic=_trained_on_synthetic(plan),
        networks={name: _network(results / "networks" / name) for name in plan.networks.names},
        model=_model(results / "model") if _has_model(plan) else None,
        settings=settings_to_share(plan.config, plan.networks.names, _has_model(plan)),
        versions=versions(),
        members={name: hashlib.sha256(members[name]).hexdigest() for name in sorted(members)},
    )
    return members | {FACTS_FILE: _as_json(facts.model_dump(mode="json"))}


def _has_model(plan: Plan) -> bool:
    return plan.fits_response or (plan.bundle is not None and plan.bundle.brings("response"))


def _trained_on_synthetic(plan: Plan) -> bool:
    training = plan.cohorts(segmentation="train") + plan.cohorts(response="train")
    inherited = plan.bundle is not None and plan.bundle.trained_on_synthetic
    return inherited or any(plan.is_phantom(cohort.name) for cohort in training)


def _shared(path: Path) -> bytes:
    """A file as it is, but for the description of a network, which names patients."""
    if path.name == DESCRIPTION_FILE:
        return _as_json(anonymous(read_description(path.parent)))
    return path.read_bytes()


def _network(folder: Path) -> BundledNetwork:
    found = read_description(folder)
    return BundledNetwork(
        classes=found.classes, training_patients=len(found.patients), parameter_count=found.parameter_count
    )


def _model(folder: Path) -> BundledModel:
    values = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    data = values["provenance"]["training_data"]
    return BundledModel(
        training_lesions=data["lesions"],
        training_patients=data["patients"],
        training_responders=data["responders"],
        features=len(values["features"]),
    )


def _as_json(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, indent=2) + "\n").encode()
