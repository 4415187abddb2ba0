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


@pytest.mark.parametrize("name, content", [("t.csv", b""), ("t.parquet", b"PAR1"), ("t.xlsx", b"x"), ("t.dat", b"a")])
def test_what_cannot_be_read_is_one_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"{name}: .*\.$"):
        read_table(tmp_path / name)


WORDS = ["NA", "None", "null", "NaN", "N/A", "007", "7", "1e3", "True", "inf"]


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.tsv", "t.xlsx", "t.parquet"])
@pytest.mark.parametrize("column", ["cohort", "centre", "patient_id", "named by the user"])
def test_a_name_is_never_taken_for_missing(tmp_path, name, column):
    table = pd.DataFrame({column: [*WORDS, None], "x": [1.5, None, *range(9)]})
    write = {"t.xlsx": table.to_excel, "t.parquet": table.to_parquet}.get(name, table.to_csv)
    write(tmp_path / name, index=False, **({"sep": "\t"} if name == "t.tsv" else {}))
    read = read_table(tmp_path / name, ["named by the user"])
    assert read[column].where(read[column].notna(), None).tolist() == [*WORDS, None]
    assert read["x"].isna().tolist() == [False, True, *[False] * 9]


def test_a_word_in_a_column_of_words_is_no_missing_number(tmp_path):
    (tmp_path / "t.csv").write_text("x,word\nNA,None\n2.5,left\n,right\n1,\n")
    read = read_table(tmp_path / "t.csv")
    assert read["word"].tolist()[:2] == ["None", "left"]
    assert read.isna().sum().tolist() == [2, 1]


CELLS = "Patient;f1;densité\n01;0,5;1.5\n1;1;-2.25\n"
FRAME = pd.DataFrame({"Patient": ["01", "1"], "f1": [0.5, 1.0], "densité": [1.5, -2.25]})


@pytest.mark.parametrize(
    "name, content",
    [
        ("semicolon.csv", CELLS.encode()),
        ("bom.csv", CELLS.encode("utf-8-sig")),
        ("western.csv", CELLS.encode("cp1252")),
        ("utf16.txt", CELLS.replace(";", "\t").encode("utf-16")),
        ("stated.csv", ("sep=;\r\n" + CELLS.replace("\n", "\r\n")).encode()),
        ("quoted_header.csv", CELLS.replace("f1", '"f1"').encode()),
        ("empty_columns.csv", CELLS.replace("\n", ";;\n").encode()),
    ],
)
def test_tables_as_spreadsheets_write_them(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    pd.testing.assert_frame_equal(
        read_table(tmp_path / name, ["Patient"]).reset_index(drop=True), FRAME, check_dtype=False
    )


def test_a_comma_between_digits_is_no_decimal_sign_where_commas_separate(tmp_path):
    (tmp_path / "t.csv").write_text('x,y\n"1,234",1\n')
    assert read_table(tmp_path / "t.csv")["x"].tolist() == ["1,234"]


def test_the_index_counts_the_rows_of_the_file(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n\n,\n3,4\n")
    assert (read_table(tmp_path / "t.csv").index + 2).tolist() == [2, 5]


@pytest.mark.parametrize("text, row", [("a,b\n1,2,3\n4,5,6\n", 2), ("a,b\n4,5\n1,2,3\n", 3)])
def test_a_row_that_is_longer_than_the_header_is_not_cut(tmp_path, text, row):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=f"row {row}: 3 cells under 2 columns"):
        read_table(tmp_path / "t.csv")


def test_lesion_ids_classes_and_counts_are_written_as_whole_numbers(tmp_path):
    table = pd.DataFrame(
        {"lesion_id": [1.0, None], "response": [None, 0.0], "n_roi_manual": [3.0, None], "dice": [1.0, 0]}
    )
    write_csv(tmp_path / "t.csv", table)
    assert (tmp_path / "t.csv").read_text() == "lesion_id,response,n_roi_manual,dice\n1,,3,1.0\n,0,,0.0\n"
