"""Who is in the study, and what became of every lesion."""

from __future__ import annotations

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.detection import rule_sentence
from livermets.report.document import Block, Figure, Gallery, Note, Paragraph, Section
from livermets.report.flow import flow_svg
from livermets.report.folder import CHECK_REMARKS
from livermets.report.lesions import Flow, lesion_flow
from livermets.report.results import StudyResults
from livermets.report.sections.analyses import analyses_section
from livermets.report.sections.flow_counts import flow_table
from livermets.report.tables import frame_table

ROLES = {"train": "training", "validation": "validation", "predict": "prediction, no outcome known"}


def cohort_flows(study: StudyResults) -> dict[str, Flow]:
    """The flow of every cohort's lesions at the timepoints that are predicted; every lesion at another timepoint is in
    a flow of its own, ``cohort, timepoint``."""
    flows = {}
    for name in study.cohorts:
        lesions, falsely = study.cohort_lesions(name), _false_positives(study, name)
        main = study.predicted(lesions)
        if len(main):
            flows[name] = lesion_flow(main, falsely[falsely.isin(study.response_timepoints)].size, _fitted(study, name))
        for timepoint, part in lesions.drop(main.index).groupby("timepoint", sort=False, dropna=False):
            flows[f"{name}, {timepoint}"] = lesion_flow(part, int(falsely.eq(timepoint).sum()))
    return flows


def _fitted(study: StudyResults, name: str) -> int:
    fitted = study.model.get("training_lesions", pd.DataFrame())
    return int(fitted["cohort"].eq(name).sum()) if "cohort" in fitted else 0


def cohorts_section(study: StudyResults) -> Section:
    """Flow diagrams, the table that adds up, patients' characteristics, and what the check found."""
    flows = cohort_flows(study)
    blocks: list[Block] = [
        Paragraph(
            "Every lesion of the lesion table is followed to the comparison of its two classes: same, other, or no "
            "class with at least one mask. A lesion whose mask holds no whole ROI, or too few for a class, or that the "
            "network did not detect, has no class from that mask; it stays in the count that says so."
            + _apart_words(study)
        )
    ]
    blocks.append(_flow_gallery(study, flows))
    blocks.append(flow_table(study, flows))
    if len(study.excluded):
        caption = (
            f"Patients, scans and lesions left out by the configuration, and why ({_left_out(study.excluded)}); they "
            "are in no other count."
        )
        blocks.append(frame_table("excluded", study.excluded, caption))
    blocks += [Note(without_lesions(study, name)) for name in study.cohorts if study.cohort_lesions(name).empty]
    return Section(
        "cohorts",
        "Cohorts and flow of lesions",
        blocks,
        [analyses_section(study), _characteristics(study), _scans(study), _check(study)],
    )


def _apart_words(study: StudyResults) -> str:
    if study.predicted(study.lesions).shape[0] == len(study.lesions):
        return ""
    return f" Lesions at other timepoints than {fmt.listed(study.response_timepoints, 'or')} are counted apart."


def _flow_gallery(study: StudyResults, flows: dict[str, Flow]) -> Gallery:
    figures = []
    for name in [name for name in study.cohorts if name in flows]:
        role = ROLES.get(study.cohorts[name].role, study.cohorts[name].role)
        synthetic = ", synthetic" if study.cohorts[name].synthetic else ""
        title = f"Cohort {name} ({role}{synthetic})"
        apart = [
            f"{fmt.plural(flow.lesions, 'lesion')} at {group.removeprefix(f'{name}, ')}"
            for group, flow in flows.items()
            if group.startswith(f"{name}, ")
        ]
        svg = flow_svg(flows[name], f"flow-{name}", title, exclusion_reasons(study, name), apart)
        figures.append(Figure(f"flow-{name}", title, f"Flow of lesions in cohort {name}", svg=svg))
    caption = (
        "Flow of patients, scans and lesions, by cohort. The numbers are those of the table below. "
        f"{rule_sentence(study.lesions)}"
    )
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


_COUNTS = {"below_20_mm": fmt.integer}
_NAMES = {"below_20_mm": "Lesions < 20\u00a0mm", "diameter_mm": "Longest diameter (mm)"}


def _false_positives(study: StudyResults, name: str) -> pd.Series:
    """The timepoint of each false positive of a cohort."""
    found, scans = study.false_positives, study.scan_metrics
    if len(found):
        return found.loc[found["cohort"].eq(name), "timepoint"]
    if not {"cohort", "timepoint", "false_positives"} <= set(scans.columns):
        return pd.Series(dtype=object)
    own = scans[scans["cohort"].eq(name)]
    return own["timepoint"].repeat(own["false_positives"].astype(int).tolist())


def _characteristics(study: StudyResults) -> Section:
    rows = []
    for name in study.cohorts:
        lesions = study.cohort_lesions(name)
        for timepoint, part in lesions.groupby("timepoint", sort=False, dropna=False):
            rows.append(_group_facts(name, str(timepoint), part))
    caption = (
        "Lesions by cohort and timepoint: all that the reader drew, with a class or without. Lesions per patient: "
        "median (fewest to most); longest diameter in the manual mask: median (first to third quartile); R+ and R−: "
        "lesions with this outcome."
    )
    frame = pd.DataFrame(rows)
    blocks: list[Block] = [frame_table("characteristics-table", frame, caption, formats=_COUNTS, labels=_NAMES)]
    if "centre" in study.lesions:
        by_centre = pd.DataFrame(
            [
                {**_group_facts(str(cohort), "all", part), "centre": centre}
                for (cohort, centre), part in study.lesions.groupby(["cohort", "centre"], sort=False, dropna=False)
            ]
        ).drop(columns=["timepoint", "centres"])
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
    else:
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
    finder = {"network": "a network trained on given ones", "command": "an external program"}[settings.missing]
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
