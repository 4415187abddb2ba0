"""How well predicted classes and scores find responders (R+)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livermets.stats.auc import bootstrap_auc, delong, obuchowski
from livermets.stats.proportions import (
    UNDEFINED,
    clopper_pearson,
    clopper_pearson_patients,
    cluster_logit_t,
    mercaldo_logit,
)
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, Estimate, by_method


@dataclass(frozen=True)
class Confusion:
    """Counts of lesions; R+ is the positive class."""

    tp: int
    fn: int
    fp: int
    tn: int

    @classmethod
    def of(cls, response: NDArray, predicted: NDArray) -> Confusion:
        """Counts from two arrays of 0/1."""
        positive, called = response == 1, predicted == 1
        cells = (positive & called, positive & ~called, ~positive & called, ~positive & ~called)
        return cls(*(int(np.count_nonzero(cell)) for cell in cells))


def proportion_estimates(
    measure: str,
    hit: NDArray[np.bool_],
    among: NDArray[np.bool_],
    patient: NDArray[np.intp],
    boot: PatientBootstrap,
    extra: dict[str, tuple[float, float]] | None = None,
) -> list[Estimate]:
    """The share of ``hit`` among the lesions ``among``, once per interval method; the first is the customary one.

    ``extra`` holds intervals that need more than this proportion, put before the others."""
    patients = boot.weights.shape[1]
    k, n = int(np.count_nonzero(hit & among)), int(np.count_nonzero(among))
    numerator, denominator = per_patient_sum(hit & among, patient, patients), per_patient_sum(among, patient, patients)
    robust = cluster_logit_t(numerator, denominator, boot.level)
    intervals = {
        method: (interval, "needs sensitivity and specificity between 0 and 1")
        for method, interval in (extra or {}).items()
    }
    intervals |= {
        "clopper-pearson": (clopper_pearson(k, n, boot.level), ""),
        "cluster-logit-t": (robust, "needs two patients and a value between 0 and 1"),
        "cluster-bootstrap": boot.ratio(numerator, denominator),
    }
    if n and k in (0, n):
        patient_exact = clopper_pearson_patients(numerator, denominator, boot.level)
        intervals["clopper-pearson-patients"] = (patient_exact, "needs two patients")
    estimate = Estimate(
        measure,
        k / n if n else NAN,
        level=boot.level,
        n=n,
        k=k,
        n_lesions=n,
        n_patients=int(np.count_nonzero(denominator)),
        note="" if n else "no lesion to count",
    )
    return by_method(estimate, intervals)


def class_diagnostics(
    response: NDArray, predicted: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> list[Estimate]:
    """Sensitivity, specificity, predictive values and accuracy of 0/1 calls, each with several intervals."""
    cells = Confusion.of(response, predicted)
    ppv, npv = mercaldo_logit(cells.tp, cells.fn, cells.fp, cells.tn, boot.level)
    right = predicted == response
    sensitivity, specificity, accuracy = _right_among_outcomes(right, response, patient, boot)
    return [
        *sensitivity,
        *specificity,
        *proportion_estimates("ppv", right, predicted == 1, patient, boot, {"mercaldo-logit": ppv}),
        *proportion_estimates("npv", right, predicted == 0, patient, boot, {"mercaldo-logit": npv}),
        *accuracy,
    ]


def end_to_end_diagnostics(
    response: NDArray, predicted: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> list[Estimate]:
    """Sensitivity, specificity and accuracy over all lesions; one without a class (NaN) counts as called wrongly.

    A lesion that gets no class gets no treatment decision: the least favourable reading is a wrong one. Predictive
    values are those of calls, and such a lesion has none."""
    groups = _right_among_outcomes(predicted == response, response, patient, boot)
    return [estimate for group in groups for estimate in group]


def _right_among_outcomes(
    right: NDArray[np.bool_], response: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> tuple[list[Estimate], ...]:
    among = lesions_of_outcome(response)
    return tuple(proportion_estimates(name, right, part, patient, boot) for name, part in among.items())


def lesions_of_outcome(response: NDArray) -> dict[str, NDArray[np.bool_]]:
    """Among which lesions each measure counts the right calls."""
    return {"sensitivity": response == 1, "specificity": response == 0, "accuracy": np.ones(len(response), bool)}


def auc_estimates(
    score: NDArray, response: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> list[Estimate]:
    """Area under the ROC curve of a score that is higher for responders, with three intervals.

    1 = every R+ above every R-, 0.5 = no better than chance. Lesions with the class or score missing must be left out
    beforehand."""
    why = auc_obstacle(response)
    estimate = Estimate(
        "auc", NAN, level=boot.level, n_lesions=len(response), n_patients=len(np.unique(patient)), note=why
    )
    if why:
        return by_method(estimate, dict.fromkeys(("delong", "obuchowski-1997", "cluster-bootstrap"), (UNDEFINED, why)))
    independent = delong(score, response)
    few = clustered_obstacle(response, patient)
    clustered = UNDEFINED if few else obuchowski(score, response, patient).interval(boot.level)
    resampled = bootstrap_auc(score, response, patient, boot)
    intervals = {
        "delong": (independent.interval(boot.level), "needs variation within both classes"),
        "obuchowski-1997": (clustered, few or "needs variation within both classes"),
        "cluster-bootstrap": boot.interval(resampled, patients_of_rarer_class(response, patient)),
    }
    return by_method(replace(estimate, value=float(independent.auc[0])), intervals)


def auc_obstacle(response: NDArray) -> str:
    """Why no AUC can be computed; empty if it can."""
    positive, negative = int(np.count_nonzero(response == 1)), int(np.count_nonzero(response == 0))
    if min(positive, negative) < 2:
        return f"an AUC needs two lesions of each class, here {positive} R+ and {negative} R-"
    return ""


def patients_of_rarer_class(response: NDArray, patient: NDArray[np.intp]) -> int:
    """How many patients have a lesion of the class that fewer of them have."""
    return min(len(np.unique(patient[response == side])) for side in (0, 1))


def clustered_obstacle(response: NDArray, patient: NDArray[np.intp]) -> str:
    """Why no clustered variance of an AUC can be computed; empty if it can."""
    positive, negative = (len(np.unique(patient[response == side])) for side in (1, 0))
    if min(positive, negative) < 2:
        return f"needs two patients with R+ and two with R- lesions, here {positive} and {negative}"
    return ""
