"""The network doctor: healthy archives, and each way in which one can fail over DICOM, with words and fix."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from tests.builders.certificates import Issued, issued
from tests.builders.named_studies import PATIENTS, write_named_studies
from tests.builders.peer_servers import DCMQRSCP, ORTHANC_PLUGINS, DcmQrScp, Orthanc, OrthancOptions, free_port
from tests.builders.scripted_dimse import (
    C_ECHO,
    C_FIND,
    C_MOVE,
    FIELD,
    Abort,
    Acceptance,
    Drop,
    Hang,
    Request,
    ScriptedDimse,
    Talk,
    echoed,
)
from tests.builders.scripted_web import ScriptedWeb, WebAnswer
from tests.flows.command_line import run
from tests.flows.examining import (
    CT,
    FAILED,
    INSTANCE,
    OK,
    SERIES,
    SKIPPED,
    STUDY,
    WARNING,
    dicom,
    examined,
    examined_freely,
    hurry,
    only_failure,
    states_of,
    step_of,
)
from viewer.archives import doctor_dimse, doctor_probe
from viewer.archives.access import open_access
from viewer.archives.doctor import Step, StepState, examine
from viewer.archives.folder_keeper import FolderKeeper
from viewer.base.errors import Cancelled
from viewer.network.peers import Peer, PeerTls, Quirks, WebPlace
from viewer.network.requesting import Patience
from viewer.network.serving import TlsFiles
from viewer.network.stations import Station
from viewer.network.tls_context import server_context
from viewer.reception.receiver_settings import ReceiverSettings

FIND_CLASSES = ("1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.1.1")


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


# Healthy ones


@pytest.fixture(scope="module")
def files() -> list[Path]:
    return [Path(str(get_testdata_file(name))) for name in ("CT_small.dcm", "MR_small.dcm")]


@pytest.mark.skipif(not ORTHANC_PLUGINS.exists(), reason="Orthanc is not installed")
def test_orthanc_is_healthy_in_every_way(tmp_path: Path, files: list[Path]) -> None:
    theirs = issued(tmp_path / "pem", "theirs", hosts=("nowhere",))
    port = free_port()
    options = OrthancOptions(has_web=True, dicom_tls=theirs, modalities={"READER": ("127.0.0.1", port)})
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text(f'[receiver]\nae_title = "READER"\nport = {port}\n')
    with Orthanc(tmp_path / "orthanc", options) as orthanc:
        orthanc.keep(files)
        added = run(
            tmp_path, "peers", "add", "O", "--aet", "ORTHANC", "--host", "127.0.0.1", "--port", orthanc.port, "--tls",
            "--fingerprint", theirs.sha256, "--dicomweb", orthanc.web_root,
        )  # fmt: skip
        assert added.code == 0, added
        ended = run(tmp_path, "doctor", "O", "--json")
        assert ended.code == 0, ended
        found = ended.json()
        assert (found["name"], found["ok"]) == ("O", True)
        states = {row["step"]: row["state"] for row in found["steps"]}
        assert {name for name, state in states.items() if state != "ok"} == {"web-tls", "web-authorization", "web-send"}
        assert set(found["steps"][0]) == {"step", "state", "words", "fix", "seconds"}
        lines = run(tmp_path, "doctor", "O").output.splitlines()
        assert sum(line.startswith("good") for line in lines) == sum(state == "ok" for state in states.values())


@pytest.mark.skipif(not ORTHANC_PLUGINS.exists(), reason="Orthanc is not installed")
def test_folders_for_what_is_not_kept_are_closed(
    tmp_path: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Path] = []
    close = FolderKeeper.close

    def noted(keeper: FolderKeeper) -> None:
        closed.append(keeper.folder)
        close(keeper)

    monkeypatch.setattr(FolderKeeper, "close", noted)
    with Orthanc(tmp_path / "orthanc", OrthancOptions(has_web=True)) as orthanc:
        orthanc.keep(files)
        peer = replace(dicom(orthanc.port, "ORTHANC"), web=WebPlace(orthanc.web_root))
        assert step_of(examined(tmp_path, peer), "web-get").state is OK
    assert len(closed) == 2
    assert not any(folder.exists() for folder in closed)


@pytest.mark.skipif(not Path(DCMQRSCP).exists(), reason="DCMTK is not installed")
def test_dcmqrscp_knows_us_or_says_what_to_enter(tmp_path: Path, files: list[Path]) -> None:
    with DcmQrScp(tmp_path / "dcmqrscp") as archive:
        archive.keep(files)
        failed = only_failure(examined(tmp_path, dicom(archive.port, "DCMQRSCP")))
        assert failed.name == "move"
        assert "does not know READER as a place to send to (A801H)" in failed.words
        assert "Have READER entered in the archive" in failed.fix
        wrong = only_failure(examined(tmp_path, dicom(archive.port, "WRONG")))
        assert wrong.name == "association"
        assert "another AE title than the one it was called by (WRONG)" in wrong.words


# Before the association


def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    diagnosis = examined(
        tmp_path, Peer("A", Station("A", "nobody.invalid", 104), web=WebPlace("https://nobody.invalid"))
    )
    assert states_of(diagnosis)["resolve"] is FAILED
    assert "'nobody.invalid' is not known" in step_of(diagnosis, "resolve").words
    assert all(step.state is SKIPPED for step in diagnosis.steps if not step.name.endswith("resolve"))


def test_a_port_where_nobody_listens(tmp_path: Path) -> None:
    failed = only_failure(examined(tmp_path, dicom(free_port())))
    assert failed.name == "tcp"
    assert "nothing listens at port" in failed.words


def test_a_firewall_that_drops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def drops(*_arguments: object, **_named: object) -> socket.socket:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", drops)
    failed = only_failure(examined(tmp_path, dicom(104)))
    assert "no reply within 2 seconds" in failed.words
    assert "firewall" in failed.fix


@contextlib.contextmanager
def _saying(answer: bytes) -> Iterator[int]:
    """Run a server that answers everything with the same bytes."""

    def serve() -> None:
        while True:
            try:
                connection, _address = listening.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.recv(4096)
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(60)


@pytest.mark.parametrize(
    ("answer", "words", "fix"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "web server", "URL"),
        (b"<html>what?</html>", "web server", "URL"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH", "port"),
        (b"\xde\xad\xbe\xef" * 100, "no DICOM station", "port"),
        (b"", "connection was lost", ""),
    ],
)
def test_what_is_no_dicom(tmp_path: Path, answer: bytes, words: str, fix: str) -> None:
    with _saying(answer) as port:
        diagnosis = examined(tmp_path, dicom(port)) if fix else examined_freely(tmp_path, dicom(port))
    failed = only_failure(diagnosis)
    assert failed.name == "association"
    assert words in failed.words
    assert fix in failed.fix


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    return issued(tmp_path_factory.mktemp("pem"), "theirs")


def test_tls_that_is_wanted_and_tls_that_is_not(tmp_path: Path, theirs: Issued) -> None:
    context = server_context(TlsFiles(theirs.certificate, theirs.key))
    with ScriptedWeb(lambda _request: WebAnswer(404), context) as peer:
        failed = only_failure(examined(tmp_path, dicom(peer.port)))
        assert failed.name == "association"
        assert "speaks TLS" in failed.words
        assert bytes.fromhex(theirs.sha256).hex(":").upper() in failed.fix
    with ScriptedDimse() as plain:
        failed = only_failure(examined(tmp_path, dicom(plain.port, tls=True)))
        assert failed.name == "tls"
        assert "speaks DICOM without TLS" in failed.fix


def test_a_certificate_that_nobody_knows_is_told_with_its_fingerprint(tmp_path: Path, theirs: Issued) -> None:
    context = server_context(TlsFiles(theirs.certificate, theirs.key))
    with ScriptedWeb(lambda _request: WebAnswer(204), context) as peer:
        failed = only_failure(examined(tmp_path, dicom(peer.port, tls=True)))
        assert (failed.name, "signed by itself" in failed.words) == ("tls", True)
        assert bytes.fromhex(theirs.sha256).hex(":").upper() in failed.fix
        web = Peer("W", web=WebPlace(f"{peer.root}/w"), tls=PeerTls(str(theirs.certificate), is_paired=True))
        assert states_of(examined(tmp_path, web))["web-tls"] is OK


# The association


@pytest.mark.parametrize(
    ("rejected", "words", "fix"),
    [
        ((1, 1, 3), "does not know this station's AE title (READER)", "Have READER"),
        ((1, 1, 7), "another AE title than the one it was called by (SCRIPTED)", "AE title"),
        ((2, 3, 1), "too busy", "later"),
        ((2, 3, 2), "too busy", "later"),
        ((1, 2, 2), "another version of the protocol", "port"),
        ((1, 1, 1), "refuses to talk", "Have READER"),
        ((1, 9, 9), "refuses to talk", "Have READER"),
    ],
)
def test_refusals(tmp_path: Path, rejected: tuple[int, int, int], words: str, fix: str) -> None:
    with ScriptedDimse(echoed, Acceptance(rejected=rejected)) as peer:
        failed = only_failure(examined(tmp_path, dicom(peer.port)))
    assert failed.name == "association"
    assert words in failed.words
    assert fix in failed.fix


def test_an_abort_and_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_dimse, "PATIENCE", Patience(1.0, 0.5, 0.5, 0.5))
    monkeypatch.setattr(doctor_probe, "_PROBE_S", 0.3)
    with ScriptedDimse(echoed, Acceptance(raw=bytes((7, 0, 0, 0, 0, 4, 0, 0, 2, 0)))) as peer:
        assert "broke off before it answered" in only_failure(examined(tmp_path, dicom(peer.port))).words
    with ScriptedDimse(echoed, Acceptance(raw=b"")) as peer:
        assert "does not answer" in only_failure(examined(tmp_path, dicom(peer.port))).words


def test_contexts_that_are_refused(tmp_path: Path) -> None:
    with ScriptedDimse(echoed, Acceptance(refuses_all=True)) as peer:
        failed = only_failure(examined(tmp_path, dicom(peer.port)))
        assert "none of its services" in failed.words
    with ScriptedDimse(echoed, Acceptance(refused=dict.fromkeys(FIND_CLASSES, 3))) as peer:
        diagnosis = examined(tmp_path, dicom(peer.port))
        assert only_failure(diagnosis).name == "context-find"
        assert (states_of(diagnosis)["find"], states_of(diagnosis)["echo"]) == (SKIPPED, OK)


# Echo, search, move


def _archive(move: Callable[[Talk, Request], None], *, has_images: bool = True) -> Callable[[Talk, Request], None]:
    """Return a script of an archive with one image, whose moves go as they are told."""

    def script(talk: Talk, request: Request) -> None:
        field = request.number(FIELD)
        if field == C_MOVE:
            move(talk, request)
            return
        if field == C_FIND and has_images:
            asked, row = request.identifier, Dataset()
            row.QueryRetrieveLevel = asked.QueryRetrieveLevel
            row.StudyInstanceUID = STUDY
            if asked.QueryRetrieveLevel != "STUDY":
                row.SeriesInstanceUID, row.NumberOfSeriesRelatedInstances = SERIES, 1
            if asked.QueryRetrieveLevel == "IMAGE":
                row.SOPInstanceUID, row.SOPClassUID, row.Rows, row.Columns = INSTANCE, CT, 2, 2
            talk.respond(request, 0xFF00, row)
        talk.respond(request, 0)

    return script


def _status(status: int, **more: int | str) -> Callable[[Talk, Request], None]:
    return lambda talk, request: talk.respond(request, status, b"", **more)


def _hang(_talk: Talk, _request: Request) -> None:
    raise Hang


def _abort(_talk: Talk, _request: Request) -> None:
    raise Abort


def _drop(_talk: Talk, _request: Request) -> None:
    raise Drop


@pytest.mark.parametrize(
    ("move", "words", "fix"),
    [
        (_status(0xA801), "does not know READER as a place to send to (A801H)", "Have READER entered"),
        (_status(0xC000), "may not know READER", "Have READER entered"),
        (
            _status(0xA702),
            "did not reach this computer: nothing came to READER at 127.0.0.1, port ",
            "entry for READER",
        ),
        (_status(0xA702), "could not send the images (A702H)", "address 127.0.0.1, port "),
        (_status(0xA701), "resources", ""),
        (_status(0xA900), "does not understand", ""),
        (_status(0x0122), "does not offer", ""),
        (_status(0x0000, e1021=1), "nothing arrived", "entry for READER"),
        (_status(0xB000, e1022=1), "knows READER, but could not send there", "entry for READER"),
        (_abort, "broke the association off", ""),
        (_drop, "", ""),
        (_hang, "does not answer any more", ""),
    ],
)
def test_moves_that_fail(
    tmp_path: Path, move: Callable[[Talk, Request], None], words: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_dimse, "PATIENCE", Patience(2.0, 2.0, 1.0, 2.0))
    with ScriptedDimse(_archive(move)) as peer:
        failed = only_failure(examined(tmp_path, dicom(peer.port)))
    assert failed.name == "move"
    assert words in failed.words
    assert fix in failed.fix


def test_an_archive_that_sends_under_another_title_is_told(tmp_path: Path) -> None:
    import subprocess

    from tests.builders.peer_servers import STORESCP

    storescu = Path(STORESCP).with_name("storescu")
    if not storescu.exists():
        pytest.skip("DCMTK is not installed")
    own = ReceiverSettings(ae_title="READER", port=free_port())

    def move(talk: Talk, request: Request) -> None:
        image = str(get_testdata_file("CT_small.dcm"))
        command = [str(storescu), "-aet", "STRANGER", "-aec", "READER", "127.0.0.1", str(own.port), image]
        subprocess.run(command, capture_output=True, timeout=60)
        talk.respond(request, 0xB000, e1022=1)

    with ScriptedDimse(_archive(move)) as peer:
        diagnosis = examine(open_access(dicom(peer.port), tmp_path, own), own)
        failed = only_failure(diagnosis)
        assert "STRANGER called from 127.0.0.1 and was not let in" in failed.words
        allowed = dicom(peer.port, quirks=Quirks(sends_as=("STRANGER",)))
        assert states_of(examine(open_access(allowed, tmp_path, own), own))["move"] is OK


@pytest.mark.parametrize(
    ("status", "state"), [(0xA801, FAILED), (0x0000, SKIPPED), (0xA900, SKIPPED), (0xC000, WARNING)]
)
def test_an_archive_without_images_is_only_asked_whether_it_knows_us(
    tmp_path: Path, status: int, state: StepState
) -> None:
    with ScriptedDimse(_archive(_status(status), has_images=False)) as peer:
        diagnosis = examined(tmp_path, dicom(peer.port))
    assert (states_of(diagnosis)["find"], states_of(diagnosis)["move"]) == (WARNING, state)
    (asked,) = [each for each in peer.requests if each.number(FIELD) == C_MOVE]
    assert str(asked.identifier.StudyInstanceUID).startswith("2.25.")


def test_where_our_port_is_taken_the_archive_is_only_asked_whether_it_knows_us(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, ScriptedDimse(_archive(_status(0))) as peer:
        own = ReceiverSettings(ae_title="READER", port=taken.getsockname()[1])
        diagnosis = examine(open_access(dicom(peer.port), tmp_path, own), own)
    assert states_of(diagnosis)["move"] is SKIPPED
    assert "did not object to READER" in step_of(diagnosis, "move").words


def test_echoes_and_searches_that_fail(tmp_path: Path) -> None:
    def script(talk: Talk, request: Request) -> None:
        talk.respond(request, {C_ECHO: 0x0110, C_FIND: 0xA700}[request.number(FIELD)])

    with ScriptedDimse(script) as peer:
        diagnosis = examined_freely(tmp_path, dicom(peer.port))
    states = states_of(diagnosis)
    assert (states["echo"], states["find"], states["move"]) == (FAILED, FAILED, SKIPPED)


def test_nothing_is_changed_in_the_archive_and_no_patient_is_asked_for(tmp_path: Path) -> None:
    with ScriptedDimse(_archive(_status(0xA801))) as peer:
        examined(tmp_path, dicom(peer.port))
    assert {each.number(FIELD) for each in peer.requests} <= {C_ECHO, C_FIND, C_MOVE, 0x0FFF}
    for each in peer.requests:
        if each.number(FIELD) == C_FIND:
            assert not str(each.identifier.get("PatientName", ""))


def test_it_ends_when_nobody_wants_to_know_any_more(tmp_path: Path) -> None:
    own = ReceiverSettings(ae_title="READER", port=free_port())
    seen: list[Step] = []
    with ScriptedDimse() as peer, pytest.raises(Cancelled):
        examine(open_access(dicom(peer.port), tmp_path, own), own, seen.append, lambda: len(seen) > 3)
    assert 3 < len(seen) < 10


def test_an_archive_whose_files_are_gone_is_examined_as_far_as_it_goes(tmp_path: Path) -> None:
    pem = issued(tmp_path / "pem", "ca").certificate
    run(tmp_path, "peers", "add", "A", "--aet", "A", "--host", "127.0.0.1", "--tls", pem)
    pem.unlink()
    ended = run(tmp_path, "doctor", "A", "--json")
    (step,) = ended.json()["steps"]
    assert (ended.code, step["step"], step["state"]) == (1, "settings", "failed")
    assert str(pem) in step["words"]
    assert run(tmp_path, "doctor", "nobody").code == 1


@pytest.mark.skipif(not Path(DCMQRSCP).exists(), reason="needs DCMTK")
def test_an_archive_whose_entry_for_us_has_another_port_is_told_what_to_compare(tmp_path: Path) -> None:
    own, other = free_port(), free_port()
    files = write_named_studies(tmp_path / "files", PATIENTS[:1], 1, 1)
    with DcmQrScp(tmp_path / "qr", {"READER": ("127.0.0.1", other)}) as peer:
        peer.keep(files)
        name = f"{peer.ae_title}@127.0.0.1:{peer.port}"
        ended = run(tmp_path, "doctor", name, "--aet", "READER", "--port", own, "--json")
        move = next(step for step in ended.json()["steps"] if step["step"] == "move")
        assert (ended.code, move["state"]) == (1, "failed")
        assert f"nothing came to READER at 127.0.0.1, port {own}" in move["words"]
        assert f"address 127.0.0.1, port {own}" in move["fix"]
        assert run(tmp_path, "doctor", name, "--aet", "READER", "--port", other).code == 0
