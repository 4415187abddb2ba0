"""The report put together from its parts, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import livermets
from livermets.config.report import ReportSettings
from livermets.report import formatting as fmt
from livermets.report.checklists import checklist_section
from livermets.report.document import Block, Gallery, Note, Report, Section
from livermets.report.results import StudyResults
from livermets.report.sections.cohorts import cohorts_section
from livermets.report.sections.concordance import concordance_section
from livermets.report.sections.diagnostics import diagnostics_section
from livermets.report.sections.lesion_list import lesion_section
from livermets.report.sections.methods import methods_section
from livermets.report.sections.model_card import model_card_section
from livermets.report.sections.predict import predict_section
from livermets.report.sections.provenance import provenance_section
from livermets.report.sections.segmentation import segmentation_section
from livermets.report.sections.selection import selection_section
from livermets.report.summary import summary_section

DEFAULT_TITLE = "Response of colorectal liver metastases: manual against automatic masks"


def build_report(
    study: StudyResults,
    settings: ReportSettings,
    overlays: Mapping[str, Sequence[Gallery]],
) -> Report:
    """The report of one study. ``overlays`` are galleries of lesions with both contours, by cohort."""
    predict = predict_section(study)
    sections = [
        cohorts_section(study),
        concordance_section(study),
        diagnostics_section(study),
        segmentation_section(study, _overlay_section(study, overlays)),
        selection_section(study),
        *([predict] if predict else []),
        lesion_section(study),
        methods_section(study),
        model_card_section(study),
        checklist_section(study, settings.statements),
        provenance_section(study),
    ]
    return Report(
        title=settings.title or (study.config.study if study.config.gives("study") else "") or DEFAULT_TITLE,
        subtitle=_subtitle(study, settings),
        banner=_banner(study),
        summary=summary_section(study),
        sections=sections,
        footer=f"Made by livermets {livermets.__version__}. One file, no network needed: it may be mailed and kept.",
    )


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


def _overlay_section(study: StudyResults, overlays: Mapping[str, Sequence[Gallery]]) -> Section:
    blocks: list[Block] = [gallery for galleries in overlays.values() for gallery in galleries]
    if not blocks:
        why = "Overlays are not shown because no scan with both masks was found in the results folder."
        blocks = [Note(why)]
    return Section("overlays", "Lesions with both contours", blocks)
