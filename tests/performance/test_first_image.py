"""How soon a study that is fetched from an archive is on the screen: in the real window, off screen, from Orthanc.

Measured from the moment at which the process that fetches has the first instance on the disk, to the moment at which
its pixels are in a viewport, while the rest arrives.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import write_ct_series
from tests.builders.peer_servers import Orthanc, OrthancOptions, free_port
from tests.ui.flow_steps import wait_for
from tests.ui.library_window import library_program, open_list
from viewer.application.programme import Programme
from viewer.archives.peer_list import PeerList
from viewer.archives.transfer_values import TransferState
from viewer.base.settings import Settings
from viewer.network.peers import Peer, RetrieveMethod, WebPlace
from viewer.network.stations import Station
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.workspace.transfers import WantedStudy

pytestmark = pytest.mark.campaign

COUNT, SIZE = 1000, 512
FIRST_IMAGE_S = 0.5
BLOCK_S = 0.05


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("archive"), COUNT, SIZE)


@pytest.fixture(scope="module")
def receiver_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory, files: list[Path], receiver_port: int) -> Iterator[Orthanc]:
    options = OrthancOptions(has_web=True, modalities={"NEGATOSCOPE": ("127.0.0.1", receiver_port)})
    with Orthanc(tmp_path_factory.mktemp("orthanc"), options) as server:
        server.keep(files)
        yield server


@pytest.fixture(params=[RetrieveMethod.WEB, RetrieveMethod.GET, RetrieveMethod.MOVE])
def programme(
    request: pytest.FixtureRequest, qapp: QApplication, tmp_path: Path, orthanc: Orthanc, receiver_port: int
) -> Iterator[Programme]:
    method: RetrieveMethod = request.param
    station = Station(orthanc.ae_title, "127.0.0.1", orthanc.port)
    web = WebPlace(orthanc.web_root) if method is RetrieveMethod.WEB else None
    PeerList(tmp_path / "config").add(Peer("Orthanc", station, web=web, method=method))
    Settings(tmp_path / "config").store("receiver", ReceiverSettings(port=receiver_port))
    with library_program(qapp, tmp_path) as programme:
        yield programme


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "not kept"])
def test_the_first_image_is_on_the_screen_half_a_second_after_it_is_here(
    programme: Programme, files: list[Path], is_kept: bool, record_property: pytest.FixtureRequest
) -> None:
    uid = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
    window, _page = open_list(programme)
    transfers = programme.transfers
    transfers.prepare()
    wait_for(lambda: transfers._process is not None and transfers._process.pid)
    here: list[float] = []
    shown: list[float] = []
    heard = transfers._heard

    def hear(message: dict[str, object]) -> None:
        if message["event"] == "arrived" and not here:
            here.append(float(str(message["at"])))
        heard(message)

    assert transfers._process is not None
    transfers._process._heard = hear
    window.workspace.displayed_changed.connect(lambda _cell: shown.append(time.time()))
    asked = time.time()
    transfers.retrieve("Orthanc", [WantedStudy(uid)], is_kept=is_kept, opens=True)
    blocks: list[float] = []

    def tick() -> bool:
        now = time.perf_counter()
        blocks.append(now)
        statuses = transfers.list.statuses()
        return bool(statuses) and statuses[0].state.has_ended

    wait_for(tick)
    took = time.time() - asked
    (status,) = transfers.list.statuses()
    assert status.state is TransferState.DONE, status
    assert here
    assert shown
    figures = {
        "first image after first instance, ms": round((shown[0] - here[0]) * 1000),
        "first instance after the wish, ms": round((here[0] - asked) * 1000),
        "instances a second": round(COUNT / took),
    }
    print(figures)
    wait_for(lambda: (found := window.workspace.display_set_at(0)) is not None and len(found.images) == COUNT)
    assert shown[0] - here[0] <= FIRST_IMAGE_S
    assert record_property
