"""Results of commitments are read strictly: what is malformed or misnamed is refused, and nothing is raised."""

import random

import pytest

from viewer.network.commitment_results import taken
from viewer.network.messages import Message, command_set, read_command
from viewer.network.ports import Caller, CommitmentFailure, CommitmentResult, ReportedResult
from viewer.network.storage_commitment import event_report

CT, ONE, TWO = "1.2.840.10008.5.1.4.1.1.2", "1.2.3.1", "1.2.3.2"
PUSH, INSTANCE = "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.1.1"
PACS = Caller("PACS", "192.0.2.1")


class _Results:
    def __init__(self) -> None:
        self.got: list[ReportedResult] = []

    def take(self, result: ReportedResult, caller: Caller) -> int:
        assert caller is PACS
        self.got.append(result)
        return 0


def _message(data: bytes, *, event: int = 2, sop_class: str = PUSH, sop_instance: str = INSTANCE) -> Message:
    command = command_set(
        0x0100,
        has_data=True,
        affected_class=sop_class,
        message_id=1,
        affected_instance=sop_instance,
        event_type=event,
    )
    return Message(1, read_command(command), data)


def _data(*, is_implicit: bool) -> bytes:
    failed = [(CT, TWO, CommitmentFailure.NO_SUCH_INSTANCE)]
    return event_report(CommitmentResult("1.2.9", [(CT, ONE)], failed), 1, "PACS", is_implicit=is_implicit)[1]


@pytest.mark.parametrize("is_implicit", [False, True])
def test_what_is_said_is_handed_on(*, is_implicit: bool) -> None:
    results = _Results()
    assert taken(_message(_data(is_implicit=is_implicit)), results, PACS, is_implicit=is_implicit) == 0
    assert results.got == [ReportedResult("1.2.9", frozenset({(CT, ONE)}), {TWO: 0x0112})]


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (_message(_data(is_implicit=True), sop_class="1.2.3"), 0x0112),
        (_message(_data(is_implicit=True), sop_instance="1.2.3"), 0x0112),
        (_message(_data(is_implicit=True), event=3), 0x0113),
        (_message(b""), 0x0115),
        (_message(b"\x08\0\x95\x11\4\0\0\0soso"), 0x0115),
        (_message(b"\x08\0\x99\x11\xff\xff\xff\x7f"), 0x0115),
    ],
)
def test_what_is_none_is_refused(message: Message, status: int) -> None:
    results = _Results()
    assert taken(message, results, PACS, is_implicit=True) == status
    assert results.got == []


def test_what_has_failed_without_a_reason_has_failed() -> None:
    item = b"\x08\0\x55\x11\x08\0\0\0" + ONE.encode() + b"\0"
    sequence = b"\x08\0\x98\x11" + (len(item) + 8).to_bytes(4, "little") + b"\xfe\xff\0\xe0"
    data = b"\x08\0\x95\x11\6\0\0\x001.2.9\0" + sequence + len(item).to_bytes(4, "little") + item
    results = _Results()
    assert taken(_message(data), results, PACS, is_implicit=True) == 0
    assert results.got[0].failed == {ONE: 0x0110}


@pytest.mark.parametrize("is_implicit", [False, True])
def test_garbage_is_never_more_than_refused(*, is_implicit: bool) -> None:
    choices = random.Random(5)
    whole = _data(is_implicit=is_implicit)
    results = _Results()
    for _each in range(3000):
        data = bytearray(whole[: choices.randint(0, len(whole))])
        for _change in range(choices.randint(0, 4)):
            if data:
                data[choices.randrange(len(data))] = choices.randrange(256)
        status = taken(_message(bytes(data)), results, PACS, is_implicit=is_implicit)
        assert status in {0, 0x0115}
