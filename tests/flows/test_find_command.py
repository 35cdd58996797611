"""`negatoscope find` against dcmqrscp and Orthanc, beside findscu: names of Korea, Japan and Germany."""

import argparse
import contextlib
import io
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pydicom
import pytest

from tests.builders.certificates import issued
from tests.builders.misbehaving import MisbehavingProxy, Mischief
from tests.builders.named_studies import PATIENTS, study_uid, write_named_studies
from tests.builders.peer_servers import DCMQRSCP, ORTHANC, DcmQrScp, Orthanc, OrthancOptions, PeerServer
from tests.flows.command_line import run
from viewer.archives.access import open_access
from viewer.archives.search_source import answers_of
from viewer.base.errors import NetworkError, UsageError
from viewer.cli import find
from viewer.network.peers import Peer, PeerTls
from viewer.network.ports import QueryLevel
from viewer.network.stations import Station
from viewer.reception.receiver_settings import ReceiverSettings

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems"),
    pytest.mark.skipif(not (Path(ORTHANC).exists() and Path(DCMQRSCP).exists()), reason="needs DCMTK and Orthanc"),
]

FINDSCU = "/usr/bin/findscu"
KOREAN, KOREAN_UTF_8, JAPANESE, _HALF_WIDTH, GERMAN, _GERMAN_UTF_8 = PATIENTS


@dataclass(frozen=True)
class Archives:
    """Both, with the same studies."""

    dcmqrscp: DcmQrScp
    orthanc: Orthanc


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archives]:
    folder = tmp_path_factory.mktemp("archives")
    files = write_named_studies(folder / "files")
    with DcmQrScp(folder / "qr") as dcmqrscp, Orthanc(folder / "orthanc", OrthancOptions(has_web=True)) as orthanc:
        dcmqrscp.keep(files)
        orthanc.keep(files)
        yield Archives(dcmqrscp, orthanc)


def _named(peer: PeerServer) -> str:
    return f"{peer.ae_title}@127.0.0.1:{peer.port}"


def _found(folder: Path, name: str, *arguments: str) -> list[dict[str, str]]:
    """Return what the command prints, run in this process."""
    parser = argparse.ArgumentParser()
    find.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["find", name, "--json", *arguments], argparse.Namespace(folder=folder / "config"))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert find.run(parsed) == 0
    found: list[dict[str, str]] = json.loads(printed.getvalue())
    return found


def _by_findscu(peer: PeerServer, folder: Path, level: str, *keys: str, root: str = "-S") -> list[Any]:
    """Return what DCMTK's own program finds."""
    folder.mkdir()
    asked = [part for key in (f"QueryRetrieveLevel={level}", *keys) for part in ("-k", key)]
    command = [FINDSCU, root, "-X", "-od", str(folder), "-aec", peer.ae_title, *asked, "127.0.0.1", str(peer.port)]
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    return [pydicom.dcmread(path, force=True) for path in sorted(folder.iterdir())]


@pytest.mark.parametrize("server", ["dcmqrscp", "orthanc"])
@pytest.mark.parametrize("level", ["patient", "study", "series", "instance"])
def test_every_level_finds_what_findscu_finds(archives: Archives, tmp_path: Path, server: str, level: str) -> None:
    peer: PeerServer = getattr(archives, server)
    unique = {
        "patient": "PatientID", "study": "StudyInstanceUID", "series": "SeriesInstanceUID", "instance": "SOPInstanceUID"
    }[level]  # fmt: skip
    keys = {
        "patient": ["PatientID=*"],
        "study": ["StudyDate=20240101-20240430"],
        "series": [f"StudyInstanceUID={study_uid(KOREAN)}"],
        "instance": [f"StudyInstanceUID={study_uid(KOREAN)}", f"SeriesInstanceUID={study_uid(KOREAN)}.1"],
    }[level]
    found = _found(tmp_path, _named(peer), "--level", level, *keys)
    root, query_level = ("-P", "PATIENT") if level == "patient" else ("-S", level.upper().replace("INSTANCE", "IMAGE"))
    wanted = [] if any(key.startswith(f"{unique}=") for key in keys) else [unique]
    expected = _by_findscu(peer, tmp_path / "theirs", query_level, *keys, *wanted, root=root)
    assert {each[unique] for each in found} == {str(each[unique].value) for each in expected}
    assert len(found) == len(expected) > 0
    assert {each["Source"] for each in found} == {_named(peer)}


