# The digits of r_session.csv, made by R: Rscript r_session.R > r_session.csv (in this folder).
# R 4.2.2 with pROC 1.18.0, survey 4.1-1, sandwich 3.0-2, clubSandwich 0.5.8, vcd 1.4-11, psych 2.2.9, gee 4.13-25,
# epiR 2.0.57 (all of Debian 12). The last part runs code of two repositories that are not on Debian; it is skipped
# where those files are absent.
suppressPackageStartupMessages({library(pROC); library(survey); library(sandwich); library(clubSandwich); library(vcd)
                                library(psych); library(gee)})
cat("name,value\n")
put <- function(name, value) cat(sprintf("\"%s\",%.12g\n", paste0(name, if (length(value) > 1) paste0("[", seq_along(value), "]")),
                                         as.numeric(value)), sep = "")

# binom.test, prop.test, mcnemar.test: the examples of their help pages, and the agreement of Giannini's Table 4
put("binom.test(682, 925)$conf.int", binom.test(682, 925)$conf.int)
put("binom.test(19, 32)$conf.int", binom.test(19, 32)$conf.int)
put("binom.test(0, 10)$conf.int", binom.test(0, 10)$conf.int)
put("prop.test(c(15, 25), c(50, 50))$p.value", prop.test(c(15, 25), c(50, 50))$p.value)
put("binom.test(86, 236)$p.value", binom.test(86, 236)$p.value)
put("mcnemar.test(approval, correct = FALSE)$p.value",
    mcnemar.test(matrix(c(794, 86, 150, 570), 2), correct = FALSE)$p.value)

# vcd: kappa of 2x2 tables with the asymptotic standard error of Fleiss, Cohen and Everitt
kappas <- list(c(15, 10, 5, 20), c(15, 25, 15, 45), c(35, 5, 35, 25), c(5, 6, 7, 14))
for (cells in kappas) {
  fitted <- Kappa(matrix(cells, 2, byrow = TRUE))
  put(paste0("Kappa(", paste(cells, collapse = " "), ")"), c(fitted$Unweighted, confint(fitted)["Unweighted", ]))
}

# psych: Shrout and Fleiss (1979), table 2: four judges, six targets
ratings <- matrix(c(9,2,5,8, 6,1,3,2, 8,4,6,8, 7,1,2,6, 10,5,6,9, 6,2,4,7), 6, byrow = TRUE)
icc <- ICC(ratings, lmer = FALSE)$results
for (kind in c("ICC2", "ICC3")) {
  row <- icc[icc$type == kind, ]
  put(paste0("ICC(shrout-fleiss)$", kind), unlist(row[c("ICC", "lower bound", "upper bound")]))
}

# pROC: DeLong et al. (1988), ovarian cancer
ovarian <- read.csv("delong1988_ovarian.csv")
ovarian$kg <- 10 - ovarian$kg_score
curve <- function(score, data, outcome) roc(data[[outcome]], data[[score]], levels = c(0, 1), direction = "<", quiet = TRUE)
for (score in c("albumin", "kg", "total_protein")) {
  put(paste0("ci.auc(", score, ")"), c(ci.auc(curve(score, ovarian, "benefit"), method = "delong")))
}
for (score in c("albumin", "total_protein")) {
  put(paste0("roc.test(", score, ", kg)$p.value"), roc.test(curve(score, ovarian, "benefit"),
      curve("kg", ovarian, "benefit"), method = "delong", paired = TRUE)$p.value)
}

# simulated_lesions.csv: 30 patients with 1 to 8 lesions
lesions <- read.csv("simulated_lesions.csv")
lesions$agree <- as.numeric(lesions$predicted_manual == lesions$predicted_automatic)
lesions$right <- as.numeric(lesions$predicted_manual == lesions$response)
giannini <- read.csv("giannini2020/table4_lesions.csv")
giannini$agree <- as.numeric(giannini$predicted_manual == giannini$predicted_automatic)

