"""Who is in the study, and what became of every lesion."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.detection import rule_sentence
from livermets.report.document import Block, Figure, Gallery, Note, Paragraph, Section
from livermets.report.flow import Shown, flow_svg
from livermets.report.folder import CHECK_REMARKS
from livermets.report.lesions import Flow
from livermets.report.parts import Parts, parts_of
from livermets.report.sections.analyses import analyses_section
from livermets.report.sections.flow_counts import flow_table
from livermets.report.sections.flow_groups import FlowGroup, flow_groups, role_words, without_class
from livermets.report.sections.two_roles import in_both_words
from livermets.report.study import StudyResults
from livermets.report.tables import frame_table


def cohort_flows(study: StudyResults) -> dict[str, Flow]:
    """The flow of every group of lesions, by its label."""
    return {group.label: group.flow for group in flow_groups(study)}


def cohorts_section(study: StudyResults) -> Section:
    """Flow diagrams, the table that adds up, patients' characteristics, and what the check found."""
    parts, groups = parts_of(study), flow_groups(study)
    blocks: list[Block] = [Paragraph(f"{_followed(parts)}{_apart_words(study)}")]
    blocks += [Note(text, "caution") for text in in_both_words(study)]
    if groups:
        blocks.append(_flow_gallery(study, groups, parts))
        blocks.append(flow_table(study, groups))
    if len(study.excluded):
        caption = (
            f"Patients, scans and lesions left out by the configuration, and why ({_left_out(study.excluded)}); they "
            "are in no other count."
        )
        blocks.append(frame_table("excluded", study.excluded, caption))
    blocks += [Note(without_lesions(study, name)) for name in study.cohorts if study.cohort_lesions(name).empty]
    analyses = [analyses_section(study)] if parts.classes else []
    return Section(
        "cohorts",
        "Cohorts and flow of lesions",
        blocks,
        [*analyses, _characteristics(study), _scans(study), _check(study)],
    )


def _followed(parts: Parts) -> str:
    if not parts.classes:
        return "Every lesion that the reader drew is followed to whether the automatic mask detected it."
    if not parts.masks:
        return (
            "Every lesion of the lesion table is followed to its class. A lesion whose mask holds no whole ROI, or too "
            "few for a class, has none; it stays in the count that says so."
        )
    return (
        "Every lesion of the lesion table is followed to the comparison of its two classes: same, other, or no class "
        "with at least one mask. A lesion whose mask holds no whole ROI, or too few for a class, or that the network "
        "did not detect, has no class from that mask; it stays in the count that says so."
    )


def _apart_words(study: StudyResults) -> str:
    if not parts_of(study).classes:
        return ""
    text, unused = "", without_class(study)
    if len(study.predicted(study.lesions)) < len(study.lesions) - len(unused):
        text = f" Lesions at other timepoints than {fmt.listed(study.response_timepoints, 'or')} are counted apart."
    if len(unused):
        named = fmt.listed([str(name) for name in unused["cohort"].unique()])
        verb = "trains or tests masks only and gets" if len(unused) == 1 else "train or test masks only and get"
        text += f" Of {named}, {fmt.plural(len(unused), 'lesion')} {verb} no class; no count of classes holds them."
    return text


def _flow_gallery(study: StudyResults, groups: Sequence[FlowGroup], parts: Parts) -> Gallery:
    figures = []
    for group in (group for group in groups if group.counts):
        name, identifier = group.label, f"flow-{group.label}".replace(", ", "-").replace(" ", "-")
        synthetic = ", synthetic" if study.cohorts[group.cohort].synthetic else ""
        title = f"Cohort {name} ({role_words(study, group)}{synthetic})"
        apart = [
            f"{fmt.plural(other.flow.lesions, 'lesion')} at {fmt.listed(list(other.timepoints))}"
            for other in groups
            if other.cohort == group.cohort and not other.counts
        ]
        shown = Shown(parts.classes, parts.masks)
        svg = flow_svg(group.flow, identifier, title, exclusion_reasons(study, group.cohort), apart, shown)
        figures.append(Figure(identifier, title, f"Flow of lesions in cohort {name}", svg=svg))
    rule = f" {rule_sentence(study.lesions, parts.classes)}" if parts.masks else ""
    caption = f"Flow of patients, scans and lesions, by cohort. The numbers are those of the table below.{rule}"
    return Gallery("flow", caption, figures)


