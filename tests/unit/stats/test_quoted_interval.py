"""One rule for the interval that is quoted, and the intervals that it chooses from."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.bench.bench_coverage_quoted import SIZES, coverage, proportion

from livermets.stats.agreement import kappa_estimates, specific_agreement
from livermets.stats.diagnostics import proportion_estimates
from livermets.stats.proportions import clopper_pearson, clopper_pearson_patients
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import shown_interval, to_frame

PATIENT = np.repeat(np.arange(8), 4)
BOOT = PatientBootstrap.draw(8, 300, 0.95, np.random.default_rng(0))


def rows(**widths: float) -> pd.DataFrame:
    methods = {"lesion": "clopper-pearson", "patient": "cluster-logit-t", "resampled": "cluster-bootstrap"}
    return pd.DataFrame(
        [{"method": methods[name], "low": 0.5 - w / 2, "high": 0.5 + w / 2} for name, w in widths.items()]
    )


@pytest.mark.parametrize(
    "widths, quoted",
    [
        ({"lesion": 0.2, "patient": 0.3}, "cluster-logit-t"),
        ({"lesion": 0.3, "patient": 0.2}, "clopper-pearson"),
        ({"lesion": 0.3, "patient": np.nan}, "clopper-pearson"),
        ({"lesion": 0.2, "patient": np.nan, "resampled": 0.3}, "cluster-bootstrap"),
        ({"patient": 0.2}, "cluster-logit-t"),
        ({"lesion": np.nan, "patient": 0.2}, "cluster-logit-t"),
    ],
)
def test_by_patient_unless_that_is_the_narrower(widths: dict[str, float], quoted: str) -> None:
    shown = shown_interval(rows(**widths))
    assert shown is not None
    assert shown["method"] == quoted


def test_nothing_to_quote() -> None:
    assert shown_interval(rows().reindex(columns=["method", "low", "high"])) is None


def test_no_sentence_gives_another_rule() -> None:
    """The report, its notes and the workflow's captions say one thing about which interval to believe."""
    root = Path(__file__).parents[3]
    paths = [
        *(root / "src").rglob("*.py"),
        *(root / "workflow" / "report").glob("*.rst"),
        root / "results" / "README.md",
    ]
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    wrong = re.compile(r"trust the[\"\s]+second|believe the[\"\s]+wider|to be trusted|where they can be computed")
    assert [path.name for path, text in texts.items() if wrong.search(text)] == []
    assert {path.suffix for path in paths} == {".py", ".rst", ".md"}
    assert wrong.search("the wider of the two is to be trusted")


def test_a_share_of_all_or_none_has_an_interval_by_patient() -> None:
    every = np.ones(32, bool)
    for hit, ends in ((every, clopper_pearson(8, 8)), (~every, clopper_pearson(0, 8))):
        shown = shown_interval(to_frame(proportion_estimates("share", hit, every, PATIENT, BOOT)))
        assert shown is not None
        assert (shown["method"], shown["low"], shown["high"]) == ("clopper-pearson-patients", *ends)
    assert np.isnan(clopper_pearson_patients(np.array([3, 0]), np.array([4, 4]))).all()
    assert np.isnan(clopper_pearson_patients(np.array([3, 0]), np.array([3, 0]))).all()  # one patient contributes


@pytest.mark.slow
def test_the_quoted_interval_covers_where_that_by_patient_does_not() -> None:
    """The long run is tests/bench/bench_coverage_quoted.py."""
    found = coverage(proportion(0.9), SIZES["8/36"], icc=0.6, studies=150, replicates=10)
    assert found["clustered"] < 0.85
    assert found["quoted"] >= 0.93
    assert found["given"] == 1


# What a missing interval of kappa means.


@pytest.mark.parametrize(
    "manual, automatic, value, note",
    [
        (np.ones(32), np.ones(32), np.nan, "both masks put every lesion in one and the same class"),
        (np.ones(32), np.zeros(32), 0.0, "both masks put every lesion in one class, each another"),
        (np.tile([0, 1], 16), np.tile([0, 1], 16), 1.0, "the masks agree on every lesion"),
        (np.ones(32), np.tile([0, 1], 16), 0.0, "the manual mask puts every lesion in one class"),
        (np.tile([0, 1], 16), np.zeros(32), 0.0, "the automatic mask puts every lesion in one class"),
    ],
)
def test_a_missing_interval_of_kappa_says_which_case_it_is(manual, automatic, value: float, note: str) -> None:
    estimates = kappa_estimates(manual.astype(float), automatic.astype(float), PATIENT, BOOT, ("manual", "automatic"))
    assert len(estimates) == 3
    for found in estimates:
        assert found.value == pytest.approx(value, nan_ok=True)
        assert np.isnan(found.low)
        assert found.note.startswith(note)


def test_positive_and_negative_agreement_count_calls() -> None:
    """Cicchetti and Feinstein 1990: 2a / (2a + b + c). Here a = 2, b = 1, c = 1, d = 4."""
    manual, automatic = np.array([1, 1, 1, 0, 0, 0, 0, 0.0]), np.array([1, 1, 0, 1, 0, 0, 0, 0.0])
    boot = PatientBootstrap.draw(8, 100, 0.95, np.random.default_rng(0))
    positive, negative = (specific_agreement("x", value, manual, automatic, np.arange(8), boot)[0] for value in (1, 0))
    assert (positive.k, positive.n, positive.value) == (4, 6, pytest.approx(4 / 6))
    assert (negative.k, negative.n, negative.value) == (8, 10, pytest.approx(8 / 10))
    assert positive.n_lesions == 4
