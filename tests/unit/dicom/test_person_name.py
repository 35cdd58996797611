"""Truths: the examples of PS3.5 6.2.1.1 and its annexes, pydicom's own division of names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.valuerep import PersonName as TheirName

from viewer.dicom.person_name import PersonName, folded


@pytest.mark.parametrize(
    ("text", "english", "korean"),
    [
        ("Hong^Gildong=洪^吉洞=홍^길동", "HONG Gildong", "홍길동"),
        ("Hong^Gildong=홍^길동", "HONG Gildong", "홍길동"),
        ("Hong^Gildong=洪^吉洞", "HONG Gildong", "洪吉洞"),
        ("홍^길동", "홍길동", "홍길동"),
        ("=洪^吉洞=홍^길동", "洪吉洞", "홍길동"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "YAMADA Tarou", "山田太郎"),
        ("ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう", "ﾔﾏﾀﾞ ﾀﾛｳ", "山田太郎"),
        ("Wang^XiaoDong=王^小东=", "WANG XiaoDong", "王小东"),
        ("Adams^John Robert Quincy^^Rev.^B.A. M.Div.", "Rev. ADAMS John Robert Quincy B.A. M.Div.", None),
        ("Morrison-Jones^Susan^^^Ph.D., Chief Executive Officer", "MORRISON-JONES Susan Ph.D., Chief Executive Officer",
         None),
        ("Doe^John", "DOE John", None),
        ("Smith^Fluffy", "SMITH Fluffy", None),
        ("Hong Gildong", "Hong Gildong", None),
        ("^", "", None),
        ("", "", None),
        ("A^B^C^D^E^F", "D A B C E F", None),
        ("Müller^Jörg", "MÜLLER Jörg", None),
        ("<b>Doe</b>^<img src=x>", "<B>DOE</B> <img src", None),
    ],
)  # fmt: skip
def test_names_are_shown_in_the_script_of_the_reader(text: str, english: str, korean: str | None) -> None:
    name = PersonName.parse(text)
    assert name.formatted("en") == english
    assert name.formatted("ko") == (english if korean is None else korean)


@given(st.lists(st.text(alphabet="abcXYZ 홍길동山田é", max_size=6), min_size=1, max_size=5))
def test_components_divide_as_pydicom_divides_them(parts: list[str]) -> None:
    text = "^".join(part.strip() for part in parts)
    theirs, ours = TheirName(text), PersonName.parse(text).alphabetic
    pairs = [
        (ours.family, theirs.family_name), (ours.given, theirs.given_name), (ours.middle, theirs.middle_name),
        (ours.prefix, theirs.name_prefix), (ours.suffix, theirs.name_suffix),
    ]  # fmt: skip
    assert all(our_part == " ".join(their_part.split()) for our_part, their_part in pairs)


def test_all_writings_can_be_searched() -> None:
    keys = PersonName.parse("Hong^Gildong=洪^吉洞=홍^길동").search_keys()
    for wanted in ("hong gildong", "gildong hong", "honggildong", "洪吉洞", "홍길동", "홍 길동", "ㅎㄱㄷ"):
        assert wanted in keys


def test_searching_ignores_case_accents_and_width_but_not_letters() -> None:
    assert folded("MÜLLER Jérôme") == "muller jerome"
    assert folded("ﾔﾏﾀﾞ") == folded("ヤマダ")
    assert folded("ダ") != folded("タ")
    assert folded("홍길동") == "홍길동"
    assert folded("Straße") == "strasse"


def test_what_could_hide_or_reorder_a_name_is_not_shown() -> None:
    assert PersonName.parse("Doe\u202e^nhoJ").formatted() == "DOE� nhoJ"
    assert PersonName.parse("Doe\n^John\x00\t").formatted() == "DOE John"


def test_every_writing_is_told_once() -> None:
    name = PersonName.parse("Hong^Gildong=洪^吉洞=홍^길동")
    assert name.full("ko") == "홍길동 (HONG Gildong, 洪吉洞)"
    assert PersonName.parse("Doe^John").full() == "DOE John"
    assert not PersonName.parse("^^=^")
    assert PersonName.parse("Émile^Ä").sort_key() == "emile a"


@given(st.text())
def test_no_text_is_refused(text: str) -> None:
    name = PersonName.parse(text)
    assert isinstance(name.formatted("ko"), str)
    assert isinstance(name.full(), str)
    assert all(isinstance(key, str) for key in name.search_keys())
