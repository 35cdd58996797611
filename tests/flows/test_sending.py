"""Instances go to other stations byte for byte; what does not arrive is told with a reason, whatever answers there."""

import contextlib
import hashlib
import resource
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
import trustme

from tests.builders.peer_servers import ORTHANC, Orthanc, StoreScp, free_port
from tests.builders.sent_instances import SentInstance, made_instance
from tests.builders.serving_library import write_files
from viewer.base.errors import Cancelled, NetworkError
from viewer.base.jobs import Progress, ProgressReport
from viewer.network.connecting import connected
from viewer.network.messages import C_CANCEL_RQ, command_set
from viewer.network.part10 import part10_head
from viewer.network.ports import Caller, HeldInstance, OfferedInstance
from viewer.network.requesting import Patience
from viewer.network.sending import Outcome, delivered, send_instances
from viewer.network.stations import Station
from viewer.network.tls_context import client_context

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems"),
    pytest.mark.skipif(not Path(ORTHANC).exists(), reason="needs DCMTK and Orthanc"),
]

SECONDS = 60
BRIEF = Patience(connect_s=5, answer_s=1, message_s=1, send_s=2)


def _held(folder: Path, made: Sequence[SentInstance]) -> list[HeldInstance]:
    return [
        HeldInstance(one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid, path)
        for one, path in zip(made, write_files(folder, made), strict=True)
    ]


def _of_every_kind(count: int = 2) -> list[SentInstance]:
    return [
        made_instance(f"s{kind}/e/{number}", bytes([number]) * 400_000, kind=kind)
        for kind in range(5)
        for number in range(count)
    ]


def test_every_transfer_syntax_arrives_as_it_is(tmp_path: Path) -> None:
    made = _of_every_kind()
    held = _held(tmp_path / "files", made)
    reports: list[ProgressReport] = []
    with StoreScp(tmp_path / "scp") as station:
        report = send_instances(_station(station), "US", held, Progress(reports.append))
        files = {str(pydicom.dcmread(path).SOPInstanceUID): path for path in (station.folder / "files").iterdir()}
    assert (report.sent, report.failed) == (tuple(one.sop_instance_uid for one in made), {})
    assert [(one.done, one.total) for one in reports] == [(number, 10) for number in range(11)]
    for one in made:
        content = files[one.sop_instance_uid].read_bytes()
        assert content.endswith(one.data_set) or one.transfer_syntax_uid.endswith(".99")  # DCMTK inflates and deflates


def _station(peer: StoreScp | Orthanc) -> Station:
    return Station(peer.ae_title, "127.0.0.1", peer.port)


