"""Sending to archives: what is there is left out, what fails in passing is sent again, each has its outcome."""

import contextlib
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from tests.builders.misbehaving import MisbehavingProxy, Mischief
from tests.builders.peer_servers import ORTHANC, DcmQrScp, Orthanc, OrthancOptions, StoreScp, free_port
from tests.builders.scripted_dimse import C_STORE, FIELD, Abort, Acceptance, Drop, Request, ScriptedDimse, Talk
from tests.builders.sent_instances import JPEG_2000, SentInstance, made_instance
from tests.builders.serving_library import keep_together, write_files
from tests.flows.command_line import run
from viewer.archives.access import Access
from viewer.archives.dispatch import Dispatch, DispatchReport
from viewer.base.errors import Cancelled
from viewer.base.jobs import Progress, ProgressReport
from viewer.library.library import Library
from viewer.library.sent_instances import SentInstances
from viewer.network.access import DimseAccess
from viewer.network.peers import Peer, Quirks
from viewer.network.ports import HeldInstance
from viewer.network.requesting import Patience
from viewer.network.stations import Station

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems"),
    pytest.mark.skipif(not Path(ORTHANC).exists(), reason="needs DCMTK and Orthanc"),
]
UID = 0x1000
BRIEF = Patience(connect_s=5, answer_s=5, message_s=5, send_s=5)


def _made(count: int, kind: int = 0) -> list[SentInstance]:
    return [made_instance(f"s/e{kind}/{number}", bytes([number]) * 2000, kind=kind) for number in range(count)]


def _held(folder: Path, made: list[SentInstance]) -> list[HeldInstance]:
    return [
        HeldInstance(one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid, path)
        for one, path in zip(made, write_files(folder, made), strict=True)
    ]


def _access(peer: ScriptedDimse | StoreScp | Orthanc, quirks: Quirks | None = None) -> Access:
    station = Station(peer.ae_title, "127.0.0.1", peer.port)
    of_peer = Peer("pacs", station, quirks=quirks or Quirks())
    return Access(of_peer, DimseAccess(station, "US", quirks=of_peer.quirks, patience=BRIEF))


def _sent(
    access: Access, held: list[HeldInstance], memory: SentInstances | None = None, **more: float
) -> DispatchReport:
    return Dispatch(access, held, memory=memory, first_delay_s=more.get("delay", 0.01)).run(Progress())


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[SentInstances]:
    with Library(tmp_path / "library", reserve_bytes=0) as library:
        yield SentInstances(library.database)


@pytest.mark.parametrize("associations", [1, 3])
def test_what_the_archive_has_taken_is_left_out(tmp_path: Path, memory: SentInstances, associations: int) -> None:
    held = _held(tmp_path / "files", _made(20))
    with StoreScp(tmp_path / "scp") as peer:
        access = _access(peer, Quirks(associations=associations, most_pdu_bytes=1000))
        report = _sent(access, held, memory)
        assert (report.sent, report.already, report.failed) == (20, 0, ())
        report = _sent(access, held, memory)
        assert (report.sent, report.already) == (0, 20)
        held[3].path.write_bytes(held[3].path.read_bytes() + b"\xfc\xff\xfc\xffOB\0\0\2\0\0\0\0\0")
        report = _sent(access, held, memory)
        assert (report.sent, report.already) == (1, 19)
        again = Dispatch(access, held, memory=memory, is_again=True).run(Progress())
        assert (again.sent, again.already) == (20, 0)
        assert len(peer.held()) == 20


class _Scripted:
    """Answers the nth C-STORE with a status, or ends in another way; all others with success."""

    def __init__(self, script: dict[int, int | type[Exception]]) -> None:
        self.script = script
        self.count = 0
        self.held: list[str] = []
        self.lock = threading.Lock()

    def __call__(self, talk: Talk, request: Request) -> None:
        assert request.number(FIELD) == C_STORE
        with self.lock:
            self.count += 1
            answer = self.script.get(self.count, 0)
        if isinstance(answer, type):
            raise answer
        if answer in {0, 0xB000, 0xB006, 0xB007}:
            self.held.append(request.text(UID))
        talk.respond(request, answer, e1000=request.text(UID))


