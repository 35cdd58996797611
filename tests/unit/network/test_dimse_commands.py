import struct
from io import BytesIO
from typing import Any

import pytest

from viewer.base.errors import NetworkError
from viewer.network import dimse_commands as dimse
from viewer.network.dimse_commands import Command, is_uid, parse_command, response

CT = "1.2.840.10008.5.1.4.1.1.2"


def element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHI", 0, number, len(value)) + value


def command_set(*elements: bytes) -> bytes:
    body = b"".join(elements)
    return element(0, struct.pack("<I", len(body))) + body


def by_pynetdicom(primitive: Any, message: Any, context_id: int = 1) -> bytes:
    """Return the command set of a message as another implementation encodes it."""
    message.primitive_to_message(primitive)
    return b"".join(
        data[1:]
        for pdata in message.encode_msg(context_id, 16384)
        for _context, data in pdata.presentation_data_value_list
        if data[0] & 1
    )


def test_a_store_request_of_another_implementation_is_read() -> None:
    from pynetdicom.dimse_messages import C_STORE_RQ
    from pynetdicom.dimse_primitives import C_STORE

    request = C_STORE()
    request.MessageID = 7
    request.AffectedSOPClassUID = CT
    request.AffectedSOPInstanceUID = "1.2.3.45"
    request.Priority = 2
    request.MoveOriginatorApplicationEntityTitle = "MOVER"
    request.MoveOriginatorMessageID = 3
    request.DataSet = BytesIO(b"data")
    assert parse_command(by_pynetdicom(request, C_STORE_RQ())) == Command(
        dimse.C_STORE_RQ, 7, has_data_set=True, sop_class_uid=CT, sop_instance_uid="1.2.3.45", move_originator="MOVER"
    )


def test_an_echo_request_of_another_implementation_is_read() -> None:
    from pynetdicom.dimse_messages import C_ECHO_RQ
    from pynetdicom.dimse_primitives import C_ECHO

    request = C_ECHO()
    request.MessageID, request.AffectedSOPClassUID = 65535, dimse.VERIFICATION
    assert parse_command(by_pynetdicom(request, C_ECHO_RQ())) == Command(
        dimse.C_ECHO_RQ, 65535, has_data_set=False, sop_class_uid=dimse.VERIFICATION
    )


@pytest.mark.parametrize("comment", ["", "Kept aside", "é" * 3, "x" * 200])
def test_another_implementation_reads_our_response(comment: str) -> None:
    from pydicom.filereader import read_dataset

    request = Command(dimse.C_STORE_RQ, 9, has_data_set=True, sop_class_uid=CT, sop_instance_uid="1.2.3")
    data = response(request, 0xC111, comment)
    found = read_dataset(BytesIO(data), is_implicit_VR=True, is_little_endian=True)
    assert found.CommandGroupLength == len(data) - 12
    assert (found.CommandField, found.MessageIDBeingRespondedTo, found.Status) == (0x8001, 9, 0xC111)
    assert found.CommandDataSetType == 0x0101
    assert (found.AffectedSOPClassUID, found.AffectedSOPInstanceUID) == (CT, "1.2.3")
    assert found.get("ErrorComment", "") == comment.encode("ascii", "replace").decode()[:64]


def test_what_is_no_uid_is_not_repeated() -> None:
    from pydicom.filereader import read_dataset

    request = Command(dimse.C_STORE_RQ, 9, has_data_set=True, sop_class_uid="<b>", sop_instance_uid="../../etc")
    found = read_dataset(BytesIO(response(request, 0x0117)), is_implicit_VR=True, is_little_endian=True)
    assert "AffectedSOPClassUID" not in found
    assert "AffectedSOPInstanceUID" not in found


FIELD, IDENTITY, NO_DATA = element(0x100, b"\x30\0"), element(0x110, b"\1\0"), element(0x800, b"\x01\x01")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        FIELD + IDENTITY + NO_DATA,  # no group length
        element(0, b"\xff\0\0\0") + FIELD + IDENTITY + NO_DATA,  # a wrong one
        command_set(IDENTITY, FIELD, NO_DATA),  # in no order
        command_set(FIELD, FIELD, IDENTITY, NO_DATA),  # twice
        command_set(FIELD, NO_DATA),
        command_set(IDENTITY, NO_DATA),
        command_set(FIELD, IDENTITY),
        command_set(element(0x100, b"\x30"), IDENTITY, NO_DATA),
        command_set(FIELD, IDENTITY, NO_DATA)[:-1],
        command_set(FIELD, IDENTITY, NO_DATA) + b"\0",
        command_set(FIELD, IDENTITY, struct.pack("<HHI", 8, 0x800, 2) + b"\x01\x01"),  # of another group
        command_set(FIELD, IDENTITY, struct.pack("<HHI", 0, 0x800, 0xFFFFFFFF) + b"\x01\x01"),
        command_set(element(2, b"1" * 2000), FIELD, IDENTITY, NO_DATA),
    ],
)
def test_a_damaged_command_set_is_refused(data: bytes) -> None:
    with pytest.raises(NetworkError):
        parse_command(data)


def test_every_cut_and_every_changed_byte_is_read_or_refused() -> None:
    whole = command_set(element(2, CT.encode() + b"\0"), FIELD, IDENTITY, NO_DATA, element(0x1000, b"1.2.3\0"))
    assert parse_command(whole).sop_instance_uid == "1.2.3"
    read = 0
    for place in range(len(whole)):
        with pytest.raises(NetworkError):
            parse_command(whole[:place])
        for value in range(256):
            try:
                parse_command(whole[:place] + bytes([value]) + whole[place + 1 :])
                read += 1
            except NetworkError:
                pass
    assert read > len(whole)


@pytest.mark.parametrize("text", ["1", "1.2.840.10008.1.1", "0.0", "1" * 64, "1.02.3"])
def test_uids(text: str) -> None:
    assert is_uid(text)


@pytest.mark.parametrize("text", ["", ".", "1.", ".1", "1..2", "1" * 65, "1.2a", "../..", "1.2\n", "١", "1 2"])
def test_no_uids(text: str) -> None:
    assert not is_uid(text)
