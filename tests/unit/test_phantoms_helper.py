"""The analytic helper itself: what other tests rely on."""

import numpy as np
import pandas as pd
import pytest
from tests import phantoms

from livermets.io.images import read_volume
from livermets.masks.measured import measure_lesions


def test_spheres_have_their_volume_and_diameter():
    fine = phantoms.grid((96, 96, 96), (0.4, 0.4, 0.4))
    scan = phantoms.analytic_scan(fine, [((0.0, 0.0, 0.0), 16.0)])
    row = measure_lesions(scan.lesions.array, fine.spacing_zyx_mm).iloc[0]
    assert row.volume_ml == pytest.approx(np.pi / 6 * 1.6**3, rel=0.01)
    assert row.longest_diameter_mm == pytest.approx(16.0, abs=0.8)


@pytest.mark.parametrize("orientation", phantoms.STORED_ORIENTATIONS)
def test_written_scans_come_back_on_their_grid(tmp_path, orientation):
    scan = phantoms.analytic_scan(stored_orientation=orientation, noise_hu=5.0)
    phantoms.write_scan(tmp_path, scan)
    again = read_volume(tmp_path / "lesions.nii.gz")
    assert again.stored_orientation == orientation
    assert not again.grid.differences(scan.ct.grid)
    np.testing.assert_array_equal(again.array, scan.lesions.array)


def test_a_cohort_has_both_classes_and_a_folder_per_patient(tmp_path):
    outcome = pd.read_csv(phantoms.write_cohort(tmp_path))
    grown = outcome.followup_diameter_mm - outcome.baseline_diameter_mm > 3
    assert grown.groupby(outcome.patient_id).nunique().eq(2).all()
    assert all((tmp_path / patient / "baseline" / "ct.nii.gz").exists() for patient in outcome.patient_id)
