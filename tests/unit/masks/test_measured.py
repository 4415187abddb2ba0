import numpy as np
import pytest

from livermets.masks.measured import COLUMNS, measure_lesions


def test_volume_centroid_and_order_of_two_boxes():
    labels = np.zeros((6, 20, 20), dtype=np.uint16)
    labels[1:3, 2:6, 3:8] = 1003  # a false positive's id: far above the number of lesions
    labels[4, 10:12, 10:12] = 2
    table = measure_lesions(labels, (5.0, 1.0, 0.5))
    assert table.lesion_id.tolist() == [2, 1003]
    assert table.n_voxels.tolist() == [4, 40]
    assert table.volume_ml.tolist() == pytest.approx([4 * 2.5 / 1000, 40 * 2.5 / 1000])
    assert table.longest_diameter_mm.tolist() == pytest.approx([np.hypot(1, 0.5), np.hypot(3, 2)])
    assert table.loc[1, ["centroid_z", "centroid_y", "centroid_x"]].tolist() == [1.5, 3.5, 5.0]


def test_a_map_without_background_is_measured_too():
    assert measure_lesions(np.ones((1, 2, 2), dtype=np.uint8), (1.0, 1.0, 1.0)).n_voxels.tolist() == [4]


def test_an_empty_map_gives_an_empty_table_with_all_columns():
    table = measure_lesions(np.zeros((2, 3, 3), dtype=np.uint8), (1.0, 1.0, 1.0))
    assert len(table) == 0
    assert tuple(table.columns) == COLUMNS


def test_a_lesion_measures_the_same_alone_and_among_others():
    labels = np.random.default_rng(3).integers(0, 5, size=(4, 15, 15)).astype(np.uint8)
    together = measure_lesions(labels, (2.0, 0.7, 0.7))
    for lesion_id in (1, 4):
        alone = measure_lesions(np.where(labels == lesion_id, labels, 0), (2.0, 0.7, 0.7))
        row = together[together.lesion_id == lesion_id]
        np.testing.assert_allclose(alone.to_numpy(), row.to_numpy())
