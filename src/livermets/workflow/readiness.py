"""What a study must have before anything is computed: the one list that `check` and the workflow go by."""

from __future__ import annotations

from livermets.cohort.covariates import covariate_cells
from livermets.cohort.missing import missing_files
from livermets.cohort.scan import Scan
from livermets.cohort.scores import scan_scores
from livermets.cohort.sources import source_problems
from livermets.cohort.study import Cohort, Study
from livermets.config.applied import facts_of
from livermets.config.bundled import BundleFacts
from livermets.config.recipes import liver_preprocess, network_recipes
from livermets.config.roles import Role, Task, in_both
from livermets.config.sources import is_drawn_by_a_person
from livermets.config.study import StudyConfig
from livermets.errors import ProblemList
from livermets.model.enough import centre_problems, patient_problems
from livermets.segmentation.pretrained import checked_pretrained_file
from livermets.workflow.applied import applied_problems
from livermets.workflow.cross_fit import CrossFit
from livermets.workflow.livers import Livers

LISTED = 5
"""Names that a problem lists."""


def study_problems(config: StudyConfig, study: Study) -> ProblemList:
    """What tables show, and what the cohorts lack for the stages that the configuration asks for."""
    problems, facts = ProblemList([*study.problems, *source_problems(study)]), facts_of(config)
    if facts is not None:
        problems.extend(applied_problems(config, study, facts))
    _check_training(study, facts, problems, bool(config.programs))
    _check_response_timepoints(config, study, problems)
    _check_both_classes(config, study, problems)
    if facts is None or not facts.brings("segmentation"):
        problems.extend(Livers.of(config, study).problems())
        _check_folds(config, study, problems)
        _check_compared(config, study, problems)
        problems.extend(network_problems(config, study))
    _check_scores(config, study, problems)
    _check_programs(config, study, problems)
    _check_stable_features(config, study, problems)
    return problems


def file_problems(study: Study) -> ProblemList:
    """The images and masks that do not exist, of all scans that the user gave. `check` finds them while it reads."""
    scans = [scan for cohort in study.cohorts if cohort.settings.phantom is None for scan in cohort.scans()]
    return ProblemList([problem for scan in scans for problem in missing_files(scan)])


def _check_training(study: Study, facts: BundleFacts | None, problems: ProblemList, programs: bool) -> None:
    """Whatever is to be applied or judged must be fitted first. Masks that were given, or that external programs draw,
    can be judged as they are."""
    if any(cohort.problems.errors for cohort in study.cohorts):
        return  # rows that cannot be read may be those that train
    scans = study.scans()
    trains = any("train" in (scan.roles.segmentation, scan.roles.response) for scan in scans)
    judges_given = any(_is_judged(scan, programs) for scan in study.scans("segmentation", "validation"))
    if facts is None and not trains and not judges_given:
        what = "no cohort has the role train"
        problems.error("cohorts", what, "Networks and model are fitted on training cohorts")
        return
    fitted: dict[Task, str] = {"segmentation": "networks are", "response": "the model is"}
    for task, words in fitted.items():
        asking = [scan for scan in study.scans(task, "validation", "predict") if _asks(scan, task, programs)]
        brought = facts is not None and facts.brings(task)
        fitted_on = brought or any(
            roles.of(task) == "train" for cohort in study.cohorts for roles in cohort.settings.stated_roles
        )
        if asking and not fitted_on:
            names = ", ".join(dict.fromkeys(scan.cohort for scan in asking))
            what = f"cohort {names} has a role for {task}, and no cohort trains for it"
            problems.error(
                "cohorts", what, f"Give a cohort {task}: train, as {words} fitted on it, or set {task}: none"
            )


def _asks(scan: Scan, task: Task, programs: bool) -> bool:
    """Whether something must have been fitted for a task before it can use a scan."""
    of_masks = task == "segmentation" and scan.roles.segmentation == "validation"
    return not (of_masks and _is_judged(scan, programs))