@pytest.mark.parametrize("trouble", [0xA700, 0xA702, Drop, Abort])
@pytest.mark.parametrize("associations", [1, 2])
def test_what_fails_in_passing_is_sent_again_and_leaves_no_hole(
    tmp_path: Path, memory: SentInstances, trouble: int | type[Exception], associations: int
) -> None:
    held = _held(tmp_path / "files", _made(12))
    script = _Scripted({4: trouble, 9: trouble})
    with ScriptedDimse(script) as peer:
        report = _sent(_access(peer, Quirks(associations=associations)), held, memory)
    assert report.failed == ()
    assert set(script.held) == {one.sop_instance_uid for one in held}
    assert set(memory.at_archive(f"pacs (SCRIPTED@127.0.0.1:{peer.port})", script.held)) == set(script.held)


@pytest.mark.parametrize(
    ("status", "words"),
    [(0xA900, "kind"), (0xC001, "understand"), (0x0122, "kind"), (0x0124, "allowed"), (0x0111, "name"), (0xFE00, "")],
)
def test_what_is_refused_is_not_tried_again(tmp_path: Path, status: int, words: str) -> None:
    held = _held(tmp_path / "files", _made(3))
    script = _Scripted({2: status})
    with ScriptedDimse(script) as peer:
        report = _sent(_access(peer), held)
    assert script.count == 3
    assert report.sent == 2
    (failed,) = report.failed
    assert failed.outcome.status == status
    assert words in failed.outcome.reason
    assert f"{status:04X}" in failed.outcome.reason


def test_an_archive_without_room_is_left_alone_after_a_few(tmp_path: Path) -> None:
    held = _held(tmp_path / "files", _made(40))
    script = _Scripted(dict.fromkeys(range(1, 1000), 0xA700))
    with ScriptedDimse(script) as peer:
        report = _sent(_access(peer), held)
    assert len(report.failed) == 40
    assert script.count <= 4 * 4
    assert all("room" in each.outcome.reason for each in report.failed)


def test_warnings_are_told_and_remembered(tmp_path: Path, memory: SentInstances) -> None:
    held = _held(tmp_path / "files", _made(2))
    with ScriptedDimse(_Scripted({1: 0xB006})) as peer:
        report = _sent(_access(peer), held, memory)
    assert report.sent == 2
    known = memory.at_archive(f"pacs (SCRIPTED@127.0.0.1:{peer.port})", [one.sop_instance_uid for one in held])
    assert sorted(str(one.failure) for one in known.values()) == [str(0xB006), "None"]


@pytest.mark.parametrize(("rejected", "calls"), [((2, 3, 2), 4), ((1, 1, 7), 1)])
def test_a_busy_archive_is_called_again_and_one_that_refuses_is_not(
    tmp_path: Path, rejected: tuple[int, int, int], calls: int
) -> None:
    held = _held(tmp_path / "files", _made(2))
    with ScriptedDimse(acceptance=Acceptance(rejected=rejected)) as peer:
        report = _sent(_access(peer), held)
    assert len(report.failed) == 2
    assert len(peer.proposals) == calls


def test_contexts_that_are_refused_cost_those_instances_alone(tmp_path: Path) -> None:
    held = _held(tmp_path / "files", [*_made(2), *_made(2, kind=1)])
    with ScriptedDimse(_Scripted({}), Acceptance(refused={held[0].sop_class_uid: 3})) as peer:
        report = _sent(_access(peer), held)
    assert {each.instance.sop_instance_uid for each in report.failed} == {one.sop_instance_uid for one in held[:2]}


