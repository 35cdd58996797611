"""The Korean catalogue is complete, in step with the program, and chosen by language."""

import string
from collections.abc import Iterator

import pytest

from tests.builders.translations import MO, compiled, translated, untranslated
from viewer.base.translation import _, current_language, set_language


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    set_language("en")


def _fields(text: str) -> set[str]:
    return {field or "" for _literal, field, _spec, _conversion in string.Formatter().parse(text) if field is not None}


def test_every_text_has_a_korean_form() -> None:
    assert untranslated() == []


def test_the_compiled_catalogue_is_that_of_the_texts() -> None:
    assert MO.read_bytes() == compiled()


def test_placeholders_survive_translation() -> None:
    for message in translated():
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set.union(*(_fields(str(source)) for source in sources))
        for form in forms:
            assert _fields(str(form)) == wanted, message.id


def test_language_is_chosen_and_an_unknown_one_gives_english() -> None:
    set_language("ko")
    assert (current_language(), _("Study")) == ("ko", "검사")
    set_language("xx")
    assert (current_language(), _("Study")) == ("en", "Study")
