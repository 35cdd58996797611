"""What a peer may be: names that can be typed, hosts, URLs without secrets; all else is refused where it comes in."""

from dataclasses import replace

import pytest

from viewer.archives.peer_checks import checked_host, checked_name, checked_peer, checked_url, is_open_to_listeners
from viewer.base.errors import NetworkError
from viewer.network.peers import Peer, PeerTls, Quirks, WebAuthorization, WebPlace
from viewer.network.stations import Station

PEER = Peer("PACS", Station("PACS", "pacs.example.org", 104), web=WebPlace("https://pacs.example.org/dicom-web"))
HOSTILE_NAMES = (
    "", " ", ".", "..", "a@b", "../x", "a\\b", "-rf", "--json", "a\nb", "a\0b", "a\x1b[31mb", "\u202eSCAP", "a\u200bb",
    "\ud800", "x" * 65, "http://x", "a/b", "\ufeff",
)  # fmt: skip
HOSTILE_HOSTS = (
    "", " ", "a b", "a;b", "-x.org", "x..org", "a/b", "a@b", "a:b", "x" * 64 + ".org", "a\nb", "é" * 300, "[::1", "::g",
    "fe80::1%a b", "a%00b", "ho\u2028st", "$(id)",
)  # fmt: skip
HOSTILE_URLS = (
    "", "pacs", "ftp://x/y", "file:///etc/passwd", "javascript:alert(1)", "https://", "https:///x", "https://x:0/",
    "https://x:99999/", "https://x y/", "https://x/a?b=c", "https://x/a#b", "https://x\\y/", "https://x/\r\nHost: y",
    "https://[::1/", "https://u:p@x/", "https://u@x/", "HTTPS://x/" + "a" * 3000, "https://bücher/ü",
)  # fmt: skip


@pytest.mark.parametrize("name", ["PACS", "병원 PACS 1", "Röntgen (neu)", "a.b", "St. Mary's"])
def test_names_of_people_are_names(name: str) -> None:
    assert checked_name(f" {name} ") == name


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_what_could_be_taken_for_something_else_is_no_name(name: str) -> None:
    with pytest.raises(NetworkError, match="no name for an archive"):
        checked_name(name)


@pytest.mark.parametrize("host", ["pacs", "pacs.example.org", "192.0.2.7", "::1", "fe80::1%eth0", "my_host", "x.org."])
def test_hosts(host: str) -> None:
    assert checked_host(host) == host


def test_a_host_with_letters_of_a_language_is_called_as_the_network_knows_it() -> None:
    assert checked_host("병원.example") == "xn--om3bw6p.example"
    assert checked_host("[::1]") == "::1"


@pytest.mark.parametrize("host", HOSTILE_HOSTS)
def test_no_hosts(host: str) -> None:
    with pytest.raises(NetworkError, match="no name or address"):
        checked_host(host)


@pytest.mark.parametrize("url", ["https://x/", "http://127.0.0.1:8042/dicom-web/", "https://[::1]:443/a/b"])
def test_urls_lose_the_slash_at_their_end(url: str) -> None:
    assert checked_url(url) == url.rstrip("/")


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_no_urls(url: str) -> None:
    with pytest.raises(NetworkError):
        checked_url(url)


@pytest.mark.parametrize(
    "url", ["https://joe:CANARY@x/y", "CANARY://joe:CANARY@x", "https://joe:CANARY@x:99999/y?CANARY"]
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(NetworkError) as caught:
        checked_url(url)
    assert "CANARY" not in caught.value.one_line().replace("CANARY://", "")


@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        ("http://pacs/x", True), ("https://pacs/x", False), ("http://127.0.0.1:8042/x", False),
        ("http://localhost/x", False), ("http://[::1]/x", False), ("http://127.0.0.1.evil.org/x", True),
        ("http://localhost.evil.org/x", True),
    ],
)  # fmt: skip
def test_who_could_listen(url: str, is_open: bool) -> None:
    assert is_open_to_listeners(url) is is_open


def test_a_good_peer_stays_as_it_is() -> None:
    assert checked_peer(PEER) == PEER


@pytest.mark.parametrize(
    "peer",
    [
        Peer("X"),
        replace(PEER, station=Station("", "x", 1)),
        replace(PEER, station=Station("A\\B", "x", 1)),
        replace(PEER, station=Station("SEVENTEENLETTERS_", "x", 1)),
        replace(PEER, station=Station("A", "x", 0)),
        replace(PEER, station=Station("A", "x", 65536)),
        replace(PEER, station=Station("A", "x", True)),
        replace(PEER, tls=PeerTls(certificate="/x/c.pem")),
        replace(PEER, tls=PeerTls(is_paired=True)),
        replace(PEER, tls=PeerTls(authority="/x\0y")),
        replace(PEER, web=WebPlace("https://x", search_root="ftp://y")),
        replace(PEER, web=WebPlace("https://x", authorization=WebAuthorization.BASIC)),
        replace(PEER, web=WebPlace("https://x", authorization=WebAuthorization.BASIC, user="a:b")),
        replace(PEER, web=WebPlace("https://x", authorization=WebAuthorization.BASIC, user="a\r\nX: y")),
        replace(PEER, web=WebPlace("https://x", authorization=WebAuthorization.OIDC, issuer="https://y")),
        replace(PEER, web=WebPlace("https://x", authorization=WebAuthorization.OIDC, issuer="http://y", client_id="n")),
        replace(PEER, quirks=Quirks(character_set="UTF-8")),
        replace(PEER, quirks=Quirks(character_set="ISO_IR 192\\nonsense")),
        replace(PEER, quirks=Quirks(most_pdu_bytes=5)),
        replace(PEER, quirks=Quirks(associations=0)),
        replace(PEER, quirks=Quirks(associations=1000)),
        replace(PEER, quirks=Quirks(patience_s=-1)),
        replace(PEER, quirks=Quirks(unsupported_keys=("Patient Name",))),
        replace(PEER, quirks=Quirks(unsupported_keys=("A",) * 300)),
        replace(PEER, quirks=Quirks(sends_as=("A\\B",))),
        replace(PEER, quirks=Quirks(calling_title="\n")),
    ],
)
def test_no_peers(peer: Peer) -> None:
    with pytest.raises(NetworkError) as caught:
        checked_peer(peer)
    assert caught.value.subject
