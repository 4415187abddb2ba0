"""A change of code changes the digest of the verbs that run it, and of no other."""

import re
from pathlib import Path

import pytest

from livermets.workflow import codebase

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with two verbs: `first` reaches a.py and, through it, deep/b.py; `second` reaches c.py."""
    root = tmp_path / "livermets"
    files = {
        "__init__.py": "",
        "cli/study.py": (
            'import typer\n\n@app.command("first")\ndef one():\n    from livermets.a import run\n    run(_help())\n\n'
            'def _help():\n    return 1\n\n@app.command("second")\ndef two():\n    import livermets.c\n'
        ),
        "a.py": "from livermets.deep import (\n    b,\n)\nfrom livermets.config.x import y\n",
        "deep/__init__.py": "",
        "deep/b.py": "z = 1\n",
        "c.py": "",
        "config/x.py": "y = 1\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.setattr(codebase, "PACKAGE_FOLDER", root)

    def changed(file: str, text: str) -> set[str]:
        def digests():
            codebase._verb_source.cache_clear()
            codebase._imports_of.cache_clear()
            return {verb: codebase.verb_digest(verb) for verb in ("first", "second")}

        before = digests()
        (root / file).write_text((root / file).read_text().replace(*text.split(" -> ")))
        after = digests()
        return {verb for verb in before if before[verb] != after[verb]}

    yield changed
    codebase._verb_source.cache_clear()
    codebase._imports_of.cache_clear()


@pytest.mark.parametrize(
    "file, change, verbs",
    [
        ("deep/b.py", "z = 1 -> z = 2", {"first"}),
        ("cli/study.py", "return 1 -> return 2", {"first"}),
        ("cli/study.py", "import livermets.c -> import livermets.c as c", {"second"}),
        ("config/x.py", "y = 1 -> y = 2", set()),
    ],
)
def test_what_changes_is_what_runs_it(package, file, change, verbs):
    assert package(file, change) == verbs


def test_an_unknown_verb_is_a_defect():
    with pytest.raises(LookupError):
        codebase.verb_digest("no-such-verb")


def test_every_rule_carries_the_digest_of_the_verb_it_runs():
    told = {}
    for file in (REPOSITORY / "workflow/rules").glob("*.smk"):
        for rule in re.split(r"(?m)^(?=rule )", file.read_text())[1:]:
            name = re.match(r"rule (\w+)", rule)[1]
            told[name] = (
                re.search(r"python -m livermets ([\w-]+)", rule),
                re.search(r'verb_digest\("([\w-]+)"\)', rule),
            )
    assert len(told) > 15
    for name, (runs, carries) in told.items():
        assert runs, name
        assert carries, name
        assert runs[1] == carries[1], name


def test_statistics_do_not_retrain_a_network():
    files = {file.parent.name for file in codebase.verb_files("train-segmentation")}
    assert "segmentation" in files
    assert not files & {"stats", "report", "model", "radiomics", "concordance", "overlap"}


@pytest.mark.parametrize("verb", ["intake", "train-segmentation", "segment"])
def test_another_look_of_pictures_trains_and_segments_nothing(verb):
    places = {file.relative_to(codebase.PACKAGE_FOLDER).as_posix() for file in codebase.verb_files(verb)}
    assert not [place for place in places if place.startswith("figures/") or place in codebase.LOOK]
    assert all((codebase.PACKAGE_FOLDER / place).exists() for place in codebase.LOOK)


def test_another_look_of_pictures_makes_the_report_again():
    assert "figures" in {file.parent.name for file in codebase.verb_files("report")}
