"""Where every number came from: seeds, machine, digests, time."""

from __future__ import annotations

from typing import Any

from livermets.report import formatting as fmt
from livermets.report.benchmarks import totals
from livermets.report.document import Block, Details, Note, Pairs, Paragraph, Section
from livermets.report.study import StudyResults
from livermets.report.tables import Shown, frame_table, shown_table

_MOST_FILES = 200


def provenance_section(study: StudyResults) -> Section:
    """Facts of the run, digests of inputs and outputs, time and memory of each step."""
    manifest = study.manifest
    blocks: list[Block] = [
        Paragraph(
            "The same seed, settings, inputs and code give the same tables. Digests are SHA-256; of files the first "
            "16 digits are shown."
        )
    ]
    if not manifest:
        blocks.append(Note("Digests are not shown because manifest.json was not found in the results folder."))
        return Section("provenance", "Provenance", blocks, [_time(study)])
    blocks.append(Pairs(_facts(manifest)))
    for key, title in (("inputs", "Inputs"), ("outputs", "Outputs, tables and models")):
        blocks += _files(manifest.get(key), title, key)
    return Section("provenance", "Provenance", blocks, [_time(study)])


_FACTS = {
    "study": "Study",
    "created": "Report written",
    "livermets": "livermets",
    "seed": "Seed",
    "settings_digest": "Digest of the settings",
    "code_digest": "Digest of the code that wrote it",
    "lock_digest": "Digest of the locked environment",
    "python": "Python",
    "platform": "Platform",
    "device": "Device",
}


def _facts(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    return [(label, str(manifest[key])) for key, label in _FACTS.items() if manifest.get(key) not in (None, "")]


_FILE_COLUMNS = (
    Shown("File", lambda file: str(file[0])),
    Shown("Digest", lambda file: str(file[1])[:16]),
)


def _files(files: Any, title: str, key: str) -> list[Block]:
    if not isinstance(files, dict) or not files:
        return []
    note = ""
    if len(files) > _MOST_FILES:
        note = f"The first {_MOST_FILES} of {fmt.integer(len(files))}; manifest.json has all."
    said, shown = fmt.plural(len(files), "file"), list(files.items())[:_MOST_FILES]
    table = shown_table(f"manifest-{key}", f"{title}: {said}.", _FILE_COLUMNS, shown, note=note)
    return [Details(f"{title} ({said})", [table], printed=False)]


def _time(study: StudyResults) -> Section:
    if study.benchmarks.empty:
        why = "Time and memory are not shown because no benchmark of a step was found."
        return Section("resources", "Time and memory", [Note(why)])
    table = totals(study.benchmarks, "stage").drop(columns="cpu_seconds").reset_index()
    formats = {
        "seconds": fmt.duration,
        "longest_seconds": fmt.duration,
        "jobs": fmt.integer,
        "peak_memory_mb": fmt.integer,
    }
    labels = {
        "seconds": "Time, all jobs",
        "longest_seconds": "Longest job",
        "peak_memory_mb": "Most memory (MB)",
        "jobs": "Jobs",
    }
    total = fmt.duration(table["seconds"].sum())
    caption = (
        f"Time and memory of the steps, {fmt.plural(int(table['jobs'].sum()), 'job')}, {total} in all (one after "
        "another)."
    )
    return Section(
        "resources", "Time and memory", [frame_table("resources-table", table, caption, formats=formats, labels=labels)]
    )
