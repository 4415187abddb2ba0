"""What networks made of scans: read from their folders, written as tables and a picture."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from livermets.config.statistics import SIZE_CUTS_MM
from livermets.errors import ProblemList
from livermets.figures.writing import write_png
from livermets.io.named_words import name_and_place
from livermets.io.tables import read_table, write_csv
from livermets.overlap.figures import dice_by_size, learning_curve_figure
from livermets.overlap.networks import NetworkMasks
from livermets.overlap.study import OverlapTables, compared_lesions
from livermets.segmentation.description import DESCRIPTION_FILE, NetworkDescription, read_description

LEARNING_CURVE = "learning_curve.png"


def read_network_masks(
    networks: Sequence[str], scans: Sequence[str], option: str = "--scans"
) -> dict[str, NetworkMasks]:
    """``networks`` and ``scans`` are words ``NAME=FOLDER``: where a network was trained, and (any number per network,
    ``*`` stands for anything) where `segment` wrote what it made of a scan. In the order of ``scans``.

    Raises `InputError` naming every word and folder that is wrong."""
    problems = ProblemList()
    folders: dict[str, list[str]] = {}
    for name, pattern in _pairs(scans, option, problems):
        found = sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern]
        if not found:
            problems.error(f"{option} {name}={pattern}", "no folder matches", "Give folders written by `segment`")
        folders.setdefault(name, []).extend(found)
    trained = dict(_pairs(networks, "--network", problems))
    for name in trained.keys() - folders.keys():
        problems.error(f"--network {name}", "this network has no scans", f"Add --scans {name}=FOLDER")
    if not folders and problems.errors:
        problems.error(option, "no network is named", "Name one network to judge, or several to compare")
    problems.raise_if_errors()
    masks = {}
    for name, places in folders.items():
        with problems.collected():
            masks[name] = _masks(Path(trained[name]) if name in trained else None, places)
    problems.raise_if_errors()
    return masks


def _pairs(words: Sequence[str], option: str, problems: ProblemList) -> list[tuple[str, str]]:
    fix = "Name the network and its folder"
    pairs = (name_and_place(word, option, "NAME=FOLDER", fix, problems) for word in words)
    return [pair for pair in pairs if pair is not None]


def _masks(trained: Path | None, places: list[str]) -> NetworkMasks:
    matching, scans = (
        _stacked([Path(place) / name for place in places]) for name in ("matching.csv", "scan_metrics.csv")
    )
    folds = _folds(trained, scans)
    # Where every scan was drawn by a fold, the network of all training patients need not be there.
    whole = trained is not None and ((trained / DESCRIPTION_FILE).exists() or not folds)
    return NetworkMasks(read_description(trained) if trained and whole else None, matching, scans, folds)


def _folds(trained: Path | None, scans: pd.DataFrame) -> dict[int, NetworkDescription]:
    """The networks of the folds that drew some scans; they lie below the network of all training patients."""
    if trained is None or "fold" not in scans:
        return {}
    places = {int(fold): trained / f"fold{int(fold)}" for fold in sorted(scans["fold"].dropna().unique())}
    return {fold: read_description(place) for fold, place in places.items() if place.exists()}


def curves_of(words: Sequence[str], masks: Mapping[str, NetworkMasks]) -> list[list[str]]:
    """The networks of every learning curve, from words ``NAME,NAME``.

    Raises `InputError` for a network that is not named, or whose folder, which says its share, is not."""
    problems, curves = ProblemList(), [word.split(",") for word in words]
    for word, names in zip(words, curves, strict=True):
        known = [name for name in names if name in masks and (masks[name].description or masks[name].folds)]
        for name in (name for name in names if name not in known):
            fix = "Give --scans and --network of every network of a learning curve"
            problems.error(f"--same-recipe {word}", f"the network {name} is not known", fix)
    problems.raise_if_errors()
    return curves


def _stacked(paths: list[Path]) -> pd.DataFrame:
    """Tables under each other; one without a row (a scan without a lesion) has columns of no type, and adds nothing."""
    tables = [read_table(path) for path in paths]
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def write_overlap(out: Path, tables: OverlapTables, cuts_mm: Sequence[float] = SIZE_CUTS_MM) -> None:
    """Every table as CSV, and Dice by network and size as a picture; empty ones too, so that the set of files never
    changes: a rule with an output that it had not before is not run again for any other reason. Only the picture of the
    learning curve is there only where there is one: with its networks come new inputs."""
    for name, table in vars(tables).items():
        write_csv(out / f"{name}.csv", table)
    curve = out / LEARNING_CURVE
    curve.unlink(missing_ok=True)  # of a study that had networks of several shares
    if len(tables.learning_curve):
        write_png(curve, learning_curve_figure(tables.learning_curve))
    write_png(out / "dice.png", dice_by_size(compared_lesions(tables.lesions), cuts_mm, by="network"))
