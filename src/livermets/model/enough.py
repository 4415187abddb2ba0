"""How many patients of each class the folds of the selection need: known before any image is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from livermets.config.selection import SelectionSettings
from livermets.errors import ProblemList


def patient_problems(patients: Mapping[int, int], settings: SelectionSettings, where: str) -> ProblemList:
    """What is wrong with so many patients per class (1: R+, 0: R-) for cross-validation, or else for the audit."""
    folds, outer = settings.search.folds, settings.audit.outer_folds
    problems = too_few(patients, folds, f"cross-validation with {folds} folds", where)
    return (
        problems if problems.errors else too_few(patients, outer, f"nested evaluation with {outer} outer folds", where)
    )


def centre_problems(centres: Iterable[str], where: str) -> ProblemList:
    """What is wrong with the centres of patients for leaving one out: some not known (empty), or one centre only."""
    problems, named = ProblemList(), list(centres)
    unknown = sum(not name for name in named)
    fix = "Fill the column `centre`, give the cohort a `centre`, or set selection.audit.leave_one_centre_out to false"
    if unknown:
        problems.error(where, f"the centre of {unknown} of {len(named)} is not known, and one is to be left out", fix)
    elif len(set(named)) < 2:
        problems.error(where, f"all are of centre {named[0] if named else 'none'}, and one is to be left out", fix)
    return problems


def too_few(patients: Mapping[int, int], needed: int, what: str, where: str) -> ProblemList:
    """A problem for each class that occurs in fewer than ``needed`` patients."""
    problems = ProblemList()
    for side, name in ((1, "R+ (1)"), (0, "R- (0)")):
        if patients[side] < needed:
            counted = f"class {name} occurs in {patients[side]} patient{'' if patients[side] == 1 else 's'}"
            fix = "Add patients or lower the number of folds"
            problems.error(where, f"{counted}, {what} needs at least {needed}", fix)
    return problems
