"""The training table as arrays: rows (ROIs), the lesions they belong to, and the patients these belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.selection import MasksBy
from livermets.errors import ProblemList
from livermets.io.row_numbers import rows_in_words
from livermets.io.tables import csv_text, with_text
from livermets.masks.identity import LESION_KEY
from livermets.model.enough import too_few
from livermets.model.mask_values import MaskValues

ROI_COLUMNS = (*LESION_KEY, "mask_source", "z", "y", "x", "response")
"""The columns of a training table of ROIs that are no features."""
_MOST_NAMED = 20
CONSTANT = 1e-10
"""A standard deviation below this share of the largest value is rounding."""
_SMALLEST, _LARGEST = 1e-100, 1e100
"""Between these, squares and sums of squares can be computed."""


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Feature rows with outcome. ``lesion`` gives each row's lesion, ``patient`` each lesion's patient (codes)."""

    features: NDArray[np.float64]
    names: tuple[str, ...]
    lesion: NDArray[np.intp]
    patient: NDArray[np.intp]
    response: NDArray[np.intp]
    """1 = R+, 0 = R-, one per lesion."""
    lesions: pd.DataFrame
    """The columns that identify each lesion, after ``group``, which names its patient."""
    masks: Mapping[MasksBy, MaskValues] = field(default_factory=dict)
    """What the features are over other masks of these lesions, where only stable ones may be selected."""

    @property
    def n_lesions(self) -> int:
        return len(self.response)

    @property
    def single_rows(self) -> bool:
        """Whether every lesion has just one row."""
        return len(self.lesion) == self.n_lesions

    @property
    def row_response(self) -> NDArray[np.intp]:
        return self.response[self.lesion]

    def subset(self, chosen: NDArray[np.bool_]) -> TrainingData:
        """Only some lesions, with all of their rows; nothing of the others remains."""
        rows = chosen[self.lesion]
        code = np.cumsum(chosen) - 1
        return TrainingData(
            features=self.features[rows],
            names=self.names,
            lesion=code[self.lesion[rows]],
            patient=self.patient[chosen],
            response=self.response[chosen],
            lesions=self.lesions[chosen].reset_index(drop=True),
            masks={by: masks.subset(chosen) for by, masks in self.masks.items()},
        )

    def with_features(self, kept: Sequence[int]) -> TrainingData:
        """Only some features, in the order given."""
        return replace(
            self,
            features=np.ascontiguousarray(self.features[:, kept]),
            names=tuple(self.names[i] for i in kept),
            masks={by: masks.with_features(kept) for by, masks in self.masks.items()},
        )

    def with_response(self, response: NDArray[np.intp]) -> TrainingData:
        """The same lesions with other outcomes (for permutations)."""
        return replace(self, response=response)

    def digest(self) -> str:
        """SHA-256 over names, features, lesions, patients and outcomes, and over other masks where there are any."""
        digest = hashlib.sha256("\x1f".join(self.names).encode())
        for part in (self.features, self.lesion, self.patient, self.response):
            digest.update(np.ascontiguousarray(part).tobytes())
        digest.update(csv_text(self.lesions).encode())
        for by, masks in sorted(self.masks.items()):
            digest.update(by.encode() + b"".join(masks.parts()))
        return digest.hexdigest()


