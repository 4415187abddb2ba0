import pandas as pd
import pytest

from livermets.errors import InputError
from livermets.io.tables import read_parquet_metadata, read_table, write_csv, write_parquet


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.xlsx"])
def test_patient_007_is_not_patient_7(tmp_path, name):
    table = pd.DataFrame({"patient_id": ["007", "7"], "x": [1, 2]})
    if name.endswith("xlsx"):
        table.to_excel(tmp_path / name, index=False)
    else:
        table.to_csv(tmp_path / name, index=False, sep="\t" if name.endswith("tsv") else ",")
    assert read_table(tmp_path / name)["patient_id"].tolist() == ["007", "7"]


def test_floats_survive_a_round_trip(tmp_path):
    table = pd.DataFrame({"x": [0.1, 1 / 3, 1e-300, 12345678.9]})
    write_csv(tmp_path / "t.csv", table)
    assert read_table(tmp_path / "t.csv")["x"].tolist() == table["x"].tolist()


def test_parquet_carries_its_settings(tmp_path):
    write_parquet(tmp_path / "t.parquet", pd.DataFrame({"x": [1.0]}), {"settings": {"size": 7}})
    assert read_parquet_metadata(tmp_path / "t.parquet")["settings"] == {"size": 7}


@pytest.mark.parametrize("name, content", [("t.csv", b""), ("t.parquet", b"PAR1"), ("t.xlsx", b"x"), ("t.txt", b"a")])
def test_what_cannot_be_read_is_one_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError):
        read_table(tmp_path / name)
