"""Every window of the real tumours, compiled engine against PyRadiomics: which values differ, and who is right.

    python tests/bench/bench_radiomics_equality.py [--setting hu|hu-mask|zscore|zscore-mask] [--part 1/4] [--out F.json]

Two values agree if they differ by at most 1e-9 relative or 1e-12 absolute. Where MCC or IMC2 differ, both are compared
with the exact value in 40 digits: PyRadiomics takes the square root of a number that is 0 but for rounding."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.exact_glcm import ABSOLUTE, ILL_CONDITIONED, RELATIVE, differing
from tests.radiomics_cases import Case, noise, tumours

from livermets.config.radiomics import RadiomicsSettings
from livermets.radiomics import reference
from livermets.radiomics.engine import fast
from livermets.radiomics.names import COLUMNS

SETTINGS = {
    "hu": {"bin_width": 25.0},
    "hu-mask": {"bin_width": 25.0, "binning": "mask"},
    "zscore": {"bin_width": 0.3},
    "zscore-mask": {"bin_width": 0.3, "binning": "mask"},
}


def compare(case: Case, setting: str, part: int, parts: int, keep: Path | None) -> dict:
    """Counts and lists differing values of one setting on every ``parts``-th window."""
    settings = RadiomicsSettings(**SETTINGS[setting])
    image = case.zscored if setting.startswith("zscore") else case.image
    result = {"setting": setting, "windows": 0, "differing": Counter(), "noise": []}
    for label, origins in case.windows(settings).items():
        mine = origins[part - 1 :: parts]
        if len(mine) == 0:
            continue
        inside = case.labels == label
        ours = fast.window_features(image, inside, mine, case.spacing_zyx_mm, settings)
        kept = keep / f"{case.name}-{setting}-{label}-{part}of{parts}.npy" if keep else None
        if kept and kept.exists():
            theirs = np.load(kept)
        else:
            theirs = reference.window_features(image, inside, mine, case.spacing_zyx_mm, settings)
            if kept:
                np.save(kept, theirs)
        result["windows"] += len(mine)
        for row, column in np.argwhere(differing(ours, theirs)):
            name = COLUMNS[column]
            result["differing"][name] += 1
            if name in ILL_CONDITIONED:
                z, y, x = (int(value) for value in mine[row])
                crop = image[z, y : y + settings.size, x : x + settings.size]
                exact = ILL_CONDITIONED[name](crop, image[inside], settings)
                result["noise"].append([name, label, z, y, x, ours[row, column], theirs[row, column], exact])
        print(f"  {setting}, lesion {label}: {len(mine)} windows", file=sys.stderr, flush=True)
    return result


def report(results: list[dict]) -> int:
    """Prints the counts and the list; returns the number of differences that rounding noise does not explain."""
    unexplained = 0
    for result in results:
        windows, counts = result["windows"], Counter(result["differing"])
        print(f"\n{result['setting']}: {windows} windows x {len(COLUMNS)} features, {sum(counts.values())} differ")
        for name, count in counts.items():
            print(f"  {name}: {count}")
            unexplained += 0 if name in ILL_CONDITIONED else count
        for name, label, z, y, x, ours, theirs, exact in result["noise"]:
            ours_off, theirs_off = abs(ours - exact), abs(theirs - exact)
            verdict = "reference noise" if ours_off <= max(ABSOLUTE, RELATIVE * abs(exact)) else "OURS IS OFF"
            unexplained += verdict != "reference noise"
            print(
                f"    {name} lesion {label} z {z} y {y} x {x}: exact {exact:.15g}, ours off by {ours_off:.1e}, "
                f"PyRadiomics by {theirs_off:.1e}: {verdict}"
            )
    print(f"\ndifferences not explained by the reference's rounding: {unexplained}")
    return unexplained


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--setting", choices=SETTINGS, action="append")
    parser.add_argument("--part", default="1/1", help="every n-th window, from the k-th on: k/n")
    parser.add_argument("--out", type=Path, help="where to keep the result as JSON")
    parser.add_argument("--keep", type=Path, help="folder of PyRadiomics' values: computed once, then compared again")
    parser.add_argument("--merge", type=Path, nargs="+", help="only print the union of kept results")
    options = parser.parse_args()
    if options.merge:
        return report(merged([json.loads(path.read_text()) for path in options.merge]))
    case = tumours()
    if case is None:
        print("LIVERMETS_DATA is not set: comparing on noise instead of real tumours")
        case = noise(slices=2)
    part, parts = map(int, options.part.split("/"))
    chosen = options.setting or [name for name in SETTINGS if case.zscored is not None or name.startswith("hu")]
    results = [compare(case, setting, part, parts, options.keep) for setting in chosen]
    if options.out:
        options.out.write_text(json.dumps(results))
    return report(results)


def merged(runs: list[list[dict]]) -> list[dict]:
    union: dict[str, dict] = {}
    for result in (result for run in runs for result in run):
        into = union.setdefault(result["setting"], {**result, "windows": 0, "differing": Counter(), "noise": []})
        into["windows"] += result["windows"]
        into["differing"].update(result["differing"])
        into["noise"] += result["noise"]
    return list(union.values())


if __name__ == "__main__":
    sys.exit(main() > 0)
