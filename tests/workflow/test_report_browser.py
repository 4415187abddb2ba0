"""The report in a real browser: no error, every link and download works, the table obeys, nothing overflows, it prints.

Needs Chromium and Playwright's Python package; skipped where either is absent. axe-core, which looks for accessibility
faults, comes inside the package axe-playwright-python."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from tests.unit.report.results_factory import make_results

from livermets.config.report import ReportSettings
from livermets.report.build import build_report
from livermets.report.configuration import reported_config
from livermets.report.render import render_html
from livermets.report.results import read_results
from livermets.report.write import write_report

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.xdist_group("browser"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    config = make_results(folder / "results")
    study = read_results(folder / "results", reported_config(config))
    report = build_report(study, ReportSettings(), {})
    out = folder / "report.html"
    write_report(out, report, render_html(report))
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser, page_file):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, offline=True)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("requestfailed", lambda request: faults.append(request.url[:80]))
    opened.goto(page_file.as_uri())
    yield opened
    context.close()
    assert faults == []


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_inner_link_leads_to_something_visible(page):
    broken = page.evaluate(
        """() => [...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute('href').slice(1))
        .filter((id) => !document.getElementById(id))"""
    )
    assert broken == []
    page.click(".contents a[href='#model-card']")
    assert page.evaluate("location.hash") == "#model-card"
    assert page.locator("#model-card h2").is_visible()


def test_every_download_is_a_file_with_its_name(page, tmp_path):
    links = page.locator("a.download")
    names = [links.nth(i).get_attribute("download") for i in range(links.count())]
    assert len(names) > 20
    assert len(set(names)) == len(names)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for index in (0, links.count() - 1):
        with page.expect_download() as started:
            links.nth(index).click()
        saved = tmp_path / started.value.suggested_filename
        started.value.save_as(saved)
        assert saved.name == names[index]
        assert len(list(csv.reader(saved.open(encoding="utf-8")))) > 1


def _column(page, heading: str) -> list[str]:
    heads = page.locator(".lesions thead th").all_inner_texts()
    index = next(i for i, text in enumerate(heads) if re.sub(r"[ ▲▼]+$", "", text) == heading)
    return page.locator(f".lesions tbody tr td:nth-child({index + 1})").all_inner_texts()


def test_the_lesion_table_sorts_by_keyboard_both_ways(page):
    button = page.locator(".lesions thead button", has_text="Longest diameter (mm)")
    button.focus()
    page.keyboard.press("Enter")
    rising = [float(text) for text in _column(page, "Longest diameter (mm)")]
    assert rising == sorted(rising)
    assert page.locator(".lesions th[aria-sort='ascending']").count() == 1
    page.keyboard.press("Enter")
    falling = [float(text) for text in _column(page, "Longest diameter (mm)")]
    assert falling == sorted(falling, reverse=True)
    assert max(rising) < max(falling)  # the whole table was sorted, not the page that was shown


def test_missing_values_sort_last_both_ways(page):
    button = page.locator(".lesions thead button", has_text="Precision")
    for _ in range(2):
        button.click()
        assert _column(page, "Precision")[0] != "n/a"


def test_the_lesion_table_filters_pages_and_saves_what_is_shown(page, tmp_path):
    status = page.locator(".lesions .status")
    assert status.inner_text() == "132 of 132 lesions, rows 1 to 50 shown."
    page.click(".lesions .next")
    assert "rows 51 to 100" in status.inner_text()
    page.select_option(".lesions select[name=cohort]", "external")
    assert status.inner_text() == "24 of 132 lesions."
    page.select_option(".lesions select[name=detected]", "no")
    shown = _column(page, "Detected")
    assert set(shown) == {"no"}
    with page.expect_download() as started:
        page.click(".lesions .save")
    saved = tmp_path / "shown.csv"
    started.value.save_as(saved)
    rows = list(csv.DictReader(saved.open(encoding="utf-8")))
    assert len(rows) == len(shown)
    assert {row["cohort"] for row in rows} == {"external"}
    page.click(".lesions button[type=reset]")
    page.wait_for_function("document.querySelector('.lesions .status').textContent.startsWith('132 of')")
    page.fill(".lesions input[name=search]", "va0003 tp1")
    assert status.inner_text() == "4 of 132 lesions."


def test_numbers_of_the_page_and_of_its_own_download_agree(page):
    uri = page.locator(".lesions a.download").get_attribute("href")
    text = page.evaluate("(uri) => fetch(uri).then((r) => r.text())", uri)
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["patient_id"] for row in rows[:50]] == _column(page, "Patient")


def test_it_prints_on_a4_with_everything_opened(page, tmp_path):
    content = page.pdf(prefer_css_page_size=True)
    assert content.startswith(b"%PDF")
    assert b"/MediaBox [0 0 594" in content or b"/MediaBox [0 0 595" in content
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator(".lesions tbody tr").count() == 132  # on paper there are no pages to turn
    upright_px, sideways_px = ((side - 2 * 14) / 25.4 * 96 for side in (210, 297))
    page.set_viewport_size({"width": int(sideways_px) + 1, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= sideways_px + 2
    page.evaluate("document.querySelector('#lesions').remove()")  # it has a landscape page of its own
    page.set_viewport_size({"width": int(upright_px) + 1, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= upright_px + 2


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_the_head_of_the_lesion_table_is_on_every_printed_page(page, tmp_path):
    page.evaluate("document.querySelectorAll('main > section:not(#lesions), .contents').forEach((e) => e.remove())")
    page.pdf(path=tmp_path / "lesions.pdf", prefer_css_page_size=True)
    text = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "lesions.pdf", "-"], capture_output=True, text=True
    ).stdout
    pages = [sheet for sheet in text.split("\f") if re.search(r"\b[A-Z]{2}\d{4}\b", sheet)]  # those with patients
    assert len(pages) > 2
    assert all("Patient" in sheet and "Precision" in sheet for sheet in pages)


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_fault(page, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(v["id"], v["impact"], v["nodes"][0]["target"]) for v in found] == []


def test_pictures_have_words_headings_do_not_jump_and_controls_have_names(page):
    assert page.locator("img:not([alt]), img[alt='']").count() == 0
    levels = [
        int(tag[1])
        for tag in page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((h) => h.tagName)")
    ]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('input,select,button')]
        .filter((e) => !(e.closest('label') || e.textContent.trim())).length"""
    )
    assert unnamed == 0