def test_an_archive_that_starts_anew_is_waited_for(tmp_path: Path, memory: SentInstances) -> None:
    held = _held(tmp_path / "files", _made(30))
    peer = StoreScp(tmp_path / "scp")
    peer.start()
    access = _access(peer)
    port = peer.port
    count = 0

    def killed_at_ten(_event: object) -> None:
        nonlocal count
        count += 1
        if count == 10:
            peer.kill()
            threading.Timer(0.5, _restart, (peer, port)).start()

    try:
        job = Dispatch(access, held, memory=memory, first_delay_s=0.3, attempts=8)
        report = job.run(Progress(), killed_at_ten)
        assert report.failed == ()
        assert set(peer.held()) == {one.sop_instance_uid for one in held}
    finally:
        peer.kill()


def _restart(peer: StoreScp, port: int) -> None:
    command = list(peer.command())
    command[-1] = str(port)
    peer.port = port
    peer.command = lambda: command  # type: ignore[method-assign] # the same port as before
    with contextlib.suppress(AssertionError):
        peer.start()


MISCHIEFS = {
    "cut on the way there": [Mischief(cut_up=9_000), Mischief(cut_up=20_000), Mischief(cut_up=700)],
    "cut on the way back": [Mischief(cut_down=600), Mischief(cut_down=900, ends_orderly=True)],
    "closed at once": [Mischief(is_refused=True), Mischief(is_refused=True)],
    "garbage comes back": [Mischief(garbage_down=400), Mischief(garbage_down=6)],
    "some of it is lost": [Mischief(drop_down=300)],
}


@pytest.mark.parametrize("how", MISCHIEFS)
def test_whatever_happens_on_the_way_what_is_said_to_be_sent_is_there(
    tmp_path: Path, memory: SentInstances, how: str
) -> None:
    held = _held(tmp_path / "files", _made(15))
    with StoreScp(tmp_path / "scp") as peer, MisbehavingProxy(peer.address, MISCHIEFS[how]) as proxy:
        access = _access(peer)
        assert access.dimse is not None
        station = Station(peer.ae_title, "127.0.0.1", proxy.port)
        access = replace(access, dimse=replace(access.dimse, station=station))
        said: set[str] = set()
        for _again in range(3):  # what is not sent for good is sent when it is asked for again
            report = _sent(access, held, memory)
            assert len(report.results) == 15
            said |= {each.instance.sop_instance_uid for each in report.results if each.outcome.is_sent}
            assert said <= set(peer.held())
            assert all(each.outcome.reason for each in report.failed)
        assert report.failed == ()
        assert set(peer.held()) == {one.sop_instance_uid for one in held}


def test_cancelling_keeps_what_was_sent(tmp_path: Path, memory: SentInstances) -> None:
    held = _held(tmp_path / "files", _made(20))

    def stop(report: ProgressReport) -> None:
        if report.done == 5:
            progress.cancel()

    progress = Progress(stop)
    with StoreScp(tmp_path / "scp") as peer:
        access = _access(peer)
        with pytest.raises(Cancelled):
            Dispatch(access, held, memory=memory).run(progress)
        before = len(memory.anywhere([one.sop_instance_uid for one in held]))
        assert 5 <= before < 20
        report = _sent(access, held, memory)
        assert (report.sent, report.already) == (20 - before, before)


def test_one_uid_is_sent_once(tmp_path: Path) -> None:
    held = _held(tmp_path / "files", _made(2))
    same, other = tmp_path / "same.dcm", tmp_path / "other.dcm"
    same.write_bytes(held[0].path.read_bytes())
    other.write_bytes(held[0].path.read_bytes()[:-2] + b"\7\7")
    doubles = [replace(held[0], path=path) for path in (same, other)]
    script = _Scripted({})
    with ScriptedDimse(script) as peer:
        report = _sent(_access(peer), [*held, *doubles])
    assert script.count == 2
    assert [each.outcome.is_sent for each in report.results] == [True, True, True, False]


def _rows(folder: Path, *arguments: object) -> tuple[int, list[dict[str, object]]]:
    ended = run(folder, "--library", folder / "library", "send", *arguments, "--json")
    assert ended.errors == ""
    return ended.code, ended.json()


