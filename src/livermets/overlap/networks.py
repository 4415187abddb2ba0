"""Several segmentation networks on the same scans: side by side, and each paired with the first, lesion by lesion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.errors import ProblemList
from livermets.masks.detected import (
    RULE_COLUMN,
    detection_dice_of,
    is_detected,
    missed,
    rule_in_words,
    rules_side_by_side,
)
from livermets.masks.identity import LESION_KEY, SCAN_KEY
from livermets.masks.lesion_table import patient_numbers
from livermets.overlap.described import described
from livermets.overlap.detection import detection_estimates
from livermets.overlap.tables import (
    EVERY_TIMEPOINT,
    Resampling,
    cohort_parts,
    detected,
    detection_by_size,
    overlap_by_size,
    patient_codes,
    size_groups,
    timepoints_in_order,
    without_independence,
)
from livermets.overlap.timepoints import timepoint_differences
from livermets.segmentation.description import NetworkDescription
from livermets.stats.agreement import mcnemar_estimates
from livermets.stats.proportions import chi_squared_p
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, Estimate, to_frame

_LESION_COLUMNS = ["longest_diameter_mm", "dice", "precision", "recall", "voe", "assd_mm", "hd95_mm"]


@dataclass(frozen=True, eq=False)
class NetworkMasks:
    """One network (its description and its training log, where its folder is known) and what it made of some scans: the
    rows of ``matching.csv`` and of ``scan_metrics.csv``."""

    description: NetworkDescription | None
    log: pd.DataFrame
    matching: pd.DataFrame
    scans: pd.DataFrame


@dataclass(frozen=True, eq=False)
class NetworkComparison:
    """``networks``: one row per network, what it is and what it costs; ``lesions``: every manual lesion as every
    network saw it; ``overlap`` and ``detection``: by network, cohort, timepoint and size; ``lesion_wise``: by network,
    cohort and timepoint; ``pairs``: the first network minus every other on the same lesions."""

    networks: pd.DataFrame
    lesions: pd.DataFrame
    overlap: pd.DataFrame
    detection: pd.DataFrame
    lesion_wise: pd.DataFrame
    pairs: pd.DataFrame
    missed: pd.DataFrame
    timepoints: pd.DataFrame


def compare_networks(masks: Mapping[str, NetworkMasks], resampling: Resampling) -> NetworkComparison:
    """Lays networks side by side and pairs the first with every other.

    Raises `InputError` for networks that were not applied to the same scans, or whose tables list other lesions."""
    _raise_if_different(masks)
    lesions = {name: manual_lesions(one.matching) for name, one in masks.items()}
    first, *others = lesions
    return NetworkComparison(
        networks=pd.DataFrame([{"network": name, **_facts(one)} for name, one in masks.items()]),
        lesions=_stacked({name: _as_seen(table) for name, table in lesions.items()}),
        overlap=_stacked({name: overlap_by_size(table) for name, table in lesions.items()}),
        detection=_stacked({name: detection_by_size(table, resampling) for name, table in lesions.items()}),
        lesion_wise=_stacked({name: lesion_wise(one.matching, one.scans, resampling) for name, one in masks.items()}),
        pairs=pd.concat(
            [_named(paired_differences(lesions[first], lesions[other], resampling), first, other) for other in others],
            ignore_index=True,
        )
        if others
        else pd.DataFrame(),
        missed=missed_by_several(lesions),
        timepoints=_stacked({name: timepoint_differences(table, resampling) for name, table in lesions.items()}),
    )


def manual_lesions(matching: pd.DataFrame) -> pd.DataFrame:
    """The manual lesions of matching tables with the columns that overlap is summed up by."""
    lesions = matching[matching["kind"] == "manual"].reset_index(drop=True)
    lesions["patient"] = patient_numbers(lesions)
    lesions["automatic_fate"] = np.where(missed(lesions), "undetected", "detected")
    return lesions


def missed_by_several(lesions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """How many lesions no network detected, how many all but one, and so on, with their longest diameters; one row per
    timepoint and number of networks (``n_missed_by``), rows without a lesion too."""
    first = next(iter(lesions.values()))
    many = (
        pd.concat([table.loc[~detected(table), list(LESION_KEY)] for table in lesions.values()])
        .groupby(list(LESION_KEY), dropna=False)
        .size()
    )
    joined = first.merge(many.rename("n_missed_by").reset_index(), on=list(LESION_KEY), how="left")
    joined["n_missed_by"] = joined["n_missed_by"].fillna(0).astype(int)
    rows = []
    for timepoint, part in timepoint_parts(joined):
        for number in range(len(lesions), -1, -1):
            these = part[part["n_missed_by"] == number]
            diameter = these["longest_diameter_mm"]
            rows.append({
                "timepoint": timepoint, "n_missed_by": number, "n_networks": len(lesions), "n_lesions": len(these),
                "n_patients": these["patient"].nunique(), "diameter_mean_mm": diameter.mean(),
                "diameter_sd_mm": diameter.std(ddof=1), "diameter_median_mm": diameter.median(),
                RULE_COLUMN: detection_dice_of(first),
            })  # fmt: skip
    return pd.DataFrame(rows)


def _as_seen(lesions: pd.DataFrame) -> pd.DataFrame:
    rule = detection_dice_of(lesions)
    return lesions[[*LESION_KEY, *_LESION_COLUMNS]].assign(detected=detected(lesions).astype(int), detection_dice=rule)


def lesion_wise(matching: pd.DataFrame, scans: pd.DataFrame, resampling: Resampling) -> pd.DataFrame:
    """`detection_estimates` of every cohort and timepoint, over the scans with a manual mask."""
    frames = []
    for cohort, timepoint, part in cohort_parts(scans[scans["manual_lesions"].notna()]):
        people = {patient: code for code, patient in enumerate(sorted(part["patient_id"].unique()))}
        shown = matching.merge(part[list(SCAN_KEY)], on=list(SCAN_KEY))
        estimates = detection_estimates(
            shown.assign(patient=shown["patient_id"].map(people).astype(np.intp)),
            part.assign(patient=part["patient_id"].map(people).astype(np.intp)),
            resampling.draw(len(people)),
        )
        frames.append(to_frame(estimates, cohort=cohort, timepoint=timepoint))
    return without_independence(pd.concat(frames, ignore_index=True)) if frames else pd.DataFrame()


def paired_differences(first: pd.DataFrame, second: pd.DataFrame, resampling: Resampling) -> pd.DataFrame:
    """Does one network find more lesions, and overlap them better, than another? By timepoint, size and the Dice above
    which a lesion counts as found (``dice_above``; ``study_rule`` is 1 for the study's own rule).

    ``dice_difference`` and ``detection_difference`` are first minus second over all manual lesions (one without overlap
    has Dice 0), with intervals that resample patients. ``detection_mcnemar_p`` tests whether both find equally many,
    exactly and allowing for several lesions per patient (Durkalski 2003). ``detection_chi_squared_p`` is published
    practice (Defeudis 2022): it takes the lesions of the two networks as different ones, which they are not. Over all
    timepoints together only what counts whole patients is given, since a lesion is there more than once."""
    paired = first.merge(second, on=list(LESION_KEY), suffixes=("_first", "_second"))
    paired = paired.assign(patient=paired["patient_first"], longest_diameter_mm=paired["longest_diameter_mm_first"])
    frames = [
        _pair(group, detection_dice_of(first), resampling).assign(size=size, timepoint=timepoint)
        for timepoint, part in timepoint_parts(paired)
        for size, group in size_groups(part)
        if len(group)
    ]
    return without_independence(pd.concat(frames, ignore_index=True)) if frames else pd.DataFrame()


def timepoint_parts(lesions: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The lesions of all timepoints together, if there are several, and of each."""
    parts = [(str(name), lesions[lesions["timepoint"] == name]) for name in timepoints_in_order(lesions)]
    return [(EVERY_TIMEPOINT, lesions), *parts] if len(parts) > 1 else parts


def _pair(group: pd.DataFrame, own: float | None, resampling: Resampling) -> pd.DataFrame:
    patient = patient_codes(group)
    boot = resampling.draw(int(patient.max()) + 1)
    dice = [group[f"dice_{which}"].fillna(0.0).to_numpy(float) for which in ("first", "second")]
    ours = [
        detected(group.rename(columns={f"automatic_fate_{which}": "automatic_fate"})) for which in ("first", "second")
    ]
    difference = _difference("dice_difference", dice[0] - dice[1], patient, boot)
    frames = [to_frame([difference]).assign(dice_above=NAN, study_rule=NAN)]
    for above in rules_side_by_side(own):
        found = ours if above == own else [is_detected(values, float(above or 0)) for values in dice]
        estimates = _detection_differences(np.asarray(found[0], bool), np.asarray(found[1], bool), patient, boot)
        frames.append(to_frame(estimates).assign(dice_above=above, study_rule=int(above == own)))
    return pd.concat(frames, ignore_index=True)


def _detection_differences(
    first: NDArray[np.bool_], second: NDArray[np.bool_], patient: NDArray[np.intp], boot: PatientBootstrap
) -> Iterator[Estimate]:
    found = [which.astype(int) for which in (first, second)]
    yield _difference("detection_difference", found[0] - found[1], patient, boot)
    names = {
        "mcnemar_p": "detection_mcnemar_p",
        "first_only": "detected_by_first_only",
        "second_only": "detected_by_second_only",
    }
    for test in mcnemar_estimates(found[0], found[1], patient, boot, ("first", "second")):
        yield replace(test, measure=names[test.measure], note=test.note.replace("discordant", "differently found"))
    lesions, (k_first, k_second) = len(patient), (int(which.sum()) for which in found)
    unpaired = chi_squared_p(k_first, lesions, k_second, lesions)
    yield Estimate(
        "detection_chi_squared_p", unpaired, level=boot.level, method="chi-squared-yates",
        n_lesions=lesions, n_patients=boot.weights.shape[1],
        note="both found all lesions, or none" if np.isnan(unpaired) else "unpaired: published practice, not the test "
        "for the same lesions seen twice",
    )  # fmt: skip


def _difference(measure: str, values: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap) -> Estimate:
    """The mean paired difference over lesions, with a patient bootstrap."""
    patients = boot.weights.shape[1]
    sums, sizes = per_patient_sum(values, patient, patients), per_patient_sum(np.ones(len(values)), patient, patients)
    (low, high), why = boot.ratio(sums, sizes)
    return Estimate(
        measure, float(values.mean()), low, high, boot.level, "cluster-bootstrap",
        n_lesions=len(values), n_patients=patients, note=why,
    )  # fmt: skip


def _facts(one: NetworkMasks) -> dict[str, Any]:
    """What a network is, and what it cost; empty where it is not known."""
    seconds = one.log["seconds"].median() if "seconds" in one.log else NAN
    return {
        **described(one.description),
        "seconds_per_epoch": seconds,
        "seconds_per_scan": one.scans["seconds"].median() if "seconds" in one.scans else NAN,
        "device": None if one.description is None else one.description.device,
        "n_scans": len(one.scans),
    }


def _stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of several networks under each other, the network's name in front."""
    named = []
    for name, table in tables.items():
        copy = table.reset_index(drop=True)
        copy.insert(0, "network", name)
        named.append(copy)
    return pd.concat(named, ignore_index=True)


def _named(pairs: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    named = pairs.copy()
    named.insert(0, "first", first)
    named.insert(1, "second", second)
    named.insert(2, "size", named.pop("size"))
    named.insert(3, "dice_above", named.pop("dice_above"))
    return named


def _raise_if_different(masks: Mapping[str, NetworkMasks]) -> None:
    """All networks must have seen the same scans, with the same manual lesions."""
    problems = ProblemList()
    first, *others = masks
    rules = {name: detection_dice_of(one.matching) for name, one in masks.items()}
    for other in others:
        if rules[other] != rules[first]:
            found = " and ".join(f"{name} counts as detected: {rule_in_words(rules[name])}" for name in (first, other))
            problems.error(f"{first} and {other}", found, "Run segment for both with the same matching.detection_dice")
        for what, key, tables in (
            ("scan", list(SCAN_KEY), [masks[name].scans for name in (first, other)]),
            ("lesion", list(LESION_KEY), [manual_lesions(masks[name].matching) for name in (first, other)]),
        ):
            one, two = ({tuple(row) for row in table[key].itertuples(index=False)} for table in tables)
            for alone, name in ((one - two, first), (two - one, other)):
                if alone:
                    rows = [
                        ", ".join(f"{column} {value}" for column, value in zip(key, row, strict=True))
                        for row in sorted(alone, key=str)
                    ]
                    found = f"only {name} has the {what}{'s' * (len(rows) > 1)} {'; '.join(rows)}"
                    problems.error(f"{first} and {other}", found, "Compare networks on the same scans")
    problems.raise_if_errors()
