"""Which parts a study has: decided here alone, from what its cohorts are for. What a study lacks is not reported as
missing."""

from __future__ import annotations

from dataclasses import dataclass

from livermets.config.roles import Roles
from livermets.report.configuration import ReportedConfig
from livermets.report.lesions import has_automatic_masks
from livermets.report.study import StudyResults


@dataclass(frozen=True)
class Parts:
    """What was asked of a study."""

    masks: bool
    """Masks of another source are compared with those of the reference."""
    networks: bool
    """Networks draw masks: trained here, or brought along by another study."""
    trains_networks: bool
    classes: bool
    """Lesions get a class, R+ or R-."""
    fits_response: bool
    """The model of response is fitted here."""
    validates: bool
    """Classes are held against a known outcome."""

    @property
    def concordance(self) -> bool:
        """Classes of two masks of the same lesion are compared."""
        return self.masks and self.classes and self.validates

    @property
    def title(self) -> str:
        """What such a study is about."""
        if not self.classes:
            return "Segmentation of colorectal liver metastases: automatic against manual masks"
        if not self.masks:
            return "Response of colorectal liver metastases, predicted from manual masks"
        return "Response of colorectal liver metastases: manual against automatic masks"


def parts_of(study: StudyResults) -> Parts:
    """The parts of a study; without a configuration, those that its results show."""
    roles = _stated(study.config)
    if not roles:
        masks, model = has_automatic_masks(study.lesions), bool(study.model or study.model_facts)
        return Parts(masks, bool(study.networks), bool(study.networks), True, model, True)
    return Parts(
        masks=study.sources.primary is not None,
        networks=bool(study.sources.networks),
        trains_networks=any(r.segmentation == "train" for r in roles),
        classes=asks_for_classes(study.config),
        fits_response=any(r.response == "train" for r in roles),
        validates=any(r.response == "validation" for r in roles),
    )


def asks_for_classes(config: ReportedConfig) -> bool:
    """Whether lesions get a class; a lesion table without a configuration has them."""
    roles = _stated(config)
    return not roles or any(r.response != "none" for r in roles)


def _stated(config: ReportedConfig) -> list[Roles]:
    return [roles for settings in config.cohorts.values() for roles in settings.stated_roles]