@pytest.mark.parametrize("server", ["dcmqrscp", "orthanc"])
@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["PatientName=*홍*길동*"], ["KR1"]),
        (["PatientName=김*"], ["KR2"]),
        (["PatientName=Müller*"], ["DE1"]),
        (["PatientName=Weiß^J*"], ["DE2"]),
        (["0010,0020=KR?"], ["KR1", "KR2"]),
        (["00100020=JP1"], ["JP1"]),
        (["StudyDate=-20240301"], ["KR1", "KR2"]),
        (["StudyDate=20240506-"], ["DE1", "DE2"]),
        (["StudyDate=20240102", "StudyTime=1000-1030"], ["KR1"]),
        (["StudyDate=20240102", "StudyTime=1020-1030"], []),
        ([f"StudyInstanceUID={study_uid(KOREAN)}\\{study_uid(GERMAN)}"], ["DE1", "KR1"]),
        (["ModalitiesInStudy=MR"], ["KR2"]),
        (["PatientID=NOBODY"], []),
        (["PatientName="], ["DE1", "DE2", "JP1", "JP2", "KR1", "KR2"]),
    ],
)
def test_every_kind_of_matching(
    archives: Archives, tmp_path: Path, server: str, keys: list[str], expected: list[str]
) -> None:
    found = _found(tmp_path, _named(getattr(archives, server)), *keys)
    assert sorted(each["PatientID"] for each in found) == expected
    names = {patient.patient_id: patient.name for patient in PATIENTS}
    for each in found:
        # Orthanc 1.10.1 does not convert this mixture of character sets: findscu reads the same of it.
        if not (server == "orthanc" and each["PatientID"] == "JP2"):
            assert each["PatientName"] == names[each["PatientID"]]


@pytest.mark.parametrize("name", ["*山田*", "*太郎*", "Yamada*", "*やまだ*"])
def test_japanese_names_are_found(archives: Archives, tmp_path: Path, name: str) -> None:
    found = _found(tmp_path, _named(archives.orthanc), f"PatientName={name}")
    assert [each["PatientName"] for each in found] == [JAPANESE.name]
    whole = _found(tmp_path, _named(archives.dcmqrscp), f"PatientName={JAPANESE.name}")
    assert [each["PatientID"] for each in whole] == [JAPANESE.patient_id]


def test_archives_by_dimse_and_by_the_web_are_one_list(archives: Archives, tmp_path: Path) -> None:
    names = [_named(archives.dcmqrscp), _named(archives.orthanc), archives.orthanc.web_root]
    found = _found(tmp_path, ",".join(names), "PatientID=KR*")
    assert sorted(each["PatientID"] for each in found) == ["KR1", "KR2"]
    assert {tuple(sorted(each["Source"].split("\\"))) for each in found} == {tuple(sorted(names))}


def test_the_table_shows_names_and_asked_keys(archives: Archives, tmp_path: Path) -> None:
    ended = run(tmp_path, "find", _named(archives.orthanc), "PatientID=KR1", "StudyID")
    assert ended.code == 0
    head, line = ended.output.splitlines()
    assert head.split()[0] == "Date"
    assert head.rstrip().endswith("StudyID")
    assert KOREAN.name in line
    assert line.rstrip().endswith("7")
    assert ended.errors == ""


def test_one_archive_that_fails_is_told_and_the_others_stay(archives: Archives, tmp_path: Path) -> None:
    ended = run(tmp_path, "find", f"NOBODY@127.0.0.1:9,{_named(archives.orthanc)}", "PatientID=KR1", "--json")
    assert ended.code == 1
    assert "NOBODY@127.0.0.1:9" in ended.line
    assert [each["PatientID"] for each in ended.json()] == ["KR1"]


