"""Sentences and captions of the segmentation section against the tables under them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from tests.network_descriptions import network_description
from tests.unit.report.kinds import TRAIN_MASKS, VALIDATE_MASKS
from tests.unit.report.results_factory import MadeCohort, make_results
from tests.unit.report.statements.checking import checks, complaints
from tests.unit.report.statements.registry import Files

from livermets.config.architectures import UNet3DSettings
from livermets.config.report import ReportSettings
from livermets.masks.sizes import size_labels
from livermets.report.build import build_report
from livermets.report.configuration import reported_config
from livermets.report.document import Details, Figure, Paragraph, Section, Table
from livermets.report.results import Network, read_results
from livermets.report.sections.segmentation import segmentation_section
from livermets.report.sections.trained_networks import networks_sections, receptive_field_words
from livermets.segmentation.description import WHOLE_IMAGE, read_description, write_description


def blocks(section):
    for block in section.blocks:
        yield block
        yield from block.blocks if isinstance(block, Details) else ()
    for below in section.sections:
        yield from blocks(below)


def section_of(study):
    return segmentation_section(study, Section("overlays", "Overlays", []))


@pytest.fixture(scope="module")
def study(made_study):
    return read_results(made_study.folder, made_study.config)


@pytest.fixture(scope="module")
def shown(study):
    return list(blocks(section_of(study)))


def table(shown, identifier: str) -> Table:
    return next(block for block in shown if isinstance(block, Table) and block.id == identifier)


def test_the_size_figure_counts_the_lesions_it_draws(study):
    lesions = study.lesions.copy()
    lesions.loc[lesions.index[:3], "longest_diameter_mm"] = np.nan
    found = blocks(section_of(dataclasses.replace(study, lesions=lesions)))
    figure = next(block for block in found if isinstance(block, Figure) and block.id == "dice-by-size")
    drawn = int(lesions[["dice", "longest_diameter_mm"]].notna().all(axis=1).sum())
    assert f"n = {drawn} lesions" in figure.caption.replace("\u00a0", " ")


@pytest.mark.slow
@pytest.mark.parametrize(
    "cuts_mm, said",
    [
        ((), None),
        ((20.0,), "Size is by longest diameter: < 20 mm and ≥ 20 mm."),
        (
            (10.0, 20.0),
            "Size is by longest diameter: < 10 mm, 10–20 mm and ≥ 20 mm; a lesion at a limit has the larger size.",
        ),
        ((10.0, 15.0, 30.0), "Size is by longest diameter: < 10 mm, 10–15 mm, 15–30 mm and ≥ 30 mm; a lesion"),
    ],
)
def test_sizes_are_told_apart_as_the_tables_do(tmp_path, cuts_mm, said):
    cohorts = (MadeCohort("lits", TRAIN_MASKS, 3), MadeCohort("ircad", VALIDATE_MASKS, 5, 4))
    values = make_results(tmp_path / "results", cohorts, size_cuts_mm=cuts_mm)
    study = read_results(tmp_path / "results", reported_config(values))
    report = build_report(study, ReportSettings(), {})
    files = Files(tmp_path / "results", values)
    of_sizes = [found for found in checks(report, files) if found.text.place == "segmentation/paragraph/"]
    assert complaints(of_sizes, files) == []
    (text,) = (b.text for b in report.blocks() if isinstance(b, Paragraph) and b.text.startswith("Overlap of the auto"))
    assert (said in text) if said else ("Size" not in text)
    names = ["all", *size_labels(cuts_mm)]
    for identifier in ("overlap", "overlap-detected", "networks-overlap", "networks-pairs"):
        (found,) = (b for b in report.blocks() if isinstance(b, Table) and b.id == identifier)
        sizes = {row[2].replace("\u00a0", " ") for row in found.rows}
        assert sizes == set(names) or (identifier == "networks-pairs" and sizes < set(names)), identifier
    words = ("small", "big ", "20 mm") if cuts_mm != (20.0,) else ("small", "big ")
    in_words = [b.caption + b.alt for b in report.blocks() if isinstance(b, Figure) and "dice" in b.id]
    assert len(in_words) == 2
    assert [word for word in words if word in " ".join(in_words)] == []


def test_the_tests_of_pairs_are_paired_and_the_published_one_stands_apart(shown):
    headings = [column.label for column in table(shown, "networks-pairs").columns]
    assert not [words for words in headings if "hi-squared" in words]
    apart = table(shown, "networks-unpaired")
    assert "Defeudis 2022" in apart.caption
    assert "which they are not" in apart.caption
    assert table(shown, "networks-pairs") not in [b for d in shown if isinstance(d, Details) for b in d.blocks]


def test_means_without_the_missed_are_never_below_those_with_them(study, shown):
    overlap = pd.read_csv(study.folder / "overlap/overlap.csv")
    assert (overlap["dice_mean_detected"].fillna(1) >= overlap["dice_mean"] - 1e-12).all()
    every, found = (table(shown, name).rows for name in ("overlap", "overlap-detected"))
    assert [row[:3] for row in every] == [row[:3] for row in found]
    assert all(float(f[5]) >= float(e[6].split("\u00a0")[0].split(" ")[0]) for e, f in zip(every, found, strict=True))


def test_baseline_stands_before_later_timepoints_in_every_table(shown):
    orders = {}
    for block in (block for block in shown if isinstance(block, Table)):
        words = [word for row in block.rows for word in row[:3]]
        found = [name for word in words for name in ("baseline", "TP1") if word.endswith(name)]
        orders[block.id] = list(dict.fromkeys(found))
    assert ["baseline", "TP1"] in orders.values()
    assert [identifier for identifier, order in orders.items() if order == ["TP1", "baseline"]] == []


def test_networks_say_that_the_rest_of_the_report_is_about_the_studys_own(shown):
    text = next(b.text for b in shown if isinstance(b, Paragraph) and b.text.startswith("automatic beside other"))
    assert "after this section" not in text
    assert "every other part of it rest on automatic alone" in text


@pytest.mark.parametrize("held_back, whose", [(["P1"], "the inner validation split"), ([], "training patients")])
def test_examples_say_whose_slices_they_are(study, tmp_path, held_back, whose):
    picture = next(iter(study.model_pictures.values()), None) or _picture(tmp_path)
    network = Network(
        "lesions", network_description(validation_patients=tuple(held_back)), pd.DataFrame(), {"examples": picture}
    )
    section = networks_sections(dataclasses.replace(study, networks={"lesions": network}))[0].sections[0]
    figure = next(block for block in section.blocks if isinstance(block, Figure))
    assert figure.caption.startswith(f"Example slices of {whose}:")


def _picture(folder):
    from matplotlib.figure import Figure as Drawing

    Drawing(figsize=(1, 1)).savefig(folder / "examples.png")
    return folder / "examples.png"


@pytest.mark.parametrize(
    "sides, words",
    [
        (None, "not measured"),
        ((94, 94), "94 pixels"),
        ((92, 100), "92 to 100 pixels"),
        ((1024, 1024), "1,024 pixels"),
        (WHOLE_IMAGE, "the whole image"),
    ],
)
def test_the_receptive_field_is_said_with_its_range(sides, words):
    assert receptive_field_words(network_description(receptive_field=sides)) == words


def test_whole_scans_of_networks_have_the_numbers_of_the_tables(study, shown):
    measures, pairs = (study.overlap[name] for name in ("scan_measures", "scan_pairs"))
    rows = {(row[0], row[1]): row for row in table(shown, "networks-scans").rows}
    assert {network for network, _ in rows} == set(measures["network"])
    other = pairs["second"].iloc[0]
    for (cohort, timepoint), part in measures[measures["network"].eq(other)].groupby(["cohort", "timepoint"]):
        said = rows.get((other, f"{cohort}, {timepoint}"))
        if said is None:  # of all timepoints together alone
            assert len(measures[measures["cohort"].eq(cohort)]["timepoint"].unique()) > 1
            continue
        by_measure = part.set_index("measure")
        dice = by_measure.loc["mts_dice"]
        expected = [
            str(dice["n_scans"]),
            f"{dice['mean']:.2f} ± {dice['sd']:.2f}",
            f"{dice['low']:.2f} to {dice['high']:.2f}",
        ]
        assert said[2:5] == expected
        assert said[-1] == f"{by_measure.loc['false_positives', 'mean']:.2f}"
    difference = pairs[pairs["second"].eq(other) & pairs["measure"].eq("mts_dice")].iloc[0]
    heading = [column.label for column in table(shown, "networks-scan-pairs").columns]
    cell = table(shown, "networks-scan-pairs").rows[0][heading.index("Metastases: Dice")]
    assert cell.startswith(f"{difference['value']:.2f}".replace("-", "−"))


def test_tables_without_intervals_lay_no_whole_scans_side_by_side(study):
    older = study.overlap["scan_measures"].drop(columns=["low", "high", "level", "note"])
    found = blocks(section_of(dataclasses.replace(study, overlap={**study.overlap, "scan_measures": older})))
    names = {block.id for block in found if isinstance(block, Table)}
    assert "scan-measures" in names
    assert not names & {"networks-scans", "networks-livers"}


def test_the_receptive_field_of_a_3d_network_is_in_voxels_and_is_in_its_file(tmp_path):
    network = UNet3DSettings(architecture="unet3d")
    for field, words in (((40, 44), "40 to 44 voxels"), (WHOLE_IMAGE, "the whole image")):
        write_description(tmp_path, network_description(network=network, receptive_field=field))
        assert receptive_field_words(read_description(tmp_path)) == words
