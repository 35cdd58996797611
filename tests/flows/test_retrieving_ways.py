"""Our receiver lets in the archive alone and says what is wrong; and one way is tried after another."""

import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.builders.peer_servers import ORTHANC, DcmQrScp, Orthanc, OrthancOptions, free_port
from tests.builders.retrieving import (
    OUR_TITLE,
    OutFolder,
    data_sets_in,
    dimse_access,
    fetching,
    sent_data_sets,
    study_of,
)
from tests.builders.sent_instances import SentInstance, made_instance
from tests.builders.serving_library import write_files
from viewer.archives.access import Access
from viewer.archives.retrieval import Retrieval
from viewer.base.errors import NetworkError
from viewer.base.jobs import Progress
from viewer.network.access import DimseAccess
from viewer.network.echo import echo
from viewer.network.peers import Peer, Quirks, WebPlace
from viewer.network.retrieving import RetrieveRequest
from viewer.network.stations import Station
from viewer.network.web.door import WebDoor
from viewer.reception.receiver_settings import ReceiverSettings

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems"),
    pytest.mark.skipif(not Path(ORTHANC).exists(), reason="needs DCMTK and Orthanc"),
]


@pytest.fixture(scope="module")
def port() -> int:
    """Where every receiver of these tests listens; one after another."""
    return free_port()


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Orthanc]:
    options = OrthancOptions(modalities={OUR_TITLE: ("127.0.0.1", port), "NOWHERE": ("127.0.0.1", 9)})
    with Orthanc(tmp_path_factory.mktemp("orthanc"), options) as peer:
        yield peer


@pytest.fixture(scope="module")
def study(orthanc: Orthanc, tmp_path_factory: pytest.TempPathFactory) -> list[SentInstance]:
    made = study_of(40, series=2)
    orthanc.keep(write_files(tmp_path_factory.mktemp("study"), made))
    return made


# Our receiver, and nobody else's


