"""Every table says of which lesions it is, and speaks of timepoints only where there are several."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.lesion_tables import lesion_table
from tests.unit.report.results_factory import MadeCohort, make_results

from livermets.concordance.result import concordance
from livermets.config.networks import OWN
from livermets.config.statistics import StatisticsSettings
from livermets.overlap.tables import detection_by_size
from livermets.report.configuration import reported_config
from livermets.report.document import Details, Paragraph, Section, Table
from livermets.report.results import StudyResults, read_results
from livermets.report.sections.analyses import analyses
from livermets.report.sections.cohorts import cohorts_section
from livermets.report.sections.concordance import concordance_section
from livermets.report.sections.diagnostics import diagnostics_section
from livermets.report.sections.groups import group_blocks
from livermets.report.sections.networks import side_by_side
from livermets.report.sections.segmentation import segmentation_section
from livermets.stats.resampling import Resampling

pytestmark = pytest.mark.slow

NO_OVERLAYS = Section("overlays", "Overlays", [])


@pytest.fixture(scope="module")
def one_timepoint(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    """A study of one timepoint."""
    folder: Path = tmp_path_factory.mktemp("one") / "results"
    cohorts = (MadeCohort("training", "train", 3, 3), MadeCohort("validation", "validation", 5, 4))
    return read_results(folder, reported_config(make_results(folder, cohorts, seed=3)))


def tables(section: Section) -> dict[str, Table]:
    found = [block for part in section.walk() for block in part.blocks]
    inner = [one for block in found for one in (block.blocks if isinstance(block, Details) else [block])]
    return {block.id: block for block in inner if isinstance(block, Table)}


def introduction(section: Section) -> str:
    return next(block.text for block in section.blocks if isinstance(block, Paragraph))


def test_other_timepoints_are_spoken_of_where_there_are_some(one_timepoint, made_study):
    assert one_timepoint.other_timepoints == []
    assert made_study.results.other_timepoints == ["TP1"]
    for make in (concordance_section, diagnostics_section):
        assert "timepoint" not in introduction(make(one_timepoint))
        assert "Classes count" not in introduction(make(one_timepoint))
    assert "timepoint" not in tables(cohorts_section(one_timepoint))["centres"].caption
    assert "at TP1 is shown by timepoint" in introduction(concordance_section(made_study.results))


def test_a_patient_is_paired_with_himself_only_where_timepoints_are_compared():
    lesions = lesion_table()
    result = concordance(lesions, StatisticsSettings(bootstrap_replicates=200), seed=1)
    differences = result.subgroup_differences
    other = differences[~differences["grouping"].eq("timepoint")]
    assert "himself or herself" in group_blocks("x", result.subgroups, differences)[1].caption
    assert "himself or herself" not in group_blocks("x", result.subgroups, other)[1].caption


def test_means_of_dice_say_which_lesions_they_are_of(one_timepoint):
    per_patient = tables(concordance_section(one_timepoint))["per-patient-validation"]
    assert "Mean Dice, all lesions" in [column.label for column in per_patient.columns]
    assert "missed ones too" in per_patient.caption
    detected = tables(segmentation_section(one_timepoint, NO_OVERLAYS))["per-patient"]
    assert "Mean Dice, detected" in [column.label for column in detected.columns]


def test_an_interval_of_patients_means_that_is_cut_is_named(one_timepoint):
    summary = one_timepoint.concordance["validation"]["patient_summary"]
    cut = summary.assign(low=0.4, high=np.where(summary["measure"].eq("agreement"), 1.0, 0.9))
    for frame, said in ((cut, True), (cut.assign(high=0.9), False)):
        changed = {"validation": {**one_timepoint.concordance["validation"], "patient_summary": frame}}
        study = replace(one_timepoint, concordance=changed)
        caption = tables(diagnostics_section(study))["patient-summary-validation"].caption
        assert ("would pass 0 or 100 % are cut there: Agreement. " in caption) is said


def test_a_detection_rate_of_one_names_the_method_of_its_interval(one_timepoint):
    everything = one_timepoint.lesions.assign(dice=0.8, detected=1.0, automatic_fate="classified")
    detection = detection_by_size(everything, Resampling(200, 0.95, np.random.default_rng(1)), [20]).assign(network=OWN)
    study = replace(one_timepoint, overlap={**one_timepoint.overlap, "detection": detection})
    shown = tables(segmentation_section(study, NO_OVERLAYS))["detection"]
    by_patient = [row[6] for row in shown.rows]
    assert "n/a" not in by_patient[0]
    assert "by patient: exact binomial, one trial per patient. " in shown.caption
    assert pd.Series(by_patient).eq("n/a").any() == ("Where n/a is shown" in shown.note)


def test_two_ways_to_cut_dice_are_explained_where_both_are_shown(one_timepoint):
    tables_of = one_timepoint.concordance["validation"]
    assert "finer here" in tables(concordance_section(one_timepoint))["strata-validation"].caption
    alone = replace(one_timepoint, concordance={"validation": {**tables_of, "fates": pd.DataFrame()}})
    assert "finer here" not in tables(concordance_section(alone))["strata-validation"].caption


def test_a_difference_that_cannot_pass_zero_is_said_to_end_there(one_timepoint):
    pairs = one_timepoint.overlap["pairs"]
    alone = pairs["measure"].str.startswith("detected_by_")
    for counts, said in (({"first": 3.0, "second": 0.0}, True), ({"first": 3.0, "second": 1.0}, False)):
        values = pairs["measure"].str.extract("by_(first|second)_only")[0].map(counts)
        changed = pairs.assign(value=pairs["value"].where(~alone, values))
        study = replace(one_timepoint, overlap={**one_timepoint.overlap, "pairs": changed})
        [section] = side_by_side(study)
        assert ("by construction" in tables(section)["networks-pairs"].caption) is said


def test_every_analysis_that_the_results_hold_has_its_row(one_timepoint):
    keys = ["cohort", "patient_id", "timepoint", "lesion_id"]
    validation = one_timepoint.cohort_lesions("validation")
    rois = validation[keys].assign(kind="manual", n_roi_manual=9, n_roi_automatic=[0, *[9] * (len(validation) - 1)])
    more = {**one_timepoint.concordance["validation"], "roi_lesions": rois, "feature_icc": rois}
    rows = analyses(replace(one_timepoint, concordance={"validation": more})).set_index(["part", "analysis"])
    n, where = rows["n_lesions"], "validation"
    assert n[where, "Automatic mask compared: segmentation"] == len(validation)
    assert n[where, "Networks side by side"] == len(validation)
    assert n[where, "Outcome known, with a class or not: diagnostics end to end"] == len(validation)
    assert n[where, "A ROI in either mask: ROI by ROI"] == len(validation)
    assert n[where, "ROIs in both masks: agreement of features (ICC)"] == len(validation) - 1
    assert n["training", "Permutation null"] == len(one_timepoint.model["training_lesions"])
    counted = rows.xs(where)
    summary = one_timepoint.concordance["validation"]["calibration_summary"]
    assert len(summary) == 0 or counted.loc["Calibration", "n_lesions"] == summary["n_lesions"].max()
    assert (counted["r_plus"] + counted["r_minus"] == counted["n_lesions"]).all()