def test_no_more_than_wanted_and_more_is_told(
    archives: Archives, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for peer in (archives.dcmqrscp, archives.orthanc):
        assert len(_found(tmp_path, _named(peer), "--limit", "2")) == 2
        assert "there are more than 2" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["PatientNam=A"], ["=A"], ["0010,00"], ["PatientID=1", "00100020=2"], ["--level", "image"],
        ["--limit", "-1"], ["QueryRetrieveLevel=STUDY"], ["00000002=1"],
    ],
)  # fmt: skip
def test_wrong_usage(tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises((UsageError, SystemExit)):
        _found(tmp_path, "A@127.0.0.1:9", *arguments)
    assert capsys.readouterr().out == ""


def test_wrong_usage_ends_with_2(tmp_path: Path) -> None:
    ended = run(tmp_path, "find", "A@127.0.0.1:9", "--level", "study", "PatientNam=A", "--json")
    assert (ended.code, ended.output) == (2, "")
    assert "PatientNam" in ended.line


def test_an_archive_nobody_knows(tmp_path: Path) -> None:
    ended = run(tmp_path, "find", "NoSuchArchive", "PatientID=1")
    assert ended.code == 1
    assert "NoSuchArchive" in ended.line


@pytest.mark.parametrize("mischief", [Mischief(cut_down=400), Mischief(is_refused=True), Mischief(garbage_down=0)])
def test_an_archive_behind_a_bad_way_ends_in_one_line(archives: Archives, tmp_path: Path, mischief: Mischief) -> None:
    with MisbehavingProxy(archives.orthanc.address, otherwise=mischief) as way:
        ended = run(tmp_path, "find", f"ORTHANC@127.0.0.1:{way.port}", "--json")
    assert ended.code == 1
    assert "ORTHANC@127.0.0.1" in ended.line
    assert ended.json() == []


def test_thousands_of_answers_and_the_end_of_them(tmp_path: Path) -> None:
    from tests.builders.named_studies import write_instance

    paths = []
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(1, 601):
        uid = f"{study_uid(KOREAN)}.{1 + number % 3}.{number}"
        paths.append(write_instance(folder / f"{number}.dcm", uid, KOREAN))
    with DcmQrScp(tmp_path / "qr") as peer:
        peer.keep(paths)
        keys = [f"StudyInstanceUID={study_uid(KOREAN)}", "--level", "instance"]
        assert len(_found(tmp_path, _named(peer), *keys, "--limit", "0")) == 600
        some = _found(tmp_path, _named(peer), *keys, "--limit", "20")
        assert len(some) == 20
        assert len(_found(tmp_path, _named(peer), f"PatientID={KOREAN.patient_id}")) == 1


def test_archives_are_searched_over_tls(archives: Archives, tmp_path: Path) -> None:
    certificate = issued(tmp_path / "tls", "archive", hosts=("elsewhere.example",))
    stranger = issued(tmp_path / "tls", "stranger")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.certificate, certificate.key)
    options = OrthancOptions(dicom_tls=certificate)
    with Orthanc(tmp_path / "orthanc", options) as orthanc, MisbehavingProxy(archives.dcmqrscp.address, tls=tls) as way:
        orthanc.keep(write_named_studies(tmp_path / "files", PATIENTS[:1], 1, 1))
        for title, port in (("ORTHANC", orthanc.port), ("DCMQRSCP", way.port)):
            station = Station(title, "127.0.0.1", port, uses_tls=True)
            peer = Peer(title, station, PeerTls(str(certificate.certificate), is_paired=True))
            access = open_access(peer, tmp_path, ReceiverSettings())
            found = list(answers_of(access, QueryLevel.STUDY, {"PatientName": "*홍*길동*"}))
            assert [each["PatientName"] for each in found] == [KOREAN.name]
            wrong = replace(peer, tls=PeerTls(str(stranger.certificate), is_paired=True))
            with pytest.raises(NetworkError):
                list(answers_of(open_access(wrong, tmp_path, ReceiverSettings()), QueryLevel.STUDY, {}))


def test_an_archive_that_does_not_know_us_says_or_hints_it(tmp_path: Path) -> None:
    with Orthanc(tmp_path / "orthanc", OrthancOptions(is_strict=True)) as orthanc:
        ended = run(tmp_path, "find", _named(orthanc), "PatientID=1", "--json")
    assert ended.code == 1
    assert "title" in ended.line
