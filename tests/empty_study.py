"""A study of empty images with tables of outcomes, of any size: for dry runs, which open no image."""

from __future__ import annotations

from pathlib import Path

import yaml

TIMEPOINTS = ("baseline", "TP1")
LESIONS = 3


def write_study(folder: Path, patients: int, training: int) -> None:
    """A study of ``patients``, the first ``training`` of them for training, with a table of outcomes per cohort."""
    names = [f"P{number:04d}" for number in range(patients)]
    roles = {"learn": ("train", names[:training]), "test": ("validation", names[training:])}
    config: dict = {"cohorts": {}}
    for cohort, (role, members) in roles.items():
        rows = ["patient_id,timepoint,lesion_id,centre,baseline_diameter_mm,followup_diameter_mm"]
        for name in members:
            for timepoint in TIMEPOINTS:
                place = folder / "data" / name / timepoint
                place.mkdir(parents=True)
                for file in ("ct", "liver", "lesions"):
                    (place / f"{file}.nii.gz").touch()
                rows += [f"{name},{timepoint},{lesion},A,20.0,{10 + lesion * 5}.0" for lesion in range(1, LESIONS + 1)]
        (folder / f"{cohort}.csv").write_text("\n".join(rows) + "\n")
        files = {key: f"data/{{patient}}/{{timepoint}}/{key}.nii.gz" for key in ("liver", "lesions")}
        config["cohorts"][cohort] = {
            "role": role,
            "table": f"{cohort}.csv",
            "timepoints": list(TIMEPOINTS),
            "image": "data/{patient}/{timepoint}/ct.nii.gz",
            **files,
        }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