# survey: a share over clusters of unequal size, linearised variance, logit scale, t with clusters - 1
share <- function(formula, data) {
  design <- svydesign(ids = ~patient_id, weights = ~1, data = data)
  found <- svyciprop(formula, design, method = "logit", df = degf(design))
  c(as.numeric(found), attr(found, "ci"))
}
put("svyciprop(agree, simulated)", share(~agree, lesions))
put("svyciprop(agree, giannini)", share(~agree, giannini))
put("svyciprop(sensitivity, simulated)", share(~right, lesions[lesions$response == 1, ]))

# GEE with independence is logistic regression, and Mancl and DeRouen's covariance is CR3
lesions$x <- (lesions$dice - mean(lesions$dice)) / 0.1
lesions$d <- (lesions$longest_diameter_mm - mean(lesions$longest_diameter_mm)) / 10
fit <- glm(agree ~ x * d, binomial, lesions, control = glm.control(epsilon = 1e-14))
put("coef(glm)", coef(fit))
put("se(vcovCR CR3)", sqrt(diag(vcovCR(fit, cluster = lesions$patient_id, type = "CR3"))))
invisible(capture.output(suppressMessages(
  carey <- gee(agree ~ x * d, id = as.integer(factor(patient_id)), data = lesions, family = binomial,
               corstr = "exchangeable", tol = 1e-10))))
put("coef(gee exchangeable)", coef(carey))
put("alpha(gee exchangeable)", carey$working.correlation[1, 2])

# calibration: slope, and intercept with the slope held at 1, sandwich errors by patient
score <- pmin(pmax(lesions$share_manual, 0.01), 0.99)
lesions$logit <- qlogis(score)
slope <- glm(response ~ logit, binomial, lesions, control = glm.control(epsilon = 1e-14))
large <- glm(response ~ 1 + offset(logit), binomial, lesions, control = glm.control(epsilon = 1e-14))
by_patient <- function(fit) sqrt(diag(vcovCL(fit, cluster = lesions$patient_id, type = "HC1")))
put("calibration slope", c(coef(slope)["logit"], by_patient(slope)["logit"]))
put("calibration in the large", c(coef(large), by_patient(large)))
put("auc(simulated)", c(ci.auc(curve("share_manual", lesions, "response"), method = "delong")))

# epiR: the logit interval of a predictive value is the likelihood ratio's (Simel et al. 1991) times the prior odds
epi <- new.env(); lazyLoad(file.path(system.file("R", package = "epiR"), "epiR"), epi)
for (f in ls(epi)) if (is.function(epi[[f]])) environment(epi[[f]]) <- epi
tests <- epi$epi.tests(as.table(matrix(c(670, 202, 74, 640), 2, byrow = TRUE)))$detail
for (ratio in c("lr.pos", "lr.neg")) put(paste0("epi.tests ", ratio), unlist(tests[tests$statistic == ratio, 2:4]))

# Code of others that is in no package here
durkalski <- Sys.getenv("DURKALSKI_R")  # R/durkalski.R of github.com/dgopstein/clust.bin.pair, commit 166758a
if (nzchar(durkalski)) {
  source(durkalski)
  put("durkalski.test", durkalski.test(c(1,3,0,1,2), c(51,67,44,58,47), c(18,26,43,21,28), c(0,2,1,3,4)))
  cells <- function(m, a) tapply(lesions$predicted_manual == m & lesions$predicted_automatic == a, lesions$patient_id, sum)
  put("durkalski.test(simulated)", durkalski.test(cells(1, 1), cells(1, 0), cells(0, 1), cells(0, 0)))
}
clustered <- Sys.getenv("DOAUCCLUSTER_R")  # R/doAUCcluster.R of github.com/DIDSR/mitoticFigureCounts
if (nzchar(clustered)) {
  source(clustered)
  found <- doAUCcluster(lesions$share_manual, lesions$share_automatic, lesions$response, lesions$patient_id)
  put("doAUCcluster manual", unlist(found[c("auc.A", "auc.var.A")]))
  put("doAUCcluster automatic", unlist(found[c("auc.B", "auc.var.B")]))
  put("doAUCcluster difference", unlist(found[c("auc.AminusB", "auc.var.AminusB")]))
}
