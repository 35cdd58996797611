"""Rules of the house that no linter holds: its folders, the length of files, and the licences it stands on."""

import ast
import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 500
AT_THE_TOP = {"pyproject.toml", "README.md", "LICENSE", "viewer", "resources", "tests", "installers", "icons"}
GPL = re.compile(r"(?<!L)GPL|General Public License", re.IGNORECASE)
LGPL = re.compile(r"LGPL|Lesser General Public", re.IGNORECASE)


def _sources() -> list[Path]:
    return [path for folder in ("viewer", "tests", "installers") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_nothing_else_lies_at_the_top() -> None:
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - {"build", "dist", "negatoscope.egg-info"} <= AT_THE_TOP


def test_no_file_is_longer_than_a_newcomer_can_hold() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in _sources()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_module_says_what_it_is_for() -> None:
    modules = [path for path in _sources() if path.is_relative_to(ROOT / "viewer")]
    silent = [str(path) for path in modules if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []


def _core_requirements() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [re.split(r"[<>=~!\[; ]", line, maxsplit=1)[0] for line in project["dependencies"]]


def _with_what_they_need(names: list[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name.lower() in seen:
            continue
        seen.add(name.lower())
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        waiting += [re.split(r"[<>=~!\[; (]", line, maxsplit=1)[0] for line in needs if "extra ==" not in line]
    return seen


def _licence(name: str) -> str:
    metadata = importlib.metadata.metadata(name)
    classifiers = [line for line in metadata.get_all("Classifier") or [] if line.startswith("License")]
    # Some packages put their whole licence text, with those of what they bundle, into "License": its head names it.
    fields = {key: (metadata.get_all(key) or [""])[0] for key in ("License-Expression", "License")}
    return " ".join([fields["License-Expression"], fields["License"][:60], *classifiers])


@pytest.mark.parametrize("name", sorted(_with_what_they_need(_core_requirements())))
def test_the_core_needs_nothing_under_the_gpl(name: str) -> None:
    try:
        licence = _licence(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("not needed on this platform")
    is_lesser_or_choice = LGPL.search(licence) is not None
    assert GPL.search(licence) is None or is_lesser_or_choice, licence
