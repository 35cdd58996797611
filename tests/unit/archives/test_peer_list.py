"""The list of archives: kept whole, for its owner alone, shared by programs, broken entries told and never lost."""

import multiprocessing
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from viewer.archives.peer_list import FILE_NAME, PeerList, peer_of
from viewer.base.errors import NetworkError, SettingsError
from viewer.network.peers import Peer, PeerTls, Quirks, RetrieveMethod, WebAuthorization, WebPlace
from viewer.network.stations import Station

FULL = Peer(
    "병원 PACS",
    Station("PACS", "192.0.2.7", 2762, uses_tls=True),
    PeerTls("certificates/a.pem", is_paired=True, certificate="/c.pem", key="/k.pem"),
    WebPlace(
        "https://pacs/dicom-web", "https://pacs/q", "https://pacs/r", "https://pacs/s", "https://pacs/u",
        WebAuthorization.OIDC, "", "https://id.example.org/realm", "viewer", "openid offline_access",
    ),
    Quirks(
        "US", "ISO 2022 IR 149", 16384, patient_root=True, relational=True, fuzzy=True, cancels=False,
        unsupported_keys=("ModalitiesInStudy",), sends_as=("PACS1", "PACS2"), associations=4, patience_s=300,
    ),
    RetrieveMethod.MOVE,
    is_hidden=True,
)  # fmt: skip
PLAIN = Peer("second", Station("B", "::1", 104))


def test_everything_comes_back(tmp_path: Path) -> None:
    peers = PeerList(tmp_path / "new")
    assert peers.peers() == ()
    peers.add_all([FULL, PLAIN])
    assert PeerList(tmp_path / "new").peers() == (FULL, PLAIN)
    assert peers.get("병원 pacs") == FULL
    assert peers.problems == ()


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    PeerList(tmp_path / "new").add(PLAIN)
    for path in (tmp_path / "new", *(tmp_path / "new").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_changes_of_another_program_are_noticed(tmp_path: Path) -> None:
    here, there = PeerList(tmp_path), PeerList(tmp_path)
    here.add(PLAIN)
    assert there.peers() == (PLAIN,)
    there.replace("SECOND", replace(PLAIN, name="third"))
    assert here.peers() == (replace(PLAIN, name="third"),)
    here.remove("third")
    assert there.peers() == ()


def _add_some(folder: Path, start: int) -> None:
    for number in range(start, start + 10):
        PeerList(folder).add(Peer(f"peer {number}", Station("A", "x", 1 + number)))


def test_programs_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add_some, args=(tmp_path, start)) for start in (0, 10, 20)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert {peer.name for peer in PeerList(tmp_path).peers()} == {f"peer {number}" for number in range(30)}


def test_names_are_unique_whatever_their_capitals(tmp_path: Path) -> None:
    peers = PeerList(tmp_path)
    peers.add(PLAIN)
    with pytest.raises(NetworkError, match="another archive of that name"):
        peers.add(Peer("Second", Station("C", "x", 1)))
    peers.add(FULL)
    with pytest.raises(NetworkError, match="another archive of that name"):
        peers.replace("second", replace(PLAIN, name=FULL.name))
    assert peers.peers() == (PLAIN, FULL)


BROKEN = (
    ('name = "x"', "neither a station"),
    ('name = "../x"\nae_title = "A"\nhost = "h"', "no name"),
    ('name = "x"\nae_title = "A"', "AE title and a host"),
    ('name = "x"\nae_title = 5\nhost = "h"', "wrong kind"),
    ('name = "x"\nae_title = "A"\nhost = "h"\nport = true', "wrong kind"),
    ('name = "x"\nae_title = "A"\nhost = "h"\nport = 0', "no port"),
    ('name = "x"\nae_title = "A"\nhost = "h"\nfingerpint = "y"', "'fingerpint' is not known"),
    ('name = "x"\nae_title = "A"\nhost = "h"\nmethod = "carrier pigeon"', "none of"),
    ('name = "x"\nae_title = "A"\nhost = "h"\n[peer.quirks]\nsends_as = [5]', "wrong kind"),
    ('name = "x"\nae_title = "A"\nhost = "h"\n[peer.quirks]\nbad = 1', "quirks.bad"),
    ('name = "x"\n[peer.web]\nuser = "a"', "web.root"),
    ('name = "x"\n[peer.web]\nroot = "https://u:p@h/"', "Passwords do not belong"),
    ('name = "x"\n[peer.web]\nroot = "https://h/"\npassword = "p"', "web.password"),
    ('name = "second"\nae_title = "A"\nhost = "h"', "another archive of that name"),
)


