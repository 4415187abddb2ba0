"""Speed of the sliding-window engine beside PyRadiomics (and pytorchradiomics and nyxus where they are installed).

    python tests/bench/bench_radiomics.py [--rounds 3] [--windows 120]

Everything is measured in one run, interleaved, and printed as windows per second (medians) and as ratios to the
PyRadiomics loop. Also: the first call of a fresh process, growth of the cost with the number of windows, and the
memory that 250,000 windows need. Equality is measured by bench_radiomics_equality.py."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.radiomics_cases import Case, noise, tumours

from livermets.config.radiomics import RadiomicsSettings
from livermets.radiomics import reference
from livermets.radiomics.engine import fast
from livermets.radiomics.names import FEATURES_BY_CLASS

SETTINGS = RadiomicsSettings()
MANY_WINDOWS = 250_000
Timed = Callable[[], int]


def contenders(case: Case, windows: int) -> dict[str, Timed]:
    """Name -> a call that works through windows of the largest lesion and says how many."""
    lesion, origins = max(case.windows(SETTINGS).items(), key=lambda item: len(item[1]))
    inside = case.labels == lesion
    spread = origins[np.linspace(0, len(origins) - 1, windows).astype(int)]

    def engine(threads: int, **options: object) -> Timed:
        settings = RadiomicsSettings(**options)
        return lambda: len(
            fast.window_features(case.image, inside, origins, case.spacing_zyx_mm, settings, threads=threads)
        )

    def pyradiomics(chosen: np.ndarray, **options: object) -> Timed:
        settings = RadiomicsSettings(**options)
        return lambda: len(reference.window_features(case.image, inside, chosen, case.spacing_zyx_mm, settings))

    one_slice = origins[origins[:, 0] == np.bincount(origins[:, 0]).argmax()]
    without_mcc = tuple(f"{c}_{f}" for c, fs in FEATURES_BY_CLASS.items() for f in fs if f != "MCC")
    found = {
        "PyRadiomics classes on crops": pyradiomics(spread),
        "PyRadiomics voxelBased, one slice": pyradiomics(one_slice[: 4 * windows], binning="mask"),
        "engine, 1 thread": engine(1),
        "engine, 2 threads": engine(2),
        "engine, 1 thread, no MCC": engine(1, features=without_mcc),
        "engine, 1 thread, levels of the whole lesion": engine(1, binning="mask"),
        "engine, 1 thread, bin width 10": engine(1, bin_width=10.0),
        "engine, 1 thread, real edges (width 7.3)": engine(1, bin_width=7.3),
    }
    return found | others(case, inside, one_slice[: 4 * windows])


def others(case: Case, inside: np.ndarray, centres: np.ndarray) -> dict[str, Timed]:
    """Further implementations, if they can be imported; each gets the task it was made for."""
    found: dict[str, Timed] = {}
    if _importable("torchradiomics"):
        found["pytorchradiomics voxel-based, one slice"] = _torchradiomics(case, inside, centres)
    if _importable("nyxus"):
        found["nyxus, windows as a mosaic"] = _nyxus(case, centres)
    return found


def _torchradiomics(case: Case, inside: np.ndarray, centres: np.ndarray) -> Timed:
    import SimpleITK as sitk
    import torch
    import torchradiomics

    names = ("FirstOrder", "GLCM", "GLRLM", "GLSZM", "GLDM", "NGTDM")
    z = int(centres[0, 0])
    mask = np.zeros((1, *inside.shape[1:]), dtype=np.uint8)
    mask[(0, *(centres[:, 1:].T + 3))] = 1
    image, marked = sitk.GetImageFromArray(case.image[z : z + 1]), sitk.GetImageFromArray(mask)
    options = {"voxelBased": True, "kernelRadius": 3, "force2D": True, "maskedKernel": False, "voxelBatch": 1000}
    options |= {"dtype": torch.float64, "device": "cpu", "binWidth": 25}

    def run() -> int:
        for name in names:
            getattr(torchradiomics, f"TorchRadiomics{name}")(image, marked, **options).execute()
        return len(centres)

    return run


def _nyxus(case: Case, origins: np.ndarray) -> Timed:
    import nyxus

    side, across = SETTINGS.size, 64
    rows = -(-len(origins) // across)
    mosaic = np.zeros((rows * (side + 1), across * (side + 1)), dtype=np.uint32)
    labels = np.zeros_like(mosaic)
    lowest = case.image.min()
    for number, (z, y, x) in enumerate(origins):
        top, left = (side + 1) * (number // across), (side + 1) * (number % across)
        place = (slice(top, top + side), slice(left, left + side))
        mosaic[place] = case.image[z, y : y + side, x : x + side] - lowest
        labels[place] = number + 1
    groups = ["*ALL_INTENSITY*", "*ALL_GLCM*", "*ALL_GLRLM*", "*ALL_GLSZM*", "*ALL_GLDM*", "*ALL_NGTDM*"]
    extractor = nyxus.Nyxus(groups, n_feature_calc_threads=2)
    return lambda: len(extractor.featurize(mosaic, labels))


def _importable(name: str) -> bool:
    try:
        importlib.import_module(name)
    except Exception as error:  # an alternative's own import may fail in any way; it is only left out
        print(f"left out: {name} ({type(error).__name__}: {error})")
        return False
    return True


def measure(calls: dict[str, Timed], rounds: int) -> dict[str, float]:
    """Median windows per second, the contenders taking turns."""
    rates: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            rates[name].append(call() / (time.perf_counter() - start))
    return {name: median(found) for name, found in rates.items()}


def growth(case: Case) -> None:
    """Time per window for more and more windows; must not grow."""
    lesion, origins = max(case.windows(SETTINGS).items(), key=lambda item: len(item[1]))
    inside = case.labels == lesion
    for count in (MANY_WINDOWS // 25, MANY_WINDOWS // 5, MANY_WINDOWS):
        many = np.resize(origins, (count, 3))
        start = time.perf_counter()
        fast.window_features(case.image, inside, many, case.spacing_zyx_mm, SETTINGS)
        seconds = time.perf_counter() - start
        print(f"  {count:7d} windows: {seconds:6.2f} s, {seconds / count * 1e6:.2f} us per window")


def fresh_process(processes: int = 5) -> None:
    """The first call in a process that finds the cache warm, and the memory of a table of 250,000 windows."""
    code = (
        "import time; import numpy, pandas; start = time.perf_counter();"
        "from livermets.radiomics.engine import fast; imported = time.perf_counter(); fast.warm();"
        "print(imported - start, time.perf_counter() - imported)"
    )
    fast.warm()
    runs = [
        [float(value) for value in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()]
        for command in [[sys.executable, "-c", code]] * processes
    ]
    importing, calling = (median(values) for values in zip(*runs, strict=True))
    print(f"first call in a fresh process, cache warm: {calling:.2f} s, after {importing:.2f} s of imports", end=" ")
    print(f"(NumPy and pandas not counted; medians of {processes})")
    command = [sys.executable, __file__, "--memory"]
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


def memory() -> None:
    from livermets.radiomics import roi_features

    side = 200
    image = np.rint(np.random.default_rng(1).normal(100, 20, (27, side, side))).astype(np.int16)
    table = roi_features(image, np.ones(image.shape, dtype=np.uint8), (2.0, 0.7, 0.7), SETTINGS)
    # Not getrusage: its maximum is inherited from the process that started this one.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024**2
    print(f"table of {len(table)} windows: peak memory {peak:.2f} GiB (all of the process)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--windows", type=int, default=120, help="windows for the PyRadiomics loop")
    parser.add_argument("--memory", action="store_true", help="only the memory of a large table")
    options = parser.parse_args()
    if options.memory:
        memory()
        return
    case = tumours() or noise()
    fast.warm()
    print(f"{case.name}, {case.hu_range} HU, bin width {SETTINGS.bin_width:g}, largest lesion")
    calls = contenders(case, options.windows)
    rates = measure(calls, options.rounds)
    base = rates["PyRadiomics classes on crops"]
    for name, rate in rates.items():
        print(f"  {name:46s} {rate:10.0f} windows/s {1e6 / rate:10.2f} us {rate / base:8.1f} x")
    growth(case)
    fresh_process()


if __name__ == "__main__":
    main()