def _is_judged(scan: Scan, programs: bool) -> bool:
    """Whether a scan has masks to be judged though no network draws it."""
    return bool(scan.further_sources) or (programs and scan.has_lesions)


def _check_response_timepoints(config: StudyConfig, study: Study, problems: ProblemList) -> None:
    """The response model needs scans of every timepoint that it is to learn from and to be judged at."""
    wanted, key = config.response_timepoints, "response_timepoints"
    if any(cohort.problems.errors for cohort in study.cohorts):
        return  # rows that cannot be read may hold the timepoint that is missing
    training = [cohort for cohort in study.cohorts if _short_response(cohort) == "train"]
    lacking = [c for c in training if not set(wanted) & _timepoints(c)]
    for cohort in lacking:
        has = ", ".join(sorted(_timepoints(cohort)))
        what = f"no scan of this training cohort is at {' or '.join(wanted)} ({key}); its timepoints: {has}"
        problems.error(f"cohort {cohort.name}", what, f"Set {key} to those that the response is to be predicted from")
    known = {timepoint for cohort in training for timepoint in _timepoints(cohort)}
    unknown = [] if lacking else [timepoint for timepoint in wanted if timepoint not in known]
    for timepoint in unknown if known else []:
        has = ", ".join(sorted(known))
        what = f"no training cohort has a scan at {timepoint}; timepoints of the training cohorts: {has}"
        problems.error(key, what, "Correct the name, or leave it out: classes count where the model was trained")


def _check_both_classes(config: StudyConfig, study: Study, problems: ProblemList) -> None:
    """Both classes among the lesions that the response model is to learn from."""
    patients = _patients_by_class(config, study)
    for response, word in ((0, "R-"), (1, "R+")):
        if patients is not None and not patients[response]:
            what = f"no lesion of the training patients is {word}"
            fix = "The model needs both classes; check the outcome rule and the table"
            problems.error(_training_words(study), what, fix)


def selection_problems(config: StudyConfig, study: Study) -> ProblemList:
    """What the selection would refuse after everything before it was computed: too few patients of a class for its
    folds, as far as the table tells. Lesions without a ROI drop out too, so that enough here may be too few there."""
    patients, where = _patients_by_class(config, study), _training_words(study)
    problems = ProblemList() if patients is None else patient_problems(patients, config.selection, where)
    if config.selection.audit.leave_one_centre_out:
        problems.extend(centre_problems((scan.centre for scan in study.scans("response", "train")), where))
    return problems


def _patients_by_class(config: StudyConfig, study: Study) -> dict[int, int] | None:
    """Patients with a lesion of each class to learn from; None: not known yet."""
    training = _trained_on(study)
    if any(cohort.problems.errors for cohort in training):
        return None  # rows that cannot be read may hold the class that is missing
    rows = [(cohort, row) for cohort in training for row in cohort.rows if _trains(cohort, row.timepoint)]
    # A synthetic cohort that is not written yet has no outcome to look at.
    if not rows or any(row.lesion_id is None for _, row in rows):
        return None
    known = {
        (row.response, cohort.name, row.patient_id)
        for cohort, row in rows
        if row.lesion_id not in cohort.excluded_lesions(row.patient_id, row.timepoint)
    }
    return {response: sum(found == response for found, *_ in known) for response in (0, 1)}


def _training_words(study: Study) -> str:
    return "cohort " + ", ".join(cohort.name for cohort in _trained_on(study))


def _trained_on(study: Study) -> list[Cohort]:
    """The cohorts that the response model is fitted on."""
    return [c for c in study.cohorts if any(_trains(c, timepoint) for timepoint in _timepoints(c))]


def _trains(cohort: Cohort, timepoint: str) -> bool:
    return cohort.roles(timepoint).response == "train"


def _short_response(cohort: Cohort) -> Role | None:
    """The response role of a cohort that leaves to `response_timepoints` where it holds."""
    role = cohort.settings.role
    return None if role is None or isinstance(cohort.settings.timepoints, dict) else in_both(role).response


def _timepoints(cohort: Cohort) -> set[str]:
    return {scan.timepoint for scan in cohort.scans()}


