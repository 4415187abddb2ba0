"""How everything was made: the method in words, every setting, every version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from livermets.config.outcome import OutcomeSettings
from livermets.provenance import versions
from livermets.report import formatting as fmt
from livermets.report.document import Block, Bullets, Details, Paragraph, Section
from livermets.report.parts import parts_of
from livermets.report.preprocessing import steps_words
from livermets.report.seen import crossed_scans
from livermets.report.study import StudyResults
from livermets.report.tables import Shown, shown_table
from livermets.stats.results import REFERENCES

NOT_SET, GIVEN = "not set", "given"
# Where files lie, and a series' UID: nothing that a report needs, and both may identify a patient.
_PRIVATE = re.compile(
    r"cohorts\.[^.]+\.(folder|table|image|liver|lesions|series\.uid|(masks|livers)\.[^.]+(\.path)?)|model"
    r"|segmentation\.liver\.command|programs\.[^.]+\.(command|trained_on)"
)
_RULES = {
    "growth_mm": (
        "A lesion is a non-responder (R−) if its longest diameter grew by more than {limit_mm} mm at follow-up, else "
        "a responder (R+)."
    ),
    "growth_percent": (
        "A lesion is a non-responder (R−) if its longest diameter grew by more than {limit_percent} % at follow-up, "
        "else a responder (R+)."
    ),
    "recist11": (
        "A lesion is a non-responder (R−) if its longest diameter grew by at least 20 % and 5 mm (RECIST 1.1, applied "
        "to the single lesion), else a responder (R+)."
    ),
    "column": "The outcome of each lesion is taken from the column `response` of the cohort table.",
}
_STEPS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        (),
        "Images are put in one orientation; masks and images must share a grid, which is checked before anything is "
        "computed.",
    ),
    (
        ("networks",),
        "The networks see {seen}; their masks are brought back to the grid of the CT.",
    ),
    (
        ("masks",),
        "Components of the automatic mask are matched to manual lesions explicitly: a component that covers two "
        "lesions is split between them, one that covers none is a false positive and is counted.",
    ),
    (
        ("classes",),
        "Radiomics: square axial windows (ROIs) on a lattice anchored at the image’s first pixel, kept only if they "
        "lie fully inside the lesion mask, so that all masks of a lesion have ROIs at the same places.",
    ),
    (
        ("classes", "resampled"),
        "Features are computed after resampling in plane to pixels of {pixel_mm} mm (images linearly, HU rounded; "
        "masks by the largest share), so that a ROI is as many mm on every scanner; slices stay as acquired.",
    ),
    (
        ("classes", "fits"),
        "The features, the number of hidden neurons, the two-layer network and the threshold on the share of R+ ROIs "
        "are fitted on the manual masks of the training scans only, then applied, frozen, to every mask of all others.",
    ),
    (
        ("classes", "fits", "stable"),
        "Only features that keep their value over masks of the same lesion can be selected. Every fit, also of the "
        "outer folds and of permuted outcomes, judges that by the intraclass correlation over masks of its own "
        "patients’ lesions, before its search.",
    ),
    (
        ("crossed",),
        "Training scans are judged by cross-validation: every network is trained once more per fold of patients, "
        "without these, and draws their scans; all networks have the same folds. Where a network finds livers, those "
        "of a fold’s patients are found by one that was trained without them too.",
    ),
    ((), "Every fold, split and resample is by patient, since the lesions of one patient are not independent."),
)


def methods_section(study: StudyResults) -> Section:
    """Words first, then every setting and version."""
    parts = parts_of(study)
    text = f"{_outcome(study.config.outcome)} {_timepoints(study)}"
    has = {"networks": parts.networks, "masks": parts.masks, "classes": parts.classes, "fits": parts.fits_response}
    has["stable"] = not study.model.get("stable_features", pd.DataFrame()).empty
    has["crossed"] = not crossed_scans(study).empty
    pixel_mm = study.config.radiomics.pixel_spacing_mm
    has["resampled"] = pixel_mm is not None
    words = {
        "seen": steps_words(study.config.preprocess, study.config.segmentation.classes),
        "pixel_mm": fmt.significant(pixel_mm),
    }
    steps = [step.format(**words) for needs, step in _STEPS if all(has[need] for need in needs)]
    blocks: list[Block] = [*([Paragraph(text)] if parts.classes else []), Bullets(steps)]
    sections = [_intervals(study), _settings(study), _versions(study)]
    return Section("methods", "Methods, settings and versions", blocks, sections)


def _outcome(outcome: OutcomeSettings) -> str:
    limits = {"limit_mm": outcome.limit_mm, "limit_percent": outcome.limit_percent}
    return _RULES[outcome.rule].format(**{name: fmt.significant(limit) for name, limit in limits.items()})


def _timepoints(study: StudyResults) -> str:
    """Which images are predicted from; lesions of others are drawn and measured, and that is all."""
    named, fitted = fmt.listed(study.response_timepoints), fmt.listed(study.timepoints_of("train"))
    tested = fmt.listed(study.timepoints_of("validation"))
    text = f"The response is predicted from images at {named}"
    if parts_of(study).fits_response:
        text += f": the model is fitted on lesions of the training cohorts at {fitted}"
    text += f", and only classes of lesions at {tested} count as predictions."
    if study.applied.get("model"):
        text += " The training cohorts are those of the study whose bundle brought the model."
    trained = study.of_role("train")
    if others := _others(study, trained):
        text += f" Lesions of the training cohorts at {others} train the segmentation only."
    if others := _others(study, [name for name in study.cohorts if name not in trained]):
        text += f" Lesions of the other cohorts at {others} test the masks only."
    return text


def _others(study: StudyResults, cohorts: list[str]) -> str:
    """Timepoints of these cohorts that nothing is predicted from."""
    lesions = study.cohort_lesions(*cohorts)
    return fmt.listed(sorted(set(lesions["timepoint"]) - set(study.predicted(lesions)["timepoint"])))


def _intervals(study: StudyResults) -> Section:
    statistics = study.config.statistics
    level, replicates = fmt.percent(statistics.level, 0), fmt.integer(statistics.bootstrap_replicates)
    text = (
        f"Intervals are two-sided at {level}. Bootstrap intervals resample whole patients {replicates} times; within a "
        "comparison all measures of both masks share the resamples, so that differences are paired. Intervals of the "
        "selection have a level and a number of resamples of their own (selection.threshold in the settings). Each "
        "table’s download names the method; its publication is among the sources below."
    )
    # The digits of tests/bench/bench_coverage.py and bench_share_limits.py;
    # tests/unit/stats/test_interval_coverage.py holds the first sentence.
    simulated = (
        "In simulated studies of 24 patients whose lesions resemble each other, 95 % intervals by patient held the "
        "truth in 93 to 97 % of studies, those that take lesions as independent in fewer than 90 % (proportions and "
        "ROC areas). The interval of the Dice that a lesion needs held it in 95 to 96 % with 16 to 40 patients; with 8 "
        "patients it could be given in one study of seventeen, since too few lesions change class. The intervals of "
        "the limits of agreement held them in 95 to 98 % with 8 to 40 patients."
    )
    columns = [Shown("Method", lambda row: row[0].replace("-", " ")), Shown("Source", lambda row: row[1])]
    cited = [(method, source) for method, source in REFERENCES.items() if source]
    table = shown_table("references", "Methods of intervals and tests, with their source.", columns, cited)
    return Section(
        "methods-intervals",
        "Uncertainty",
        [Paragraph(text), Paragraph(simulated), Details("Sources of the methods", [table])],
    )


def flat_settings(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every setting as ``section.key`` and its value as text."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from flat_settings(inner, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, list | tuple) and not any(isinstance(v, Mapping | list | tuple) for v in value):
        yield prefix, ", ".join(str(v) for v in value) or "none"
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from flat_settings(inner, f"{prefix}[{index}]")
    else:
        yield prefix, _plain(value)


def _plain(value: Any) -> str:
    if value is None or value == "" or value == {}:
        return NOT_SET
    return fmt.yes_no(value) if isinstance(value, bool) else str(value)


def _shown(key: str, value: str) -> str:
    """A setting as the report shows it: folders often carry a patient's name, so a path is only said to be given."""
    return GIVEN if value != NOT_SET and _PRIVATE.fullmatch(key) else value


