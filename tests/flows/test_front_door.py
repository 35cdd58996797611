"""The front door with real callers (DCMTK) and with callers that mean no good."""

import contextlib
import os
import random
import socket
import struct
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.builders.association_requests import (
    CT,
    EXPLICIT,
    IMPLICIT,
    RELEASE_RQ,
    VERIFICATION,
    association_request,
    echo_command,
    p_data,
)
from tests.builders.ct_series import write_ct_series
from tests.flows.dicom_server import Listening, everything, exactly, fields, listening, one_pdu
from viewer.base.errors import NetworkError
from viewer.network.allow_list import AllowList, AllowRule
from viewer.network.limits import Limits
from viewer.network.server import DicomServer, ListeningPlace, Services

pytestmark = pytest.mark.skipif(not Path("/usr/bin/echoscu").exists(), reason="needs DCMTK")

ACCEPT, REJECT, P_DATA, RELEASE_RP, ABORT = 2, 3, 4, 6, 7
REQUEST = association_request()
STORE_REQUEST = association_request([(VERIFICATION, [IMPLICIT]), (CT, [EXPLICIT])])
COMMAND_LAST, DATA, DATA_LAST = 3, 0, 2


def _abort(reason: int) -> bytes:
    return bytes((7, 0, 0, 0, 0, 4, 0, 0, 2, reason))


def _reject(result: int, source: int, reason: int) -> bytes:
    return bytes((3, 0, 0, 0, 0, 4, 0, result, source, reason))


def _echoes(here: Listening) -> bool:
    """Whether an echo by hand is answered: quicker than a process for each."""
    with here.connect() as connection:
        connection.sendall(REQUEST)
        assert one_pdu(connection)[0] == ACCEPT
        connection.sendall(p_data(1, COMMAND_LAST, echo_command()))
        kind, field = one_pdu(connection)
        connection.sendall(RELEASE_RQ)
        return kind == P_DATA and field[-2:] == b"\0\0" and one_pdu(connection)[0] == RELEASE_RP


# Who is let in


def test_dcmtk_echoes_and_stores(tmp_path: Path) -> None:
    write_ct_series(tmp_path, 5, 64)
    with listening() as here:
        assert here.echo() == 0
        sent = here.store(tmp_path)
        assert sent.returncode == 0, sent.stderr
        assert len(here.storage.stored) == 5
        assert {caller.ae_title for caller in here.storage.callers} == {"STORESCU"}
        assert all(size > 64 * 64 * 2 for _offered, size in here.storage.stored)
        here.wait_for(lambda: not here.server.associations())
        assert here.reasons() == []


def test_dcmtk_is_told_why_it_is_refused() -> None:
    allowed = AllowList((AllowRule.parse("CT1@127.0.0.0/8"), AllowRule.parse("MR1@10.0.0.1")), takes_unknown=False)
    with listening(allowed=allowed) as here:
        assert here.echo("-aet", "CT1") == 0
        assert here.echo("-aet", "MR1") != 0
        assert here.echo("-aet", "STRANGER") != 0
        assert here.answer_to(association_request(calling="MR1")) == _reject(1, 1, 3)
        assert here.answer_to(association_request(calling="CT1", called="OTHER")) == _reject(1, 1, 7)
        assert here.reasons() == ["calling AE title not recognised"] * 3 + ["called AE title not recognised"]


def test_unknown_titles_from_known_networks_may_store_into_the_inbox(tmp_path: Path) -> None:
    write_ct_series(tmp_path, 2, 64)
    with listening(allowed=AllowList((AllowRule.parse("CT1@127.0.0.1"),))) as here:
        assert here.store(tmp_path).returncode == 0
        assert here.store(tmp_path, "-aet", "CT1").returncode == 0
        assert [caller.is_known for caller in here.storage.callers] == [False, False, True, True]


