"""Intervals and tests against digits of R packages and of other people's code.

`r_session.csv` holds what `r_session.R` printed; its first lines name R and the packages with their versions, and
anyone with R can run it again. Names in the table are the R calls. Where no package exists, the docstring names the
repository whose code was run, or the closed form."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from livermets.concordance.agreement_model import fit_agreement_model
from livermets.config.statistics import StatisticsSettings
from livermets.stats.agreement import durkalski_p, kappa_estimates, mcnemar_estimates
from livermets.stats.auc import delong, obuchowski
from livermets.stats.calibration import calibration_estimates
from livermets.stats.firth import firth_logistic
from livermets.stats.icc import icc
from livermets.stats.proportions import chi_squared_p, clopper_pearson, cluster_logit_t, mercaldo_logit
from livermets.stats.resampling import PatientBootstrap, per_patient_sum

FOLDER = Path(__file__).parent
# 43 patients of DeLong et al., Biometrics 1988;44:837, as SAS lists them (example of PROC LOGISTIC):
# support.sas.com/documentation/cdl/en/statug/67523/HTML/default/statug_logistic_examples08.htm, which turns the K-G
# score round too.
OVARIAN = pd.read_csv(FOLDER / "delong1988_ovarian.csv")
ALBUMIN, PROTEIN = OVARIAN["albumin"].to_numpy(), OVARIAN["total_protein"].to_numpy()
KG_SCORE, OUTCOME = 10 - OVARIAN["kg_score"].to_numpy(), OVARIAN["benefit"].to_numpy()


def r_session() -> dict[str, list[float]]:
    """Value or values of every R call."""
    found: dict[str, list[float]] = {}
    for row in pd.read_csv(FOLDER / "r_session.csv").itertuples():
        found.setdefault(re.sub(r"\[\d+\]$", "", str(row.name)), []).append(float(row.value))
    return found


R = r_session()


@pytest.fixture(scope="module")
def lesions() -> pd.DataFrame:
    """120 simulated lesions of 30 patients, 1 to 8 each."""
    table = pd.read_csv(FOLDER / "simulated_lesions.csv")
    table["agree"] = (table["predicted_manual"] == table["predicted_automatic"]).astype(float)
    return table.assign(patient=table.groupby("patient_id").ngroup().astype(np.intp), compared=True)


def bootstrap(patients: int) -> PatientBootstrap:
    return PatientBootstrap.draw(patients, 200, 0.95, np.random.default_rng(0))


@pytest.mark.parametrize(
    "name, score", [("albumin", ALBUMIN), ("kg", KG_SCORE), ("total_protein", PROTEIN)], ids=lambda v: str(v)[:8]
)
def test_delong_interval_against_proc(name: str, score) -> None:
    found = delong(score, OUTCOME)
    low, high = found.interval(0.95)
    assert (low, found.auc[0], high) == pytest.approx(R[f"ci.auc({name})"], rel=1e-10)


@pytest.mark.parametrize("name, score", [("albumin", ALBUMIN), ("total_protein", PROTEIN)], ids=["albumin", "protein"])
def test_paired_delong_against_proc(name: str, score) -> None:
    found = delong(np.vstack([score, KG_SCORE]), OUTCOME).difference(0.95)[2]
    assert [found] == pytest.approx(R[f"roc.test({name}, kg)$p.value"], rel=1e-9)


def test_delong_with_ties_and_several_lesions_against_proc(lesions: pd.DataFrame) -> None:
    found = delong(lesions["share_manual"].to_numpy(), lesions["response"].to_numpy())
    low, high = found.interval(0.95)
    assert (low, found.auc[0], high) == pytest.approx(R["auc(simulated)"], rel=1e-10)


def test_obuchowski_against_the_authors_institute(lesions: pd.DataFrame) -> None:
    """`doAUCcluster` of github.com/DIDSR/mitoticFigureCounts, adapted there from the Cleveland Clinic's
    funcs_clusteredROC.R (Obuchowski's institute): AUC and variance of both scores and of their difference."""
    scores = lesions[["share_manual", "share_automatic"]].to_numpy().T
    found = obuchowski(scores, lesions["response"].to_numpy(), lesions["patient"].to_numpy())
    covariance = found.covariance
    assert [found.auc[0], covariance[0, 0]] == pytest.approx(R["doAUCcluster manual"], rel=1e-10)
    assert [found.auc[1], covariance[1, 1]] == pytest.approx(R["doAUCcluster automatic"], rel=1e-10)
    difference = [found.auc[0] - found.auc[1], covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]]
    assert difference == pytest.approx(R["doAUCcluster difference"], rel=1e-10)


def test_obuchowski_is_delong_with_one_lesion_per_patient() -> None:
    """With clusters of size one the estimator is that of DeLong et al."""
    scores = np.vstack([ALBUMIN, PROTEIN, KG_SCORE])
    clustered = obuchowski(scores, OUTCOME, np.arange(len(OUTCOME)))
    np.testing.assert_allclose(clustered.covariance, delong(scores, OUTCOME).covariance, rtol=1e-12)