def _settings(study: StudyResults) -> Section:
    everything = [(key, _shown(key, value)) for key, value in flat_settings(study.config.values())]
    given = [(key, value) for key, value in everything if value != NOT_SET]
    unset = [key for key, value in everything if value == NOT_SET]
    if not given:
        return Section("settings", "Settings", [Paragraph("No configuration was given to the report.")])
    counted = fmt.plural(len(given), "setting")
    caption = f"Every setting of the study, defaults included ({counted})."
    note = f"Not set: {', '.join(unset)}." if unset else ""
    columns = [Shown("Setting", lambda row: row[0]), Shown("Value", lambda row: row[1])]
    table = shown_table("settings-table", caption, columns, given, note=note)
    return Section("settings", "Settings", [Details(f"All {counted}", [table])])


def _versions(study: StudyResults) -> Section:
    """Packages at the time of writing, and where the model was made with others."""
    found = {str(k): str(v) for k, v in (study.manifest.get("versions") or versions()).items()}
    model = study.model_facts.get("versions") or (study.model_facts.get("provenance") or {}).get("versions") or {}
    made = {str(k): str(v) for k, v in model.items()}
    columns = [Shown("Package", str), Shown("Version", lambda package: found[package])]
    if any(found.get(name, version) != version for name, version in made.items()):
        columns.append(Shown("Version that made the model", lambda package: made.get(package, "")))
    caption = "Versions of the packages when this report was written."
    return Section("versions", "Versions", [shown_table("versions-table", caption, columns, found)])
