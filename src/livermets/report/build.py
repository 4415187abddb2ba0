"""The report put together from its parts, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import livermets
from livermets.config.report import ReportSettings
from livermets.report import formatting as fmt
from livermets.report.checklists import checklist_section
from livermets.report.document import Gallery, Report, Section
from livermets.report.parts import Parts, parts_of
from livermets.report.sections.cohorts import cohorts_section
from livermets.report.sections.concordance import concordance_section
from livermets.report.sections.diagnostics import diagnostics_section
from livermets.report.sections.every_source import sources_section
from livermets.report.sections.follow_up import follow_up_section
from livermets.report.sections.lesion_list import lesion_section
from livermets.report.sections.methods import methods_section
from livermets.report.sections.model_card import model_card_section
from livermets.report.sections.perturbation import perturbation_section
from livermets.report.sections.predict import predict_section
from livermets.report.sections.provenance import provenance_section
from livermets.report.sections.readers import readers_section
from livermets.report.sections.segmentation import overlay_section, segmentation_section
from livermets.report.sections.selection import selection_section
from livermets.report.sides import named_by_source
from livermets.report.study import StudyResults
from livermets.report.summary import summary_section

Overlays = Mapping[str, Sequence[Gallery]]
Make = Callable[[StudyResults, ReportSettings, Overlays], Section | None]
_SECTIONS: tuple[tuple[Callable[[Parts], bool], Make], ...] = (
    (lambda parts: True, lambda study, *_: cohorts_section(study)),
    (lambda parts: parts.concordance, lambda study, *_: concordance_section(study)),
    (lambda parts: parts.classes, lambda study, *_: perturbation_section(study)),
    (lambda parts: parts.masks, lambda study, *_: sources_section(study)),
    (lambda parts: parts.classes, lambda study, *_: diagnostics_section(study)),
    (lambda parts: parts.masks, lambda study, _, overlays: segmentation_section(study, overlay_section(overlays))),
    (lambda parts: True, lambda study, *_: readers_section(study)),
    (lambda parts: True, lambda study, *_: follow_up_section(study)),
    (lambda parts: parts.fits_response, lambda study, *_: selection_section(study)),
    (lambda parts: parts.classes, lambda study, *_: predict_section(study)),
    (lambda parts: True, lambda study, *_: lesion_section(study)),
    (lambda parts: True, lambda study, *_: methods_section(study)),
    (lambda parts: parts.classes or parts.networks, lambda study, *_: model_card_section(study)),
    (lambda parts: True, lambda study, settings, _: checklist_section(study, settings.statements)),
    (lambda parts: True, lambda study, *_: provenance_section(study)),
)
"""Every section in the order in which a reader asks: which studies have it, and how it is made; one that finds nothing
to say is left out."""


def build_report(study: StudyResults, settings: ReportSettings, overlays: Overlays) -> Report:
    """The report of one study. ``overlays`` are galleries of lesions with both contours, by cohort."""
    parts = parts_of(study)
    made = [make(study, settings, overlays) for has, make in _SECTIONS if has(parts)]
    report = Report(
        title=settings.title or (study.config.study if study.config.gives("study") else "") or parts.title,
        subtitle=_subtitle(study, settings),
        banner=_banner(study),
        summary=summary_section(study),
        sections=[section for section in made if section is not None],
        footer=f"Made by livermets {livermets.__version__}. One file, no network needed: it may be mailed and kept.",
    )
    return named_by_source(report, study.sources)


def _subtitle(study: StudyResults, settings: ReportSettings) -> str:
    parts = [
        settings.authors,
        f"{fmt.plural(len(study.lesions), 'lesion')} in {fmt.plural(len(study.cohorts), 'cohort')}",
    ]
    created = study.manifest.get("created")
    return " · ".join(part for part in [*parts, str(created) if created else ""] if part)


def _banner(study: StudyResults) -> str:
    if not study.synthetic:
        return ""
    every = len(study.synthetic) == len(study.cohorts)
    if every:
        return (
            "Synthetic data: every cohort of this study is made up. It tests the computation and proves nothing "
            "clinical."
        )
    names = fmt.listed(study.synthetic)
    made = f"cohort {names} was" if len(study.synthetic) == 1 else f"cohorts {names} were"
    return f"Synthetic data: the {made} made up by a program. Figures that rest on them prove nothing clinical."
