"""The report as data and as a page: complete, linked, free of NaN, and never broken by a missing part."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from livermets.config.report import ReportSettings
from livermets.config.statistics import StatisticsSettings
from livermets.errors import InputError
from livermets.report.build import build_report
from livermets.report.configuration import ReportedConfig, reported_config
from livermets.report.document import Bullets, ChecklistTable, Figure, Note, Paragraph, Report, Table
from livermets.report.render import render_html
from livermets.report.results import read_results
from livermets.report.sections.cohorts import without_lesions
from livermets.report.sections.methods import methods_section
from livermets.report.write import write_report

FEW = StatisticsSettings(bootstrap_replicates=200)
NO_CONFIGURATION = ReportedConfig()
NAN_WORDS = re.compile(r"\b(nan|NaN|None|inf|NaT)\b|<NA>")


class Page(HTMLParser):
    """Ids, links and text of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.unnamed_pictures = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if tag == "a" and "href" in found else []
        self.sources += [found[name] for name in ("src",) if name in found]
        self.sources += [found["href"]] if tag == "link" else []
        self.unnamed_pictures += tag == "img" and not found.get("alt")


def report_of(folder: Path, config: ReportedConfig = NO_CONFIGURATION) -> Report:
    return build_report(read_results(folder, config), ReportSettings(), {})


def prose(report: Report) -> list[str]:
    texts = [report.title, report.subtitle, report.banner]
    for block in report.blocks():
        if isinstance(block, Paragraph | Note):
            texts.append(block.text)
        elif isinstance(block, Bullets):
            texts += block.items
        elif isinstance(block, Table | Figure):
            texts += [block.caption, getattr(block, "note", "")]
    return texts


def test_prose_and_captions_never_say_nan(made_study):
    for text in prose(made_study.report):
        assert not NAN_WORDS.search(text), text
        assert "  " not in text, text


def test_table_cells_never_say_nan(made_study):
    tables = [
        block for block in made_study.report.blocks() if isinstance(block, Table) and block.id != "settings-table"
    ]
    assert len(tables) > 10
    for block in tables:
        for row in block.rows:
            assert not [cell for cell in row if str(cell).lower() in ("nan", "inf", "<na>", "nat")], block.id
            assert len(row) == len(block.columns), block.id


def test_every_link_inside_the_page_has_its_target_and_ids_are_unique(made_study):
    page = Page(made_study.html)
    assert [name for name, n in Counter(page.ids).items() if n > 1] == []
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert inside <= set(page.ids)


def test_the_page_needs_nothing_from_outside(made_study):
    page = Page(made_study.html)
    assert page.sources
    assert page.links
    assert all(source.startswith("data:") for source in page.sources)
    assert all(link.startswith(("#", "data:")) for link in page.links)
    assert page.unnamed_pictures == 0


def test_every_figure_has_a_caption_and_drawn_ones_carry_their_data(made_study):
    figures = [block for block in made_study.report.blocks() if isinstance(block, Figure)]
    assert len(figures) > 10
    for figure in figures:
        assert len(figure.caption) > 10
        if figure.image is not None:
            assert figure.download is not None, figure.id


def test_sections_appear_in_the_order_in_which_a_reader_asks(made_study):
    ids = [section.id for section in made_study.report.sections]
    asked = ["cohorts", "concordance", "diagnostics", "segmentation", "selection", "prediction", "lesions", "methods"]
    assert [i for i in ids if i in asked] == asked
    assert ids[-3:] == ["model-card", "checklists", "provenance"]


def test_the_settings_show_no_path_of_a_cohort(made_study):
    cohort = {"role": "predict", "folder": "/archive/PLANTED", "image": "PLANTED/CT", "series": {"uid": "1.2.826.7"}}
    cohort["masks"] = {"reader2": "PLANTED/r2.nii", "nnunet": {"path": "PLANTED/nnunet.nii", "labels": [2]}}
    config = reported_config({"cohorts": {"c": {**cohort, "patients": ["P1"]}}})
    page = repr(methods_section(read_results(made_study.folder, config, {})))
    assert "cohorts.c.image" in page
    assert "cohorts.c.masks.nnunet.labels" in page
    assert "PLANTED" not in page
    assert "1.2.826.7" not in page