@pytest.mark.parametrize("k, n", [(682, 925), (19, 32), (0, 10)])
def test_clopper_pearson_against_binom_test(k: int, n: int) -> None:
    """682 of 925 is the example of R's help page of binom.test."""
    assert clopper_pearson(k, n) == pytest.approx(R[f"binom.test({k}, {n})$conf.int"], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "table, measure", [("simulated", "agree"), ("giannini", "agree"), ("simulated", "sensitivity")]
)
def test_clustered_share_against_survey(lesions: pd.DataFrame, table: str, measure: str) -> None:
    """`svyciprop(method = "logit")` with patients as sampling units: linearised variance, t with patients - 1."""
    if table == "giannini":
        lesions = pd.read_csv(FOLDER / "giannini2020" / "table4_lesions.csv")
        lesions["agree"] = (lesions["predicted_manual"] == lesions["predicted_automatic"]).astype(float)
    if measure == "sensitivity":
        lesions = lesions[lesions["response"] == 1]
        lesions = lesions.assign(sensitivity=lesions["predicted_manual"] == 1)
    patient = pd.factorize(lesions["patient_id"])[0]
    counts = [per_patient_sum(v, patient, patient.max() + 1) for v in (lesions[measure], np.ones(len(lesions)))]
    value, low, high = R[f"svyciprop({measure}, {table})"]
    assert counts[0].sum() / counts[1].sum() == pytest.approx(value, rel=1e-10)
    assert cluster_logit_t(*counts) == pytest.approx((low, high), rel=1e-9)


def paired(both_minus: int, automatic_only: int, manual_only: int, both_plus: int):
    manual = np.repeat([0, 0, 1, 1], [both_minus, automatic_only, manual_only, both_plus])
    automatic = np.repeat([0, 1, 0, 1], [both_minus, automatic_only, manual_only, both_plus])
    return manual, automatic, np.arange(len(manual))


@pytest.mark.parametrize("cells", [(15, 10, 5, 20), (15, 25, 15, 45), (35, 5, 35, 25), (5, 6, 7, 14)])
def test_kappa_and_its_interval_against_vcd(cells: tuple[int, int, int, int]) -> None:
    found = kappa_estimates(*paired(*cells), bootstrap(sum(cells)), ("manual", "automatic"))[0]
    value, _, low, high = R[f"Kappa({' '.join(map(str, cells))})"]
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), rel=1e-9)


@pytest.mark.parametrize("cells", [(15, 10, 5, 20), (15, 25, 15, 45), (35, 5, 35, 25), (5, 6, 7, 14)])
def test_linearised_kappa_with_one_lesion_per_patient_has_vcd_s_error(cells: tuple[int, int, int, int]) -> None:
    """Its variance is then that of Fleiss, Cohen and Everitt times n / (n - 1); the interval is on Fisher's z scale."""
    n = sum(cells)
    found = next(
        e
        for e in kappa_estimates(*paired(*cells), bootstrap(n), ("manual", "automatic"))
        if e.method == "cluster-linear-z-t"
    )
    value, error, *_ = R[f"Kappa({' '.join(map(str, cells))})"]
    reach = stats.t.ppf(0.975, n - 1) * error * math.sqrt(n / (n - 1)) / (1 - value**2)
    assert (found.low, found.high) == pytest.approx(np.tanh(np.arctanh(value) + np.array([-reach, reach])), rel=1e-9)


def test_exact_mcnemar_is_the_binomial_test() -> None:
    """Two-sided binomial with one half on the discordant pairs, 86 against 150 (the approval ratings of R's help page
    of mcnemar.test): R, and the sum of its terms."""
    found = mcnemar_estimates(*paired(570, 86, 150, 794), bootstrap(1600), ("manual", "automatic"))[0]
    assert [found.value] == pytest.approx(R["binom.test(86, 236)$p.value"], rel=1e-9)
    assert found.value == pytest.approx(2 * sum(math.comb(236, k) for k in range(87)) / 2**236, rel=1e-9)


def test_durkalski_with_one_lesion_per_patient_is_mcnemar() -> None:
    manual, automatic, patient = paired(570, 86, 150, 794)
    p = durkalski_p((manual == 1) & (automatic == 0), (manual == 0) & (automatic == 1), patient)
    assert [p] == pytest.approx(R["mcnemar.test(approval, correct = FALSE)$p.value"], rel=1e-9)