def without_lesions(study: StudyResults, name: str) -> str:
    """What is known of a cohort without a manual lesion: how many scans were read, and what the network found there."""
    tables = (study.scans, study.scan_metrics)
    scans = max([int(table["cohort"].eq(name).sum()) for table in tables if "cohort" in table], default=0)
    if not scans:
        return f"No scan and no lesion of cohort {name} is in the results: nothing is reported for it."
    found = int(study.findings["cohort"].eq(name).sum()) if len(study.findings) else 0
    said = f"the network found {fmt.plural(found, 'lesion')}" if found else "the network found no lesion"
    return f"Cohort {name}: {fmt.plural(scans, 'scan')} without a manually drawn lesion; {said} there."


def exclusion_reasons(study: StudyResults, cohort: str) -> list[str]:
    """What was left out of a cohort before anything was computed, a line per reason."""
    if study.excluded.empty:
        return []
    rows = study.excluded[study.excluded["cohort"] == cohort]
    return [f"{_left_out(part)}: {reason}" for reason, part in rows.groupby("reason", dropna=False)]


def _left_out(rows: pd.DataFrame) -> str:
    lesions = int(rows["lesion_id"].notna().sum())
    scans = int((rows["lesion_id"].isna() & rows["timepoint"].astype(bool)).sum())
    counts = ((len(rows) - lesions - scans, "patient"), (scans, "scan"), (lesions, "lesion"))
    return ", ".join(fmt.plural(n, word) for n, word in counts if n)


_OUTCOMES = ("R+", "R−")
_COUNTS = {"below_20_mm": fmt.integer}
_NAMES = {"below_20_mm": "Lesions < 20\u00a0mm", "diameter_mm": "Longest diameter (mm)"}


def _characteristics(study: StudyResults) -> Section:
    rows = []
    for name in study.cohorts:
        lesions = study.cohort_lesions(name)
        for timepoint, part in lesions.groupby("timepoint", sort=False, dropna=False):
            rows.append(_group_facts(name, str(timepoint), part))
    drawn, outcome = (
        ("", ".")
        if not parts_of(study).classes
        else (", with a class or without", "; R+ and R−: lesions with this outcome.")
    )
    caption = (
        f"Lesions by cohort and timepoint: all that the reader drew{drawn}. Lesions per patient: median (fewest to "
        f"most); longest diameter in the manual mask: median (first to third quartile){outcome}"
    )
    hidden = [] if parts_of(study).classes else list(_OUTCOMES)
    frame = pd.DataFrame(rows).drop(columns=[*hidden, *([] if "centre" in study.lesions else ["centres"])])
    blocks: list[Block] = [frame_table("characteristics-table", frame, caption, formats=_COUNTS, labels=_NAMES)]
    if "centre" in study.lesions:
        by_centre = pd.DataFrame(
            [
                {**_group_facts(str(cohort), "all", part), "centre": centre}
                for (cohort, centre), part in study.lesions.groupby(["cohort", "centre"], sort=False, dropna=False)
            ]
        ).drop(columns=["timepoint", "centres", *hidden])
        every = ", at all timepoints" if study.lesions["timepoint"].nunique() > 1 else ""
        order = ["cohort", "centre", *[c for c in by_centre.columns if c not in ("cohort", "centre")]]
        blocks.append(
            frame_table(
                "centres",
                by_centre[order],
                f"Lesions by cohort and centre{every}; columns as above.",
                formats=_COUNTS,
                labels=_NAMES,
            )
        )
    elif parts_of(study).classes:
        blocks.append(Note("Centres are not shown because the lesion table has no column `centre`."))
    return Section("characteristics", "Characteristics", blocks)