def test_addresses_of_no_rule_are_rejected_and_cost_little() -> None:
    limits = Limits(half_open_strangers=4, half_open_deadline_s=60)
    with listening(allowed=AllowList((AllowRule.parse("CT1@10.0.0.1"),)), limits=limits) as here:
        assert here.answer_to(association_request(calling="CT1")) == _reject(1, 1, 3)
        with contextlib.ExitStack() as stack:
            for _connection in range(12):
                stack.enter_context(here.connect())
            here.wait_for(lambda: len(here.reasons()) >= 9)
            assert here.server.waiting() <= 4


def test_too_many_associations_are_rejected_for_the_moment() -> None:
    with listening(limits=Limits(associations=2)) as here, here.connect() as first, here.connect() as second:
        for connection in (first, second):
            connection.sendall(REQUEST)
            assert one_pdu(connection)[0] == ACCEPT
        assert len(here.server.associations()) == 2
        assert here.answer_to(REQUEST) == _reject(2, 3, 2)
        first.sendall(RELEASE_RQ)
        assert one_pdu(first)[0] == RELEASE_RP
        here.wait_for(lambda: len(here.server.associations()) == 1)
        assert _echoes(here)


def test_unknown_callers_cannot_take_every_place() -> None:
    allowed = AllowList((AllowRule.parse("CT1@127.0.0.1"),))
    with listening(allowed=allowed, limits=Limits(unknown_associations=1)) as here, here.connect() as unknown:
        unknown.sendall(REQUEST)
        assert one_pdu(unknown)[0] == ACCEPT
        assert here.answer_to(REQUEST) == _reject(2, 3, 2)
        assert here.echo("-aet", "CT1") == 0


def _has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return socket.has_dualstack_ipv6()
    return False


@pytest.mark.skipif(not _has_ipv6(), reason="no IPv6 here")
def test_both_kinds_of_addresses_are_judged_as_what_they_are() -> None:
    rules = (AllowRule.parse("FOUR@127.0.0.1"), AllowRule.parse("SIX@::1"))
    with listening(allowed=AllowList(rules, takes_unknown=False), bind="::") as here:
        for title, host, answer in (
            ("FOUR", "127.0.0.1", ACCEPT),
            ("FOUR", "::1", REJECT),
            ("SIX", "::1", ACCEPT),
            ("SIX", "127.0.0.1", REJECT),
        ):
            with socket.create_connection((host, here.port), 60) as connection:
                connection.sendall(association_request(calling=title))
                assert one_pdu(connection)[0] == answer
        addresses = [details["address"] for event, details in here.events if event == "refused"]
        assert addresses == ["::1", "127.0.0.1"]


def test_a_place_that_cannot_be_had_is_told() -> None:
    with listening() as here:
        taken = DicomServer(ListeningPlace(port=here.port), "X", AllowList(), Limits(), Services(here.storage), print)
        with pytest.raises(NetworkError, match="Cannot listen") as refused:
            taken.start()
        assert refused.value.advice
    with pytest.raises(NetworkError, match="nobody was named"), listening(bind="0.0.0.0"):  # noqa: S104 - is refused
        pass


# Half-open connections


def test_the_silent_are_ended_when_their_time_is_over() -> None:
    with listening(limits=Limits(half_open_deadline_s=0.4)) as here:
        assert here.answer_to() == b""
        assert here.answer_to(REQUEST[:40]) == b""
        assert here.reasons() == ["no request in time"] * 2


def test_who_drips_byte_by_byte_is_ended_too() -> None:
    with listening(limits=Limits(half_open_deadline_s=0.5)) as here, here.connect() as dripping:
        stop = threading.Event()

        def drip() -> None:
            with contextlib.suppress(OSError):
                for byte in REQUEST:
                    if stop.wait(0.05):
                        return
                    dripping.sendall(bytes((byte,)))

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            assert everything(dripping) == b""
            assert here.reasons() == ["no request in time"]
        finally:
            stop.set()
            thread.join()


