"""Whatever the rule of detection is set to, every count of detections in tables and report follows and says it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from tests.unit.report.results_factory import MadeCohort, make_results

from livermets.concordance.agreement_model import OUTCOMES
from livermets.concordance.counts import detection_table
from livermets.config.statistics import StatisticsSettings
from livermets.masks.detected import is_detected
from livermets.masks.lesion_table import checked_lesions
from livermets.overlap.tables import detection_by_size
from livermets.report.configuration import reported_config
from livermets.report.detection import detection_sentence
from livermets.report.document import Section, Table
from livermets.report.flow import flow_svg
from livermets.report.lesions import lesion_flow
from livermets.report.results import read_results
from livermets.report.sections.cohorts import cohorts_section
from livermets.report.sections.concordance import concordance_section
from livermets.report.sections.lesion_list import displayed, lesion_section
from livermets.report.sections.segmentation import segmentation_section
from livermets.stats.resampling import Resampling

pytestmark = pytest.mark.slow

COHORTS = (
    MadeCohort("training", "train", 4, 3),
    MadeCohort("validation", "validation", 8, 4, timepoints=("baseline", "TP1")),
)
RULES = (0.0, 0.2)


@pytest.fixture(scope="module", params=RULES, ids=str)
def swept(request, tmp_path_factory):
    """A study made by one rule, with the sections that count detections."""
    folder = tmp_path_factory.mktemp("rule") / "results"
    config = make_results(folder, COHORTS, detection_dice=request.param)
    study = read_results(folder, reported_config(config))
    made = [
        cohorts_section(study),
        segmentation_section(study, Section("overlays", "Overlays", [])),
        concordance_section(study),
        lesion_section(study),
    ]
    return request.param, study, made


def blocks(section):
    for block in section.blocks:
        yield block
        yield from getattr(block, "blocks", [])
    for below in section.sections:
        yield from blocks(below)


def tables(made) -> dict[str, Table]:
    return {block.id: block for section in made for block in blocks(section) if isinstance(block, Table)}


def csv(folder, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name)


def sentence_about(lesions: pd.DataFrame) -> str:
    return detection_sentence(detection_table(lesions, StatisticsSettings()), lesions)


def test_the_rules_differ_in_this_study(swept):
    _, study, _ = swept
    counts = {rule: int(is_detected(study.lesions["dice"], rule).sum()) for rule in RULES}
    assert len(set(counts.values())) == len(RULES)


def test_every_count_follows_the_rule(swept):
    rule, study, made = swept
    lesions, shown = study.lesions.assign(hit=is_detected(study.lesions["dice"], rule)), tables(made)
    validation = lesions[lesions["cohort"] == "validation"]
    k, n = int(validation["hit"].sum()), len(validation)

    def cell(table: str, column: str, *where: str) -> str:
        headings = [one.label for one in shown[table].columns]
        row = next(row for row in shown[table].rows if list(row[: len(where)]) == list(where))
        return row[headings.index(column)].replace("\u00a0", " ")

    assert cell("overlap-detected", "Detected", "validation", "all", "all") == f"{k} of {n}"
    assert cell("detection", "Detected", "validation", "all", "all") == f"{k} of {n}"
    counts = dict(zip((row[0] for row in shown["flow-counts"].rows), shown["flow-counts"].rows, strict=True))
    assert sum(int(n) for n in counts["Automatic mask: no class, not detected"][2:]) == n - k
    assert sum(int(row[4]) for row in shown["per-patient"].rows if row[0] == "validation") == k
    assert cell("networks-overlap", "Detected", "automatic", "validation, all", "all") == f"{k} of {n}"
    assert cell("networks-overlap-detected", "Detected", "automatic", "validation, all", "all") == f"{k} of {n}"
    assert f"detected {k} of {n} " in sentence_about(validation).replace("\u00a0", " ")
    flow = lesion_flow(validation)
    assert flow.automatic_not_detected == n - k
    assert f"{n - k} without a class since not detected" in flow_svg(flow, "f", "t").replace("\u00a0", " ")
    assert int((displayed(validation)["detected"] == "yes").sum()) == k


def test_the_tables_on_disk_follow_the_rule(swept):
    rule, study, _ = swept
    lesions = csv(study.folder, "overlap/lesions.csv")
    lesions["hit"] = is_detected(lesions["dice"], rule)
    assert (lesions["detected"] == lesions["hit"]).all()
    everywhere, other = (lesions[lesions["network"] == name].reset_index(drop=True) for name in ("automatic", "other"))
    own = everywhere[everywhere["cohort"].isin(other["cohort"])].reset_index(drop=True)  # where both were applied
    pairs = csv(study.folder, "overlap/pairs.csv")
    pairs = pairs[(pairs["study_rule"] == 1) & (pairs["size"] == "all") & (pairs["timepoint"] == "all")]
    assert set(pairs["dice_above"]) == {rule}
    found = pairs.set_index("measure")["value"]
    assert found["detected_by_first_only"] == (own["hit"] & ~other["hit"]).sum()
    assert found["detection_difference"] == pytest.approx(own["hit"].mean() - other["hit"].mean())
    missed = csv(study.folder, "overlap/missed.csv")
    missed = missed[missed["timepoint"] == "all"].set_index("n_missed_by")["n_lesions"]
    assert missed.to_dict() == {2: (~own["hit"] & ~other["hit"]).sum(), 1: (own["hit"] != other["hit"]).sum(),
                                0: (own["hit"] & other["hit"]).sum()}  # fmt: skip
    detection = csv(study.folder, "overlap/detection.csv")
    detection = detection[(detection["study_rule"] == 1) & (detection["size"] == "all")]
    by_timepoint = detection[(detection["network"] == "automatic") & (detection["timepoint"] != "all")]
    rows = by_timepoint.drop_duplicates(["cohort", "timepoint"])
    assert rows["k"].sum() == everywhere["hit"].sum() > own["hit"].sum()
    times = csv(study.folder, "overlap/timepoints.csv")
    times = times[(times["network"] == "automatic") & (times["size"] == "all")].iloc[0]
    assert times["k_first"] + times["k_second"] == own["hit"].sum()
    per_patient = csv(study.folder, "concordance/validation/automatic/per_patient.csv")
    assert per_patient["n_undetected"].sum() == (~own["hit"] & own["timepoint"].eq("baseline")).sum()


def test_a_lesion_below_the_rule_has_no_class_from_the_automatic_mask(swept):
    rule, study, _ = swept
    below = study.lesions[~is_detected(study.lesions["dice"], rule)]
    assert below["predicted_automatic"].isna().all()
    assert not below["compared"].any()
    assert below["automatic_fate"].eq("undetected").all()


def test_whoever_counts_detections_says_the_rule(swept):
    rule, _, made = swept
    said = f"Dice above {rule:g}"
    speaking = [
        block
        for section in made
        for block in blocks(section)
        if re.search(r"\bdetected\b", " ".join([getattr(block, "caption", ""), *(
            column.label for column in getattr(block, "columns", []))]), re.IGNORECASE)
    ]  # fmt: skip
    assert len(speaking) >= 12
    assert [block.id for block in speaking if said not in block.caption and block.id != "lesion-table"] == []


def test_nobody_says_that_an_undetected_lesion_has_no_overlap(swept):
    rule, study, made = swept
    missed = study.lesions[study.lesions["automatic_fate"].eq("undetected")]
    assert (missed["dice"] > 0).any() == (rule > 0)
    said = [
        getattr(block, "caption", "") or getattr(block, "text", "") for section in made for block in blocks(section)
    ]
    said += list(OUTCOMES.values())
    assert [text for text in said if re.search(r"(un|not )detected[^.;,]*\b(has|with) Dice 0(?!\.)", text)] == []
    assert any("lesion without overlap has Dice 0. Rows and columns" in text for text in said)


def test_published_rules_that_are_not_the_studys_stand_beside_and_are_named(swept):
    rule, _, made = swept
    headings = [column.label for column in tables(made)["detection"].columns]
    named = {0.0: "Dice above 0 (Giannini 2020)", 0.2: "Dice above 0.2 (Defeudis 2022)"}
    assert headings[7:] == [words for above, words in named.items() if above != rule]


def test_a_detection_that_the_table_states_counts_without_a_dice():
    table = pd.DataFrame(
        {
            "patient_id": [f"P{n}" for n in range(6)],
            "lesion_id": 1,
            "response": 1.0,
            "predicted_manual": 1.0,
            "predicted_automatic": [1, 1, np.nan, np.nan, np.nan, np.nan],
            "dice": [0.6, np.nan, np.nan, 0.1, np.nan, np.nan],
            "detected": [1, 1, 1, 0, 0, np.nan],
            "longest_diameter_mm": 25.0,
        }
    )
    checked = checked_lesions(
        table.assign(detection_dice=0.2, cohort="c", timepoint="baseline", precision=0.5, recall=0.5)
    )
    said = sentence_about(checked).replace("\u00a0", " ")
    assert "detected 3 of 5 " in said
    assert "1 lesion had no automatic mask to judge" in said
    rows = detection_by_size(checked, Resampling(0, 0.95, np.random.default_rng(0)), [20])
    counts = rows[rows["size"] == "all"].drop_duplicates("dice_above").set_index("dice_above")
    assert counts.loc[0.2, ["k", "n"]].tolist() == [3, 5]
    assert counts.loc[0.0, ["k", "n"]].tolist() == [2, 3]  # another rule needs the Dice
    without = checked_lesions(table.drop(columns="detected"))  # a class from the automatic mask needs a detection
    assert "detected 3 of 6 " in sentence_about(without).replace("\u00a0", " ")
