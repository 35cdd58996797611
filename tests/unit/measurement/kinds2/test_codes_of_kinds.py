"""Every code a measuring tool states is pydicom's, or a private one that fits a code value; every tool is whole."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

from viewer.base.paths import icons_path
from viewer.dicom.codes import Code
from viewer.measurement import kinds
from viewer.measurement.kinds.kind import Kind
from viewer.measurement.kinds.table import KINDS, kind_of
from viewer.measurement.private_codes import SCHEME, private_code


def codes_in(value: object, depth: int = 0) -> Iterator[Code]:
    if isinstance(value, Code):
        yield value
    elif isinstance(value, (tuple, list, dict)) and depth < 4:
        for each in value.values() if isinstance(value, dict) else value:
            yield from codes_in(each, depth + 1)


def all_codes() -> dict[Code, str]:
    found = {}
    for module in pkgutil.iter_modules(kinds.__path__):
        for value in vars(importlib.import_module(f"{kinds.__name__}.{module.name}")).values():
            found.update(dict.fromkeys(codes_in(value), module.name))
    return found


def test_codes_are_those_of_the_dictionaries_or_private_ones() -> None:
    from pydicom.sr import _concepts_dict

    concepts: dict[str, dict[str, dict[str, tuple[str, object]]]] = vars(_concepts_dict)["concepts"]
    codes = all_codes()
    assert len(codes) > 40
    wrong = []
    for code, module in codes.items():
        if code.scheme == SCHEME:
            assert len(code.value) <= 16, module
            assert len(code.meaning) <= 64, module
            continue
        stated = (by_value.get(code.value) for by_value in concepts[code.scheme].values())
        known = {each[0] for each in stated if each is not None}
        if code.meaning not in known:
            wrong.append((module, code, known))
    assert not wrong


def test_private_codes_mean_one_thing_each() -> None:
    meanings: dict[str, set[str]] = {}
    for code in all_codes():
        if code.scheme == SCHEME:
            meanings.setdefault(code.value, set()).add(code.meaning)
    assert all(len(each) == 1 for each in meanings.values()), meanings
    with pytest.raises(ValueError, match="too long"):
        private_code("seventeen-letters", "x")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.id))
def test_every_tool_has_words_an_icon_and_sound_limits(kind: Kind) -> None:
    assert kind_of(kind.id) is kind
    assert kind.title
    assert kind.help
    assert not kind.help.endswith(".")
    assert icons_path(f"{kind.icon}.svg").is_file(), kind.icon
    assert kind.least >= 1
    assert kind.most is None or kind.most >= kind.least
    assert len({each.name for each in kind.asks}) == len(kind.asks)
