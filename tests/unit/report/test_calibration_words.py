"""The captions of calibration claim no more than their tables hold."""

from types import SimpleNamespace

import pandas as pd
import pytest

from livermets.report.configuration import ReportedConfig
from livermets.report.sections.calibration import calibration_blocks


@pytest.fixture
def captions(tmp_path):
    return lambda low, scores=(0.0, 0.4, 1.0): made(tmp_path / "x.png", low, scores)


def made(picture, low, scores):
    picture.write_bytes(b"")
    rows = [{"measure": m, "value": 0.5, "low": low, "high": 1.0, "n_lesions": 3, "n_patients": 2}
            for m in ("calibration_slope", "calibration_intercept")]  # fmt: skip
    model = {
        "recalibration": pd.DataFrame(rows),
        "predictions": pd.DataFrame({"model": "ga_network", "score": scores}),
        "evaluation": pd.DataFrame([
            {"measure": "auc", "value": 0.84, "low": 0.61, "high": 0.94, "method": "obuchowski-1997"},
        ]),
    }  # fmt: skip
    study = SimpleNamespace(
        model=model, model_facts={"recalibration": {"margin": 0.01}}, config=ReportedConfig(), concordance={},
        concordance_pictures={"v": {"calibration": picture, "decision": picture}},
    )  # fmt: skip
    summary = pd.DataFrame([{
        "mask_source": "manual", "measure": "brier", "value": 0.1, "low": 0.0, "high": 0.2, "level": 0.95,
        "method": "cluster-bootstrap", "n_lesions": 25, "n_patients": 8,
    }])  # fmt: skip
    blocks = calibration_blocks(study, "v", {"calibration_summary": summary})
    return [block.caption for part in blocks for block in part.blocks if hasattr(block, "caption")]


def test_an_uncertain_slope_is_called_so_and_the_ranks_are_given(captions):
    curve = captions(-0.02)[0]
    assert "do not even show" not in curve
    assert "2 of 3 shares lay closer than 0.01 to 0 or 1" in curve
    assert "The slope is uncertain: its interval includes 0." in curve
    assert "ROC AUC, 0.84 (0.61 to 0.94)" in curve
    sure = captions(0.1, scores=(0.2, 0.4, 0.9))[0]
    assert "uncertain: its interval" not in sure
    assert "lay closer" not in sure


def test_every_caption_says_of_which_lesions_it_is(captions):
    found = captions(0.1)
    assert len(found) == 3
    assert all("25 lesions of 8 patients with an outcome and a share from both masks" in text for text in found)
    assert "take lesions as independent" in found[0]
