"""Snakemake's benchmark files are put under the rules that they measured."""

from pathlib import Path

import pytest

from livermets.report.benchmarks import per_rule, read_benchmarks, rule_of

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time"


@pytest.mark.parametrize(
    "path, rule",
    [
        ("check.tsv", "check"),
        ("learn/phantom.tsv", "phantom"),
        ("learn/intake/T001/baseline.tsv", "intake"),
        ("learn/features/T001/baseline_manual.tsv", "features"),
        ("learn/segment/automatic/T001/baseline.tsv", "segment"),
        ("networks/train_segmentation/automatic.tsv", "train_segmentation"),
        ("networks/train_segmentation/automatic/fold0.tsv", "train_segmentation"),
        ("model/select.tsv", "select"),
        ("concordance/pooled/automatic/concordance.tsv", "concordance"),
        ("concordance/pooled/automatic/roi_concordance.tsv", "roi_concordance"),
    ],
)
def test_a_path_names_its_rule(path, rule):
    assert rule_of(Path(path)) == rule


def test_time_adds_up_and_memory_is_the_largest(tmp_path):
    for name, line in (
        ("a/intake/P1/baseline", "2.0\t0:00:02\t100.5\t1\t1\t1\t0\t0\t90\t1.5"),
        ("a/intake/P2/baseline", "3.0\t0:00:03\t300.5\t1\t1\t1\t0\t0\t90\t2.5"),
        ("a/intake/P3/baseline", "1.0\t0:00:01\tNA\tNA\tNA\tNA\tNA\tNA\tNA\tNA"),
    ):
        file = tmp_path / f"{name}.tsv"
        file.parent.mkdir(parents=True)
        file.write_text(f"{HEADER}\n{line}\n")
    row = per_rule(read_benchmarks(tmp_path)).loc["intake"]
    assert row.to_dict() == {
        "jobs": 3, "seconds": 6.0, "longest_seconds": 3.0, "cpu_seconds": 4.0, "peak_memory_mb": 300.5,
    }  # fmt: skip