@pytest.mark.parametrize(("entry", "words"), BROKEN)
def test_a_broken_entry_is_told_and_stays_in_the_file(tmp_path: Path, entry: str, words: str) -> None:
    peers = PeerList(tmp_path)
    peers.add(PLAIN)
    peers.path.write_text(f"{peers.path.read_text()}\n[[peer]]\n{entry}\n")
    assert peers.peers() == (PLAIN,)
    assert words in peers.problems[0]
    peers.add(FULL)
    assert PeerList(tmp_path).peers() == (PLAIN, FULL)
    assert words in PeerList(tmp_path).problems[0]


@pytest.mark.parametrize(
    "text",
    [
        "no toml",
        "peer = 5",
        'version = "x"',
        "[[peer",
        "\udcff",
        "a = " + "[" * 5000,
        "version = true",
        "x" * (5 << 20),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_not_written_over(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_bytes(text.encode("utf-8", "surrogateescape"))
    peers = PeerList(tmp_path)
    assert peers.peers() == ()
    assert len(peers.problems) == 1
    with pytest.raises(NetworkError):
        peers.add(PLAIN)
    assert (tmp_path / FILE_NAME).read_bytes() == text.encode("utf-8", "surrogateescape")


def test_what_a_newer_version_wrote_is_read_and_not_written(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('version = 9\n[[peer]]\nname = "x"\nae_title = "A"\nhost = "h"\n')
    peers = PeerList(tmp_path)
    assert [peer.name for peer in peers.peers()] == ["x"]
    with pytest.raises(SettingsError, match="newer version"):
        peers.add(PLAIN)


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text('[[peer]]\nname = "x"\nae_title = "A"\nhost = "h"\n')
    (tmp_path / FILE_NAME).symlink_to(tmp_path / "other")
    assert PeerList(tmp_path).peers() == ()
    assert PeerList(tmp_path).problems


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError):
        PeerList(tmp_path / "file").add(PLAIN)


def test_names_stations_and_urls_mean_archives(tmp_path: Path) -> None:
    peers = PeerList(tmp_path)
    peers.add_all([FULL, PLAIN])
    known = peers.peers()
    assert peer_of("SECOND", known) == PLAIN
    assert peer_of("PACS@192.0.2.7:2762+tls", known) == FULL
    assert peer_of("https://pacs/dicom-web/", known) == FULL
    assert peer_of("C@pacs", known) == Peer("C@pacs:11112", Station("C", "pacs", 11112))
    assert peer_of("http://x:8042/dicom-web", known) == Peer(
        "http://x:8042/dicom-web", web=WebPlace("http://x:8042/dicom-web")
    )
    assert peer_of(" Pacs@[::1]:104 ", ()).name == "Pacs@[::1]:104"


@pytest.mark.parametrize(
    "text", ["third", "", "@", "A@", "A@h:0", "A@h:99999", "A@b c", "ftp://x", "https://u:p@x", "-x"]
)
def test_what_means_no_archive_is_told(text: str) -> None:
    with pytest.raises(NetworkError):
        peer_of(text, (FULL, PLAIN))


def test_one_that_is_only_called_by_its_address_is_never_taken_for_one_of_the_list(tmp_path: Path) -> None:
    peers = PeerList(tmp_path)
    with pytest.raises(NetworkError):
        peers.add(Peer("C@pacs:11112", Station("C", "pacs", 11112)))
