"""Which rows of a table belong to a cohort: by column, by list, or by a seeded share of its patients."""

from __future__ import annotations

from livermets.cohort.lesion_rows import TableReader
from livermets.errors import ProblemList


def selected_rows(reader: TableReader, seed: int, problems: ProblemList) -> list[int]:
    """Indices of the table's rows that `select` takes; always all rows of a patient or none."""
    ids, everything = reader.patients, reader.indices
    select = reader.settings.select
    if select is None:
        return everything
    if select.column is not None:
        return _by_column(reader, select.column, set(select.values), problems)
    if select.patients is not None:
        unknown = sorted(set(select.patients) - {ids[index] for index in everything})
        if unknown:
            problems.error(
                reader.place, f"no row for {', '.join(unknown)} (select.patients)", "Correct the list or the table"
            )
        return [index for index in everything if ids[index] in select.patients]
    assert select.fraction is not None  # PatientSelection has exactly one way
    chosen = _share(sorted({ids[index] for index in everything if ids[index]}), select.fraction, seed)
    return [index for index in everything if ids[index] in chosen]


def _share(patients: list[str], fraction: tuple[float, float], seed: int) -> set[str]:
    """The patients between two shares of one seeded order, the same order for every cohort of the study."""
    from livermets.randomness import generator  # numpy is not needed to plan a study, unless this is asked

    order = generator(seed, "cohorts", "split").permutation(len(patients))
    low, high = (round(share * len(patients)) for share in fraction)
    return {patients[index] for index in order[low:high]}


def _by_column(reader: TableReader, column: str, values: set[str], problems: ProblemList) -> list[int]:
    if column not in reader.table.columns:
        found = ", ".join(reader.table.columns)
        problems.error(reader.place, f'there is no column "{column}" (select.column)', f"Its columns: {found}")
        return []
    entries = {index: reader.table.rows[index][column] for index in reader.indices}
    inside = {reader.patients[index] for index, entry in entries.items() if entry in values}
    torn = sorted(inside & {reader.patients[index] for index, entry in entries.items() if entry not in values})
    for name in torn:
        what = f'some rows of patient {name} are in this cohort and some are not (column "{column}")'
        problems.error(reader.place, what, "A patient belongs to one cohort as a whole; correct the column")
    if not inside:
        what = f'no row has {", ".join(sorted(values))} in column "{column}" (select)'
        problems.error(reader.place, what, f"Entries found: {', '.join(sorted(set(entries.values()))[:10])}")
    return [index for index, entry in entries.items() if entry in values]
