"""How an archive is called: its own settings before ours, files where they are named, nothing asked of anybody."""

from pathlib import Path

import pytest

from tests.builders.certificates import issued
from viewer.archives.access import access_for, ask_on_terminal, open_access
from viewer.archives.peer_list import PeerList
from viewer.base.errors import NetworkError
from viewer.network.peer_tls import PairedContext
from viewer.network.peers import Peer, PeerTls, Quirks, WebPlace
from viewer.network.stations import Station
from viewer.reception.receiver_settings import ReceiverSettings

STATION = Station("PACS", "127.0.0.1", 104)


def test_it_is_called_by_its_own_title_or_by_ours(tmp_path: Path) -> None:
    PeerList(tmp_path).add_all(
        [Peer("a", STATION), Peer("b", Station("B", "h", 1), quirks=Quirks("FOR B", patience_s=300))]
    )
    (tmp_path / "settings.toml").write_text('[receiver]\nae_title = "READER"\n')
    titles = []
    for name, calling in (("a", ""), ("b", ""), ("a", "GIVEN"), ("X@h:104", "")):
        access = access_for(name, tmp_path, calling_title=calling).dimse
        assert access is not None
        titles.append(access.calling_title)
    assert titles == ["READER", "FOR B", "GIVEN", "READER"]
    slow = access_for("b", tmp_path).dimse
    assert slow is not None
    assert slow.patience.message_s == 300
    with pytest.raises(NetworkError, match="no AE title"):
        access_for("a", tmp_path, calling_title="A\\B")


def test_it_is_called_in_the_ways_it_is_entered_with(tmp_path: Path) -> None:
    own = ReceiverSettings()
    both = open_access(Peer("x", STATION, web=WebPlace("http://127.0.0.1/w")), tmp_path, own)
    assert both.dimse is not None
    assert both.web is not None
    assert both.web.place.root == "http://127.0.0.1/w"
    assert open_access(Peer("x", STATION), tmp_path, own).web is None
    assert open_access(Peer("x", web=WebPlace("http://h")), tmp_path, own).dimse is None


def test_files_are_found_from_the_settings_folder_and_named_when_they_are_not(tmp_path: Path) -> None:
    made = issued(tmp_path / "certificates", "theirs")
    safe = Station("PACS", "127.0.0.1", 2762, uses_tls=True)
    paired = Peer("x", safe, PeerTls("certificates/theirs.pem", is_paired=True))
    access = open_access(paired, tmp_path, ReceiverSettings())
    assert access.dimse is not None
    assert isinstance(access.dimse.tls, PairedContext)
    assert access.dimse.tls.fingerprints == (bytes.fromhex(made.sha256).hex(":").upper(),)
    assert access.peer.tls.authority == str(made.certificate)
    made.certificate.unlink()
    with pytest.raises(NetworkError) as caught:
        open_access(paired, tmp_path, ReceiverSettings())
    assert caught.value.subject == str(made.certificate)


def test_an_empty_certificate_pairs_with_nobody(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    safe = Station("PACS", "127.0.0.1", 2762, uses_tls=True)
    with pytest.raises(NetworkError):
        open_access(Peer("x", safe, PeerTls("empty.pem", is_paired=True)), tmp_path, ReceiverSettings())


def test_nobody_is_asked_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert ask_on_terminal("PACS", "password") is None
