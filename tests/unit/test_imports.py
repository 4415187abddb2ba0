"""Importing the package changes nothing for the rest of the process, nor does reading a DICOM file."""

from __future__ import annotations

import subprocess
import sys

import pydicom
import SimpleITK as sitk

from livermets.io.dicom.leniency import read_leniently

IMPORT_ALL = """
import importlib, os, pkgutil
import monai, numpy, pydicom, SimpleITK as sitk, torch
import livermets

def settings():
    return {
        "environment": dict(os.environ),
        "pydicom": vars(pydicom.config.settings).copy(),
        "image library": (sitk.ProcessObject.GetGlobalWarningDisplay(),
                          sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()),
        "numpy": numpy.geterr(),
        "torch": (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(),
                  torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark, torch.initial_seed()),
        "monai": monai.data.get_track_meta(),
    }

before = settings()
for module in pkgutil.walk_packages(livermets.__path__, "livermets."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
after = settings()
print([name for name in before if before[name] != after[name]])
"""


def test_importing_every_module_changes_no_setting_of_a_library() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_reading_dicom_leniently_puts_everything_back() -> None:
    before = (pydicom.config.settings.reading_validation_mode, sitk.ProcessObject.GetGlobalWarningDisplay())
    with read_leniently():
        within = (pydicom.config.settings.reading_validation_mode, sitk.ProcessObject.GetGlobalWarningDisplay())
    after = (pydicom.config.settings.reading_validation_mode, sitk.ProcessObject.GetGlobalWarningDisplay())
    assert within == (pydicom.config.IGNORE, False)
    assert after == before


def test_reading_an_image_file_loads_nothing_that_reads_dicom() -> None:
    modules = "livermets.io.ct, livermets.io.masks, livermets.segmentation.preprocessed"
    code = f"import sys, {modules}; print('pydicom' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
