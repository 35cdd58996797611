"""Associations that we ask for: what comes in pieces, in one PDU together, or in no order."""

import struct

import pytest
from pydicom import dcmread
from pydicom.data import get_charset_files
from pydicom.dataset import Dataset

from tests.builders.scripted_dimse import (
    C_FIND,
    C_STORE,
    FIELD,
    MESSAGE_ID,
    Acceptance,
    Drop,
    Request,
    ScriptedDimse,
    Talk,
    encoded,
)
from viewer.base.errors import NetworkError
from viewer.network.access import DimseAccess
from viewer.network.association_request import ProposedContext, ProposedRoles
from viewer.network.finding import find
from viewer.network.message_gathering import DataSink
from viewer.network.messages import C_STORE_RQ, COMMENT, STATUS, Message, command_set
from viewer.network.ports import QueryLevel
from viewer.network.requesting import PassingError, Patience, RequestedAssociation
from viewer.network.stations import Station

CT, FIND = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.2.2.1"
CONTEXTS = [ProposedContext(1, FIND, ("1.2.840.10008.1.2",)), ProposedContext(3, CT, ("1.2.840.10008.1.2.1",))]
PATIENCE = Patience(5, 5, 5, 5)


class _Sink:
    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, piece: memoryview) -> None:
        self.pieces.append(bytes(piece))


def _association(peer: ScriptedDimse, patience: Patience = PATIENCE) -> RequestedAssociation:
    return RequestedAssociation(
        Station("SCRIPTED", "127.0.0.1", peer.port), "ASKER", CONTEXTS, patience=patience,
        roles={CT: ProposedRoles(is_scu=False, is_scp=True)}, extended={FIND: b"\1\0\1"},
    )  # fmt: skip


def _asked(association: RequestedAssociation) -> None:
    association.send(1, command_set(C_FIND, has_data=False, affected_class=FIND, message_id=1))


def _store(talk: Talk, data: bytes, number: int = 7) -> None:
    talk.say(3, {0x0002: CT, FIELD: C_STORE, MESSAGE_ID: number, 0x0700: 0, 0x1000: f"1.2.{number}"}, data)


def test_what_is_agreed_on_is_read() -> None:
    with ScriptedDimse(acceptance=Acceptance(extended={FIND: b"\1"}, roles={CT: (0, 1)})) as peer:
        with _association(peer) as association:
            assert association.extended == {FIND: b"\1"}
            assert association.roles == {CT: ProposedRoles(is_scu=False, is_scp=True)}
            assert set(association.contexts) == {1, 3}
        assert peer.proposals[0].extended == {FIND: b"\1\0\1"}
        assert peer.proposals[0].roles == {CT: (0, 1)}


def test_data_sets_go_into_a_sink_as_they_come() -> None:
    data = bytes(range(256)) * 4000  # longer than any PDU

    def script(talk: Talk, request: Request) -> None:
        _store(talk, data)
        talk.respond(request, 0xFF00, b"small one!")
        talk.respond(request, 0)

    begun: list[Message] = []
    sink = _Sink()

    def begin(message: Message) -> DataSink | None:
        begun.append(message)
        return sink if message.number(FIELD) == C_STORE_RQ else None

    with ScriptedDimse(script) as peer, _association(peer) as association:
        _asked(association)
        stored = association.receive_into(begin)
        assert (stored.number(FIELD), stored.data, stored.text(0x1000)) == (C_STORE_RQ, b"", "1.2.7")
        assert b"".join(sink.pieces) == data
        assert len(sink.pieces) > 1
        pending = association.receive_into(begin)
        assert pending.data == b"small one!"
        assert association.receive_into(begin).number(STATUS) == 0
        assert len(begun) == 2  # the last has no data set


def test_what_a_sink_raises_breaks_the_association_off() -> None:
    class Full:
        def write(self, _piece: memoryview) -> None:
            raise OSError("no room")

    with ScriptedDimse(lambda talk, _request: _store(talk, bytes(100))) as peer:
        association = _association(peer)
        _asked(association)
        with pytest.raises(OSError, match="no room"):
            association.receive_into(lambda _message: Full())
        assert not association.is_open


