"""One place knows how the columns of features begin."""

from __future__ import annotations

import re
from pathlib import Path

import livermets
from livermets.config.radiomics import RadiomicsSettings
from livermets.features import feature_columns
from livermets.radiomics.filters import prefixes


def test_columns_of_every_image_type_are_features() -> None:
    settings = RadiomicsSettings(image_types=("original", "log", "wavelet"))
    columns = [f"{prefix}_firstorder_Mean" for prefix in prefixes(settings)]
    assert len(columns) >= 10
    assert feature_columns(["z", "lesion_id", *columns, "probability"]) == columns


def test_nobody_else_tells_features_by_their_first_letters() -> None:
    by_first_letters = re.compile(r"startswith\(\(?[\"'](original|log-sigma|wavelet)")
    package = Path(livermets.__file__).parent
    found = [path.name for path in package.rglob("*.py") if by_first_letters.search(path.read_text(encoding="utf-8"))]
    assert found == []
    assert by_first_letters.search('name.startswith("original_")')
