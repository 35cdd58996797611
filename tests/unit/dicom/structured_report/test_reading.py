"""Reports are read as far as they go: damage, loops, width and depth hide nothing that is there."""

import io
import json
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.report_bytes import children, content, element, pointer, report, text
from viewer.base.errors import DicomError, ViewerError
from viewer.dicom.structured_report.html import report_html
from viewer.dicom.structured_report.json_form import report_json
from viewer.dicom.structured_report.reading import read_report
from viewer.dicom.structured_report.text import report_lines
from viewer.dicom.structured_report.tree import walk
from viewer.dicom.structured_report.values import StructuredReport, TextValue


@dataclass(frozen=True)
class Held:
    """Bytes as a source."""

    data: bytes
    name: str = "report"

    def size(self) -> int:
        return len(self.data)

    def read_at(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.data)


def read(data: bytes) -> StructuredReport:
    return read_report(Held(data))


def words(told: StructuredReport) -> str:
    return "\n".join(report_lines(told))


def texts(told: StructuredReport) -> list[str]:
    items = () if told.root is None else walk(told.root)
    return [item.value.text for item in items if isinstance(item.value, TextValue)]


def test_korean_names_and_texts_are_read_in_the_declared_character_set() -> None:
    told = read(
        report(children(text("간에 3 cm 종괴"), content("PNAME", element(0x0040A123, "PN", "김^철수"), "관찰자")))
    )
    assert told.header.patient.name == "홍^길동=洪^吉洞"
    assert "간에 3 cm 종괴" in words(told)
    assert "관찰자: 김철수" in words(told)


@pytest.mark.parametrize(
    ("character_set", "codec", "escape", "words"),
    [
        ("\\ISO 2022 IR 149", "euc-kr", b"\x1b$)C", "간에 종괴"),
        ("ISO 2022 IR 6\\ISO 2022 IR 87", "iso2022_jp", b"", "肝臓に腫瘤"),
        ("GB18030", "gb18030", b"", "肝脏肿块"),
        ("ISO_IR 100", "latin-1", b"", "Läsion über 3 cm"),
    ],
)
def test_texts_of_older_character_sets_are_read(character_set: str, codec: str, escape: bytes, words: str) -> None:
    item = content("TEXT", element(0x0040A160, "UT", escape + words.encode(codec)), "Finding")
    utf_8, other = element(0x00080005, "CS", "ISO_IR 192"), element(0x00080005, "CS", character_set)
    assert texts(read(report(children(item)).replace(utf_8, other))) == [words]


def test_an_item_may_have_a_character_set_of_its_own() -> None:
    own = element(0x00080005, "CS", "ISO_IR 100") + content("TEXT", element(0x0040A160, "UT", b"\xe4"), "A")
    assert texts(read(report(children(own, text("é"))))) == ["ä", "é"]


def test_text_keeps_its_lines_and_markup_stays_text() -> None:
    told = read(report(children(text("one\r\n<script>alert(1)</script>\r\ntwo"))))
    page = report_html(told)
    assert "<script" not in page
    assert "one<br>&lt;script&gt;" in page
    assert [line.strip() for line in words(told).splitlines()[-3:]] == ["one", "<script>alert(1)</script>", "two"]


def test_an_item_of_an_unknown_kind_is_shown_with_what_it_says() -> None:
    told = read(report(children(content("HOLOGRAM", element(0x0040A160, "UT", "seen"), "Shape"))))
    assert told.root is not None
    (item,) = told.root.children
    assert (item.value_type, item.raw) == ("HOLOGRAM", "seen")
    assert "The value type HOLOGRAM is not known" in words(told)


def test_an_item_without_kind_relationship_and_name_is_still_there() -> None:
    told = read(report(children(element(0x0040A160, "UT", "lost"))))
    assert "lost" in words(told)
    assert "It has no value type" in words(told)


def test_items_by_reference_that_turn_in_a_circle_are_told_and_not_followed() -> None:
    first = text("one") + children(pointer(1, 2))
    second = text("two") + children(pointer(1, 1))
    lost = text("three") + children(pointer(1, 9, 9))
    told = read(report(children(first, second, lost)))
    assert "Inferred from: Content Item by-reference 1.2 (Finding)" in words(told)
    assert "by-reference 1.9.9 that is not there" in words(told)
    assert "href='#item-1.1'" in report_html(told)
    assert [each["by_reference"] for each in _all_items(told) if "by_reference" in each] == ["1.2", "1.1", "1.9.9"]


def _all_items(told: StructuredReport) -> list[dict[str, object]]:
    waiting, found = [json.loads("\n".join(report_json(told)))["content"]], []
    while waiting:
        item = waiting.pop()
        found.append(item)
        waiting += item["items"][::-1]
    return found


def test_ten_thousand_items_are_all_shown() -> None:
    told = read(report(children(*(text(f"finding {number}") for number in range(10_000)))))
    assert len(texts(told)) == len(_all_items(told)) - 1 == 10_000
    assert report_html(told).count("finding ") == words(told).count("finding ") == 10_000


@pytest.mark.parametrize("is_undefined", [True, False])
def test_five_hundred_levels_are_all_shown(is_undefined: bool) -> None:
    item = text("deepest")
    for level in range(500):
        item = content("CONTAINER", element(0x0040A050, "CS", "SEPARATE"), f"Level {level}") + children(
            item, is_undefined=is_undefined
        )
    told = read(report(children(item)))
    assert texts(told) == ["deepest"]
    for page in (words(told), report_html(told), "\n".join(report_json(told))):
        assert "Level 499" in page
        assert "deepest" in page


def test_what_is_behind_a_broken_item_is_still_read() -> None:
    broken = text("broken").replace(b"UT", b"??")
    told = read(report(children(text("before"), broken, text("after"))))
    assert texts(told) == ["before", "after"]
    assert any("damaged" in problem for problem in told.problems)
    assert "The file is damaged here" in words(told)


def test_every_cut_is_shown_as_far_as_it_goes_and_called_damaged() -> None:
    whole = report(children(text("one"), text("two") + children(text("three"))))
    for length in range(150, len(whole), 3):
        try:
            told = read(whole[:length])
        except DicomError:
            continue
        assert told.problems, length
        expected = [word for word in ("one", "two", "three") if word.encode() in whole[:length]]
        assert set(texts(told)) <= set(expected)
        assert words(told)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_reports_are_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(
        report(children(text("one"), content("NUM", b"", "Length"), text("two") + children(pointer(1, 1))))
    )
    for _each in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(132, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        told = read(bytes(whole))
    except ViewerError:
        return
    assert words(told)
    assert report_html(told)
    json.loads("\n".join(report_json(told)))


def test_what_is_no_report_is_refused() -> None:
    data = element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2") + element(0x00080018, "UI", "1.2")
    with pytest.raises(DicomError, match="no structured report"):
        read(data)