def _group_facts(cohort: str, timepoint: str, part: pd.DataFrame) -> dict[str, object]:
    diameter = part["longest_diameter_mm"].dropna()
    per_patient = part.groupby("patient_id", dropna=False).size()
    q1, median, q3 = diameter.quantile([0.25, 0.5, 0.75]).tolist() if len(diameter) else (None, None, None)
    return {
        "cohort": cohort,
        "timepoint": timepoint,
        "patients": int(part["patient_id"].nunique()),
        "lesions": len(part),
        "lesions_per_patient": f"{fmt.number(per_patient.median(), 1)} ({per_patient.min()} to {per_patient.max()})",
        "centres": part["centre"].nunique() if "centre" in part else None,
        "R+": int(part["response"].eq(1).sum()),
        "R−": int(part["response"].eq(0).sum()),
        "diameter_mm": fmt.median_quartiles(median, q1, q3, digits=1),
        "below_20_mm": int(diameter.lt(20).sum()),
    }


def _check(study: StudyResults) -> Section:
    if not (study.folder / CHECK_REMARKS).exists() and study.problems.empty:
        why = "What the check found is not shown because check/problems.csv was not found in the results folder."
        return Section("check", "What the check found", [Note(why)])
    if study.problems.empty:
        return Section("check", "What the check found", [Paragraph("The check before the run left no remark.")])
    caption = (
        f"Remarks of the check before the run, and on livers made in it ({fmt.plural(len(study.problems), 'remark')}); "
        "errors would have stopped it."
    )
    return Section(
        "check", "What the check found", [frame_table("check-remarks", study.problems, caption, most_rows=20)]
    )


def _scans(study: StudyResults) -> Section:
    names = ("slice_spacing_mm", "row_spacing_mm", "column_spacing_mm")
    if not set(names) <= set(study.scans.columns):
        why = "The spacing of the scans is not shown because no scan.json of the intake was found."
        return Section("scans", "Scans", [Note(why)])
    rows = []
    for cohort, part in study.scans.groupby("cohort", sort=False, dropna=False):
        ranges = {name: f"{fmt.number(part[name].min())} to {fmt.number(part[name].max())}" for name in names}
        livers = {"livers_given": int(part["has_liver"].eq(True).sum())}
        rows.append({"cohort": cohort, "scans": len(part), **livers, **ranges, **_scanners(part)})
    labels = {"tube_voltage_kv": "Tube voltage (kV)", "livers_given": "With a given liver mask"}
    caption = f"Spacing of {fmt.plural(len(study.scans), 'scan')} as acquired, smallest to largest."
    table = frame_table("scans-table", pd.DataFrame(rows), caption, labels=labels)
    return Section("scans", "Scans", [*_livers(study), table])


def _livers(study: StudyResults) -> list[Block]:
    """What found the livers that were not given, or that were to be found again."""
    settings = study.config.segmentation.liver
    finder = {
        "network": "a network trained on given ones",
        "joint": "the study's own network, which tells them apart beside the lesions",
        "command": "an external program",
    }[settings.missing]
    if settings.replace_given:
        text = f"All livers in use were found by {finder}; given masks are what they are measured against."
    elif not study.scans["has_liver"].eq(True).all():
        text = f"The liver of a scan that came without a mask of it was found by {finder}; given masks were used as is."
    else:
        return []
    return [Paragraph(text)] if study.config.gives("segmentation") else []


def _scanners(scans: pd.DataFrame) -> dict[str, str]:
    """What the headers say of scanners and tube voltage, with the number of scans of each; nothing where they do not
    say."""
    said: dict[str, str] = {}
    makes = scans.reindex(columns=["manufacturer", "model"]).fillna("").agg(" ".join, axis=1).str.strip()
    if makes.any():
        counts = makes.replace("", "not stated").value_counts()
        said["scanners"] = "; ".join(f"{make} ({fmt.integer(n)})" for make, n in counts.items())
    if "tube_voltage_kv" in scans and scans["tube_voltage_kv"].notna().any():
        volts = scans["tube_voltage_kv"]
        said["tube_voltage_kv"] = f"{fmt.significant(volts.min())} to {fmt.significant(volts.max())}"
    return said