def test_when_all_places_are_taken_the_oldest_goes_and_the_honest_come_in() -> None:
    with listening(limits=Limits(half_open=8, half_open_deadline_s=60)) as here, contextlib.ExitStack() as stack:
        silent = [stack.enter_context(here.connect()) for _number in range(8)]
        here.wait_for(lambda: here.server.waiting() == 8)
        assert _echoes(here)
        assert everything(silent[0]) == b""
        assert here.reasons() == ["too many waiting connections"]
        silent[7].sendall(REQUEST)
        assert one_pdu(silent[7])[0] == ACCEPT


def test_hundreds_of_silent_callers_keep_nobody_out(tmp_path: Path) -> None:
    write_ct_series(tmp_path, 10, 64)
    with listening(limits=Limits(half_open=64, half_open_deadline_s=60)) as here, contextlib.ExitStack() as stack:
        for number in range(300):
            stack.enter_context(here.connect()).sendall(REQUEST[: number % 100])
            if number % 30 == 0:
                assert _echoes(here)
        assert here.server.waiting() <= 64
        assert here.store(tmp_path).returncode == 0
        assert len(here.storage.stored) == 10


def test_a_request_in_pieces_is_a_request() -> None:
    with listening() as here, here.connect() as connection:
        for first in range(0, len(REQUEST), 7):
            connection.sendall(REQUEST[first : first + 7])
        assert one_pdu(connection)[0] == ACCEPT


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
def test_a_process_with_few_descriptors_left_serves_all_the_same() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with listening(limits=Limits(half_open_deadline_s=60)) as here, contextlib.ExitStack() as stack:
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(hard, Limits().descriptors)
        silent = [stack.enter_context(here.connect()) for _number in range(20)]
        here.wait_for(lambda: here.server.waiting() == 20)
        spare = os.open(os.devnull, os.O_RDONLY)
        os.close(spare)
        # The next connection has the last descriptor; the server's end of it has none, until it ends an older one.
        resource.setrlimit(resource.RLIMIT_NOFILE, (spare + 1, hard))
        try:
            honest = stack.enter_context(here.connect())
            here.wait_for(lambda: "too many waiting connections" in here.reasons())
            honest.sendall(REQUEST)
            assert one_pdu(honest)[0] == ACCEPT
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert any(everything(connection) == b"" for connection in silent[:1])


def test_unknown_callers_have_half_of_the_places_at_most() -> None:
    assert Limits(associations=4, unknown_associations=50).places_for_unknown == 2
    assert Limits(associations=1).places_for_unknown == 1
    assert Limits().places_for_unknown == 50


# What is no request


@pytest.mark.parametrize(
    ("name", "sent", "answer"),
    [
        ("4 GB claimed", b"\1\0\xff\xff\xff\xff", _abort(6)),
        ("a little over the limit", struct.pack(">BxI", 1, 256 * 1024 + 1), _abort(6)),
        ("nothing claimed", struct.pack(">BxI", 1, 0), _abort(6)),
        ("too short", struct.pack(">BxI", 1, 20) + bytes(20), _abort(6)),
        ("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", _abort(1)),
        ("TLS to a plain port", b"\x16\3\1\2\0\1\0\1\xfc\3\3", _abort(1)),
        ("zeros", bytes(100), _abort(1)),
        ("data before a request", p_data(1, COMMAND_LAST, echo_command()), _abort(1)),
        ("a release before a request", RELEASE_RQ, _abort(1)),
        ("an acceptance", b"\2" + REQUEST[1:], _abort(1)),
        ("garbage in the items", REQUEST[:74] + bytes(200)[: len(REQUEST) - 74], _abort(6)),
    ],
)
def test_what_is_no_request_is_aborted_from_its_first_bytes(name: str, sent: bytes, answer: bytes) -> None:
    with listening() as here:
        assert here.answer_to(sent) == answer, name
        assert _echoes(here)


