"""What every statistic returns: the number, its uncertainty, and how it was made."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

import pandas as pd

NAN = math.nan

REFERENCES = {
    "clopper-pearson": "Clopper and Pearson, Biometrika 1934;26:404",
    "mercaldo-logit": "Mercaldo, Lau and Zhou, Stat Med 2007;26:2170",
    "cluster-logit-t": "Rao and Scott, Biometrics 1992;48:577 (ratio variance, logit scale, t quantile)",
    "cluster-bootstrap": "Field and Welsh, J R Stat Soc B 2007;69:369; expanded percentiles: Hesterberg, "
    "Am Stat 2015;69:371",
    "delong": "DeLong, DeLong and Clarke-Pearson, Biometrics 1988;44:837",
    "obuchowski-1997": "Obuchowski, Biometrics 1997;53:567 (variance; logit scale, t quantile)",
    "fleiss-1969": "Fleiss, Cohen and Everitt, Psychol Bull 1969;72:323",
    "exact-binomial": "McNemar, Psychometrika 1947;12:153, exact binomial form",
    "chi-squared-yates": "Pearson, Philos Mag 1900;50:157, with the correction of Yates, J R Stat Soc Suppl 1934;1:217",
    "durkalski-2003": "Durkalski et al., Stat Med 2003;22:2417",
    "cluster-sandwich": "Cameron and Miller, J Hum Resour 2015;50:317 (CR1, t with patients - 1)",
    "cluster-linearised-t": "Rao and Scott, Biometrics 1992;48:577 (linearised variance of ratios, t quantile)",
    "welch-t": "Welch, Biometrika 1947;34:28",
    "patient-mean-t": "Student t interval over patients",
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
    """The publication of the interval's method."""
    note: str = ""
    """Why a number or its interval is missing."""

    def __post_init__(self) -> None:
        if not self.reference:
            object.__setattr__(self, "reference", REFERENCES.get(self.method, ""))


_INTEGERS = ("n", "k", "n_lesions", "n_patients")
COLUMNS = tuple(field.name for field in fields(Estimate))


def to_frame(estimates: Iterable[Estimate], columns: Iterable[str] = COLUMNS, **leading: str) -> pd.DataFrame:
    """One row per estimate, in the order given; ``leading`` columns (``mask_source="manual"``) come first."""
    frame = pd.DataFrame([asdict(estimate) for estimate in estimates], columns=list(COLUMNS))
    frame = frame.astype(dict.fromkeys(_INTEGERS, "Int64"))[list(columns)]
    for position, (name, value) in enumerate(leading.items()):
        frame.insert(position, name, value)
    return frame
