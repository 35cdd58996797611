"""`negatoscope move`, as a process of its own: here, to the receiver that runs, and to a third station."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.peer_servers import ORTHANC, DcmQrScp, Orthanc, StoreScp, free_port
from tests.builders.retrieving import OUR_TITLE, study_of
from tests.builders.sent_instances import SentInstance
from tests.builders.serving_library import write_files
from tests.flows.command_line import run
from tests.flows.receiving import receiving
from viewer.base.settings import Settings
from viewer.library.library import Library
from viewer.reception.receiver_settings import ReceiverSettings

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems"),
    pytest.mark.skipif(not Path(ORTHANC).exists(), reason="needs DCMTK and Orthanc"),
]


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with Orthanc(tmp_path_factory.mktemp("orthanc")) as peer:
        yield peer


@pytest.fixture(scope="module")
def study(orthanc: Orthanc, tmp_path_factory: pytest.TempPathFactory) -> list[SentInstance]:
    made = study_of(6, series=2, size=2000)
    orthanc.keep(write_files(tmp_path_factory.mktemp("study"), made))
    return made


def name_of(peer: Orthanc | DcmQrScp) -> str:
    return f"{peer.ae_title}@127.0.0.1:{peer.port}"


def held(folder: Path, study: str) -> int:
    with Library(folder / "library") as library:
        return len(library.catalogue.instances_of_study(study))


def test_here_with_a_receiver_that_opens_for_just_that(
    orthanc: Orthanc, study: list[SentInstance], tmp_path: Path
) -> None:
    port, uid = free_port(), study[0].study_instance_uid
    orthanc.know(OUR_TITLE, port)
    command = ("--library", tmp_path / "library", "move", name_of(orthanc), "--study", uid, "--port", port)
    done = run(tmp_path, *command, "--json")
    assert (done.code, done.errors) == (0, "")
    assert (done.json()["expected"], done.json()["received"], done.json()["already"]) == (6, 6, 0)
    assert held(tmp_path, uid) == 6
    done = run(tmp_path, *command)
    assert (done.code, done.output.splitlines()[0]) == (0, "6 of 6 images are here")


def test_here_with_the_receiver_that_runs(orthanc: Orthanc, study: list[SentInstance], tmp_path: Path) -> None:
    uid = study[0].study_instance_uid
    with receiving(tmp_path, "--aet", "RUNNING") as receiver:
        orthanc.know("RUNNING", receiver.port)
        done = run(tmp_path, "--library", tmp_path / "library", "move", name_of(orthanc), "--study", uid, "--json")
        assert (done.code, done.errors) == (0, "")
        assert (done.json()["received"], done.json()["missing"]) == (6, [])
        receiver.wait_for("stored", 6)
        again = run(
            tmp_path, "--library", tmp_path / "library", "move", name_of(orthanc), "--study", uid, "--json"
        ).json()
        assert (again["received"], again["already"]) == (0, 6)
    assert held(tmp_path, uid) == 6


def test_a_receiver_that_runs_and_does_not_let_the_archive_in(
    orthanc: Orthanc, study: list[SentInstance], tmp_path: Path
) -> None:
    port = free_port()
    settings = ReceiverSettings(port=port, allow=("OTHER@127.0.0.1",), unknown="refuse")
    Settings(tmp_path / "config").store("receiver", settings)
    with receiving(tmp_path, "--configured", "--port", str(port)) as receiver:
        assert receiver.port == port
        done = run(
            tmp_path, "--library", tmp_path / "library", "move", name_of(orthanc), "--study",
            study[0].study_instance_uid,
        )  # fmt: skip
    assert done.code == 1
    assert "does not let it in" in done.line
    assert "ORTHANC@127.0.0.1/32" in done.line


@pytest.mark.parametrize("kind", ["orthanc", "dcmqrscp"])
def test_to_a_third_station(orthanc: Orthanc, study: list[SentInstance], tmp_path: Path, kind: str) -> None:
    uid = study[0].study_instance_uid
    with StoreScp(tmp_path / "scp") as station:
        orthanc.know(station.ae_title, station.port)
        with DcmQrScp(tmp_path / "qr", {station.ae_title: station.address}) as other:
            other.keep(write_files(tmp_path / "files", study))
            peer = orthanc if kind == "orthanc" else other
            done = run(tmp_path, "move", name_of(peer), "--study", uid, "--to", station.ae_title, "--json")
            assert (done.code, done.errors) == (0, "")
            found = done.json()
            assert (found["expected"], found["completed"], found["failed"]) == (6, 6, 0)
            done = run(tmp_path, "move", name_of(peer), "--study", uid, "--to", station.ae_title)
            assert done.output == "6 of 6 images were sent to STORESCP\n"
            done = run(tmp_path, "move", name_of(peer), "--study", uid, "--to", "UNHEARDOF")
            assert done.code == 1
            assert done.output == ""
            assert "UNHEARDOF" in done.line or "could not" in done.line
        assert station.held().keys() == {one.sop_instance_uid for one in study}
    assert not (tmp_path / "library").exists()


def test_wrong_usage(tmp_path: Path) -> None:
    done = run(tmp_path, "move", "X@127.0.0.1:1", "--study", "1.2", "--to", "TOO LONG A TITLE FOR IT")
    assert done.code == 2