def test_who_claims_four_gigabytes_and_sends_them_is_not_read() -> None:
    with listening() as here, here.connect() as connection:
        connection.sendall(b"\1\0\xff\xff\xff\xff")
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 64 << 20:
                sent += connection.send(bytes(1 << 20))
        assert sent < 64 << 20
        assert _echoes(here)


def test_200_mutants_of_a_request_leave_it_alive() -> None:
    dice = random.Random(4)
    with listening() as here:
        for number in range(200):
            pdu = bytearray(STORE_REQUEST)
            for _change in range(dice.randint(1, 8)):
                pdu[dice.randrange(len(pdu))] = dice.randrange(256)
            with here.connect() as connection:
                with contextlib.suppress(OSError):  # it may be ended before all is said
                    connection.sendall(pdu[: dice.randint(1, len(pdu))] if number % 4 == 0 else pdu)
                    connection.shutdown(socket.SHUT_WR)
                answered = fields(everything(connection))
            assert answered in ([], [ACCEPT], [REJECT], [ABORT]), answered
        assert _echoes(here)
        here.wait_for(lambda: not here.server.associations())


# In an association


def _associated(here: Listening) -> socket.socket:
    connection = here.connect()
    connection.sendall(STORE_REQUEST)
    assert one_pdu(connection)[0] == ACCEPT
    return connection


def _store_command(data_set_type: int = 1) -> bytes:
    def text(value: str) -> bytes:
        return value.encode() + b"\0" * (len(value) % 2)

    body = b"".join(
        struct.pack("<HHI", 0, element, len(value)) + value
        for element, value in (
            (0x0002, text(CT)),
            (0x0100, struct.pack("<H", 1)),
            (0x0110, struct.pack("<H", 7)),
            (0x0700, bytes(2)),
            (0x0800, struct.pack("<H", data_set_type)),
            (0x1000, text("1.2.3.4")),
        )
    )
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("a P-DATA of 4 GB", b"\4\0\xff\xff\xff\xff" + bytes(100)),
        ("a P-DATA larger than agreed", struct.pack(">BxI", 4, 131073)),
        ("a P-DATA of nothing", b"\4\0\0\0\0\0"),
        ("a fragment longer than its PDU", struct.pack(">BxIIBB", 4, 10, 4000, 1, 3) + bytes(4)),
        ("a fragment of no length", struct.pack(">BxIIBB", 4, 6, 0, 1, 3)),
        ("a fragment cut short", struct.pack(">BxI", 4, 3) + bytes(3)),
        ("a context that was not agreed on", p_data(99, 3, echo_command())),
        ("a data set before its command", p_data(3, DATA, bytes(100))),
        ("a second request", REQUEST),
        ("an acceptance", b"\2" + REQUEST[1:]),
        ("a release nobody asked for", struct.pack(">BxII", 6, 4, 0)),
        ("a release of 4 GB", b"\5\0\xff\xff\xff\xff"),
        ("a PDU of type 9", struct.pack(">BxI", 9, 4) + bytes(4)),
        ("a command of garbage", p_data(1, COMMAND_LAST, b"\xff" * 200)),
        ("a command set without end", p_data(1, 1, bytes(100000)) * 20),
        ("a command that changes its context", p_data(1, 1, echo_command()[:20]) + p_data(3, 3, echo_command()[20:])),
    ],
)
def test_what_breaks_the_protocol_aborts_the_association(name: str, sent: bytes) -> None:
    with listening() as here:
        with _associated(here) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(sent)
            answered = fields(everything(connection))
            assert answered in ([ABORT], []), name  # the reset that follows may overtake the abort
        assert _echoes(here)
        here.wait_for(lambda: not here.server.associations())
        assert here.storage.stored == []