def training_data(
    table: pd.DataFrame, target: str, group: Sequence[str], lesion: Sequence[str] = (), where: str = "table"
) -> TrainingData:
    """Checks a table and lays it out. The columns ``group`` together name the patient; lesions are identified by these
    and the columns ``lesion``. Without the latter a ROI table's own columns are used, and in any other table each row
    is one lesion. Patients of different cohorts are different patients.

    Raises `InputError` with every problem found."""
    problems = ProblemList()
    for column, role in [(target, "target"), *((c, "group") for c in group), *((c, "lesion") for c in lesion)]:
        if column not in table:
            problems.error(where, f"there is no column `{column}` ({role})", f"Columns: {_listed(table.columns)}")
    if "group" in (*group, *lesion):
        problems.error(where, "`group` is what the tables of results call the patient", "Give this column another name")
    if table.empty:
        problems.error(where, "the table has no rows")
    problems.raise_if_errors()
    if "cohort" in table and "cohort" not in group and set(LESION_KEY) <= set(table.columns):
        group = ("cohort", *group)  # two cohorts may both have a patient 1
    if not lesion and set(LESION_KEY) <= set(table.columns):
        lesion = LESION_KEY
    _check_target(table[target], target, problems, where)
    _check_group(table[list(group)], problems, where)
    _check_lesions(table[[name for name in lesion if name not in group]], problems, where)
    names = feature_names(table, (target, *group, *lesion))
    _check_words(table[text_columns(table, (target, *group, *lesion))], problems, where)
    if not names and not problems.errors:
        problems.error(where, "no numeric feature column is left", "Add feature columns")
    _check_values(table, names, problems, where)
    problems.raise_if_errors()
    data = _laid_out(table, target, group, lesion, names)
    mixed = np.flatnonzero(
        pd.Series(data.row_response != table[target].astype(float)).groupby(data.lesion, dropna=False).any()
    )
    for code in mixed:
        name = " ".join(map(str, data.lesions.iloc[code]))
        problems.error(where, f"lesion {name} has both classes in `{target}`", "Give every lesion one outcome")
    problems.raise_if_errors()
    return data


def feature_names(table: pd.DataFrame, not_features: Sequence[str]) -> tuple[str, ...]:
    """Columns of numbers, or of true and false, that are neither outcome, identifiers nor a ROI table's own columns."""
    left_out = _not_candidates(table, not_features)
    numeric = table.select_dtypes(["number", "bool"]).columns
    return tuple(str(column) for column in numeric if column not in left_out)


def text_columns(table: pd.DataFrame, not_features: Sequence[str]) -> list[str]:
    """The other columns: they hold words, which are no features."""
    features, left_out = set(feature_names(table, not_features)), _not_candidates(table, not_features)
    return [str(column) for column in table.columns if column not in left_out and str(column) not in features]


def _not_candidates(table: pd.DataFrame, not_features: Sequence[str]) -> set[str]:
    return {*not_features, *(ROI_COLUMNS if set(LESION_KEY) <= set(table.columns) else ())}


def lesion_means(data: TrainingData) -> NDArray[np.float64]:
    """Mean of every feature over the ROIs of each lesion, (lesions, features)."""
    total = np.zeros((data.n_lesions, len(data.names)))
    np.add.at(total, data.lesion, data.features)
    return total / np.bincount(data.lesion, minlength=data.n_lesions)[:, None]


def is_constant(values: NDArray) -> NDArray[np.bool_]:
    """Which columns hold one value throughout, but for rounding."""
    return np.asarray(values.std(axis=0) <= CONSTANT * np.abs(values).max(axis=0))


def check_enough_patients(data: TrainingData, needed: int, what: str, where: str) -> None:
    """Raises `InputError` unless each class occurs in at least ``needed`` patients."""
    too_few(_patients_by_class(data), needed, what, where).raise_if_errors()


def patients_per_class(data: TrainingData) -> int:
    """The number of patients of the rarer class."""
    return min(_patients_by_class(data).values())


def _patients_by_class(data: TrainingData) -> dict[int, int]:
    return {side: len(np.unique(data.patient[data.response == side])) for side in (0, 1)}


def _check_target(target: pd.Series, name: str, problems: ProblemList, where: str) -> None:
    if target.isna().any():
        problems.error(where, f"`{name}` is empty in {rows_in_words(target.isna())}", "Leave rows without outcome out")
        return
    values = pd.to_numeric(target, errors="coerce")
    if not values.isin([0, 1]).all():
        found = _listed(sorted(map(str, target.unique())))
        problems.error(where, f"`{name}` is not binary (found {found})", "Code it as 1 (R+) and 0 (R-)")
    elif values.nunique() < 2:
        problems.error(where, f"`{name}` is {int(values.iloc[0])} in every row", "Train on both classes")


