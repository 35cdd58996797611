"""DICOM JSON as servers write it becomes text by keyword."""

import json
from typing import Any

import pytest

from viewer.network.web.dicom_json import each_object, items_of, texts_of
from viewer.network.web.problems import WebError


@pytest.mark.parametrize(
    ("attribute", "text"),
    [
        ({"vr": "PN", "Value": [{"Alphabetic": "Hong^Gildong", "Ideographic": "洪^吉洞", "Phonetic": "홍^길동"}]},
         "Hong^Gildong=洪^吉洞=홍^길동"),
        ({"vr": "PN", "Value": [{"Ideographic": "山田^太郎"}]}, "=山田^太郎"),
        ({"vr": "PN", "Value": [{"Alphabetic": "A^B "}, {"Alphabetic": "C"}]}, "A^B \\C"),
        ({"vr": "PN", "Value": ["Plain^Text"]}, "Plain^Text"),
        ({"vr": "PN", "Value": "Plain^Text"}, "Plain^Text"),
        ({"vr": "PN"}, ""),
        ({"vr": "PN", "Value": []}, ""),
        ({"vr": "PN", "Value": [None]}, ""),
    ],
)  # fmt: skip
def test_names(attribute: dict[str, Any], text: str) -> None:
    assert texts_of({"00100010": attribute}) == {"PatientName": text}


@pytest.mark.parametrize(
    ("tag", "attribute", "expected"),
    [
        ("00201208", {"vr": "IS", "Value": [12]}, {"NumberOfStudyRelatedInstances": "12"}),
        ("00201208", {"vr": "IS", "Value": ["12 "]}, {"NumberOfStudyRelatedInstances": "12"}),
        ("00201208", {"vr": "IS", "Value": [12.0]}, {"NumberOfStudyRelatedInstances": "12"}),
        ("00201208", {"vr": "IS", "Value": 12}, {"NumberOfStudyRelatedInstances": "12"}),
        ("00280030", {"vr": "DS", "Value": [0.5, 0.25]}, {"PixelSpacing": "0.5\\0.25"}),
        ("00080061", {"vr": "CS", "Value": ["CT", "MR"]}, {"ModalitiesInStudy": "CT\\MR"}),
        ("00080061", {"vr": "CS", "Value": ["CT", None, "MR"]}, {"ModalitiesInStudy": "CT\\\\MR"}),
        ("0020000d", {"vr": "UI", "Value": ["1.2\0"]}, {"StudyInstanceUID": "1.2"}),
        ("0020000D", {"Value": ["1.2"]}, {"StudyInstanceUID": "1.2"}),
        ("00400275", {"vr": "SQ", "Value": [{}]}, {}),
        ("7FE00010", {"vr": "OW", "InlineBinary": "AAAA"}, {}),
        ("00091001", {"vr": "LO", "Value": ["private"]}, {}),
        ("nonsense", {"vr": "LO", "Value": ["x"]}, {}),
        ("00081030", {"vr": "LO", "Value": ["a\x07b"]}, {"StudyDescription": "a b"}),
        ("00081030", "no object", {}),
        ("00081030", {"vr": "LO", "Value": [True]}, {"StudyDescription": ""}),
    ],
)  # fmt: skip
def test_values(tag: str, attribute: object, expected: dict[str, str]) -> None:
    assert texts_of({tag: attribute}) == expected


def test_objects_of_an_array_come_one_by_one() -> None:
    found = [{"a": number} for number in range(3)]
    assert list(each_object(json.dumps(found, indent=1).encode())) == found
    assert list(each_object(b"\xef\xbb\xbf" + json.dumps(found).encode())) == found
    assert list(each_object(json.dumps(found[0]).encode())) == found[:1]
    assert list(each_object(b"[]")) == []
    assert list(each_object(b" ")) == []
    assert list(each_object('[{"a": "홍길동"}]'.encode("euc-kr"), "euc-kr")) == [{"a": "홍길동"}]
    assert list(each_object('[{"a": "é"}]'.encode("latin-1"), "no-such-charset")) == [{"a": "é"}]


@pytest.mark.parametrize(
    "data",
    [b"<html>", b'[{"a": 1}', b'[{"a": 1}, ', b"[1]", b'["text"]', b"[" * 100_000, b'[{"a":' + b"[" * 100_000, b"null",
     b'[{"a": ' + b"9" * 10_000 + b"}]"],
)  # fmt: skip
def test_what_is_no_such_array_is_an_error(data: bytes) -> None:
    with pytest.raises(WebError) as refused:
        list(each_object(data))
    assert refused.value.__cause__ is None  # its text may tell of patients


def test_items_of_a_sequence() -> None:
    found = {"00081199": {"vr": "SQ", "Value": [{"x": 1}, None, {"y": 2}]}}
    assert items_of(found, "00081199") == [{"x": 1}, {"y": 2}]
    assert items_of({"00081199": {"vr": "SQ", "Value": {"x": 1}}}, "00081199") == [{"x": 1}]
    assert items_of({}, "00081199") == []
