"""What is wrong with a bundle that a study applies, and with the study that applies it."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

import livermets
from livermets.cohort.study import Study
from livermets.config.bundled import KEY, BundleFacts, bundle_path
from livermets.config.roles import Task
from livermets.config.study import StudyConfig
from livermets.errors import ProblemList
from livermets.io.archive import read_member
from livermets.provenance import TRACKED_PACKAGES, versions
from livermets.segmentation.description import DESCRIPTION_FILE, NetworkDescription
from livermets.workflow.livers import Livers

_FITTED: dict[Task, str] = {"segmentation": "networks", "response": "a response model"}


def applied_problems(config: StudyConfig, study: Study, facts: BundleFacts) -> ProblemList:
    """Everything at once: damaged or missing parts, another version, cohorts that would train what is brought."""
    assert config.model is not None
    path = bundle_path(config.model)
    problems = member_problems(path, facts)
    _check_versions(path, facts, problems)
    _check_roles(study, facts, problems)
    _check_choices(config, study, facts, problems)
    return problems


def member_problems(path: Path, facts: BundleFacts) -> ProblemList:
    """The parts of a bundle that are missing, damaged, or of a form that this version does not read."""
    problems = ProblemList()
    for name, digest in facts.members.items():
        with problems.collected():
            content = read_member(path, name, digest)
            if name.endswith(f"/{DESCRIPTION_FILE}"):
                _check_description(f"{path}, {name}", content, problems)
    expected = [
        f"networks/{name}/{file}" for name in facts.networks for file in ("network.safetensors", "network.json")
    ]
    expected += ["model/model.safetensors", "model/model.json"] if facts.model is not None else []
    for name in expected:
        if name not in facts.members:
            problems.error(f"{path}, {name}", "this part is missing", "Copy it again from where it was written")
    return problems


def _check_description(where: str, content: bytes, problems: ProblemList) -> None:
    try:
        NetworkDescription.model_validate(json.loads(content))
    except (ValidationError, ValueError):
        what = "this description of a network is of another version of livermets"
        problems.error(where, what, "Use the version that wrote it (versions in bundle.json)")


def _check_versions(path: Path, facts: BundleFacts, problems: ProblemList) -> None:
    """Other libraries give the same classes but for the last digits; another livermets may not."""
    theirs, ours = facts.versions, versions()
    if theirs.get("livermets") != livermets.__version__:
        what = f"it was written by livermets {theirs.get('livermets')} and this is {livermets.__version__}"
        problems.warning(path, what, "Masks and classes may differ from those of the study that made it")
    names = [name for name in TRACKED_PACKAGES if name in theirs and theirs[name] != ours.get(name)]
    if names:
        said = ", ".join(f"{name} {theirs[name]} (here {ours.get(name, 'none')})" for name in names)
        what = f"it was made with other versions of libraries: {said}"
        problems.warning(path, what, "Last digits may differ from those of the study that made it")


def _check_roles(study: Study, facts: BundleFacts, problems: ProblemList) -> None:
    for task, words in _FITTED.items():
        training = dict.fromkeys(scan.cohort for scan in study.scans(task, "train")) if facts.brings(task) else {}
        for name in training:
            what = f"this cohort trains {words}, which the bundle brings ({KEY})"
            fix = f"Give it another role for {task} (validation, predict or none), or leave out `{KEY}`"
            problems.error(f"cohort {name}", what, fix)


def _check_choices(config: StudyConfig, study: Study, facts: BundleFacts, problems: ProblemList) -> None:
    """What a study may state otherwise than its bundle, and what then follows."""
    livers = Livers.of(config, study)
    brought = livers.finder in facts.networks or not facts.brings("segmentation")
    if not brought and livers.need_network:
        what = (
            "scans need a network that finds livers; the bundle has none, and a study that applies networks trains none"
        )
        problems.error("segmentation.liver", what, "Give `liver` in every cohort, or set `missing: command`")
    outcome = facts.settings.get("outcome")
    if outcome is not None and config.outcome.model_dump(mode="json") != outcome:
        what = "responders are told by another rule than those that the model was fitted on"
        problems.warning("outcome", what, "Leave it out to go by the model's own, or say so where figures are shown")
