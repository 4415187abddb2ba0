"""Whether the masks are equivalent within the study's margins, in a sentence."""

from __future__ import annotations

from livermets.report import formatting as fmt
from livermets.report.answer import Tables, table_of
from livermets.report.rows import rows_of

AREAS = "auc_difference"
_ASKED = (
    ("agreement_reader_classified", "for the classes of the lesions that the radiologist’s mask classifies"),
    ("agreement", "for those of the lesions that both masks classify"),
    (AREAS, "for the areas under the ROC curve"),
)


def equivalence_sentence(tables: Tables) -> str:
    """The verdicts of the tests of equivalence; empty where the table was not made."""
    table = table_of(tables, "equivalence")
    if table.empty:
        return ""
    share = setting_percent(rows_of(table, "agreement")["lower_margin"].iloc[0])
    area = rows_of(table, AREAS)["upper_margin"].iloc[0]
    said = [f"{rows_of(table, measure)['verdict'].iloc[0]} {words}" for measure, words in _ASKED]
    margins = f"more than {share} keep their class, areas differ by less than {area:g}"
    return f"Equivalence of the masks by two one-sided tests ({margins}): {fmt.listed(said)}."


def setting_percent(setting: float) -> str:
    """A setting in percent as it was written, 2.5 % as well as 5 %."""
    return f"{round(100 * setting, 6):g}\u00a0%"