def test_compared_networks_are_shown_with_their_paired_tests(made_study):
    tables = {block.id: block for block in made_study.report.blocks() if isinstance(block, Table)}
    networks = [row[0] for row in tables["networks-costs"].rows]
    assert networks == ["automatic", "other"]
    pairs = pd.read_csv(made_study.folder / "overlap/pairs.csv")
    exact = pairs[(pairs["method"] == "exact-binomial") & (pairs["size"] == "all") & (pairs["study_rule"] == 1)]
    exact = exact[exact["timepoint"] == "baseline"]
    places = [name for name in ("networks-pairs", "networks-pairs-timepoints") if name in tables]
    (shown,) = (row for name in places for row in tables[name].rows if row[1:3] == ["baseline", "all"])
    assert shown[0] == "other"
    assert shown[3] == str(exact["n_lesions"].iloc[0])
    assert "p\u00a0<\u00a00.001" in shown[7] or f"{exact['value'].iloc[0]:.3f}" in shown[7]


def test_a_study_that_compares_no_networks_says_nothing_of_them(made_study, tmp_path):
    copy = shutil.copytree(made_study.folder, tmp_path / "results")
    for name in ("pairs", "missed", "timepoints"):
        (copy / "overlap" / f"{name}.csv").write_text("network\n")
    ids = {section.id for top in report_of(copy).sections for section in top.sections}
    assert "networks-compared" not in ids
    assert "networks" in ids


def test_synthetic_cohorts_are_named_at_the_top(made_study):
    assert "training and validation" in made_study.report.banner
    assert "nothing clinical" in made_study.report.banner


def test_prediction_cohorts_say_that_no_outcome_is_known(made_study):
    section = next(s for s in made_study.report.sections if s.id == "prediction")
    assert "not known" in section.blocks[0].text
    ids = [block.id for block in made_study.report.blocks() if isinstance(block, Table)]
    assert not [i for i in ids if i.startswith(("diagnostics-unknown", "confusion-unknown"))]


def test_training_figures_are_marked_as_resubstitution(made_study):
    section = next(s for s in made_study.report.sections if s.id == "diagnostics")
    training = next(s for s in section.sections if s.id == "diagnostics-training-section" or "training" in s.title)
    assert "esubstitution" in training.title
    assert training.blocks[0].tone == "caution"


def test_each_figure_is_written_beside_the_report_with_its_data(made_study, tmp_path):
    write_report(tmp_path / "report.html", made_study.report, made_study.html)
    figures = [b for b in made_study.report.blocks() if isinstance(b, Figure)]
    assert len(figures) > 10
    for figure in figures:
        assert list((tmp_path / "figures").glob(f"{figure.id}.*")), figure.id
        assert (tmp_path / "figures" / f"{figure.id}.txt").read_text(encoding="utf-8").strip() == figure.caption
        if figure.download:
            pd.read_csv(tmp_path / "figures" / f"{figure.id}.csv")


def _without(folder: Path, gone: tuple[str, ...], tmp_path: Path) -> Path:
    copy = tmp_path / "results"
    shutil.copytree(folder, copy)
    for pattern in gone:
        for path in list(copy.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return copy


@pytest.mark.parametrize(
    "gone",
    [
        {
            "concordance": "results/concordance is empty",
            "model": "no model was fitted",
            "networks": "none was trained",
            "*/intake": "no scan.json",
        },
        {
            "overlap/scan_measures.csv": "scan_measures.csv is missing",
            "concordance/pooled/automatic/strata.csv": "strata.csv is missing",
            "model/permutation.csv": "no permutation was asked for",
        },
    ],
    ids=["whole stages", "single files"],
)
def test_a_missing_part_is_said_in_words(made_study, tmp_path, gone):
    report = report_of(_without(made_study.folder, tuple(gone), tmp_path), made_study.config)
    for said in gone.values():
        assert any(said in text for text in prose(report)), said
    for text in prose(report):
        assert not NAN_WORDS.search(text), text
    render_html(report)


def _lesions(tmp_path: Path, **columns: object) -> Path:
    table = pd.DataFrame(
        {
            "patient_id": ["A", "A", "B"], "lesion_id": [1, 2, 1], "response": [1, 0, 1], "predicted_manual": [1, 0, 1],
            "predicted_automatic": [1, 1, 1], "dice": [0.5, 0.2, 0.9], "longest_diameter_mm": [12, 25, 40],
        }
        | columns
    )  # fmt: skip
    tmp_path.mkdir(exist_ok=True)
    table.to_csv(tmp_path / "lesions.csv", index=False)
    return tmp_path


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"patient_id": "A", "lesion_id": [1, 2, 3]},
        {"response": 0},
        {"predicted_automatic": None, "dice": 0.0},
        {"response": None, "predicted_manual": None},
        {"longest_diameter_mm": None},
    ],
    ids=["plain", "one patient", "no positives", "all undetected", "nothing known", "no diameters"],
)
def test_a_lesion_table_alone_gives_a_report_that_says_what_it_cannot(tmp_path, columns):
    report = report_of(_lesions(tmp_path / "results", **columns))
    for text in prose(report):
        assert not NAN_WORDS.search(text), text
    assert "</html>" in render_html(report)


