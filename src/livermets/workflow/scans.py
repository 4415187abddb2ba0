"""Scans as rules speak of them: chosen, and turned into one path or one word of a command each."""

from __future__ import annotations

from collections.abc import Collection

from livermets.cohort.scan import Scan
from livermets.config.roles import Role

_ONE_SCAN = "{patient}/{timepoint}"


class Scans(tuple[Scan, ...]):
    """Scans that exist, in the study's order: a list of pairs of patient and timepoint, never a cross product."""

    __slots__ = ()

    def filter(
        self,
        *,
        cohorts: Collection[str] | None = None,
        timepoints: Collection[str] | None = None,
        has_lesions: bool | None = None,
        segmentation: Collection[Role] | None = None,
        response: Collection[Role] | None = None,
    ) -> Scans:
        """Those of these cohorts, at these timepoints, with (or without) a lesion mask of the reference, with these
        roles by task; None: whichever."""
        return Scans(
            scan
            for scan in self
            if (cohorts is None or scan.cohort in cohorts)
            and (timepoints is None or scan.timepoint in timepoints)
            and has_lesions in (None, scan.has_lesions)
            and (segmentation is None or scan.roles.segmentation in segmentation)
            and (response is None or scan.roles.response in response)
        )

    def expand(self, template: str, **fixed: str) -> list[str]:
        """One path per scan: `{cohort}`, `{patient}` and `{timepoint}` filled in together, and what else is named."""
        return [
            template.format(cohort=scan.cohort, patient=scan.patient_id, timepoint=scan.timepoint, **fixed)
            for scan in self
        ]

    def words(self, template: str, **fixed: str) -> str:
        """The same paths as bash words in brace notation, one per cohort: `results/c/intake/{P1/TP0,P2/TP0}/x.csv`.

        Linux refuses a command of more than 128 KiB, which a thousand spelled-out paths would exceed; bash expands the
        braces itself. The template holds `{patient}/{timepoint}` once."""
        before, after = template.split(_ONE_SCAN)
        by_cohort: dict[str, list[str]] = {}
        for scan in self:
            by_cohort.setdefault(scan.cohort, []).append(f"{scan.patient_id}/{scan.timepoint}")
        words = []
        for cohort, ids in by_cohort.items():
            middle = ids[0] if len(ids) == 1 else "{" + ",".join(ids) + "}"
            words.append(before.format(cohort=cohort, **fixed) + middle + after.format(cohort=cohort, **fixed))
        return " ".join(words)