def _check_folds(config: StudyConfig, study: Study, problems: ProblemList) -> None:
    """Patients for the folds; rows that cannot be read may be those that are missing."""
    if not any(cohort.problems.errors for cohort in study.cohorts):
        problems.extend(CrossFit.of(config, study).problems(config, Livers.of(config, study)))


def _check_compared(config: StudyConfig, study: Study, problems: ProblemList) -> None:
    unread = any(cohort.problems.errors for cohort in study.cohorts)
    roles: list[Role] = ["train", "validation"] if config.segmentation.cross_fit else ["validation"]
    judged = unread or any(s.has_lesions for s in study.scans("segmentation", *roles))
    for section in ("networks", "programs"):
        if getattr(config, section) and not judged:
            what = f"no validation cohort has lesion masks, on which {section} could be compared"
            fix = "Add such a cohort, set segmentation.cross_fit to judge training scans, or leave this section out"
            problems.error(section, what, fix)


def _check_programs(config: StudyConfig, study: Study, problems: ProblemList) -> None:
    """Patients that a program was trained on, under names that nobody has: whoever is meant would count as unseen."""
    known = {name for s in study.scans() for name in (s.patient_id, f"{s.cohort}/{s.patient_id}")}
    unread = any(cohort.problems.errors for cohort in study.cohorts)
    for name, program in config.programs.items():
        unknown = [patient for patient in program.trained_on or [] if patient not in known]
        if unknown and not unread:
            listed = ", ".join(unknown[:LISTED]) + (f" and {len(unknown) - LISTED} more" if unknown[LISTED:] else "")
            what = f"no patient of this study is called {listed}"
            problems.error(f"programs.{name}.trained_on", what, "Correct the ids, or leave out other studies' patients")


def _check_scores(config: StudyConfig, study: Study, problems: ProblemList) -> None:
    """The columns of scores and covariates, in tables that can be read."""
    written = [cohort for cohort in study.cohorts if cohort.written]
    if written and not any(cohort.problems.errors for cohort in study.cohorts):
        with problems.collected():
            scan_scores(written, config.sources)
        fitted = [c for c in written if any(roles.response == "train" for roles in c.settings.stated_roles)]
        with problems.collected():
            if fitted:
                covariate_cells(fitted, config.covariates)


def _check_stable_features(config: StudyConfig, study: Study, problems: ProblemList) -> None:
    """What is known before any image is read of why no feature could be told to be stable."""
    used, training = config.selection.stable_features.used, study.scans("response", "train")
    if not training or any(cohort.problems.errors for cohort in study.cohorts):
        return
    drawn = {source for scan in training for source in scan.further_sources}
    if "readers" in used and not any(is_drawn_by_a_person(config.sources, source) for source in drawn):
        what = "no training scan has a mask of a further reader"
        fix = (
            "Name such masks (`masks` of the cohort), take altered masks, or leave selection.stable_features.icc empty"
        )
        problems.error("selection.stable_features.by", what, fix)
    if "altered" in used and config.radiomics.binning == "mask" and config.radiomics.image_types != ("original",):
        what = "binning mask and filtered images together cannot be computed for altered masks"
        fix = "Use binning roi, or image type original, or leave selection.stable_features.icc empty"
        problems.error("radiomics", what, fix)


def network_problems(config: StudyConfig, study: Study) -> ProblemList:
    """What is wrong with the networks that a study trains: keys, presets, and files of pre-trained weights."""
    problems, networks = ProblemList(), [config.segmentation.network]
    if Livers.of(config, study).need_own_network:
        networks.append(config.segmentation.liver.network)
    with problems.collected():
        liver_preprocess(config)
    with problems.collected():
        networks += [recipe.segmentation.network for recipe in network_recipes(config).values()]
    for pretrained, backbone in dict.fromkeys((network.weights_file, network.backbone) for network in networks):
        with problems.collected():
            if pretrained is not None and backbone is not None:
                checked_pretrained_file(pretrained, backbone)
    return problems
