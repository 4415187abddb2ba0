"""Two rows of the matrix of kills; all of it: ``python tests/workflow/kills.py FINISHED_TINY_STUDY``."""

import re

import pytest
from tests.workflow.kills import VICTIMS, kill_and_resume
from tests.workflow.tiny_runs import REPOSITORY

group = [pytest.mark.slow, pytest.mark.xdist_group("end_to_end"), pytest.mark.timeout(2700)]


@pytest.mark.parametrize(
    "rule, who",
    [
        pytest.param("features", "job", marks=group),
        pytest.param("select", "snakemake", marks=group),
    ],
)
def test_after_a_kill_the_same_command_gives_the_same_files(local_study, tmp_path, rule, who):
    assert kill_and_resume(local_study, tmp_path / "study", rule, who) == []


# Rules that a study asks for only where it applies a bundle, has a second given mask, no second mask at all, or masks
# of one patient at several timepoints, or selects stable features only.
NOT_IN_THE_TINY_STUDY = {
    "altered_features", "diagnostics", "follow_up", "lesion_program", "match", "readers", "readers_scan",
    "reader_scores", "unpack_facts", "unpack_model", "unpack_network",
}  # fmt: skip


def test_the_matrix_has_every_rule_of_the_tiny_study():
    rules = set()
    for file in (REPOSITORY / "workflow/rules").glob("*.smk"):
        rules |= set(re.findall(r"^ *(?:rule|use rule \w+ as) (\w+)(?:| with):", file.read_text(), re.MULTILINE))
    assert set(VICTIMS) == rules - NOT_IN_THE_TINY_STUDY
    assert rules >= NOT_IN_THE_TINY_STUDY
