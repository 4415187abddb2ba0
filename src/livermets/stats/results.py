"""What every statistic returns: the number, its uncertainty, and how it was made."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace

import pandas as pd

NAN = math.nan

REFERENCES = {
    "clopper-pearson": "Clopper and Pearson, Biometrika 1934;26:404",
    "mercaldo-logit": "Mercaldo, Lau and Zhou, Stat Med 2007;26:2170",
    "clopper-pearson-patients": "Clopper and Pearson, Biometrika 1934;26:404, with one trial per patient",
    "ratio-logit-t": "Graham and Bull, J Clin Epidemiol 1998;51:763 "
    "(ratio variance over lesions, logit scale, t quantile)",
    "cluster-logit-t": "Rao and Scott, Biometrics 1992;48:577 (ratio variance, logit scale, t quantile)",
    "cluster-bootstrap": "Field and Welsh, J R Stat Soc B 2007;69:369; "
    "expanded percentiles: Hesterberg, Am Stat 2015;69:371",
    "cluster-linear-z-t": "Williams, Biometrics 2000;56:645 "
    "(variance of a linearised statistic by cluster; Fisher's z scale, t quantile)",
    "delong": "DeLong, DeLong and Clarke-Pearson, Biometrics 1988;44:837",
    "obuchowski-1997": "Obuchowski, Biometrics 1997;53:567 (variance; logit scale; t quantile, "
    "degrees of freedom: the fewer of the patients with R+ and of those with R- lesions, minus 1)",
    "fleiss-1969": "Fleiss, Cohen and Everitt, Psychol Bull 1969;72:323",
    "exact-binomial": "McNemar, Psychometrika 1947;12:153, exact binomial form",
    "chi-squared-yates": "Pearson, Philos Mag 1900;50:157, with the correction of Yates, J R Stat Soc Suppl 1934;1:217",
    "durkalski-2003": "Durkalski et al., Stat Med 2003;22:2417",
    "cluster-sandwich": "Cameron and Miller, J Hum Resour 2015;50:317 (CR1, t with patients - 1)",
    "cluster-linearised-t": "Rao and Scott, Biometrics 1992;48:577 (linearised variance of ratios, t quantile)",
    "welch-t": "Welch, Biometrika 1947;34:28",
    "patient-mean-t": "Student t interval over patients",
    "square-and-add": "Newcombe, Stat Med 1998;17:873; Zou and Donner, Stat Med 2008;27:1693 (of two quoted intervals)",
    "cluster-mover": "Zou, Stat Methods Med Res 2013;22:630 (variance estimates recovery)",
    "count": "",
}


@dataclass(frozen=True)
class Estimate:
    """One number with its interval. NaN means "cannot be computed", and then ``note`` says why."""

    measure: str
    value: float
    low: float = NAN
    high: float = NAN
    level: float = 0.95
    method: str = ""
    n: int | None = None
    """Denominator of a proportion."""
    k: int | None = None
    """Numerator of a proportion."""
    n_lesions: int = 0
    n_patients: int = 0
    reference: str = ""
    """The publication of the interval's method, where it is another one than that of `REFERENCES`."""
    note: str = ""
    """Why a number or its interval is missing."""

    @property
    def row(self) -> dict[str, object]:
        """The cells of a table, with the reference spelt out."""
        return {**asdict(self), "reference": self.reference or REFERENCES.get(self.method, "")}


def by_method(estimate: Estimate, intervals: Mapping[str, tuple[tuple[float, float], str]]) -> list[Estimate]:
    """The estimate once per method of its interval (method: interval, and why it is missing if it is). A note of the
    estimate itself, which says more, stays."""
    return [
        replace(estimate, low=low, high=high, method=method, note=estimate.note or (why if math.isnan(low) else ""))
        for method, ((low, high), why) in intervals.items()
    ]


CLUSTERED_WORDS = ("cluster", "obuchowski", "durkalski", "gee", "patient")
"""What the name of a method holds that allows the lesions of a patient to resemble each other."""


def is_clustered(method: object) -> bool:
    """Whether a method takes account of several lesions coming from one patient."""
    return any(word in str(method).lower() for word in CLUSTERED_WORDS)


def both_intervals(rows: pd.DataFrame) -> tuple[pd.Series | None, pd.Series | None]:
    """Of the rows of one estimate, the first whose interval takes lesions as independent, and the first one by patient
    that has an interval."""
    by_patient = rows["method"].map(is_clustered).astype(bool)
    independent, clustered = rows[~by_patient], rows[by_patient]
    usable = clustered[clustered["low"].notna()] if "low" in clustered else clustered
    first = independent.iloc[0] if len(independent) else None
    second = usable.iloc[0] if len(usable) else (clustered.iloc[0] if len(clustered) else None)
    return first, second


def wider(by_lesion: tuple[float, float], by_patient: tuple[float, float]) -> tuple[float, float]:
    """The interval to quote of one that takes lesions as independent and one by patient: the latter, unless it is the
    narrower one or missing.

    Lesions of a patient cannot say more than as many lesions of different patients: an interval by patient that is the
    narrower one is so by chance (the design effect is not taken below 1)."""
    reach, clustered = (high - low for low, high in (by_lesion, by_patient))
    return by_lesion if math.isnan(clustered) or reach > clustered else by_patient


def shown_interval(rows: pd.DataFrame) -> pd.Series | None:
    """The one row to quote of an estimate, by the rule of `wider`."""
    if rows.empty:
        return None
    independent, by_patient = both_intervals(rows)
    if independent is None or by_patient is None:
        return independent if by_patient is None else by_patient
    ends = [(float(row["low"]), float(row["high"])) for row in (independent, by_patient)]
    return independent if wider(*ends) == ends[0] else by_patient


_INTEGERS = ("n", "k", "n_lesions", "n_patients")
COLUMNS = tuple(field.name for field in fields(Estimate))


def to_frame(estimates: Iterable[Estimate], columns: Iterable[str] = COLUMNS, **leading: str) -> pd.DataFrame:
    """One row per estimate, in the order given; ``leading`` columns (``mask_source="manual"``) come first."""
    frame = pd.DataFrame([estimate.row for estimate in estimates], columns=list(COLUMNS))
    frame = frame.astype(dict.fromkeys(_INTEGERS, "Int64"))
    return frame.assign(**leading)[[*leading, *columns]]