@pytest.mark.parametrize(
    "columns,said",
    [
        ({"response": [2, 0, 1]}, "response"),
        ({"dice": [1.5, 0.2, 0.3]}, "dice"),
        ({"longest_diameter_mm": [-3, 2, 1]}, "longest"),
    ],
)
def test_a_wrong_lesion_table_is_refused_in_one_sentence(tmp_path, columns, said):
    with pytest.raises(InputError, match=said):
        read_results(_lesions(tmp_path / "results", **columns), NO_CONFIGURATION)


def test_a_folder_without_a_lesion_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="no lesion table"):
        read_results(tmp_path, NO_CONFIGURATION)


def test_the_same_results_give_the_same_page(tmp_path):
    folder = _lesions(tmp_path / "results")
    assert render_html(report_of(folder)) == render_html(report_of(folder))


def test_statements_of_the_configuration_answer_checklist_items(made_study):
    settings = ReportSettings(statements={"CLEAR 8": "Approved by the committee of X, no. 7."})
    report = build_report(made_study.results, settings, {})
    table = next(b for b in report.blocks() if isinstance(b, ChecklistTable) and "CLEAR" in b.caption)
    row = next(r for r in table.rows if r[0] == "8")
    assert row[2:4] == ("done", "Approved by the committee of X, no. 7.")


def test_a_removed_cohort_is_no_part_of_the_study(made_study):
    cohorts = made_study.config.cohorts
    gone = next(name for name, settings in cohorts.items() if settings.role == "validation")
    left = {name: settings for name, settings in cohorts.items() if name != gone}
    config = made_study.config.model_copy(update={"cohorts": left})
    before = read_results(made_study.folder, made_study.config)
    after = read_results(made_study.folder, config)
    for table in ("scans", "scan_metrics"):
        left = getattr(after, table)
        assert gone in set(getattr(before, table)["cohort"]), table
        assert gone not in set(left["cohort"]), table
        assert len(left), table
    assert gone in before.concordance
    assert gone not in after.concordance


def test_a_cohort_in_which_nothing_was_found_is_not_one_without_data(made_study):
    lesions = made_study.results.lesions
    results = replace(
        made_study.results, lesions=lesions[lesions["cohort"] != "unknown"], findings=pd.DataFrame(),
        scan_metrics=pd.DataFrame({"cohort": ["unknown"] * 3}),
    )  # fmt: skip
    assert without_lesions(results, "unknown").endswith(
        "scans without a manually drawn lesion; the network found no lesion there."
    )
    found = replace(results, findings=pd.DataFrame({"cohort": ["unknown", "unknown"]}))
    assert "the network found 2 lesions there" in without_lesions(found, "unknown")
    nothing = replace(results, scan_metrics=pd.DataFrame(), scans=pd.DataFrame())
    assert without_lesions(nothing, "unknown").startswith("No scan and no lesion of cohort unknown")


def test_remarks_on_livers_made_in_the_run_stand_beside_those_of_the_check(made_study, tmp_path):
    folder = tmp_path / "results"
    shutil.copytree(made_study.folder, folder)
    scan = made_study.results.scans.iloc[0]
    place = folder / scan["cohort"] / "liver" / scan["patient_id"]
    place.mkdir(parents=True)
    row = ("warning", scan["patient_id"], "the liver network's mask has 190 ml", "A whole liver has about 800-3000 ml")
    pd.DataFrame([row], columns=["severity", "where", "what", "fix"]).to_csv(
        place / "baseline_problems.csv", index=False
    )
    problems = read_results(folder, made_study.config).problems
    assert problems["what"].tolist() == ["the slices are 5 mm thick", "the liver network's mask has 190 ml"]
