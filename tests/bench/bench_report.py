"""How long the study report takes and how big it is for 1,000 patients with 8,000 lesions (asked: 60 s, 25 MB).

`python tests/bench/bench_report.py [--patients 1000] [--lesions 8]`

Two validation cohorts of two centres and two timepoints and a training cohort, made up in a temporary folder; the
concordance of the pooled cohorts is timed too. CPU seconds stand beside wall-clock ones, since a busy machine stretches
only the second."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.unit.report import results_factory
from tests.unit.report.results_factory import MadeCohort, make_results

from livermets.concordance.figures import concordance_figures
from livermets.concordance.files import write_concordance
from livermets.concordance.result import concordance
from livermets.config.report import ReportSettings
from livermets.config.statistics import StatisticsSettings
from livermets.report.build import build_report
from livermets.report.configuration import reported_config
from livermets.report.manifest import study_manifest
from livermets.report.render import render_html
from livermets.report.results import read_results
from livermets.report.write import write_report


@contextmanager
def timed(what: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    print(f"{what:<34} {time.perf_counter() - wall:>7.1f} s   {time.process_time() - cpu:>7.1f} s of CPU", flush=True)


def with_figures(folder: Path, lesions) -> None:
    """What the workflow's rule computes and draws."""
    settings = StatisticsSettings()
    with timed(f"concordance, {len(lesions):,} lesions"):
        result = concordance(lesions, settings, seed=1)
        write_concordance(folder, result, concordance_figures(result, settings))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--lesions", type=int, default=8, help="of a patient, over all timepoints")
    options = parser.parse_args()
    results_factory._make_concordance = with_figures
    quarter, each = options.patients // 4, options.lesions
    twice = ("baseline", "TP1")
    cohorts = (
        MadeCohort("training", "train", 2 * quarter, each),
        MadeCohort("north", "validation", quarter, each // 2, ("A", "B"), twice),
        MadeCohort("south", "validation", options.patients - 3 * quarter, each // 2, ("C", "D"), twice),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "results"
        config = reported_config(make_results(folder, cohorts))
        with timed("report"):
            study = read_results(folder, config, study_manifest(folder, config, tables_only=True))
            report = build_report(study, ReportSettings(), {})
            write_report(Path(name) / "report.html", report, render_html(report))
        size = (Path(name) / "report.html").stat().st_size / 1e6
        print(f"{len(study.lesions):,} lesions of {options.patients:,} patients: report.html {size:.1f} MB")


if __name__ == "__main__":
    main()