def test_a_data_set_without_end_is_ended_and_costs_no_memory() -> None:
    psutil = pytest.importorskip("psutil")
    with listening(limits=Limits(message_s=1.5, pdu_s=1.0)) as here, _associated(here) as connection:
        before = psutil.Process().memory_info().rss
        connection.sendall(p_data(3, COMMAND_LAST, _store_command()))
        sent = 0
        piece = p_data(3, DATA, bytes(131066))
        with contextlib.suppress(OSError):
            while sent < 1 << 40:
                connection.sendall(piece)
                sent += len(piece)
        assert sent > 10 << 20  # it was taken as it came
        assert psutil.Process().memory_info().rss - before < 50 << 20
        here.wait_for(lambda: len(here.storage.abandoned) == 1)
        assert _echoes(here)


def test_who_falls_silent_is_ended() -> None:
    with listening(limits=Limits(idle_s=0.5)) as here, _associated(here) as connection:
        assert fields(everything(connection)) in ([], [ABORT])
        here.wait_for(lambda: not here.server.associations())


def test_200_mutants_of_what_is_said_in_an_association_leave_it_alive() -> None:
    dice = random.Random(7)
    whole = p_data(1, COMMAND_LAST, echo_command()) + p_data(3, COMMAND_LAST, _store_command())
    whole += p_data(3, DATA, bytes(3000)) + p_data(3, DATA_LAST, bytes(3000)) + RELEASE_RQ
    with listening() as here:
        for _mutant in range(200):
            said = bytearray(whole)
            for _change in range(dice.randint(1, 4)):
                # Half of the changes where they hurt: in headers, not in pixels.
                at = dice.randrange(400) if dice.random() < 0.5 else dice.randrange(len(said))
                said[at] = dice.randrange(256)
            with _associated(here) as connection, contextlib.suppress(OSError):
                connection.sendall(said)
                connection.shutdown(socket.SHUT_WR)
                everything(connection)
        assert _echoes(here)
        here.wait_for(lambda: not here.server.associations())


def test_a_failure_of_who_is_told_costs_one_connection(caplog: pytest.LogCaptureFixture) -> None:
    with listening() as here:
        told, here.server._refusals._tell = here.server._refusals._tell, _fail
        assert here.answer_to(b"GET / HTTP/1.1\r\n\r\n") in (b"", _abort(1))
        assert here.answer_to(association_request(called="OTHER")) in (b"", _reject(1, 1, 7))
        here.wait_for(lambda: len(caplog.records) >= 2)
        here.server._refusals._tell = told
        assert _echoes(here)
    assert all("secret" not in record.getMessage() for record in caplog.records)


def _fail(event: str, details: Mapping[str, object]) -> None:
    raise RuntimeError(f"secret {event} {details}")


def test_closing_lets_who_is_served_finish_and_ends_the_rest() -> None:
    with listening() as here, _associated(here) as finishing, _associated(here) as staying:
        closing = threading.Thread(target=here.server.close, args=(2.0,))
        closing.start()
        with contextlib.suppress(OSError):
            while here.server.waiting() >= 0:
                here.connect().close()
        finishing.sendall(p_data(1, COMMAND_LAST, echo_command()) + RELEASE_RQ)
        assert one_pdu(finishing)[0] == P_DATA
        assert one_pdu(finishing)[0] == RELEASE_RP
        everything(staying)
        closing.join(60)
        assert not closing.is_alive()
        assert here.server.associations() == ()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the system's list of sockets")
def test_every_connection_sends_at_once_and_is_watched() -> None:
    with listening() as here, _associated(here) as connection:
        port = connection.getsockname()[1]
        (place,) = here.server._places  # no other way leads to the sockets of the server
        served = place.connection
        assert served.getpeername()[1] == port
        assert served.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert served.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_an_echo_takes_no_byte_more_than_its_request() -> None:
    with listening() as here, here.connect() as connection:
        # Request, echo and release in one piece: what comes after the request is for the association.
        connection.sendall(REQUEST + p_data(1, COMMAND_LAST, echo_command()) + RELEASE_RQ)
        assert one_pdu(connection)[0] == ACCEPT
        assert one_pdu(connection)[0] == P_DATA
        assert exactly(connection, 10)[0] == RELEASE_RP
