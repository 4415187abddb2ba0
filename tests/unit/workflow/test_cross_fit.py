"""Folds are the same for every network, and no scan meets a network that learnt from its patient."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from livermets.errors import InputError
from livermets.segmentation.folds import Fold
from livermets.segmentation.training_share import TrainingShare
from livermets.workflow.estimate import jobs, preprocessed
from livermets.workflow.inputs import Inputs
from livermets.workflow.networks import fold_number, whole_name
from livermets.workflow.plan import Plan
from livermets.workflow.scans import Scans

LEFT_OUT = {"cross_fit": "leave-one-out", "liver": {"replace_given": True}}
TABLE = "patient_id,timepoint,lesion_id,baseline_diameter_mm,followup_diameter_mm"


def collection(folder, patients: int, timepoints: list[str], livers: int | None = None) -> dict:
    """Cohorts of images alone, in files that only lie there: the first patients come with a liver."""
    given = patients if livers is None else livers
    made = {}
    for name, numbers in (("whole", range(given)), ("bare", range(given, patients))):
        files = ["ct", "mask", *(["liver"] if name == "whole" else [])]
        rows = [TABLE]
        for number in numbers:
            for timepoint in timepoints:
                rows.append(f"P{number},{timepoint},1,20,18")
                for file in files:
                    (folder / f"P{number}_{timepoint}_{file}.nii.gz").touch()
        if len(rows) > 1:
            (folder / f"{name}.csv").write_text("\n".join(rows))
            paths = {"image": "ct", "lesions": "mask", "liver": "liver"}
            made[name] = {
                "table": f"{name}.csv",
                "timepoints": {point: {"segmentation": "train"} for point in timepoints},
                **{key: f"{{patient}}_{{timepoint}}_{file}.nii.gz" for key, file in paths.items() if file in files},
            }
    return made


@pytest.fixture
def plan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def made(patients: int = 6, timepoints: tuple[str, ...] = ("baseline",), livers: int | None = None, **sections):
        cohorts = collection(tmp_path, patients, list(timepoints), livers) | sections.pop("cohorts", {})
        return Plan.from_config({"cohorts": cohorts, **sections})

    return made


def learnt(plan: Plan, path: str) -> set[str]:
    """The patients that the network of a file of weights is trained on."""
    name = path.removeprefix("results/networks/").removesuffix("/network.safetensors")
    return set(Inputs(plan).training_patients(SimpleNamespace(network=name)).split(","))


@pytest.mark.parametrize("asked", [2, 3, "leave-one-out"])
@pytest.mark.parametrize("classes", [["lesion"], ["liver", "lesion"]])
def test_no_network_and_no_liver_network_has_seen_the_patient_of_a_scan_that_it_draws(plan, asked, classes):
    crossed = plan(
        timepoints=("baseline", "TP1"),
        segmentation={"cross_fit": asked, "classes": classes, "liver": {"replace_given": True}},
        networks={"paper": {"preset": "giannini2020"}},
    )
    inputs = Inputs(crossed)
    drawn = set()
    for source in crossed.networks.of_lesions:
        for scan in crossed.sources.drawn_by(source):
            job = SimpleNamespace(cohort=scan.cohort, patient=scan.patient_id, timepoint=scan.timepoint, network=source)
            (liver,) = inputs.liver_network(job)
            for weights in (inputs.network_of_scan(job), liver):
                assert scan.patient_id not in learnt(crossed, weights)
                drawn.add(weights.removeprefix("results/networks/").removesuffix("/network.safetensors"))
    assert drawn == {name for name in crossed.networks.trained if fold_number(name) is not None}
    assert len(crossed.sources.drawn_by("paper")) == len(crossed.sources.drawn_by("automatic")) == 12


def test_all_scans_of_a_patient_are_in_one_fold_and_all_networks_have_the_same_folds(plan):
    crossed = plan(timepoints=("baseline", "TP1"), livers=4, segmentation={"cross_fit": 3})
    folds = {}
    for scan in crossed.scans():
        folds.setdefault(scan.patient_id, set()).add(crossed.cross_fit.fold(scan))
    assert [len(found) for found in folds.values()] == [1] * 6
    for number in range(3):
        left_out = {patient for patient, found in folds.items() if found == {number}}
        for network in ("automatic", "liver"):
            patients = {scan.patient_id for scan in crossed.trained_on(f"{network}/fold{number}")}
            assert patients == {scan.patient_id for scan in crossed.trained_on(network)} - left_out
    assert {scan.patient_id for scan in crossed.trained_on("liver")} == {"P0", "P1", "P2", "P3"}


def test_only_folds_with_a_liver_to_find_have_a_liver_network(plan):
    crossed = plan(livers=5, segmentation={"cross_fit": 3})
    (bare,) = (scan for scan in crossed.scans() if not scan.has_liver)
    fold = crossed.cross_fit.fold(bare)
    assert [name for name in crossed.networks.trained if whole_name(name) == "liver"] == ["liver", f"liver/fold{fold}"]
    of_all = plan(segmentation={"cross_fit": 3})
    assert [name for name in of_all.networks.trained if whole_name(name) == "liver"] == []


SHARES = {"quarter": {"training_share": 0.25}, "half": {"training_share": 0.5}, "paper": {"preset": "giannini2020"}}
HALF_OF_PAPER = {"half-paper": {"preset": "giannini2020", "training_share": 0.5}}


def patients_of(plan: Plan, network: str) -> set[str]:
    return {scan.patient_id for scan in plan.trained_on(network)}


@pytest.mark.parametrize("folds", [0, 3])
def test_shares_are_nested_of_whole_patients_and_the_same_for_every_recipe(plan, folds):
    networks = SHARES | HALF_OF_PAPER
    held = {"held": {"role": {"segmentation": "validation"}, "phantom": {"patients": 2, "prefix": "V"}}}
    shared = plan(8, ("baseline", "TP1"), cohorts=held, segmentation={"cross_fit": folds}, networks=networks, seed=3)
    for fold in ("", *(f"/fold{number}" for number in range(folds))):
        whole = patients_of(shared, f"automatic{fold}")
        half, quarter = patients_of(shared, f"half{fold}"), patients_of(shared, f"quarter{fold}")
        assert quarter < half < whole
        assert (len(quarter), len(half)) == (-(-len(whole) // 4), -(-len(whole) // 2))
        assert patients_of(shared, f"half-paper{fold}") == half
        assert patients_of(shared, f"paper{fold}") == whole
        # Both timepoints of everybody who is drawn, and of nobody else.
        assert len(shared.trained_on(f"quarter{fold}")) == 2 * len(quarter)


@pytest.mark.parametrize("asked", [3, "leave-one-out"])
def test_no_network_of_a_share_has_seen_the_patient_of_a_scan_that_it_draws(plan, asked):
    crossed = plan(8, ("baseline", "TP1"), segmentation={"cross_fit": asked}, networks=SHARES)
    inputs = Inputs(crossed)
    for source in crossed.networks.of_lesions:
        for scan in crossed.sources.drawn_by(source):
            job = SimpleNamespace(cohort=scan.cohort, patient=scan.patient_id, timepoint=scan.timepoint, network=source)
            assert scan.patient_id not in learnt(crossed, inputs.network_of_scan(job))
        assert len(crossed.sources.drawn_by(source)) == 16


def test_the_verb_is_told_the_share_and_draws_the_same_patients(plan):
    crossed = plan(8, segmentation={"cross_fit": 3}, networks=SHARES)
    for network in ("quarter", "half", "half/fold1"):
        job = SimpleNamespace(network=network)
        options = Inputs(crossed).fold_options(job).split()
        named = dict(zip(options[::2], options[1::2], strict=True))
        everybody = named["--fold-patients"].split(",")
        fold = Fold(int(named["--fold"]), int(named["--folds"]), everybody) if "--fold" in named else None
        share = TrainingShare(float(named["--training-share"]), everybody)
        assert set(share.shown(everybody, fold, crossed.seed)) == patients_of(crossed, network)
    assert "--training-share" not in Inputs(crossed).fold_options(SimpleNamespace(network="paper/fold1"))
    assert Inputs(crossed).fold_options(SimpleNamespace(network="paper")) == ""


def test_scans_that_only_the_folds_of_a_share_learn_from_are_counted_among_the_preprocessed(plan):
    crossed = plan(8, segmentation={"cross_fit": "leave-one-out"}, networks={"few": {"training_share": 0.25}})
    of_folds = set().union(*(patients_of(crossed, f"few/fold{number}") for number in range(8)))
    assert of_folds > patients_of(crossed, "few")
    # As where scans without a lesion mask train, which nobody draws.
    crossed.sources.__dict__["_judged_on"] = lambda crossed: Scans()
    assert len(preprocessed(crossed)) == 8 + len(of_folds)


@pytest.mark.parametrize(
    "patients, segmentation, share, sentence",
    [
        (3, {}, 0.25, "networks.few.training_share: 0.25 of 3 training patients is 1, and a network needs at least 2"),
        (4, {"cross_fit": "leave-one-out"}, 0.3, "0.3 of 3 training patients that fold 0 leaves is 1, and a network"),
    ],
)
def test_a_share_of_too_few_patients_is_refused_in_a_sentence(plan, patients, segmentation, share, sentence):
    held = {"held": {"role": {"segmentation": "validation"}, "phantom": {"patients": 2, "prefix": "V"}}}
    with pytest.raises(InputError) as refused:
        plan(patients, cohorts=held, segmentation=segmentation, networks={"few": {"training_share": share}})
    (problem,) = refused.value.problems
    assert sentence in str(problem)
    assert "Raise it, or add training patients" in str(problem)


def test_one_patient_of_a_share_is_enough_where_none_is_held_back_and_a_share_of_everybody_is_told(plan):
    held = {"held": {"role": {"segmentation": "validation"}, "phantom": {"patients": 2, "prefix": "V"}}}
    one = {"few": {"training_share": 0.25, "training": {"validation_fraction": 0}}, "most": {"training_share": 0.9}}
    made = plan(4, cohorts=held, networks=one)
    assert len(patients_of(made, "few")) == 1
    assert made.cross_fit.shares_in_words == "shares of the 4 training patients: few 1, most 4"
    assert plan(4, cohorts=held, networks={"same": {}}).cross_fit.shares_in_words == ""
    (warning,) = made.cross_fit.problems(made.config, made.livers)
    assert warning.severity == "warning"
    assert "networks.most.training_share: 0.9 of 4 training patients is everybody" in str(warning)


def test_validation_scans_are_drawn_by_the_whole_network(plan):
    held = {"held": {"role": {"segmentation": "validation"}, "phantom": {"patients": 2, "prefix": "V"}}}
    crossed = plan(cohorts=held, segmentation={"cross_fit": 2}, networks={"paper": {"preset": "giannini2020"}})
    inputs = Inputs(crossed)
    for network in ("automatic", "paper"):
        job = SimpleNamespace(cohort="held", patient="V001", timepoint="baseline", network=network)
        assert inputs.network_of_scan(job) == f"results/networks/{network}/network.safetensors"
    assert [scan.cohort for scan in crossed.sources.drawn_by("paper")] == ["whole"] * 6 + ["held"] * 2


def test_without_folds_further_networks_draw_no_training_scan(plan):
    held = {"held": {"role": {"segmentation": "validation"}, "phantom": {"patients": 2, "prefix": "V"}}}
    plain = plan(cohorts=held, networks={"paper": {"preset": "giannini2020"}})
    assert {scan.cohort for scan in plain.sources.drawn_by("paper")} == {"held"}
    assert plain.cross_fit.count == 0
    assert plain.cross_fit.words == ""


@pytest.mark.parametrize(
    "patients, livers, segmentation, sentence",
    [
        (3, None, {"cross_fit": 5}, "segmentation.cross_fit: 5 folds of 3 training patients. Use between 2 and that"),
        (1, None, {"cross_fit": "leave-one-out"}, "1 fold of 1 training patient. Folds take at least 2 patients"),
        (2, None, {"cross_fit": 2}, "leaves 1 training patient for the network automatic, which needs at least 2"),
        (4, 2, LEFT_OUT, "leaves 1 training patient whose liver is given for the network liver, which needs at least"),
    ],
)  # fmt: skip
def test_folds_that_leave_too_few_patients_are_refused_in_a_sentence(plan, patients, livers, segmentation, sentence):
    with pytest.raises(InputError) as refused:
        plan(patients=patients, livers=livers, seed=1, segmentation=segmentation)
    (problem,) = refused.value.problems
    assert sentence in str(problem)


def test_one_patient_is_enough_where_none_is_held_back(plan):
    unmonitored = {"cross_fit": 2, "training": {"validation_fraction": 0}}
    assert (
        plan(patients=2, segmentation=unmonitored).cross_fit.words
        == "cross-fitting: 2 folds by patient, 2 training patients"
    )
    alone = plan(patients=4, segmentation={"cross_fit": "leave-one-out"}).cross_fit
    assert (alone.count, alone.words) == (4, "cross-fitting: leave-one-out, 4 training patients")


def test_networks_need_no_validation_cohort_where_training_scans_are_judged(plan):
    paper = {"paper": {"preset": "giannini2020"}}
    assert plan(segmentation={"cross_fit": 2}, networks=paper).sources.others == ["automatic", "paper"]
    with pytest.raises(InputError, match=r"set segmentation\.cross_fit to judge training scans"):
        plan(networks=paper)


def test_the_estimate_counts_the_networks_of_folds_on_what_they_learn_from(plan):
    sizes = jobs(plan(livers=5, segmentation={"cross_fit": 3}, networks={"paper": {"preset": "giannini2020"}}))
    assert len(sizes["train_segmentation"]) == 3 + 1 + 2 * 3
    assert len(sizes["preprocess"]) == 2 * 6 + 5
    assert len(sizes["segment"]) == 2 * 6
