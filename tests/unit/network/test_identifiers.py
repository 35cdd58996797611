"""Identifiers of queries: any character set in, ASCII or UTF-8 out."""

import struct
from io import BytesIO

import pytest
from pydicom import config
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from viewer.network.identifiers import read_identifier, write_identifier
from viewer.network.ports import TOO_MANY_ANSWERS, UNFIT_QUERY, QueryLevel, QueryRefused


def _encoded(data_set: Dataset, *, is_implicit: bool = True) -> bytes:
    target = DicomBytesIO()
    target.is_implicit_VR, target.is_little_endian = is_implicit, True
    write_dataset(target, data_set)
    return target.getvalue()


def _query(**keys: object) -> Dataset:
    data_set = Dataset()
    data_set.QueryRetrieveLevel = "STUDY"
    for keyword, value in keys.items():
        setattr(data_set, keyword, value)
    return data_set


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 100", "Müller^J*"),
        ("ISO_IR 192", "홍^길동"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
        ("ISO_IR 144", "Иванов"),
    ],
)
@pytest.mark.parametrize("is_implicit", [False, True])
def test_names_in_the_character_set_of_the_query(character_set: object, name: str, is_implicit: bool) -> None:
    raw = _encoded(_query(SpecificCharacterSet=character_set, PatientName=name), is_implicit=is_implicit)
    asked = read_identifier(raw, is_implicit=is_implicit)
    assert (asked.level, dict(asked.keys), asked.unknown_count) == (QueryLevel.STUDY, {"PatientName": name}, 0)


def test_keys_of_all_kinds() -> None:
    data_set = _query(StudyInstanceUID=["1.2", "1.3"], PatientID="", Rows=512, ReferencedStudySequence=[Dataset()])
    data_set.add_new(0x00091001, "LO", "private")
    asked = read_identifier(_encoded(data_set), is_implicit=True)
    assert asked.keys == {"StudyInstanceUID": "1.2\\1.3", "PatientID": "", "Rows": "512"}
    assert asked.unknown_count == 2


@pytest.mark.parametrize("raw", [b"", b"\x08\x00\x52\x00\x05\x00\x00\x00STUDX", b"garbage", bytes(64)])
def test_what_is_no_identifier_is_refused(raw: bytes) -> None:
    with pytest.raises(QueryRefused) as refused:
        read_identifier(raw, is_implicit=True)
    assert refused.value.status == 0xA900


def test_what_asks_for_more_than_can_be_looked_for_is_refused_before_it_is_read() -> None:
    def key(tag: int, value: bytes) -> bytes:
        return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value

    level = key(0x00080052, b"STUDY ")
    many = key(0x0020000D, b"1.2\\" * 30_000)
    assert read_identifier(level + many, is_implicit=True).keys["StudyInstanceUID"].startswith("1.2\\1.2")
    items = key(0x00081199, struct.pack("<HHI", 0xFFFE, 0xE000, 0) * 5000)
    for raw, status in (
        (level + key(0x0020000D, b"1.2\\" * 30_002), TOO_MANY_ANSWERS),
        (level + key(0x00200010, b"x" * (1 << 20)), TOO_MANY_ANSWERS),
        (level + items, UNFIT_QUERY),
    ):
        with pytest.raises(QueryRefused) as refused:
            read_identifier(raw, is_implicit=True)
        assert refused.value.status == status


@pytest.mark.parametrize("is_implicit", [False, True])
def test_answers_as_pydicom_reads_them(is_implicit: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.IGNORE)
    values = {
        "QueryRetrieveLevel": "IMAGE",
        "PatientName": "Hong^Gildong=洪^吉洞=홍^길동",
        "PatientID": "P-1",
        "StudyDate": "20240307",
        "ModalitiesInStudy": "CT\\SR",
        "Rows": "512",
        "Columns": "",
        "StudyInstanceUID": "1.2.3",
        "NumberOfStudyRelatedInstances": "12",
        "StudyDescription": "x" * 40_000 + "홍" * 40_000,
        "SeriesDescription": "escape \x1b and bell \x07",
    }
    read = read_dataset(BytesIO(write_identifier(values, is_implicit=is_implicit)), is_implicit, True)
    assert read.SpecificCharacterSet == "ISO_IR 192"
    assert str(read.PatientName) == values["PatientName"]
    assert (read.Rows, read.Columns, read.NumberOfStudyRelatedInstances) == (512, None, 12)
    assert list(read.ModalitiesInStudy) == ["CT", "SR"]
    assert values["StudyDescription"].startswith(read.StudyDescription.rstrip())
    assert read.SeriesDescription == "escape   and bell"


def test_ascii_needs_no_character_set() -> None:
    read = read_dataset(
        BytesIO(write_identifier({"PatientName": "A^B", "Rows": "65535"}, is_implicit=True)), True, True
    )
    assert "SpecificCharacterSet" not in read
    assert read.Rows == 65535
