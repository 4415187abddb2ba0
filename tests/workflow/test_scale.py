"""A study of 1,000 patients at two timepoints is planned in seconds (the whole dry run: tests/bench/bench_scale.py)."""

import time

from tests.empty_study import TIMEPOINTS, write_study

from livermets.config.load import read_yaml
from livermets.workflow.plan import Plan

PATIENTS = 1000
LONGEST_COMMAND = 128 * 1024


def test_every_scan_is_found_at_once(tmp_path, monkeypatch):
    write_study(tmp_path, PATIENTS, training=PATIENTS // 2)
    monkeypatch.chdir(tmp_path)
    started = time.process_time()
    plan = Plan.from_config(read_yaml("config.yaml"))
    scans = plan.scans()
    assert len(scans) == PATIENTS * len(TIMEPOINTS)
    for _ in range(20):  # Snakemake asks for each scan about so often
        found = [plan.scan(scan.cohort, scan.patient_id, scan.timepoint) for scan in scans]
    assert found == list(scans)
    assert len({plan.outcome_digest([scan]) for scan in scans}) == len(scans)
    plan.megavoxels(scans)
    # Looking each scan up in a list would take minutes.
    assert time.process_time() - started < 10
    words = plan.scans("train").words("--lesions=results/{cohort}/intake/{patient}/{timepoint}/lesions.csv")
    assert len(words) < LONGEST_COMMAND