def _check_group(group: pd.DataFrame, problems: ProblemList, where: str) -> None:
    name = "`, `".join(group.columns)
    if group.isna().any(axis=None):
        problems.error(
            where, f"`{name}` is empty in {rows_in_words(group.isna().any(axis=1))}", "Name the patient of every row"
        )
    elif len(group.drop_duplicates()) < 2:
        value = " ".join(map(str, group.iloc[0]))
        problems.error(where, f"`{name}` is {value!r} in every row", "Give the column that tells patients apart")


def _check_lesions(lesion: pd.DataFrame, problems: ProblemList, where: str) -> None:
    for name in lesion:
        if lesion[name].isna().any():
            rows = rows_in_words(lesion[name].isna())
            problems.error(where, f"`{name}` is empty in {rows}", "Name the lesion of every row")


def _check_words(table: pd.DataFrame, problems: ProblemList, where: str) -> None:
    """A column of numbers with a few words in it would be left out of the search without a word."""
    for name in table:
        numbers = pd.to_numeric(table[name], errors="coerce")
        wrong = table[name].notna() & numbers.isna()
        if numbers.notna().sum() > wrong.sum() or _has_decimal_commas(table[name]):
            found = _listed([repr(cell) for cell in dict.fromkeys(table[name][wrong])])
            what = f"`{name}` holds {found} in {rows_in_words(wrong)}, which is no number"
            problems.error(where, what, "Correct the values, or leave the column out")


def _has_decimal_commas(column: pd.Series) -> bool:
    return bool(column.dropna().astype(str).str.fullmatch(r"[+-]?\d+,\d+").any())


def _check_values(table: pd.DataFrame, names: Sequence[str], problems: ProblemList, where: str) -> None:
    values = table[list(names)].to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        size = np.abs(values)
        largest = size.max(axis=0, initial=0.0)
    tests = (
        (~np.isfinite(values), "is missing or infinite in", "Correct the values or drop them"),
        (np.isfinite(values) & (size > _LARGEST), "is too large to compute with in", "Give it in another unit"),
        ((size > 0) & (largest < _SMALLEST), "is too small to compute with in", "Give it in another unit"),
    )
    for bad, what, fix in tests:
        wrong = np.flatnonzero(bad.any(axis=0))
        for column in wrong[:_MOST_NAMED]:
            rows = rows_in_words(pd.Series(bad[:, column], table.index))
            problems.error(where, f"`{names[column]}` {what} {rows}", fix)
        if len(wrong) > _MOST_NAMED:
            problems.error(where, f"{len(wrong) - _MOST_NAMED} more features like these", fix)
    if names and not problems.errors and is_constant(values).all():
        problems.error(where, f"no feature varies: {_listed(names)}", "Give features that differ between rows")


def _laid_out(
    table: pd.DataFrame, target: str, group: Sequence[str], lesion: Sequence[str], names: Sequence[str]
) -> TrainingData:
    named = with_text(table[list(dict.fromkeys([*group, *lesion]))].copy(), set(group) - {"lesion_id"})
    people = table[list(group)].astype(str).agg("/".join, axis=1).rename("group")
    row = {} if lesion else {"row": np.arange(len(table))}
    keys = pd.concat([people, named], axis=1).assign(**row).reset_index(drop=True)
    code = keys.groupby(list(keys.columns), sort=False, dropna=False).ngroup().to_numpy()
    first = np.unique(code, return_index=True)[1]
    lesions = keys.iloc[first].reset_index(drop=True)
    patients = lesions.groupby(list(dict.fromkeys(group)), sort=False, dropna=False).ngroup().to_numpy().astype(np.intp)
    response = pd.to_numeric(table[target]).to_numpy()[first].astype(np.intp)
    features = table[list(names)].to_numpy(dtype=np.float64)
    return TrainingData(features, tuple(names), code.astype(np.intp), patients, response, lesions)


def _listed(values: Sequence[object] | pd.Index) -> str:
    found = [str(value) for value in values]
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return ", ".join(found[:_MOST_NAMED]) + more