@contextlib.contextmanager
def _storescp(folder: Path, *options: str) -> Iterator[Station]:
    folder.mkdir()
    port = free_port()
    command = ["/usr/bin/storescp", "-od", str(folder), *options, str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield Station("STORESCP", "127.0.0.1", port)
    finally:
        process.kill()
        process.wait()


def test_a_station_that_takes_implicit_alone_gets_what_can_be_written_so(tmp_path: Path) -> None:
    made = _of_every_kind(count=1)
    with _storescp(tmp_path / "scp", "+xi") as station:
        report = send_instances(station, "US", _held(tmp_path / "files", made), Progress())
    assert set(report.sent) == {made[0].sop_instance_uid, made[1].sop_instance_uid}
    assert set(report.failed) == {one.sop_instance_uid for one in made[2:]}
    assert all("encoding" in reason for reason in report.failed.values())
    for path in (tmp_path / "scp").iterdir():
        got = pydicom.dcmread(path)
        one = next(each for each in made if each.sop_instance_uid == got.SOPInstanceUID)
        assert hashlib.sha256(got.PixelData).hexdigest() == one.pixels_sha256
        assert got.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2"
        assert str(got.PatientID) == one.patient_id


def test_more_kinds_than_one_association_can_propose(tmp_path: Path) -> None:
    made = [
        made_instance(f"s/e/{number}", bytes(100), elements={"SOPClassUID": f"1.2.840.10008.5.1.4.1.1.{number}.7"})
        for number in range(150)
    ]
    with Orthanc(tmp_path / "orthanc") as station:
        report = send_instances(_station(station), "US", _held(tmp_path / "files", made), Progress())
        assert len(station.held()) == len(report.sent)
    assert len(report.sent) + len(report.failed) == 150
    assert len(report.sent) > 0


def test_files_that_are_gone_or_none_are_told_and_the_others_sent(tmp_path: Path) -> None:
    made = _of_every_kind()
    held = _held(tmp_path / "files", made)
    held[1].path.unlink()
    held[3].path.write_bytes(b"not DICOM")
    held[5].path.write_bytes(held[5].path.read_bytes()[:200])
    with StoreScp(tmp_path / "scp") as station:
        report = send_instances(_station(station), "US", held, Progress())
    assert set(report.failed) == {held[number].sop_instance_uid for number in (1, 3, 5)}
    assert all(report.failed.values())
    assert len(report.sent) == 7


def test_a_file_that_was_altered_is_not_sent(tmp_path: Path) -> None:
    made = _of_every_kind(count=1)
    held = _held(tmp_path / "files", made)
    known = [replace(one, sha256=hashlib.sha256(one.path.read_bytes()).hexdigest()) for one in held]
    content = bytearray(held[2].path.read_bytes())
    content[-100] ^= 1
    held[2].path.write_bytes(content)
    with StoreScp(tmp_path / "scp") as station:
        report = send_instances(_station(station), "US", known, Progress())
        assert station.held().keys() == {one.sop_instance_uid for one in made} - {made[2].sop_instance_uid}
    assert "altered" in report.failed[made[2].sop_instance_uid]


def test_cancelling_stops_between_two_instances(tmp_path: Path) -> None:
    held = _held(tmp_path / "files", _of_every_kind())

    def stop_at_three(report: ProgressReport) -> None:
        if report.done == 3:
            progress.cancel()

    progress = Progress(stop_at_three)
    with StoreScp(tmp_path / "scp") as station:
        with pytest.raises(Cancelled):
            send_instances(_station(station), "US", held, progress)
        assert len(station.held()) == 3


@contextlib.contextmanager
def _answering(answer: Callable[[socket.socket], None]) -> Iterator[Station]:
    """Let something that is no station answer every connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    connection, _address = listening.accept()
                    with connection:
                        connection.settimeout(5)
                        answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Station("ODD", "127.0.0.1", listening.getsockname()[1])
        finally:
            ended.set()
            thread.join()


def _accepts(maximum: int) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        request = connection.recv(1 << 20)
        syntax = b"1.2.840.10008.1.2.1"
        items = (
            b"\x21\0" + struct.pack(">H", 8 + len(syntax)) + b"\1\0\0\0\x40\0" + struct.pack(">H", len(syntax)) + syntax
        )
        items += b"\x50\0\0\x08\x51\0\0\4" + struct.pack(">I", maximum)
        body = b"\0\1\0\0" + request[10:74] + items
        connection.sendall(b"\2\0" + struct.pack(">I", len(body)) + body)
        connection.recv(1 << 20)

    return answer


def _after_accepting(reply: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        _accepts(16384)(connection)
        connection.sendall(reply)
        time.sleep(0.1)

    return answer


def _for_ever(piece: bytes) -> Callable[[socket.socket], None]:
    """Accept, then send the same again and again."""

    def answer(connection: socket.socket) -> None:
        _accepts(16384)(connection)
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(piece)
                time.sleep(0.01)

    return answer


def _silence(connection: socket.socket) -> None:
    connection.recv(1 << 20)
    time.sleep(2)


_COMMAND = command_set(C_CANCEL_RQ, has_data=False, responded_to=1)
_CANCEL = struct.pack(">BxIIBB", 4, len(_COMMAND) + 6, len(_COMMAND) + 2, 1, 3) + _COMMAND
ODD: dict[str, Callable[[socket.socket], None]] = {
    "goes at once": lambda connection: connection.close(),
    "is a web server": lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "says nothing": _silence,
    "claims 4 GB": lambda connection: connection.sendall(b"\2\0\xff\xff\xff\xff"),
    "refuses": lambda connection: connection.sendall(b"\3\0\0\0\0\4\0\1\1\7"),
    "refuses oddly": lambda connection: connection.sendall(b"\3\0\0\0\0\0"),
    "takes PDUs of a byte": _accepts(1),
    "goes after accepting": _accepts(16384),
    "aborts": _after_accepting(b"\7\0\0\0\0\4\0\0\2\0"),
    "answers with a huge PDU": _after_accepting(b"\4\0\x7f\xff\xff\xff"),
    "answers with rubbish": _after_accepting(b"\4\0\0\0\0\x0a\0\0\0\6\1\3junk"),
    "answers in an unknown context": _after_accepting(b"\4\0\0\0\0\x0a\0\0\0\6\x63\3junk"),
    "cancels for ever": _for_ever(_CANCEL),
    "asks for releases for ever": _for_ever(b"\5\0\0\0\0\4\0\0\0\0"),
    "sends a PDU drop by drop": _for_ever(b"\4"),
    "answers with another request": _after_accepting(b"\1\0\0\0\0\4\0\0\0\0"),
}


@pytest.mark.parametrize("how", ODD)
def test_whatever_answers_every_instance_has_its_outcome(tmp_path: Path, how: str) -> None:
    held = _held(tmp_path / "files", [made_instance(f"s/e/{number}", bytes(1000)) for number in range(3)])
    with _answering(ODD[how]) as station:
        outcomes: list[Outcome] = [outcome for _instance, outcome in delivered(station, "US", held, patience=BRIEF)]
    assert len(outcomes) == 3
    assert all(one.reason and not one.is_sent for one in outcomes)


def test_nobody_there_and_names_that_are_none(tmp_path: Path) -> None:
    held = _held(tmp_path / "files", [made_instance("s/e/1", bytes(10))])
    for station in (
        Station("X", "127.0.0.1", free_port()),
        Station("X", "no.such.host.invalid", 104),
        Station("X", "..", 1),
    ):
        report = send_instances(station, "US", held, Progress())
        assert report.sent == ()
        assert str(station) in report.failed[held[0].sop_instance_uid]


def test_safe_connections_verify_the_station(tmp_path: Path) -> None:
    authority, other = trustme.CA(), trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    for name, blob in (("cert", issued.cert_chain_pems[0]), ("key", issued.private_key_pem)):
        blob.write_to_path(str(tmp_path / name))
    for name, one in (("ca", authority), ("other", other)):
        one.cert_pem.write_to_path(str(tmp_path / name))
    held = _held(tmp_path / "files", [made_instance("s/e/1", bytes(10))])
    secure = ("+tls", str(tmp_path / "key"), str(tmp_path / "cert"), "-ic", "-pw")
    with _storescp(tmp_path / "scp", *secure) as plain:
        station = Station(plain.ae_title, plain.host, plain.port, uses_tls=True)
        report = send_instances(station, "US", held, Progress(), client_context(tmp_path / "ca"))
        assert report.failed == {}
        for context in (client_context(tmp_path / "other"), None):
            report = send_instances(station, "US", held, Progress(), context)
            assert "safe connection" in report.failed[held[0].sop_instance_uid]
        with pytest.raises(NetworkError):
            connected(station, client_context(tmp_path / "other"), 5)


@pytest.mark.campaign
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small = made_instance("s/e/1", bytes(64))
    path = tmp_path / "large.dcm"
    head = part10_head(
        OfferedInstance(small.sop_class_uid, "1.2.3", small.transfer_syntax_uid), Caller("A", "192.0.2.1")
    )
    size = 1 << 30
    with path.open("wb") as stream:
        stream.write(head + small.data_set[: small.data_set.rindex(b"\xe0\x7f\x10\x00")])
        stream.write(b"\xe0\x7f\x10\x00OW\0\0" + size.to_bytes(4, "little"))
        stream.truncate(stream.tell() + size)
    held = [HeldInstance(small.sop_class_uid, small.sop_instance_uid, small.transfer_syntax_uid, path)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with _storescp(tmp_path / "scp", "--ignore") as station:
        report = send_instances(station, "US", held, Progress())
    assert report.failed == {}
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"sending a file of 1 GiB: memory grew by {grown:.0f} MB")
    assert grown < 50
