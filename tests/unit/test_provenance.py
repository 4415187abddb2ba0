import hashlib

from livermets.provenance import canonical_json, code_digest, file_digest, versions


def test_file_digest_is_sha256(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    assert file_digest(file) == hashlib.sha256(b"abc").hexdigest()


def test_code_digest_follows_the_code_it_names(tmp_path, monkeypatch):
    package = tmp_path / "livermets"
    (package / "part").mkdir(parents=True)
    (package / "part/a.py").write_text("x = 1\n")
    (package / "other.py").write_text("y = 1\n")
    monkeypatch.setattr("livermets.provenance.PACKAGE_FOLDER", package)
    before = code_digest("part")
    (package / "other.py").write_text("y = 2\n")
    assert code_digest("part") == before
    (package / "part/a.py").write_text("x = 2\n")
    assert code_digest("part") != before


def test_equal_settings_give_equal_text():
    assert canonical_json({"b": 1, "a": [1, 2]}) == canonical_json({"a": [1, 2], "b": 1})


def test_versions_name_the_libraries_that_can_change_a_number():
    assert {"livermets", "pyradiomics", "torch", "numpy"} <= set(versions())
