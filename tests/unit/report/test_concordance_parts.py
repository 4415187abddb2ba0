"""The parts of a comparison: what each caption counts is what its table holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tests.lesion_tables import lesion_table

from livermets.concordance.result import concordance
from livermets.config.statistics import EquivalenceSettings, StatisticsSettings
from livermets.report.document import Details, Figure, Note, Table
from livermets.report.results import StudyResults
from livermets.report.sections.agreement_model import agreement_model_blocks
from livermets.report.sections.calibration import calibration_blocks
from livermets.report.sections.continuous import continuous_blocks
from livermets.report.sections.equivalence import equivalence_blocks
from livermets.report.sections.rois import roi_blocks

SETTINGS = StatisticsSettings(bootstrap_replicates=200)
NAME = "validation"


@pytest.fixture
def study(made_study, tmp_path: Path) -> StudyResults:
    """A study whose comparison has every picture."""
    (tmp_path / "picture.png").write_bytes(b"picture")
    stems = ("share_differences", "share_agreement", "threshold_curve", "minimum_rois", "agreement_curve",
             "calibration", "decision")  # fmt: skip
    return replace(made_study.results, concordance_pictures={NAME: dict.fromkeys(stems, tmp_path / "picture.png")})


def tables(lesions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    result = concordance(lesions, SETTINGS)
    found = {name: value for name, value in vars(result).items() if isinstance(value, pd.DataFrame)}
    return {**found, "notes": pd.DataFrame({"note": list(result.notes)})}


def texts(blocks: list) -> str:
    inner = [one for block in blocks for one in (block.blocks if isinstance(block, Details) else [block])]
    return "\n".join(block.text if isinstance(block, Note) else getattr(block, "caption", "") for block in inner)


def table_of(blocks: list, start: str) -> Table:
    inner = [one for block in blocks for one in (block.blocks if isinstance(block, Details) else [block])]
    return next(block for block in inner if isinstance(block, Table) and block.id.startswith(start))


def test_captions_of_the_continuous_answer_count_what_the_tables_hold(study: StudyResults) -> None:
    found = tables(lesion_table())
    blocks = continuous_blocks(study, NAME, found)
    said = texts(blocks)
    compared, changed = int(found["lesions"]["compared"].sum()), len(found["changed"])
    assert f"The {changed} lesions that changed class with the mask, of {compared} that both masks classify" in said
    assert len(table_of(blocks, "changed").rows) == changed
    kept = int(found["lesions"]["predicted_manual"].notna().sum())
    assert f"of the {compared} lesions that both masks classify have the same class" in said
    assert f"of the {kept} lesions that the reader’s mask classifies" in said
    shares = found["share_differences"]
    assert f"({len(shares)} lesions of 29 patients)" in said or f"({len(shares)} lesions of 30 patients)" in said
    assert len(table_of(blocks, "minimum-rois").rows) == found["minimum_rois"]["minimum_rois"].nunique()


def test_false_positives_with_a_class_are_one_sentence(study: StudyResults) -> None:
    lesions = lesion_table().assign(kind="manual")
    false = lesions.iloc[:3].assign(
        kind="false_positive", lesion_id=[1001, 1002, 1003], response=float("nan"), predicted_manual=float("nan"),
        predicted_automatic=[1.0, 0.0, float("nan")], n_roi_automatic=[12, 4, 0],
    )  # fmt: skip
    said = texts(continuous_blocks(study, NAME, tables(pd.concat([lesions, false], ignore_index=True))))
    scans = len(lesions.drop_duplicates(["cohort", "patient_id", "timepoint"]))
    assert f"3 automatic components in {scans} scans cover no lesion of the reader" in said
    assert "2 of them would get a class: 1 R+ and 1 R−" in said


def test_needed_dice_is_told_for_both_outcomes_or_said_not_to_be(study: StudyResults) -> None:
    found = tables(lesion_table(40, seed=2))
    said = texts(agreement_model_blocks(study, NAME, found))
    for part in ("of the lesions that both masks classify", "of all that the reader’s mask classifies"):
        assert f"90\u00a0% {part} keep their class" in said
    events = found["agreement_model"].drop_duplicates("outcome").set_index("outcome")["n_events"]
    for outcome in ("same class", "class kept"):
        assert f"the rarer outcome in {events[outcome]} lesions" in said
    few = texts(agreement_model_blocks(study, NAME, tables(lesion_table(6, seed=2))))
    assert few.count("too few for a model") == 2


def test_calibration_is_shown_with_what_made_it_or_left_out_with_the_reason(study: StudyResults) -> None:
    found = tables(lesion_table())
    recalibration = pd.DataFrame({
        "measure": ["calibration_slope", "calibration_intercept"], "value": [0.5, -0.2], "low": [-0.1, -0.9],
        "high": [1.1, 0.5], "n_lesions": 36, "n_patients": 12,
    })  # fmt: skip
    with_model = replace(study, model={**study.model, "recalibration": recalibration})
    blocks = calibration_blocks(with_model, NAME, found)
    figure = next(b for block in blocks for b in block.blocks if isinstance(b, Figure | Note))
    assert isinstance(figure, Figure)
    assert "recalibrated on 36 training lesions of 12 patients" in figure.caption
    assert "slope 0.50 (−0.10 to 1.10)" in figure.caption
    assert "The slope is uncertain: its interval includes 0." in figure.caption
    bare = tables(lesion_table().drop(columns=["calibrated_manual", "calibrated_automatic"]))
    left_out = calibration_blocks(study, NAME, bare)
    assert [type(block) for block in left_out] == [Note]
    assert "no probability of response" in texts(left_out)


def test_the_icc_table_shows_the_model_s_features_and_says_it_takes_medians() -> None:
    icc = pd.DataFrame({
        "feature": ["original_a", "original_b", "wavelet-LLH_c"], "value": [0.9, 0.5, 0.4], "low": 0.1, "high": 0.95,
        "quantity": "median over the lesion's ROIs", "selected": [1, 0, 0],
    })  # fmt: skip
    table = table_of(roi_blocks(NAME, {"feature_icc": icc}), "feature-icc")
    assert [row[0] for row in table.rows] == ["original_a"]
    assert "of the feature’s median over the ROIs of a lesion, not of single ROIs" in table.caption
    assert table.note == "The download has all 3 features."
    assert table.download is not None
    assert len(table.download.content.decode().splitlines()) == 4


def test_rois_are_counted_as_rois_and_lesions_as_lesions() -> None:
    overall = pd.DataFrame({
        "measure": ["lattice_dice", "share_common"], "value": [0.7, 0.5], "low": 0.4, "high": 0.8, "level": 0.95,
        "k": [14, 4], "n": [20, 8], "n_lesions": [4, 3], "n_patients": [2, 2], "note": "",
    })  # fmt: skip
    table = table_of(roi_blocks(NAME, {"roi_agreement": overall}), "roi-agreement")
    assert [column.label for column in table.columns][1:3] == ["ROIs", "Lesions"]
    assert table.rows[1][1:3] == ["4 of 8", "3"]


def test_equivalence_says_the_margins_as_written_and_the_verdicts() -> None:
    margins = EquivalenceSettings(agreement=0.925, auc=0.025, significance=0.025)
    lesions = lesion_table()
    found = vars(concordance(lesions, SETTINGS.model_copy(update={"equivalence": margins})))
    (table,) = equivalence_blocks(NAME, found)
    assert isinstance(table, Table)
    said = table.caption.replace("\u00a0", " ")
    for words in ("at 2.5 % each", "to be above 92.5 %", "by less than 0.025", "interval of level 95 %"):
        assert words in said
    verdicts = found["equivalence"]["verdict"].tolist()
    assert [row[4] for row in table.rows] == verdicts
    assert table.rows[0][:2] == ["Agreement", "lesions classified with both masks"]
    assert table.note == ""
    bare = vars(concordance(lesions.drop(columns=["share_manual", "share_automatic"]), SETTINGS))
    (table,) = equivalence_blocks(NAME, bare)
    assert isinstance(table, Table)
    assert table.rows[-1][2:5] == ["n/a", "n/a", "cannot tell"]
    assert table.note == "Where n/a is shown: the table has no shares of both masks."
    assert equivalence_blocks(NAME, {}) == []
