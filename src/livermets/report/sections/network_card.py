"""The card of the network that draws the masks, in a study that predicts nothing."""

from __future__ import annotations

from math import isinf

from livermets.report import formatting as fmt
from livermets.report.detection import rule
from livermets.report.document import Bullets, Note, Pairs, Section
from livermets.report.sections.trained_networks import receptive_field_words
from livermets.report.seen import crossed_words
from livermets.report.study import Network, StudyResults
from livermets.report.study_counts import judged_by_folds, judged_rows

_TITLE = "Model card of the network"


def network_card(study: StudyResults) -> Section:
    """The card of the network of the headline, or of the first that was trained."""
    named = [name for name in (study.sources.headline, *study.sources.networks) if name in study.networks]
    if not named:
        return Section("model-card", _TITLE, [Note("There is no model card because no network was trained.")])
    network = study.networks[named[0]]
    return Section("model-card", _TITLE, [Pairs(_fields(study, network)), Bullets(_limits(study, network))])


def _fields(study: StudyResults, network: Network) -> list[tuple[str, str]]:
    facts = network.description
    fields = [
        ("Model", f"livermets {study.manifest.get('livermets', '')}: network {network.name}".replace(" :", ":")),
        ("Kind", f"{facts.network.architecture}, {fmt.integer(facts.parameter_count)} weights"),
        ("Receptive field", _field(network)),
        ("Input", "portal-phase CT in Hounsfield units, and the mask of the liver"),
        ("Output", "mask of the metastases, on the grid of the CT"),
        ("Intended use", "research on how well a network finds and outlines metastases of the liver"),
        ("Not for", "decisions about patients; other phases, modalities or organs"),
        ("Trained on", _trained_on(study, network)),
        ("Validated on", _validated_on(study)),
        ("Files", f"results/networks/{network.name}/network.safetensors, network.json"),
    ]
    return [(name, value) for name, value in fields if value]


def _field(network: Network) -> str:
    """How far around a place the network looks; nothing where it was not measured."""
    words, sides = receptive_field_words(network.description), network.description.receptive_sides
    if sides is None or isinf(max(sides)):
        return f"{words}: all of it has a part in every result" if sides else ""
    return f"{words} of the network’s grid across: what lies beyond has no part in the result at a place"


def _trained_on(study: StudyResults, network: Network) -> str:
    names = fmt.listed(study.of_role("train", "segmentation")) or "another study"
    facts = network.description
    patients = fmt.plural(len(facts.training_patients), "patient")
    return f"{names}: {patients}, {fmt.plural(facts.training_samples, 'training sample')}"


def _validated_on(study: StudyResults) -> str:
    """Cohorts and timepoints that validate masks (of a study without any, cross-validated), and what was detected."""
    parts = [
        f"{row['cohort']}, {row['timepoint']}: {fmt.share(row['n_detected'], row['n_lesions'])} lesions of "
        f"{fmt.plural(row['n_patients'], 'patient')} detected ({rule(study.lesions)}), median Dice "
        f"{fmt.number(row['dice_median'])}"
        for _, row in judged_rows(study).iterrows()
    ]
    how = f"{crossed_words(study)}: " if judged_by_folds(study) else ""
    return f"{how}{'; '.join(parts)}" if parts else "none in this study"


def _limits(study: StudyResults, network: Network) -> list[str]:
    limits = ["Nothing in this run shows that the network was reviewed by clinicians or approved by an authority."]
    if study.made_up("segmentation"):
        limits.append("It was trained on synthetic images: it proves nothing clinical.")
    patients = len(network.description.training_patients)
    if 0 < patients < 100:
        limits.append(f"It was trained on {fmt.plural(patients, 'patient')}; other scanners and protocols are untried.")
    return limits
