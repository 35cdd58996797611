"""Archives that could be entered: what runs on this computer and what the receiver knows; nobody else is called."""

import socket
from pathlib import Path

import pytest

from tests.builders.peer_servers import ORTHANC_PLUGINS, Orthanc, OrthancOptions, StoreScp, free_port
from tests.builders.scripted_dimse import Acceptance, ScriptedDimse, echoed
from viewer.archives.found_peers import found_peers
from viewer.network.peers import Peer
from viewer.network.stations import Station
from viewer.reception.receiver_settings import ReceiverSettings


@pytest.mark.skipif(not ORTHANC_PLUGINS.exists(), reason="Orthanc is not installed")
def test_servers_of_this_computer_are_found_once(tmp_path: Path) -> None:
    with Orthanc(tmp_path / "o", OrthancOptions(has_web=True)) as orthanc, StoreScp(tmp_path / "s") as scp:
        ports = (orthanc.port, scp.port, free_port())
        found = found_peers(ReceiverSettings(), [], dicom_ports=ports, web_port=orthanc.web_port)
        places = [
            (each.peer.station and each.peer.station.port, each.peer.web and each.peer.web.root) for each in found
        ]
        assert places == [(orthanc.port, None), (scp.port, None), (None, orthanc.web_root)]
        assert all(
            str(each.peer.station.port if each.peer.station else orthanc.web_port) in each.words for each in found
        )
        known = [each.peer for each in found]
        assert found_peers(ReceiverSettings(), known, dicom_ports=ports, web_port=orthanc.web_port) == ()


def test_stations_of_the_receiver_are_found_and_our_own_port_is_not() -> None:
    settings = ReceiverSettings(stations=("PACS@pacs.example.org:104", "no station", "B@h:1+tls"), is_on=True)
    with ScriptedDimse() as peer:
        own = ReceiverSettings(stations=settings.stations, is_on=True, port=peer.port)
        found = found_peers(own, [Peer("x", Station("B", "h", 1))], dicom_ports=(peer.port,), web_port=free_port())
        assert [each.peer.station for each in found] == [Station("PACS", "pacs.example.org", 104)]
        assert peer.proposals == []


def test_one_that_refuses_every_title_and_what_is_no_dicom_are_left_out() -> None:
    with (
        ScriptedDimse(echoed, Acceptance(rejected=(1, 1, 7))) as peer,
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        ports = (peer.port, silent.getsockname()[1])
        assert found_peers(ReceiverSettings(), [], dicom_ports=ports, web_port=ports[1]) == ()