def test_durkalski_against_clust_bin_pair(lesions: pd.DataFrame) -> None:
    """`durkalski.test` of github.com/dgopstein/clust.bin.pair (CRAN: clust.bin.pair), on the example of its help page
    (five groups) and on the simulated lesions."""
    both, first, second, neither = (1, 3, 0, 1, 2), (51, 67, 44, 58, 47), (18, 26, 43, 21, 28), (0, 2, 1, 3, 4)
    manual = np.concatenate([np.repeat([1, 1, 0, 0], n) for n in zip(both, first, second, neither, strict=True)])
    automatic = np.concatenate([np.repeat([1, 0, 1, 0], n) for n in zip(both, first, second, neither, strict=True)])
    group = np.repeat(np.arange(5), [sum(n) for n in zip(both, first, second, neither, strict=True)])
    for name, m, a, patient in (
        ("durkalski.test", manual, automatic, group),
        ("durkalski.test(simulated)", *lesions[["predicted_manual", "predicted_automatic", "patient"]].to_numpy().T),
    ):
        p = durkalski_p((m == 1) & (a == 0), (m == 0) & (a == 1), patient)
        assert [stats.chi2.isf(p, 1)] == pytest.approx(R[name], rel=1e-8)


def test_chi_squared_of_two_proportions_against_prop_test() -> None:
    assert [chi_squared_p(15, 50, 25, 50)] == pytest.approx(R["prop.test(c(15, 25), c(50, 50))$p.value"], rel=1e-9)


def test_logit_intervals_of_predictive_values_against_likelihood_ratios_of_epir() -> None:
    """On the logit scale a predictive value is the likelihood ratio plus the log prior odds, so Mercaldo's interval at
    the sample's own prevalence is the likelihood ratio's of `epi.tests` (Simel et al. 1991) times the prior odds."""
    tp, fp, fn, tn = 670, 202, 74, 640
    odds = (tp + fn) / (fp + tn)
    ppv, npv = mercaldo_logit(tp, fn, fp, tn)
    of_positive = [odds * ratio / (1 + odds * ratio) for ratio in R["epi.tests lr.pos"]]
    of_negative = [1 / (1 + odds * ratio) for ratio in R["epi.tests lr.neg"]]
    assert (tp / (tp + fp), *ppv) == pytest.approx(of_positive, rel=1e-9)
    assert (tn / (tn + fn), npv[1], npv[0]) == pytest.approx(of_negative, rel=1e-9)


@pytest.mark.parametrize("kind, name", [("ICC(2,1)", "ICC2"), ("ICC(3,1)", "ICC3")])
def test_icc_against_psych(kind: str, name: str) -> None:
    """Four judges and six targets of Shrout and Fleiss (1979), table 2."""
    ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
    found = icc(ratings, kind)
    assert (found.value, found.low, found.high) == pytest.approx(R[f"ICC(shrout-fleiss)${name}"], rel=1e-9)


def test_agreement_model_against_glm_with_cr3_errors(lesions: pd.DataFrame) -> None:
    """With independence as working correlation the model is R's glm, and Mancl and DeRouen's covariance is CR3 of
    clubSandwich."""
    settings = StatisticsSettings(working_correlation="independence", events_per_term=1)
    model, _ = fit_agreement_model(lesions, settings)
    assert model is not None
    error = np.sqrt(np.diag(model.covariance))
    np.testing.assert_allclose(model.coefficients, R["coef(glm)"], rtol=1e-7)
    np.testing.assert_allclose(error, R["se(vcovCR CR3)"], rtol=1e-7)


def test_exchangeable_agreement_model_against_gee(lesions: pd.DataFrame) -> None:
    """Carey's `gee`: coefficients and the correlation of two lesions of one patient."""
    model, _ = fit_agreement_model(lesions, StatisticsSettings(events_per_term=1))
    assert model is not None
    np.testing.assert_allclose(model.coefficients, R["coef(gee exchangeable)"], rtol=1e-5)
    assert [model.correlation] == pytest.approx(R["alpha(gee exchangeable)"], rel=1e-5)


def test_penalised_agreement_model_against_firthmodels() -> None:
    """firthmodels 0.8.2 (`FirthLogisticRegression(gtol=1e-12, xtol=1e-12)`) on the 32 lesions of Giannini's Table 4."""
    table = pd.read_csv(FOLDER / "giannini2020" / "table4_lesions.csv")
    alike = (table["predicted_manual"] == table["predicted_automatic"]).to_numpy(float)
    x = (table["dice"] - table["dice"].mean()) / 0.1
    d = (table["longest_diameter_mm"] - table["longest_diameter_mm"].mean()) / 10
    found = firth_logistic(np.column_stack([np.ones(len(table)), x, d]), alike)
    np.testing.assert_allclose(found, [0.482177996628, 0.418240066153, 0.589495812889], rtol=1e-9)


def test_calibration_against_glm_with_clustered_errors(lesions: pd.DataFrame) -> None:
    """glm with `vcovCL(type = "HC1")`: value, and the error behind the interval with t of patients - 1."""
    score, response, patient = (lesions[c].to_numpy() for c in ("share_manual", "response", "patient"))
    slope, in_the_large, _ = calibration_estimates(score, response, patient, 0.01, bootstrap(30))
    for found, name in ((slope, "calibration slope"), (in_the_large, "calibration in the large")):
        error = (found.high - found.low) / 2 / stats.t.ppf(0.975, 29)
        assert [found.value, error] == pytest.approx(R[name], rel=1e-6)