def test_two_messages_in_one_pdu_are_both_read() -> None:
    def script(talk: Talk, request: Request) -> None:
        sent: list[bytes] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(talk, "raw", sent.append)
            for comment in ("one", "two"):
                talk.respond(request, 0xFF00, b"", e0902=comment)
        together = b"".join(pdu[6:] for pdu in sent)
        talk.raw(struct.pack(">BxI", 4, len(together)) + together)

    with ScriptedDimse(script) as peer, _association(peer) as association:
        _asked(association)
        assert association.receive().text(COMMENT) == "one"
        assert association.has_more(0)
        assert association.receive().text(COMMENT) == "two"
        assert not association.has_more(0)


def _pdv(context_id: int, control: int, data: bytes) -> bytes:
    part = struct.pack(">IBB", len(data) + 2, context_id, control) + data
    return struct.pack(">BxI", 4, len(part)) + part


@pytest.mark.parametrize(
    ("is_announced", "wrong"),
    [
        (False, _pdv(1, 2, b"data first")),
        (False, _pdv(9, 3, b"of no context")),
        (False, _pdv(1, 3, b"no command set")),
        (True, _pdv(3, 2, b"of another context")),
        (True, _pdv(1, 3, b"two command sets")),
        (False, struct.pack(">BxI", 4, 1 << 30)),
        (False, struct.pack(">BxI", 4, 8) + struct.pack(">IBB", 100, 1, 3) + b"xx"),
        (False, struct.pack(">BxI", 0x99, 4) + bytes(4)),
        (False, struct.pack(">BxI", 1, 4) + bytes(4)),
    ],
)
def test_what_is_in_no_order_ends_in_words(is_announced: bool, wrong: bytes) -> None:
    def script(talk: Talk, _request: Request) -> None:
        if is_announced:
            talk.say(1, {0x0002: FIND, FIELD: 0x8020, 0x0120: 1, 0x0900: 0xFF00, 0x0800: 1})
        talk.raw(wrong)

    with ScriptedDimse(script) as peer:
        association = _association(peer, Patience(5, 5, 0.5, 5))
        _asked(association)
        with pytest.raises(NetworkError) as raised:
            association.receive()
        assert raised.value.subject.startswith("SCRIPTED@")
        assert not association.is_open


def test_silence_and_loss_are_told_apart() -> None:
    def script(_talk: Talk, request: Request) -> None:
        if request.number(MESSAGE_ID) == 2:
            raise Drop

    with ScriptedDimse(script) as peer:
        association = _association(peer, Patience(5, 5, 0.3, 5))
        _asked(association)
        with pytest.raises(PassingError, match="does not answer any more"):
            association.receive()
        association = _association(peer)
        association.send(1, command_set(C_FIND, has_data=False, affected_class=FIND, message_id=2))
        with pytest.raises(PassingError, match="connection was lost"):
            association.receive()


@pytest.mark.parametrize("path", get_charset_files("chr[!S]*.dcm"), ids=lambda path: str(path).rpartition("/")[2])
@pytest.mark.parametrize("is_implicit", [True, False])
def test_real_names_of_every_script_are_read_as_pydicom_reads_them(path: str, is_implicit: bool) -> None:
    theirs = dcmread(path)
    answer = Dataset()
    for keyword in ("SpecificCharacterSet", "PatientName", "PatientID", "StudyInstanceUID"):
        if keyword in theirs:
            answer[keyword] = theirs[keyword]
    raw = encoded(answer, is_implicit=is_implicit)

    def script(talk: Talk, request: Request) -> None:
        talk.respond(request, 0xFF00, raw)
        talk.respond(request, 0)

    syntax = "1.2.840.10008.1.2" if is_implicit else "1.2.840.10008.1.2.1"
    with ScriptedDimse(script, Acceptance(syntax=syntax)) as peer:
        access = DimseAccess(Station("SCRIPTED", "127.0.0.1", peer.port), "FINDER", patience=PATIENCE)
        (found,) = find(access, QueryLevel.STUDY, {})
    assert found["PatientName"] == str(theirs.PatientName)
