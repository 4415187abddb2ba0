"""`cohort-init` on exports as hospitals make them: its lines are YAML, load, and name the right files of every patient;
what it does not bring in it says in words."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from openpyxl import Workbook
from tests.dicom_files import write_rtstruct, write_seg, write_series
from tests.small_study import SmallStudy, patient_arrays, save

from livermets.cohort.load import load_cohorts
from livermets.cohort.study import Study
from livermets.config.cohorts import CohortSettings
from livermets.config.outcome import OutcomeSettings
from livermets.intake.proposal import propose

CT, LIVER, LESIONS = patient_arrays(0)
SMALL = (CT[:2], LIVER[:2], LESIONS[:2])
HEADER = ["patient_id", "lesion_id", "baseline_diameter_mm", "followup_diameter_mm"]


def ct(folder: Path, *names: str) -> None:
    for name in names:
        save(folder / name, CT[6:9, ::4, ::4])


def mask(folder: Path, *names: str, array: np.ndarray = LESIONS) -> None:
    for name in names:
        save(folder / name, array[6:9, ::4, ::4])


def slices(folder: Path, **tags: Any) -> list[Path]:
    return write_series(folder, CT[6:9, ::4, ::4], **tags)


def touched(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def sheet(path: Path, *tables: list[list[Any]]) -> None:
    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(tables):
        page = book.create_sheet(f"sheet {number}")
        for row in rows:
            page.append(row)
    book.save(path)


@dataclass(frozen=True)
class Expected:
    """Of each scan the image and the lesion masks, relative to the export; words that the proposal must say."""

    scans: dict[str, tuple[str, ...]]
    says: tuple[str, ...] = ()
    keys: dict[str, Any] = field(default_factory=dict)
    role: str = "predict"


EXPORTS: dict[str, Callable[[Path], Expected]] = {}


def export(make: Callable[[Path], Expected]) -> Callable[[Path], Expected]:
    EXPORTS[make.__name__] = make
    return make


@export
def nested_dates(folder: Path) -> Expected:
    slices(folder / "P001/2020-01-03/CT")
    slices(folder / "P002/2021-12-24/CT Abdomen")
    return Expected({"P001": ("P001",), "P002": ("P002",)})


@export
def nested_dates_of_files(folder: Path) -> Expected:
    """No template holds both: the second patient is named, not invented."""
    ct(folder, "P001/2020-01-03/ct.nii.gz", "P002/2021-12-24/ct.nii.gz")
    return Expected({"P001": ("P001/2020-01-03/ct.nii.gz",)}, ("not at {patient}/2020-01-03/ct.nii.gz: P002",))


@export
def one_patient(folder: Path) -> Expected:
    ct(folder, "P001/ct.nii.gz")
    mask(folder, "P001/lesions.nii.gz")
    return Expected({"P001": ("P001/ct.nii.gz", "P001/lesions.nii.gz")})


@export
def the_folder_of_one_patient(folder: Path) -> Expected:
    ct(folder, "ct.nii.gz")
    mask(folder, "lesions.nii.gz")
    return Expected({folder.name: ("ct.nii.gz", "lesions.nii.gz")})


@export
def organs_of_one_patient(folder: Path) -> Expected:
    """Many masks beside one CT: none of them is a patient, and a vein is no CT of the portal phase."""
    ct(folder, "ct.nii.gz")
    names = ("liver", "portalvein", "venoussystem", "livercyst", "livertumor01", "livertumor02", "livertumor03")
    mask(folder, *(f"{name}.nii.gz" for name in names))
    return Expected({folder.name: ("ct.nii.gz", *(f"livertumor0{n}.nii.gz" for n in (1, 2, 3)))}, ("livercyst.nii.gz",))


@export
def the_slices_of_one_patient(folder: Path) -> Expected:
    slices(folder)
    return Expected({folder.name: ("",)})


@export
def links_to_folders_and_files(folder: Path) -> Expected:
    slices(folder.parent / "archive/s1")
    ct(folder.parent, "archive/ct.nii.gz")
    for patient in ("A1", "A2"):
        (folder / patient).mkdir(parents=True)
        (folder / patient / "ct").symlink_to(folder.parent / "archive/s1")
    (folder / "A2/self").symlink_to(folder / "A2")
    (folder / "A2/gone").symlink_to(folder / "nowhere")
    return Expected({"A1": ("A1/ct",), "A2": ("A2/ct",)}, ("links that lead nowhere: A2/gone",))


@export
def names_that_yaml_takes_apart(folder: Path) -> Expected:
    for patient in ("007", "010", "1_000"):
        ct(folder, f"{patient}/CT, portal #2: 'a' \"b\".nii.gz")
        mask(folder, f"{patient}/- tumour: 1 #x.nii.gz", f"{patient}/- tumour: 2 #x.nii.gz")
    names = ("CT, portal #2: 'a' \"b\".nii.gz", "- tumour: 1 #x.nii.gz", "- tumour: 2 #x.nii.gz")
    return Expected({patient: tuple(f"{patient}/{name}" for name in names) for patient in ("007", "010", "1_000")})


@export
def folders_that_are_no_ids(folder: Path) -> Expected:
    ct(folder, "P01/ct.nii.gz", "P02/ct.nii.gz", "Zoë, M #3/ct.nii.gz", "P03/{x}$y.nii.gz")
    return Expected({"P01": ("P01/ct.nii.gz",), "P02": ("P02/ct.nii.gz",)}, ("Zoë, M #3", "P03/{x}$y.nii.gz"))


@export
def two_timepoints_in_folders(folder: Path) -> Expected:
    for patient in ("P1", "P2"):
        ct(folder, f"{patient}/baseline/ct.nii.gz", f"{patient}/followup/ct.nii.gz")
        mask(folder, f"{patient}/baseline/mts.nii.gz", f"{patient}/followup/mts.nii.gz")
    return Expected({f"{patient} {point}": (f"{patient}/{point}/ct.nii.gz", f"{patient}/{point}/mts.nii.gz")
                     for patient in ("P1", "P2") for point in ("baseline", "followup")})  # fmt: skip


@export
def two_timepoints_in_names(folder: Path) -> Expected:
    for patient in ("P1", "P2"):
        ct(folder, f"{patient}_pre.nii.gz")
        mask(folder, f"{patient}_pre_mask.nii.gz")
    ct(folder, "P1_post.nii.gz")
    return Expected({patient: (f"{patient}_pre.nii.gz", f"{patient}_pre_mask.nii.gz") for patient in ("P1", "P2")},
                    ("timepoints not used: post (1 patients)",))  # fmt: skip


@export
def text_around_the_lesion_number(folder: Path) -> Expected:
    for patient in ("P1", "P2"):
        ct(folder, f"{patient}/ct.nii.gz")
        mask(folder, f"{patient}/Metastase 1 Segment VII.nii.gz", f"{patient}/Metastase 2 Segment IVa.nii.gz")
    return Expected({p: (f"{p}/ct.nii.gz", f"{p}/Metastase 1 Segment VII.nii.gz", f"{p}/Metastase 2 Segment IVa.nii.gz")
                     for p in ("P1", "P2")})  # fmt: skip


@export
def numbers_of_versions_and_lesions(folder: Path) -> Expected:
    ct(folder, "P001_ct_v2.nii.gz", "P002_ct_v2.nii.gz")
    mask(folder, "P001_mts1.nii.gz", "P001_mts2.nii.gz", "P002_mts1.nii.gz")
    return Expected({"P001": ("P001_ct_v2.nii.gz", "P001_mts1.nii.gz", "P001_mts2.nii.gz"),
                     "P002": ("P002_ct_v2.nii.gz", "P002_mts1.nii.gz")})  # fmt: skip


@export
def ids_that_are_parts_of_each_other(folder: Path) -> Expected:
    for patient in ("P1", "P10"):
        ct(folder, f"{patient}_ct.nii.gz")
        mask(folder, f"{patient}_tumour1.nii.gz", f"{patient}_tumour10.nii.gz")
    ct(folder, "P1_old_ct.nii.gz")
    mask(folder, "P1_tumour1_backup.nii.gz")
    touched(folder, "P1_tumour2.nii.gz~", "._P1_tumour4.nii.gz")
    return Expected({p: (f"{p}_ct.nii.gz", f"{p}_tumour1.nii.gz", f"{p}_tumour10.nii.gz") for p in ("P1", "P10")},
                    ("{patient}_old_ct", "{patient}_tumour{lesion}_backup.nii.gz (1 patient)", "1 hidden"))  # fmt: skip


@export
def structures_beside_the_slices(folder: Path) -> Expected:
    for number, patient in enumerate(("P1", "P2")):
        slices(folder / patient / "export")
        write_rtstruct(
            folder / patient / f"export/RS.{number}.dcm", {"Leber": [], f"Läsion {number + 1}": [], "GTV": []}
        )
    return Expected({"P1": ("P1/export", "P1/export"), "P2": ("P2/export", "P2/export")}, keys={
        "liver": "{patient}/export", "liver_labels": ["Leber"], "lesion_labels": ["Läsion *"],
    })  # fmt: skip


@export
def segmentations_in_folders_of_their_own(folder: Path) -> Expected:
    for number, patient in enumerate(("C1", "C2")):
        files = slices(folder / f"{patient}/study {number}/series {number}")
        (folder / f"{patient}/study {number}/seg {number}").mkdir()
        masks = {"Liver": np.ones((3, 12, 12), bool), "Tumor_1": np.ones((3, 12, 12), bool)}
        write_seg(folder / f"{patient}/study {number}/seg {number}/1.dcm", files, masks)
    return Expected({"C1": ("C1", "C1"), "C2": ("C2", "C2")}, keys={"lesion_labels": ["Tumor_*"]})


@export
def several_series_per_patient(folder: Path) -> Expected:
    for number, patient in enumerate(("P1", "P2")):
        of = {"StudyInstanceUID": f"1.2.{number}"}
        slices(folder / f"{patient}/{number}1", SeriesDescription="arterial", SeriesNumber=3 + number, **of)
        slices(folder / f"{patient}/{number}2", SeriesDescription="Abdomen portal", SeriesNumber=7 + number, **of)
        slices(folder / f"{patient}/{number}3", Modality="MR", SeriesDescription="T2", SeriesNumber=9, **of)
    return Expected({"P1": ("P1",), "P2": ("P2",)}, keys={"series": {"phase": "portal"}})


@export
def parallel_trees(folder: Path) -> Expected:
    for number in (1, 2, 10):
        ct(folder, f"images/P{number}.nii.gz")
        mask(folder, f"labels/P{number}.nii.gz", array=np.where(LESIONS > 0, 2, LIVER).astype(np.uint8))
    return Expected({f"P{n}": (f"images/P{n}.nii.gz", f"labels/P{n}.nii.gz") for n in (1, 2, 10)},
                    keys={"liver_labels": [1, 2], "lesion_labels": [2]})  # fmt: skip


@export
def training_set_of_a_challenge(folder: Path) -> Expected:
    for number in ("001", "002"):
        ct(folder, f"imagesTr/liver_{number}_0000.nii.gz", f"imagesTs/liver_9{number[1:]}_0000.nii.gz")
        mask(folder, f"labelsTr/liver_{number}.nii.gz", array=np.where(LESIONS > 0, 2, LIVER).astype(np.uint8))
    touched(folder, "dataset.json")
    return Expected({n: (f"imagesTr/liver_{n}_0000.nii.gz", f"labelsTr/liver_{n}.nii.gz") for n in ("001", "002")},
                    ("imagesTs", "1 .json"), {"liver": "labelsTr/liver_{patient}.nii.gz"})  # fmt: skip


@export
def upper_case_suffixes_and_empty_folders(folder: Path) -> Expected:
    ct(folder, "P1/ct.nii.gz", "P2/ct.nii.gz")
    for patient in ("P1", "P2"):
        (folder / patient / "ct.nii.gz").rename(folder / patient / "CT.NII.GZ")
    (folder / "P3/ct").mkdir(parents=True)
    touched(folder, "P1/report.pdf", "P2/report.pdf", ".DS_Store")
    return Expected({"P1": ("P1/CT.NII.GZ",), "P2": ("P2/CT.NII.GZ",)}, ("empty folders: P3/ct", "2 .pdf", "1 hidden"))


@export
def masks_of_some_patients(folder: Path) -> Expected:
    ct(folder, "P1/ct.nii.gz", "P2/ct.nii.gz", "P3/ct.nii.gz")
    mask(folder, "P1/liver.nii.gz", array=LIVER)
    mask(folder, "P2/tumour.nii.gz")
    return Expected({f"P{n}": (f"P{n}/ct.nii.gz",) for n in (1, 2, 3)},
                    ("liver is left out: 1 of 3 patients", "lesions is left out: 1 of 3 patients"))  # fmt: skip


def three_patients(folder: Path, *ids: str) -> dict[str, tuple[str, ...]]:
    for patient in ids:
        ct(folder, f"{patient}/ct.nii.gz")
        mask(folder, f"{patient}/lesions.nii.gz")
    return {patient: (f"{patient}/ct.nii.gz", f"{patient}/lesions.nii.gz") for patient in ids}


@export
def german_table(folder: Path) -> Expected:
    scans = three_patients(folder, "P007", "P012")
    rows = ["Patient;Läsion Nr.;Durchmesser vor (mm);Durchmesser nach (mm);Bemerkung", "7;1;18,5;10,2;gut",
            "7;2;20;21;", "12;1;30,1;40;", "12;2;30,1;40;", "99;1;20;10;verzogen", "Mittelwert;;23;24;"]  # fmt: skip
    (folder / "Ergebnis.csv").write_text("\n".join(rows), encoding="cp1252")
    keys = {"decimal": ",", "patient_id": {"prefix": "P", "width": 3}, "ignore_rows": ["Mittelwert"],
            "exclude": [{"patient": "P099", "reason": "no image in this folder"}]}  # fmt: skip
    return Expected(scans, ("not understood: Bemerkung",), keys, "validation")


@export
def italian_table_of_responses(folder: Path) -> Expected:
    scans = three_patients(folder, "A1", "A2")
    sheet(folder / "esiti.xlsx", [["Esiti dello studio"], [], ["Paziente", "Lesione", "Risposta"], ["A1", 1, "PR"],
                                  ["A1", 2, "PD"], ["A2", 1, "SD"], ["A2", 2, "CR"]])  # fmt: skip
    return Expected(scans, ("rule: column",), {"header_row": 3}, "train")


@export
def several_sheets(folder: Path) -> Expected:
    scans = three_patients(folder, "A1", "A2", "A3")
    rows = [HEADER, *([patient, lesion, 20, 10] for patient in ("A1", "A2") for lesion in (1, 2))]
    sheet(folder / "study.xlsx", [["Legend"], ["x", "y"]], rows, [["patient_id", "age"], ["A1", 60]])
    del scans["A3"]
    return Expected(scans, ("not in the table: A3",), {"sheet": "sheet 1"}, "validation")


@export
def merged_headings(folder: Path) -> Expected:
    scans = three_patients(folder, "A1", "A2")
    book = Workbook()
    for row in (["Patient", "Lésion", "Avant", None, "Après", None], [None, None, "diamètre", "n", "diamètre", "n"],
                *([patient, lesion, 20, 1, 10, 1] for patient in ("A1", "A2") for lesion in (1, 2))):  # fmt: skip
        book.active.append(row)
    for cells in ("A1:A2", "B1:B2", "C1:D1", "E1:F1"):
        book.active.merge_cells(cells)
    book.save(folder / "t.xlsx")
    return Expected(scans, (), {"header_row": [1, 2]}, "validation")


@export
def tables_that_cannot_be_used(folder: Path) -> Expected:
    """A list of something else, other patients, a formula without a value: each is named with its reason."""
    scans = three_patients(folder, "A1", "A2")
    (folder / "a.csv").write_text("colour,shape\nred,round\n")
    (folder / "b.csv").write_text("patient_id,lesion_id\nX1,1\nX2,1\n")
    sheet(folder / "c.xlsx", [HEADER, ["A1", 1, 20, "=C2/2"]])
    (folder / "d.csv").write_text(",".join(HEADER) + "\nA1,1,20,CR\nA2,1,20,10\n")
    return Expected(scans, (
        "a.csv is not used: no heading names the patient", "b.csv is not used: none of its 2 patients",
        "c.xlsx is not used: a formula that was never calculated",
        'd.csv is not used: followup_diameter_mm "CR" says that the lesion has vanished',
    ))  # fmt: skip


def loaded(proposal: str, folder: Path) -> tuple[Study, dict[str, Any]]:
    proposed = yaml.safe_load(proposal)
    ((name, settings),) = proposed["cohorts"].items()
    outcome = OutcomeSettings(**proposed.get("outcome", {}))
    return load_cohorts({name: CohortSettings.model_validate(settings)}, outcome, 1), settings


@pytest.mark.parametrize("name", EXPORTS)
def test_messy_exports(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "export 1"
    folder.mkdir()
    expected = EXPORTS[name](folder)
    folder_given = folder.rename(tmp_path / "E1") if "of_one_patient" in name else folder
    proposal = propose(folder_given, expected.role)
    said = " ".join(proposal.split())
    for words in expected.says:
        assert words in said
    study, settings = loaded(proposal, folder)
    found = {}
    for scan in study.scans():
        paths = [scan.image_path, *([scan.liver_path] if scan.liver_path else []), *scan.lesion_paths]
        assert all(path.exists() for path in paths)
        label = scan.patient_id if len(settings.get("timepoints", [])) < 2 else f"{scan.patient_id} {scan.timepoint}"
        found[label] = tuple(os.path.relpath(path, folder_given).replace("\\", "/").removeprefix("./")
                             for path in (scan.image_path, *scan.lesion_paths))  # fmt: skip
    wanted = {("E1" if key == "export 1" else key): tuple(path or "." for path in paths)
              for key, paths in expected.scans.items()}  # fmt: skip
    assert found == wanted
    for key, value in expected.keys.items():
        assert settings[key] == value


def test_there_are_enough_exports() -> None:
    assert len(EXPORTS) >= 20


def test_a_table_of_paths(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where each patient has its own dates no template holds all paths; a table does, and `check` accepts it."""
    study = SmallStudy(tmp_path)
    for seed, place in enumerate(("P1/2020-01-03", "P1/2020-06-03", "P2/2021-12-24 a")):
        for name, array in zip(("ct", "Metastase 1 S7", "Metastase 2 S8"), (patient_arrays(seed)[0], LESIONS == 1,
                               LESIONS == 2), strict=True):  # fmt: skip
            save(tmp_path / f"data/{place}/{name}.nii.gz", array.astype(np.int16))
    assert study.run("cohort-init", "data", "--table", "paths.csv") == 0
    said = capsys.readouterr().out
    assert "several images, one was taken; check: P1" in said
    study.config = yaml.safe_load(said)
    study.config["cohorts"]["learn"] = {"role": "train", "phantom": {"patients": 6}}
    assert study.check() == 0
    assert "2 of 2 patients, 2 scans of 32 slices, 4 lesions" in capsys.readouterr().out
    assert study.run("cohort-init", "data", "--table", "paths.csv") == 2
    assert study.run("cohort-init", "data", "--table", "new.csv", "--role", "train") == 2
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "error: paths.csv: this file is there already. Give the name of a new one.",
        "error: --table: a table of paths holds no outcome for role train. "
        "Add the columns image, liver and lesions to your own table, and name it under `table`.",
    ]


def test_a_proposal_for_training_passes_check(tmp_path: Path) -> None:
    """Whole images, a table with other headings, a summary row and a patient without image: `check` has no error."""
    study = SmallStudy(tmp_path)
    for seed, patient in enumerate(("P001", "P002")):
        for name, array in zip(("ct", "liver", "lesions"), patient_arrays(seed), strict=True):
            save(tmp_path / f"data/{patient}/{name}.nii.gz", array)
    rows = ["Patient;Lesion no.;LD before (mm);LD after (mm)", "1;1;20;12,5", "1;2;16;25", "2;1;20;21", "2;2;16;30",
            "3;1;20;21", "Mean;;18;20"]  # fmt: skip
    (tmp_path / "data/outcome.csv").write_text("\n".join(rows))
    study.config = yaml.safe_load(propose(tmp_path / "data", "train"))
    assert study.config["cohorts"]["data"]["role"] == "train"
    assert study.check() == 0
