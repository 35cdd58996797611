"""Recoded data sets hold every value of the original, as pydicom reads both."""

import struct
from io import BytesIO

import pytest
from pydicom import config
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from viewer.base.errors import NetworkError
from viewer.network.recoding import recoded


def _sample(*, is_undefined_length: bool) -> Dataset:
    data_set = Dataset()
    data_set.SpecificCharacterSet = "ISO_IR 192"
    data_set.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    data_set.PatientName = "홍^길동"
    data_set.StudyDescription = "x" * 60
    inner = Dataset()
    inner.CodeValue = "T-1"
    inner.is_undefined_length_sequence_item = is_undefined_length
    outer = Dataset()
    outer.add_new(0x00420011, "OB", b"\1\2\3\4")
    outer.AnatomicRegionSequence = Sequence([inner, inner])
    outer["AnatomicRegionSequence"].is_undefined_length = is_undefined_length
    data_set.RequestAttributesSequence = Sequence([outer, Dataset()])
    data_set.add_new(0x00091001, "UN", b"\0\1\2\3\4\5")
    data_set.add_new(0x00090010, "LO", "A CREATOR")
    data_set.PixelRepresentation = 1
    data_set.SmallestImagePixelValue = -5
    data_set["SmallestImagePixelValue"].VR = "SS"
    data_set.add_new(0x7FE00010, "OW", bytes(range(256)) * 300)
    return data_set


def _encoded(data_set: Dataset, *, is_implicit: bool) -> bytes:
    target = DicomBytesIO()
    target.is_implicit_VR, target.is_little_endian = is_implicit, True
    write_dataset(target, data_set)
    return target.getvalue()


def _values(raw: bytes, *, is_implicit: bool) -> list[tuple[int, object]]:
    def walk(data_set: Dataset) -> list[tuple[int, object]]:
        return [
            (int(element.tag), [walk(item) for item in element.value] if element.VR == "SQ" else element.value)
            for element in data_set
        ]

    return walk(read_dataset(BytesIO(raw), is_implicit, True))


@pytest.mark.parametrize("is_undefined_length", [False, True])
@pytest.mark.parametrize("to_implicit", [False, True])
def test_there_and_back(to_implicit: bool, is_undefined_length: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.IGNORE)
    original = _encoded(_sample(is_undefined_length=is_undefined_length), is_implicit=not to_implicit)
    once = b"".join(recoded(BytesIO(original), to_implicit=to_implicit))
    assert _values(once, is_implicit=to_implicit) == _values(original, is_implicit=not to_implicit)
    back = b"".join(recoded(BytesIO(once), to_implicit=not to_implicit))
    assert _values(back, is_implicit=not to_implicit) == _values(original, is_implicit=not to_implicit)


def test_cut_or_fragmented_data_sets_are_refused() -> None:
    original = _encoded(_sample(is_undefined_length=True), is_implicit=False)
    refused = 0
    for end in range(1, len(original), 97):
        try:
            b"".join(recoded(BytesIO(original[:end]), to_implicit=True))
        except NetworkError:
            refused += 1
    assert refused > len(original) // 97 - 20  # but for cuts between elements
    fragments = b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    with pytest.raises(NetworkError):
        b"".join(recoded(BytesIO(fragments), to_implicit=True))


@pytest.mark.parametrize(
    ("tag", "length", "vr"),
    [
        (0x7FE00010, 2, b"OW"),
        (0x60023000, 2, b"OW"),
        (0x60020010, 2, b"US"),
        (0x00283006, 2, b"US"),
        (0x00283006, 4, b"OW"),
    ],
)
def test_bytes_or_words_are_words_and_a_single_number_is_one(tag: int, length: int, vr: bytes) -> None:
    implicit = struct.pack("<HHI", tag >> 16, tag & 0xFFFF, length) + bytes(length)
    assert b"".join(recoded(BytesIO(implicit), to_implicit=False))[4:6] == vr


def test_pixels_of_an_icon_say_nothing_of_the_signs_of_the_image() -> None:
    def element(tag: int, value: bytes) -> bytes:
        return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value

    def sequence(tag: int, item: bytes) -> bytes:
        return element(tag, struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item)

    first_mapped = element(0x00409216, struct.pack("<h", -1000))
    implicit = element(0x00280103, b"\1\0")
    implicit += sequence(0x00880200, element(0x00280103, b"\0\0") + element(0x00280106, b"\1\0"))
    implicit += sequence(0x52009229, sequence(0x00409096, first_mapped))
    explicit = b"".join(recoded(BytesIO(implicit), to_implicit=False))
    read = read_dataset(BytesIO(explicit), False, True)
    mapping = read.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
    assert mapping.RealWorldValueFirstValueMapped == -1000
    assert read.IconImageSequence[0]["SmallestImagePixelValue"].VR == "US"
