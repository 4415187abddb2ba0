"""Which scans have the masks of which source, as far as the files' names tell."""

from __future__ import annotations

from livermets.cohort.scan import Scan
from livermets.cohort.study import Cohort, Study
from livermets.errors import ProblemList


def source_problems(study: Study) -> ProblemList:
    """Sources of which no scan has a mask (a path with a mistake), or some have none; masks without the reference's."""
    problems = ProblemList()
    for cohort in study.cohorts:
        if cohort.settings.phantom is None and not cohort.problems.errors:
            for source in cohort.settings.given_sources:
                if source != cohort.conventions.reference:
                    _check_masks(cohort, source, problems)
            for source in cohort.settings.livers:
                _check_livers(cohort, source, problems)
    return problems


def _check_masks(cohort: Cohort, source: str, problems: ProblemList) -> None:
    where, scans = f"cohort {cohort.name}, masks.{source}", cohort.scans()
    having = [scan for scan in scans if source in scan.further_sources]
    if not _count("masks", where, having, scans, problems):
        return
    alone = [scan for scan in having if not scan.has_lesions]
    if alone:
        what = f"{_of(alone, having)} have no mask of {cohort.conventions.reference}, the reference"
        problems.warning(where, what, "There is nothing to compare these masks with; they are not used")


def _check_livers(cohort: Cohort, source: str, problems: ProblemList) -> None:
    where, scans = f"cohort {cohort.name}, livers.{source}", cohort.scans()
    having = [scan for scan in scans if source in dict(scan.other_livers)]
    if not _count("liver masks", where, having, scans, problems):
        return
    alone = [scan for scan in having if source not in scan.further_sources]
    if alone:
        what = f"{_of(alone, having)} have no lesion masks of {source}"
        problems.warning(where, what, "Such a liver is not read; give an empty lesion mask where no lesion was seen")


def _count(what: str, where: str, having: list[Scan], scans: list[Scan], problems: ProblemList) -> bool:
    if scans and not having:
        problems.error(where, f"none of the cohort's {len(scans)} scans has such a file", "Correct the path")
    elif len(having) < len(scans):
        problems.warning(where, f"{what} of {_of(having, scans)}", "The other scans do without this source")
    return bool(having)


def _of(some: list[Scan], scans: list[Scan]) -> str:
    return f"{len(some)} of {len(scans)} scans"
