"""What the rehearsal predicts, beside what the tiny study then took."""

import pytest

from livermets.config.load import read_yaml
from livermets.report.benchmarks import per_rule, read_benchmarks
from livermets.workflow.demand import asked_memory_mb
from livermets.workflow.estimate import estimate, jobs
from livermets.workflow.plan import Plan


def plan_of(**cohorts) -> Plan:
    return Plan.from_config({"cohorts": cohorts})


def cohort(role, patients, prefix, grid=192):
    return {"role": role, "phantom": {"patients": patients, "prefix": prefix, "grid": grid}}


def test_jobs_and_hours_follow_the_number_of_patients():
    small, large = (
        estimate(plan_of(learn=cohort("train", n, "T"), test=cohort("validation", n, "V"))).set_index("rule")
        for n in (10, 40)
    )
    assert large.loc["intake", "jobs"] == 4 * small.loc["intake", "jobs"] == 80
    assert large.loc["features", "cpu_hours"] == pytest.approx(4 * small.loc["features", "cpu_hours"])
    assert large.loc["train_segmentation", "jobs"] == 1
    assert 2 < large["disk_gb"].sum() / small["disk_gb"].sum() < 4
    assert set(large.index[large["gpu_hours"] > 0]) == {"train_segmentation", "segment"}


def test_larger_images_take_longer_and_more_memory():
    small, large = (
        estimate(plan_of(learn=cohort("train", 5, "T", grid), test=cohort("validation", 5, "V", grid))).set_index(
            "rule"
        )
        for grid in (128, 512)
    )
    for rule in ("intake", "segment", "features"):
        assert large.loc[rule, "longest_minutes"] > small.loc[rule, "longest_minutes"], rule
        assert large.loc[rule, "memory_gb"] > small.loc[rule, "memory_gb"], rule


def test_every_refit_costs_a_search():
    cohorts = {"learn": cohort("train", 10, "T"), "test": cohort("validation", 4, "V")}
    audit = {"audit": {"outer_folds": 0, "permutations": 0}}
    hours = {}
    for seeds in (0, 10, 20):
        settings = {"selection": audit, "retraining": {"seeds": seeds, "bootstraps": 0}}
        hours[seeds] = estimate(Plan.from_config({"cohorts": cohorts, **settings})).set_index("rule")["cpu_hours"]
    assert "retrain" not in hours[0]
    one = (hours[20]["retrain"] - hours[10]["retrain"]) / 10
    assert one == pytest.approx(hours[10]["select"], rel=0.05)


@pytest.mark.slow
@pytest.mark.timeout(2700)
@pytest.mark.xdist_group("end_to_end")
def test_the_tiny_study_had_the_jobs_and_the_memory_predicted(local_study):
    plan = Plan.from_config(read_yaml(local_study / "config.yaml"))
    predicted = estimate(plan).set_index("rule")
    measured = per_rule(read_benchmarks(local_study / "results/benchmarks"))
    assert predicted.loc[measured.index, "jobs"].to_dict() == measured["jobs"].to_dict()
    sizes = jobs(plan)
    for rule, row in measured.iterrows():
        assert asked_memory_mb(rule, max(sizes[rule])) >= row["peak_memory_mb"], rule
