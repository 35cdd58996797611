"""Small data sets are read as pydicom reads them, written as it can read them, and refused when they are none."""

import random
from io import BytesIO

import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from viewer.network.small_data_sets import (
    MalformedDataSetError,
    Value,
    items_of,
    read_data_set,
    text_of,
    write_data_set,
)

TRANSACTION, REFERENCED, CLASS, INSTANCE = 0x00081195, 0x00081199, 0x00081150, 0x00081155


def _by_pydicom(data_set: Dataset, *, is_implicit: bool) -> bytes:
    target = DicomBytesIO()
    target.is_implicit_VR, target.is_little_endian = is_implicit, True
    write_dataset(target, data_set)
    return target.getvalue()


def _request(*, is_undefined_length: bool = False) -> Dataset:
    data_set = Dataset()
    data_set.TransactionUID = "1.2.3.4"
    items = []
    for number in range(3):
        item = Dataset()
        item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        item.ReferencedSOPInstanceUID = f"1.2.3.4.{number}"
        item.is_undefined_length_sequence_item = is_undefined_length
        items.append(item)
    data_set.ReferencedSOPSequence = Sequence(items)
    data_set["ReferencedSOPSequence"].is_undefined_length = is_undefined_length
    data_set.PatientID = "P-1"
    return data_set


@pytest.mark.parametrize("is_implicit", [False, True])
@pytest.mark.parametrize("is_undefined_length", [False, True])
def test_as_pydicom_writes_them(is_implicit: bool, is_undefined_length: bool) -> None:
    raw = _by_pydicom(_request(is_undefined_length=is_undefined_length), is_implicit=is_implicit)
    elements = read_data_set(raw, is_implicit=is_implicit)
    assert text_of(elements, TRANSACTION) == "1.2.3.4"
    items = items_of(elements, REFERENCED)
    assert [text_of(item, INSTANCE) for item in items] == ["1.2.3.4.0", "1.2.3.4.1", "1.2.3.4.2"]
    assert {text_of(item, CLASS) for item in items} == {"1.2.840.10008.5.1.4.1.1.2"}
    assert text_of(elements, 0x00100020) == "P-1"


@pytest.mark.parametrize("is_implicit", [False, True])
def test_pydicom_reads_what_is_written(is_implicit: bool) -> None:
    item: dict[int, Value] = {CLASS: b"1.2.840.1\0", INSTANCE: b"1.2.3.4\0", 0x00081197: b"\x12\x01"}
    elements: dict[int, Value] = {TRANSACTION: b"1.2.3\0", 0x00081198: [item, item], 0x00100010: b"A^B "}
    raw = write_data_set(elements, is_implicit=is_implicit)
    read = read_dataset(BytesIO(raw), is_implicit, True)
    assert (read.TransactionUID, str(read.PatientName)) == ("1.2.3", "A^B")
    assert [(one.FailureReason, one.ReferencedSOPInstanceUID) for one in read.FailedSOPSequence] == [
        (0x0112, "1.2.3.4")
    ] * 2
    assert read_data_set(raw, is_implicit=is_implicit) == elements


def test_whatever_the_bytes_are_nothing_else_is_raised() -> None:
    chance = random.Random(8)
    whole = [_by_pydicom(_request(is_undefined_length=bool(i & 1)), is_implicit=bool(i & 2)) for i in range(4)]
    refused = 0
    for number in range(4000):
        raw = bytearray(whole[number % 4])
        for _change in range(chance.randint(1, 4)):
            raw[chance.randrange(len(raw))] = chance.choice((0, 0xFF, chance.randrange(256)))
        cut = bytes(raw[: chance.randrange(len(raw) + 1)])
        try:
            read_data_set(cut, is_implicit=bool(number & 2))
        except MalformedDataSetError:
            refused += 1
    assert refused > 1000


def test_depth_and_number_are_bounded() -> None:
    deep: dict[int, Value] = {0x00100020: b"P "}
    for _level in range(40):
        deep = {REFERENCED: [deep]}
    with pytest.raises(MalformedDataSetError):
        read_data_set(write_data_set(deep, is_implicit=True), is_implicit=True)
    empty_items = b"\x08\x00\x99\x11\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\0\0\0\0" * 1_000_001
    with pytest.raises(MalformedDataSetError):
        read_data_set(empty_items, is_implicit=True)
    twice = write_data_set({0x00100020: b"P "}, is_implicit=True) * 2
    with pytest.raises(MalformedDataSetError):
        read_data_set(twice, is_implicit=True)