def test_the_command_sends_files_archives_and_studies(tmp_path: Path) -> None:
    made = [one for kind in range(5) for one in _made(2, kind)]
    paths = write_files(tmp_path / "files", made)
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.write(paths[0], "one.dcm")
    (tmp_path / "files" / "readme.txt").write_text("no image")
    with Library(tmp_path / "library", reserve_bytes=0) as library:
        keep_together(library, paths)
    with Orthanc(tmp_path / "orthanc") as peer:
        name = f"{peer.ae_title}@127.0.0.1:{peer.port}"
        code, rows = _rows(tmp_path, name, tmp_path / "some.zip")
        assert (code, [row["sent"] for row in rows]) == (0, [True])
        assert str(rows[0]["path"]).endswith("some.zip!/one.dcm")
        code, rows = _rows(tmp_path, name, "--study", made[0].study_instance_uid)
        assert code == 0
        assert sum("already" in row for row in rows) == 1  # known by its bytes, wherever they lie
        assert set(peer.held()) == {one.sop_instance_uid for one in made}
        code, rows = _rows(tmp_path, name, tmp_path / "files", "--again")
        assert (code, len(rows)) == (0, 10)
        assert all(row["status"] == "0000" and row["sop_instance_uid"] and not row["reason"] for row in rows)
    code, rows = _rows(tmp_path, f"X@127.0.0.1:{free_port()}", tmp_path / "files")
    assert code == 1
    assert all(not row["sent"] and row["status"] is None and row["reason"] for row in rows)


def test_the_command_decodes_for_an_archive_that_takes_nothing_else(tmp_path: Path) -> None:
    sample = Path(__file__).resolve().parents[2] / "resources" / "sample_disc" / "DICOM" / "PA000002"
    (tmp_path / "scp").mkdir()
    with _implicit_alone(tmp_path / "scp") as port:
        code, rows = _rows(tmp_path, f"ANY@127.0.0.1:{port}", sample)
    assert (code, len(rows)) == (0, 31)
    assert all(row["transcoded_to"] == "1.2.840.10008.1.2" for row in rows)
    got = {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, (tmp_path / "scp").iterdir())}
    for row in rows[::10]:
        original = pydicom.dcmread(str(row["path"]))
        ours = got[original.SOPInstanceUID]
        assert (ours.pixel_array == original.pixel_array).all()
        assert ours.PatientName == original.PatientName


def test_stow_and_dcmqrscp_have_what_was_sent(tmp_path: Path) -> None:
    made = [one for kind in range(3) for one in _made(2, kind)]
    write_files(tmp_path / "files", made)
    with Orthanc(tmp_path / "orthanc", OrthancOptions(has_web=True)) as peer:
        code, rows = _rows(tmp_path, peer.web_root, tmp_path / "files")
        assert (code, len(rows), all(row["sent"] for row in rows)) == (0, 6, True)
        assert set(peer.held()) == {one.sop_instance_uid for one in made}
    plain = [one for one in made if one.transfer_syntax_uid != JPEG_2000]
    with DcmQrScp(tmp_path / "qr") as other:
        code, rows = _rows(tmp_path, f"{other.ae_title}@127.0.0.1:{other.port}", tmp_path / "files")
        assert (code, [row["sop_instance_uid"] for row in rows if not row["sent"]]) == (
            1,
            [one.sop_instance_uid for one in made if one not in plain],  # whose pixels are no codestream
        )
        assert other.held() == {one.sop_instance_uid: one.pixels_sha256 for one in plain}


@contextlib.contextmanager
def _implicit_alone(folder: Path) -> Iterator[int]:
    import socket
    import subprocess

    port = free_port()
    command = ["/usr/bin/storescp", "-od", str(folder), "+xi", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("X@127.0.0.1:104",), 2, "what to send"),
        (("X@127.0.0.1:104", "nowhere.dcm"), 1, "no such file"),
        (("X@127.0.0.1:104", "--study", "1.2.3"), 1, "no library"),
        (("nobody", "."), 1, "no archive called"),
        (("X@127.0.0.1:104", "."), 1, "no DICOM objects"),
    ],
)
def test_slips_are_told_in_one_line(tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    ended = run(tmp_path, "--library", tmp_path / "library", "send", *arguments)
    assert ended.code == code
    assert words in ended.errors
