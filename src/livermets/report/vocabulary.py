"""The words of the report for columns, measures and methods of the tables, and for the masks of a source."""

from __future__ import annotations

from collections.abc import Iterable

from livermets.config.cohorts import FIRST_READER
from livermets.config.networks import OWN
from livermets.masks.sizes import EVERY_SIZE
from livermets.report.formatting import listed
from livermets.report.sources import MaskSources

LABELS = {
    "patient_id": "Patient",
    "lesion_id": "Lesion",
    "cohort": "Cohort",
    "timepoint": "Timepoint",
    "centre": "Centre",
    "response": "Response",
    "longest_diameter_mm": "Longest diameter (mm)",
    "volume_ml": "Volume (ml)",
    "dice": "Dice",
    "precision": "Precision",
    "recall": "Recall",
    "detected": "Detected",
    "n_roi_manual": "ROIs, manual",
    "n_roi_automatic": "ROIs, automatic",
    "share_manual": "Share R+, manual",
    "share_automatic": "Share R+, automatic",
    "predicted_manual": "Class, manual",
    "predicted_automatic": "Class, automatic",
    "value": "Value",
    "low": "Low",
    "high": "High",
    "level": "Level",
    "method": "Method",
    "n_lesions": "Lesions",
    "n_patients": "Patients",
    "mask_source": "Mask",
    "n": "n",
    "k": "k",
    "auc": "AUC",
    "roi": "ROI",
    "rois": "ROIs",
    "sd": "SD",
    "p": "p",
    "r_plus": "R+",
    "r_minus": "R−",
    "n_compared": "Compared",
    "n_undetected": "Not detected",
    "n_agree": "Same class",
    "r_plus_compared": "R+ compared",
    "r_minus_compared": "R− compared",
    "r_plus_correct_manual": "R+ right, manual",
    "r_plus_correct_automatic": "R+ right, automatic",
    "r_minus_correct_manual": "R− right, manual",
    "r_minus_correct_automatic": "R− right, automatic",
    "mean_dice_detected": "Mean Dice, detected",
    "mean_dice": "Mean Dice, all lesions",
    "std_error": "Standard error",
    "r_plus_classified": "R+ classified",
    "r_plus_correct": "R+ right",
    "r_minus_classified": "R− classified",
    "r_minus_correct": "R− right",
    "n_other": "Another class",
    "n_no_class": "No class",
    "n_selected": "Searches that chose it",
    "n_searches": "Searches",
    "p_value": "p",
}
"""Headings of columns."""

MEASURES = {
    "sensitivity": "Sensitivity (R+ found)",
    "specificity": "Specificity (R− found)",
    "ppv": "Positive predictive value",
    "npv": "Negative predictive value",
    "accuracy": "Accuracy",
    "auc": "ROC AUC",
    "agreement": "Agreement",
    "agreement_reader_classified": "Same class, of those with a manual class",
    "agreement_all": "Same class, of all lesions",
    "positive_agreement": "Positive agreement (calls of R+)",
    "negative_agreement": "Negative agreement (calls of R−)",
    "kappa": "Cohen’s kappa",
    "mcnemar_p": "McNemar’s test",
    "manual_only": "R+ with the manual mask only",
    "automatic_only": "R+ with the automatic mask only",
    "auc_difference": "ROC AUC, difference",
    "brier": "Brier score",
    "calibration_slope": "Calibration slope",
    "calibration_in_the_large": "Calibration in the large",
    "bias": "Mean difference (bias)",
    "lower_limit": "Lower 95 % limit of agreement",
    "upper_limit": "Upper 95 % limit of agreement",
    "sd_between_patients": "SD between patients",
    "sd_within_patients": "SD within patients",
    "within_limits": "Lesions within the limits (fitted to these lesions, so about 95 % by construction)",
    "calibration_intercept": "Calibration intercept",
    "mean_dice": "Mean Dice, all lesions",
    "auc_within_folds": "ROC AUC within folds",
    "auc_within_folds_difference": "AUC within folds, less genetic selection",
    "stability": "Stability index",
    "mean_features": "Features, mean",
    "mean_hidden": "Hidden neurons, mean",
    "sensitivity_manual": "Sensitivity, manual mask",
    "sensitivity_automatic": "Sensitivity, automatic mask",
    "specificity_manual": "Specificity, manual mask",
    "specificity_automatic": "Specificity, automatic mask",
    "auc_manual": "ROC AUC, manual mask",
    "auc_automatic": "ROC AUC, automatic mask",
}
"""Measures of the tables of estimates."""

METHODS = {
    "clopper-pearson": "exact binomial (Clopper–Pearson)",
    "wilson": "Wilson score",
    "clopper-pearson-patients": "exact binomial, one trial per patient",
    "ratio-logit-t": "ratio of counts over lesions (Graham and Bull 1998, logit, t)",
    "mercaldo-logit": "logit (Mercaldo 2007)",
    "cluster-bootstrap": "bootstrap of patients",
    "cluster-linear-z-t": "clustered by patient (linearised, Fisher’s z, t)",
    "delong": "DeLong",
    "obuchowski-1997": (
        "clustered by patient (Obuchowski 1997; logit, t, degrees of freedom: the fewer of the patients with R+ and "
        "with R− lesions, minus 1)"
    ),
    "cluster-logit-t": "clustered by patient (ratio variance, logit, t)",
    "cluster-sandwich": "logistic regression, sandwich errors by patient",
    "durkalski-2003": "clustered by patient (Durkalski 2003)",
    "patient-mean-t": "Student t over patients",
    "fleiss-1969": "asymptotic (Fleiss 1969)",
    "exact-binomial": "exact binomial",
    "bland-altman-1999": "lesions independent (Bland and Altman 1999)",
    "square-and-add": "square and add, from the intervals of both shares",
    "cluster-mover": "clustered by patient (Zou 2013)",
    "chi-squared-yates": "chi-squared, unpaired",
    "cluster-linearised-t": "t-test by patient (linearised difference)",
    "welch-t": "Welch’s t, unpaired",
    "count": "",
}
"""Methods of intervals and tests."""


def size_sentence(sizes: Iterable[object]) -> str:
    """`` Size is by longest diameter: < 20 mm and ≥ 20 mm.``, of the sizes in a table; nothing where it has none."""
    names = [str(size) for size in dict.fromkeys(sizes) if size != EVERY_SIZE]
    if not names:
        return ""
    at_a_limit = "; a lesion at a limit has the larger size" if len(names) > 2 else ""
    return f" Size is by longest diameter: {listed(names)}{at_a_limit}."


def mask_words(sources: MaskSources, name: str) -> str:
    """A source's mask in words: ``manual mask``, ``reference mask (reader1)``, ``automatic mask (giannini2020)``,
    ``mask by reader2``."""
    if name == sources.reference:
        return "manual mask" if name == FIRST_READER else f"reference mask ({name})"
    if name in sources.networks:
        return "automatic mask" if name == OWN else f"automatic mask ({name})"
    return f"mask by {name}"
