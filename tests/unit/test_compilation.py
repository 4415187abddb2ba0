"""Compiled code on disk that is not as it was written is compiled again, and said once."""

import logging
from pathlib import Path

import pytest

from livermets import compilation
from livermets.compilation import CheckedCacheFile, compiled


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGES = {"cut": lambda content: content[:40], "emptied": lambda _: b"", "one bit": _flipped}


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_is_compiled_again_and_said_once(tmp_path, caplog, kind, damage):
    compilation._say_damaged.cache_clear()
    caplog.set_level(logging.WARNING)
    cache = CheckedCacheFile(str(tmp_path), "function", "stamp")
    assert cache.load("signature") is None
    cache.save("signature", b"machine code" * 100)
    assert cache.load("signature") == b"machine code" * 100
    assert not caplog.records
    (file,) = tmp_path.rglob(f"*.{kind}")
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    for _ in range(2):
        assert cache.load("signature") is None
    (said,) = caplog.records
    assert said.getMessage() == f"compiled code in {tmp_path} was damaged; it is compiled again"
    cache.save("signature", b"machine code" * 100)
    assert cache.load("signature") == b"machine code" * 100


def test_every_compiled_function_has_such_a_cache():
    assert isinstance(compiled(_flipped)._cache._cache_file, CheckedCacheFile)


def test_a_cache_that_cannot_be_written_costs_time_only(monkeypatch):
    tried = []

    def full(*arguments):
        tried.append(arguments[1:])
        raise OSError(28, "No space left on device")

    plain = compilation.IndexDataCacheFile("/nowhere", "name", "stamp")
    monkeypatch.setattr(compilation.IndexDataCacheFile, "save", full)
    compilation.CheckedCacheFile.like(plain).save("key", "data")
    assert len(tried) == 1


def test_the_cache_is_the_first_folder_that_can_be_written_to(tmp_path, monkeypatch):
    named = tmp_path / "file"
    named.touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(named))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    compilation.cache_folder.cache_clear()
    assert compilation.cache_folder("radiomics/engine").parent == tmp_path / "cache" / "livermets"
    compilation.cache_folder.cache_clear()
    assert isinstance(compilation.cache_folder("radiomics/engine"), Path)
    compilation.cache_folder.cache_clear()
