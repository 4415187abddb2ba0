"""Every count that the summary and the captions state is the count of its table, and adds up to all lesions."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.lesion_tables import lesion_table
from tests.unit.report.results_factory import PATHS

from livermets.concordance.diagnostics import END_TO_END
from livermets.concordance.figures import concordance_figures
from livermets.concordance.files import write_concordance
from livermets.concordance.result import ConcordanceResult, concordance
from livermets.config.report import ReportSettings
from livermets.config.statistics import StatisticsSettings
from livermets.report.build import build_report
from livermets.report.configuration import reported_config
from livermets.report.document import Block, Bullets, Figure, Paragraph, Report, Table
from livermets.report.findings import in_words
from livermets.report.results import read_results
from livermets.report.sections.estimates import MEASURES
from livermets.report.sections.groups import group_blocks
from livermets.stats.results import shown_interval

pytestmark = pytest.mark.slow

FAST = StatisticsSettings(bootstrap_replicates=200)
LESIONS = lesion_table(12).assign(cohort="v", centre="A")
CONFIG = reported_config({"cohorts": {"v": {"role": "validation", **PATHS}}})


def built(
    folder: Path, lesions: pd.DataFrame, settings: StatisticsSettings = FAST, draw: bool = False
) -> tuple[Report, ConcordanceResult]:
    """The report of one validation cohort as the workflow makes it: baseline predicts."""
    lesions.to_csv(folder / "lesions.csv", index=False)
    result = concordance(lesions, settings, seed=1, timepoints=["baseline"])
    figures = concordance_figures(result, settings) if draw else {}
    write_concordance(folder / "concordance" / "v" / "automatic", result, figures)
    return build_report(read_results(folder, CONFIG), ReportSettings(), {}), result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, ConcordanceResult]:
    return built(tmp_path_factory.mktemp("study"), LESIONS, draw=True)


def block_of(report: Report, identifier: str) -> Block:
    (found,) = [block for block in report.blocks() if getattr(block, "id", "") == identifier]
    return found


def table_of(report: Report, identifier: str) -> Table:
    found = block_of(report, identifier)
    assert isinstance(found, Table)
    return found


def summary_of(report: Report) -> list[str]:
    texts: list[str] = []
    for block in report.summary.blocks:
        texts += [block.text] if isinstance(block, Paragraph) else block.items if isinstance(block, Bullets) else []
    return [text.replace("\u00a0", " ") for text in texts]


def test_the_first_sentence_gives_three_fates_that_add_up_to_all_lesions(made) -> None:
    report, result = made
    lesions = result.lesions.query("headline")
    counts = lesions["fate"].value_counts()
    assert counts.min() > 0
    told = re.search(
        r"Of (\d+) validation lesions, (\d+) \(.*?\) kept their class .*?, (\d+) \(.*?\) changed it, and (\d+) \(",
        summary_of(report)[0],
    )
    assert told is not None
    total, *parts = map(int, told.groups())
    assert parts == [counts["same"], counts["other"], counts["no class"]]
    assert total == sum(parts) == len(lesions)
    reader = int(lesions["predicted_manual"].notna().sum())
    assert (
        f"Of the lesions that the radiologist’s mask classifies, {counts['same']} of {reader} ("
        in summary_of(report)[0]
    )


def test_the_verb_s_first_sentence_gives_them_too(made) -> None:
    _, result = made
    counts = result.lesions.query("headline")["fate"].value_counts()
    first = in_words(vars(result), result.lesions).splitlines()[0]
    for fate in ("same", "other", "no class"):
        assert re.search(rf"\b{counts[fate]} \(", first)


def test_reasons_for_no_class_add_up(made) -> None:
    report, result = made
    text = next(s for s in summary_of(report) if "no class with at least one mask:" in s)
    lost, rest = text.split(" lesions of ", 1)
    assert sum(int(n) for n in re.findall(r"\b(\d+) (?:not|whose|where|for)", rest)) == int(lost)
    assert int(lost) == (result.lesions.query("headline")["fate"] == "no class").sum()


def test_the_key_table_sets_end_to_end_beside_the_paired_figures(made) -> None:
    report, result = made
    cells = {row[0]: row[1:] for row in table_of(report, "key-figures").rows}
    every = result.diagnostics_all
    tables = (result.diagnostics, every[every["population"] == END_TO_END])
    for measure, words in (("sensitivity", "Sensitivity"), ("specificity", "Specificity")):
        wanted = [
            table[(table["measure"] == measure) & (table["mask_source"] == source)].iloc[0]
            for table in tables
            for source in ("manual", "automatic")
        ]
        assert [cell.split("\n")[0] for cell in cells[words][:4]] == [f"{row['k']} of {row['n']}" for row in wanted]
        difference = wanted[2]["value"] - wanted[3]["value"]
        assert cells[words][4].startswith(f"{100 * difference:.0f} points (".replace("-", "−"))
    assert cells["ROC AUC"][2:] == ["–", "–", "–"]


def test_the_fates_stand_in_the_key_table_with_the_interval_of_their_population(made) -> None:
    report, result = made
    rows = table_of(report, "key-fates").rows
    n = len(result.lesions.query("headline"))
    assert [int(row[2].split(" of ")[0]) for row in rows[:3]] == [
        (result.lesions.query("headline")["fate"] == fate).sum() for fate in ("same", "other", "no class")
    ]
    assert all(row[2].endswith(f" of {n}") for row in rows[:3])
    for row, measure in zip(
        (rows[0], *rows[3:]), ("agreement_all", "agreement_reader_classified", "agreement"), strict=True
    ):
        shown = shown_interval(result.agreement[result.agreement["measure"] == measure])
        assert shown is not None
        assert row[2] == f"{shown['k']} of {shown['n']}"
        assert row[4].startswith(f"{100 * shown['low']:.0f} to ")


def test_no_stratum_that_holds_lesions_says_no_lesion(made) -> None:
    report, result = made
    cells = [cell for row in table_of(report, "strata-v").rows for cell in row[1:]]
    nothing = (result.strata["n_lesions"] == 0).sum() + (result.strata_margins["n_lesions"] == 0).sum()
    assert cells.count("no lesion") <= nothing
    none = result.strata.query("n == 0 and n_lesions > 0")
    assert len(none)
    for row in none.itertuples():
        assert f"0 compared\n{row.no_class} without class" in cells


def test_the_fate_matrix_adds_up(made) -> None:
    report, result = made
    table = table_of(report, "fates-v")
    counts = np.array([[[int(n) for n in re.findall(r"(\d+) (?:same|other|no class)", c)] or [0, 0, 0] for c in row[1:]]
                       for row in table.rows])  # fmt: skip
    assert (counts[:-1].sum(axis=0) == counts[-1]).all()
    assert (counts[:, :-1].sum(axis=1) == counts[:, -1]).all()
    assert counts[-1, -1].sum() == len(result.lesions.query("headline"))


def test_the_scatter_s_caption_counts_what_its_legend_counts(made) -> None:
    report, result = made
    caption = next(b.caption for b in report.blocks() if isinstance(b, Figure) and b.id == "v-lesions")
    lesions = result.lesions.query("headline")
    assert f"{len(lesions)} lesions of {lesions['patient_id'].nunique()} patients" in caption
    assert "compared" not in caption
    figure = concordance_figures(result, FAST)["lesions"]
    legend = [text.get_text() for text in figure.legends[0].get_texts() or []] if figure.legends else []
    legend = legend or [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert sum(int(re.search(r"\((\d+)\)", text).group(1)) for text in legend) == len(lesions)


def test_correct_calls_of_each_patient_are_shown_where_they_are_announced(made) -> None:
    table = table_of(made[0], "per-patient-v")
    assert "correct calls" in table.caption
    assert {"R+ right, manual", "R+ right, automatic", "R− right, manual", "R− right, automatic"} <= {
        column.label for column in table.columns
    }


@pytest.mark.parametrize("cut", [15.0, 25.0])
def test_big_minus_small_is_said_at_any_cut_and_in_one_direction(tmp_path: Path, cut: float) -> None:
    report, result = built(tmp_path, LESIONS, FAST.model_copy(update={"diameter_cuts_mm": (cut,)}))
    text = next(s for s in summary_of(report) if s.startswith("By longest diameter"))
    by_size = result.subgroup_differences.query("grouping == 'size'").set_index("measure", drop=False)
    row = by_size.loc["agreement"]
    for measure in ("agreement_reader_classified", "agreement"):
        said = f"{100 * by_size.loc[measure, 'value']:.0f}".replace("-", "−")
        assert f"big minus small {said} points (" in text
    assert f" of those < {cut:g} mm and " in text
    detection = next(s for s in summary_of(report) if s.startswith("The network detected"))
    assert f"of those ≥ {cut:g} mm" in detection
    differences = table_of(report, "group-differences-v")
    shown = next(r for r in differences.rows if r[0] == "size" and r[2] == "Agreement")
    assert shown[1].replace("\u00a0", " ") == f"≥ {cut:g} mm minus < {cut:g} mm"
    assert shown[3].startswith(f"{100 * row['value']:.1f}".replace("-", "−"))


def test_only_intervals_that_exist_are_counted_as_leaving_out_0(made) -> None:
    _, result = made
    differences = result.subgroup_differences.query("grouping == 'size'").reset_index(drop=True)
    for missing in (4, len(differences)):
        some = differences.assign(low=-0.1, high=0.1)
        some.loc[: missing - 1, ["low", "high"]] = np.nan
        some.loc[missing, ["low", "high"]] = 0.1, 0.2
        some = some.iloc[: len(differences)]
        caption = next(
            block.caption
            for block in group_blocks("x", result.subgroups, some)
            if isinstance(block, Table) and block.id == "group-differences-x"
        )
        if missing < len(differences):
            assert f"1 of {len(differences) - missing} intervals leave out 0" in caption
        else:
            assert f"None of the {missing} differences has an interval" in caption
            assert "leave out 0" not in caption


def test_no_measure_has_a_direction_of_its_own() -> None:
    """A key means a difference of this and that in one table and of others in the next: the caption says of what."""
    assert not [words for words in MEASURES.values() if " minus " in words]


# Timepoints.


def test_the_report_s_headline_is_about_the_timepoints_that_predict(made) -> None:
    report, result = made
    later = int((~result.lesions["headline"]).sum())
    assert later > 0
    assert any(f"All figures are about baseline; {later} lesions at TP1 are left out" in s for s in summary_of(report))
    known = result.lesions.query("headline and compared").dropna(subset=["response"])
    matrix = table_of(report, "confusion-v")
    assert sum(int(cell) for row in matrix.rows for cell in row[1:3]) == len(known)
    by_time = table_of(report, "agreement-by-timepoint-v")
    assert {row[1] for row in by_time.rows} == {"baseline", "TP1"}
    assert not [row[0] for row in by_time.rows if re.search("Sensitivity|Specificity|AUC|predictive", row[0])]


def test_a_cohort_without_any_lesion_at_those_timepoints_is_said(tmp_path: Path) -> None:
    report, result = built(tmp_path, LESIONS.assign(timepoint="TP1"))
    assert "no validation lesion whose class counts as a prediction" in summary_of(report)[0]
    assert any(
        s.startswith(f"No figure is about a prediction; {len(LESIONS)} lesions at TP1") for s in summary_of(report)
    )
    assert {row[1] for row in table_of(report, "agreement-by-timepoint-v").rows} == {"TP1"}
    assert result.fates["n_lesions"].eq(0).all()