def test_two_moves_share_the_receiver_and_nobody_else_is_let_in(
    orthanc: Orthanc, study: list[SentInstance], port: int, tmp_path: Path
) -> None:
    others = study_of(30, label="t")
    orthanc.keep(write_files(tmp_path / "files", others))
    reports = {}
    strangers: list[str] = []

    def stranger() -> None:
        for title, called in (("STRANGER", OUR_TITLE), ("ORTHANC", "ANOTHER")):
            with pytest.raises(NetworkError) as refused:
                echo(DimseAccess(Station(called, "127.0.0.1", port), title))
            strangers.append(str(refused.value))

    def run(name: str, made: list[SentInstance]) -> None:
        with OutFolder(tmp_path / name) as place:
            one = fetching(dimse_access(orthanc), place, made[0].study_instance_uid, "move", port=port)
            if name == "one":
                tell = one.retrieval._tell

                def also(event: Mapping[str, Any]) -> None:
                    tell(event)
                    if event["event"] == "arrived" and not strangers:  # it listens now
                        stranger()

                one.retrieval._tell = also
            reports[name] = one.run()

    threads = [threading.Thread(target=run, args=each) for each in (("one", study), ("two", others))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert reports["one"].is_whole
    assert reports["two"].is_whole
    assert data_sets_in(tmp_path / "one") == sent_data_sets(study)
    assert data_sets_in(tmp_path / "two") == sent_data_sets(others)
    assert "does not know this station's AE title" in strangers[0]
    assert "another AE title" in strangers[1]


def test_an_archive_that_does_not_know_us_is_told_whom_to_enter(
    orthanc: Orthanc, study: list[SentInstance], tmp_path: Path
) -> None:
    port = free_port()
    with OutFolder(tmp_path) as place:
        one = fetching(dimse_access(orthanc), place, study[0].study_instance_uid, "move", port=port, tries=1)
        one.retrieval._settings = ReceiverSettings(port=port, ae_title="UNHEARDOF")
        report = one.run()
    assert not report.is_whole
    assert "UNHEARDOF" in report.reason
    assert str(port) in report.reason
    assert "127.0.0.1" in report.reason


def test_an_archive_that_cannot_reach_us_is_told_where_we_are(
    orthanc: Orthanc, study: list[SentInstance], tmp_path: Path
) -> None:
    port = free_port()  # Orthanc calls another one
    with OutFolder(tmp_path) as place:
        report = fetching(dimse_access(orthanc), place, study[0].study_instance_uid, "move", port=port, tries=1).run()
    assert not report.is_whole
    assert f"port {port}" in report.reason


def test_an_archive_that_sends_under_another_title_is_named(
    orthanc: Orthanc, study: list[SentInstance], port: int, tmp_path: Path
) -> None:
    peer = dimse_access(orthanc)
    elsewhere = replace(peer, station=replace(peer.station, ae_title="OTHERNAME"))
    with OutFolder(tmp_path) as place:
        report = fetching(elsewhere, place, study[0].study_instance_uid, "move", port=port, tries=1).run()
        assert not report.is_whole
        assert "ORTHANC called from 127.0.0.1" in report.reason
        known = replace(elsewhere, quirks=Quirks(sends_as=("ORTHANC",)))
        assert fetching(known, place, study[0].study_instance_uid, "move", port=port).run().is_whole
    assert data_sets_in(tmp_path) == sent_data_sets(study)


def test_a_port_that_is_taken_is_said(orthanc: Orthanc, study: list[SentInstance], tmp_path: Path) -> None:
    with OutFolder(tmp_path) as place:
        report = fetching(
            dimse_access(orthanc), place, study[0].study_instance_uid, "move", port=orthanc.port, tries=1
        ).run()
    assert "Cannot listen" in report.reason
    assert not report.is_whole


def test_without_get_it_is_moved(study: list[SentInstance], port: int, tmp_path: Path) -> None:
    with (
        Orthanc(tmp_path / "peer", OrthancOptions(modalities={OUR_TITLE: ("127.0.0.1", port)}, more={
            "DicomAlwaysAllowGet": False, "DicomModalities": {
                OUR_TITLE: {"AET": OUR_TITLE, "Host": "127.0.0.1", "Port": port, "AllowGet": False},
            },
        })) as peer,
        OutFolder(tmp_path / "out") as place,
    ):  # fmt: skip
        peer.keep(write_files(tmp_path / "files", study[:4]))
        report = fetching(dimse_access(peer), place, study[0].study_instance_uid, "auto", port=port).run()
    assert report.is_whole, report
    assert report.methods == ("C-GET", "C-MOVE")


def test_a_patient_root_alone_is_asked_with_the_patient(tmp_path: Path) -> None:
    made = study_of(4, size=2000)
    with DcmQrScp(tmp_path / "peer") as peer, OutFolder(tmp_path / "out") as place:
        peer.keep(write_files(tmp_path / "files", made))
        access = dimse_access(peer, quirks=Quirks(patient_root=True))
        assert fetching(access, place, made[0].study_instance_uid).run().is_whole
    assert data_sets_in(tmp_path / "out") == sent_data_sets(made)


# Over DICOMweb as well


@pytest.fixture(scope="module")
def web_orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Orthanc, list[SentInstance]]]:
    folder = tmp_path_factory.mktemp("web")
    made = [
        made_instance(f"w/e{number % 3}/{number}", bytes([number]) * 3000, kind=number % 3, elements={
            "StudyInstanceUID": "2.25.4711", "InstanceNumber": number + 1,
        })
        for number in range(12)
    ]  # fmt: skip
    with Orthanc(folder / "peer", OrthancOptions(has_web=True)) as peer:
        peer.keep(write_files(folder / "files", made))
        yield peer, made


@pytest.mark.parametrize("has_uri", [True, False])
@pytest.mark.parametrize("kind", ["good", "gone", "uri"])
def test_over_the_web_first_and_in_the_next_way_where_that_fails(
    web_orthanc: tuple[Orthanc, list[SentInstance]], tmp_path: Path, kind: str, has_uri: bool
) -> None:
    peer, made = web_orthanc
    dimse = dimse_access(peer)
    retrieve_root = peer.web_root if kind == "good" else f"{peer.root}/nothing"
    uri_root = peer.uri_root if has_uri and kind != "gone" else f"{peer.root}/nowhere" if has_uri else ""
    web = WebPlace(peer.web_root, retrieve_root=retrieve_root, uri_root=uri_root)
    with WebDoor(web) as door, OutFolder(tmp_path) as place:
        events: list[Mapping[str, Any]] = []
        archive = Access(Peer("Archive", dimse.station, web=web), dimse, door)
        report = Retrieval(archive, RetrieveRequest("2.25.4711"), place, tell=events.append, rest_s=0.05).run(
            Progress()
        )
    assert report.is_whole, report
    assert data_sets_in(tmp_path) == sent_data_sets(made)
    ways = {"good": ["WADO-RS"], "uri": ["WADO-RS", "WADO-URI"], "gone": ["WADO-RS", "WADO-URI", "C-GET"]}[kind]
    if kind != "good" and not has_uri:
        ways = ["WADO-RS", "C-GET"]
    assert [*report.methods] == ways
    assert [event["method"] for event in events if event["event"] == "method"] == ways
