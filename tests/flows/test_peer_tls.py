"""Archives over TLS: good ones, paired ones, and bad handshakes, each refused in words before a byte is said."""

import contextlib
import re
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.builders.certificates import CLIENT, Issued, issued
from viewer.archives.access import Access, access_for
from viewer.archives.pairing import check_expected, forget_pairing, paired, shown_by
from viewer.archives.peer_list import PeerList
from viewer.archives.secrets import Secrets
from viewer.archives.web_access import open_door
from viewer.archives.web_echo import web_echo
from viewer.base.errors import NetworkError
from viewer.network.connecting import connected
from viewer.network.peer_tls import context_of
from viewer.network.peers import Peer, PeerTls, WebAuthorization, WebPlace
from viewer.network.requesting import Patience
from viewer.network.stations import Station

OPENSSL = shutil.which("openssl")
PATIENCE_S = 60.0
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")


class World:
    """Certificates, each made when it is first wanted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Issued] = {}
        self._makers: dict[str, Callable[[], Issued]] = {
            "authority": lambda: issued(folder, "authority", is_authority=True),
            "old_authority": lambda: issued(folder, "old_authority", is_authority=True, days=(-20, -1)),
            "good": lambda: issued(folder, "good", self["authority"]),
            "alone": lambda: issued(folder, "alone"),
            "other": lambda: issued(folder, "other"),
            "expired": lambda: issued(folder, "expired", days=(-20, -1)),
            "young": lambda: issued(folder, "young", days=(5, 20)),
            "elsewhere": lambda: issued(folder, "elsewhere", hosts=("pacs.example.org", "192.0.2.1")),
            "wildcard": lambda: issued(folder, "wildcard", hosts=("*.0.0.1", "*")),
            "for_clients": lambda: issued(folder, "for_clients", usages=(CLIENT,)),
            "weak": lambda: issued(folder, "weak", rsa_bits=1024),
            "rsa": lambda: issued(folder, "rsa", rsa_bits=2048),
            "of_old": lambda: issued(folder, "of_old", self["old_authority"]),
            "of_leaf": lambda: issued(folder, "of_leaf", self["good"]),
            "child": lambda: issued(folder, "child", self["authority"]),
        }  # fmt: skip

    def __getitem__(self, name: str) -> Issued:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("certificates"))


@dataclass
class Serving:
    """A server of TLS; in what it said is what it was told by whoever got through."""

    port: int
    said: Callable[[], bytes]


@contextlib.contextmanager
def s_server(folder: Path, shown: Issued, *options: str) -> Iterator[Serving]:
    """Run OpenSSL's server, on a port that the system chooses for it."""
    command = [
        str(OPENSSL), "s_server", "-accept", "127.0.0.1:0", "-cert", str(shown.certificate), "-key", str(shown.key),
        *options,
    ]  # fmt: skip
    output = folder / f"said-by-{len(list(folder.iterdir()))}"
    with output.open("wb") as stream:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stream, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE_S
        while (found := re.search(rb"ACCEPT \S+:(\d+)\n", output.read_bytes())) is None:
            assert time.monotonic() < end
            assert process.poll() is None, "openssl s_server does not start"
            time.sleep(0.01)
        yield Serving(int(found[1]), output.read_bytes)
    finally:
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


@contextlib.contextmanager
def speaking(answer: bytes, *, is_silent: bool = False, resets: bool = False) -> Iterator[Serving]:
    """Run a server that says what it will, whatever it is asked."""
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _address = listening.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                if resets:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    continue
                connection.recv(4096)
                connection.sendall(answer)
                if is_silent:
                    over.wait(PATIENCE_S)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield Serving(listening.getsockname()[1], bytes)
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_S)


def _call(port: int, tls: PeerTls, seconds: float = 10.0) -> None:
    """Make a safe connection and say something."""
    with connected(Station("A", "127.0.0.1", port, uses_tls=True), context_of(tls), seconds) as connection:
        connection.sendall(b"CANARY")
        connection.settimeout(PATIENCE_S)
        connection.recv(1)  # of TLS 1.3 this is when the other side is heard of


@dataclass(frozen=True)
class Bad:
    """A handshake that must fail: what is shown, what is expected, and what is said of it."""

    shown: str
    words: str
    trusted: str = ""
    is_paired: bool = False
    options: tuple[str, ...] = field(default=())


WEAK = ("-cipher", "ALL:@SECLEVEL=0")
OLD, UNLIKE = "not safe any more", "another certificate than the one it was paired"


def _only(cipher: str) -> tuple[str, ...]:
    return "-tls1_2", "-cipher", cipher


ASKING = ("-tls1_2", "-Verify", "1", "-verify_return_error")
HANDSHAKES = {
    "signed by itself": Bad("alone", "signed by itself"),
    "of nobody we know": Bad("good", "authority that is not known"),
    "of another authority": Bad("alone", "signed by itself", "authority"),
    "that of another": Bad("alone", "signed by itself|not known", "other"),
    "expired": Bad("expired", "has expired", "expired"),
    "expired though paired": Bad("expired", "has expired", "expired", is_paired=True),
    "not yet valid": Bad("young", "not valid yet", "young"),
    "not yet valid though paired": Bad("young", "not valid yet", "young", is_paired=True),
    "for another computer": Bad("elsewhere", "another computer", "elsewhere"),
    "for any computer": Bad("wildcard", "another computer", "wildcard"),
    "for clients only": Bad("for_clients", "not made for servers", "for_clients"),
    "a short key": Bad("weak", "too weak", "weak", options=WEAK),
    "a short key though paired": Bad("weak", "too weak", "weak", is_paired=True, options=WEAK),
    "of an authority that has expired": Bad("of_old", "expired", "old_authority"),
    "signed by who must not sign": Bad("of_leaf", "safe connection", "authority"),
    "another than the paired one": Bad("other", UNLIKE, "alone", is_paired=True),
    "a child of the paired one": Bad("child", UNLIKE, "authority", is_paired=True),
    "TLS 1.0": Bad("alone", OLD, "alone", options=("-tls1", *WEAK)),
    "TLS 1.1": Bad("alone", OLD, "alone", options=("-tls1_1", *WEAK)),
    "TLS 1.1 though paired": Bad("alone", OLD, "alone", is_paired=True, options=("-tls1_1", *WEAK)),
    "no forward secrecy": Bad("rsa", OLD, "rsa", options=_only("AES128-GCM-SHA256")),
    "no authenticated cipher": Bad("alone", OLD, "alone", options=_only("ECDHE-ECDSA-AES128-SHA256")),
    "SHA-1": Bad("alone", OLD, "alone", options=_only("ECDHE-ECDSA-AES128-SHA")),
    "DHE": Bad("rsa", OLD, "rsa", options=_only("DHE-RSA-AES128-GCM-SHA256")),
    "no certificate": Bad("alone", OLD, "alone", options=_only("AECDH:ADH:@SECLEVEL=0")),
    "no cipher": Bad("alone", OLD, "alone", options=_only("eNULL:@SECLEVEL=0")),
    "3DES": Bad("rsa", OLD, "rsa", options=_only("DES-CBC3-SHA:AES128-SHA:@SECLEVEL=0")),
    "a certificate of ours is missing": Bad("alone", "wants a certificate of ours", "alone", options=ASKING),
}  # fmt: skip
OTHERS = {
    "HTTP": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS"),
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", "safe connection"),
    "a refusal of DICOM": (bytes((3, 0, 0, 0, 0, 4, 0, 1, 1, 1)), "does not speak TLS"),
    "garbage": (b"\xa5" * 4096, "does not speak TLS"),
    "nothing": (b"", "hung up"),
    "half a hello": (bytes.fromhex("160303007a02000076"), "hung up"),
    "an alert": (bytes.fromhex("15030300020228"), "refuses the handshake"),
    "an alert of its version": (bytes.fromhex("15030300020246"), "not safe any more"),
    "a record without an end": (b"\x16\x03\x03\xff\xff" + bytes(200), "safe connection"),
}


@pytest.mark.parametrize("bad", HANDSHAKES.values(), ids=HANDSHAKES.keys())
def test_a_bad_handshake_is_refused_before_a_byte_is_said(world: World, tmp_path: Path, bad: Bad) -> None:
    authority = str(world[bad.trusted].certificate) if bad.trusted else ""
    with s_server(tmp_path, world[bad.shown], *bad.options) as server:
        with pytest.raises(NetworkError, match=bad.words) as caught:
            _call(server.port, PeerTls(authority, bad.is_paired))
        assert b"CANARY" not in server.said()
    assert "safe connection could not be made" in str(caught.value)
    assert caught.value.advice
    if "paired (" in str(caught.value):
        for each in (bad.trusted, bad.shown):
            assert bytes.fromhex(world[each].sha256).hex(":").upper() in str(caught.value)


@pytest.mark.parametrize("bad", HANDSHAKES.values(), ids=HANDSHAKES.keys())
def test_on_the_web_too_and_no_password_is_said(world: World, tmp_path: Path, bad: Bad) -> None:
    authority = str(world[bad.trusted].certificate) if bad.trusted else ""
    with s_server(tmp_path, world[bad.shown], *bad.options) as server:
        web = WebPlace(f"https://127.0.0.1:{server.port}/w", authorization=WebAuthorization.BASIC, user="CANARY")
        peer = Peer("A", web=web, tls=PeerTls(authority, bad.is_paired))
        door = open_door(peer, Secrets(lambda _name, _kind: "CANARY"), Patience(5, 5, 5, 5))
        assert door is not None
        with door, pytest.raises(NetworkError, match=bad.words):
            web_echo(door)
        assert b"CANARY" not in server.said()
        assert b"GET" not in server.said()


@pytest.mark.parametrize(("answer", "words"), OTHERS.values(), ids=OTHERS.keys())
def test_what_is_no_tls_is_told(world: World, answer: bytes, words: str) -> None:
    with speaking(answer) as server, pytest.raises(NetworkError, match=words) as caught:
        _call(server.port, PeerTls(str(world["alone"].certificate)))
    assert caught.value.advice


def test_who_resets_and_who_says_nothing_are_told(world: World) -> None:
    with speaking(b"", resets=True) as server, pytest.raises(NetworkError, match=r"hung up|Connection reset"):
        _call(server.port, PeerTls(str(world["alone"].certificate)))
    with speaking(b"", is_silent=True) as server, pytest.raises(NetworkError, match="did not answer the handshake"):
        _call(server.port, PeerTls(str(world["alone"].certificate)), seconds=0.5)


def test_good_ones_are_called(world: World, tmp_path: Path) -> None:
    for shown, tls in (
        ("good", PeerTls(str(world["authority"].certificate))),
        ("alone", PeerTls(str(world["alone"].certificate))),
        ("elsewhere", PeerTls(str(world["elsewhere"].certificate), is_paired=True)),
    ):
        with s_server(tmp_path, world[shown]) as server:
            station = Station("A", "127.0.0.1", server.port, uses_tls=True)
            with connected(station, context_of(tls), PATIENCE_S) as connection:
                connection.sendall(b"CANARY\n")
                end = time.monotonic() + PATIENCE_S
                while b"CANARY" not in server.said():
                    assert time.monotonic() < end
                    time.sleep(0.01)


def test_pairing_shows_keeps_and_forgets(world: World, tmp_path: Path) -> None:
    settings = tmp_path / "settings"
    peers = PeerList(settings)
    with s_server(tmp_path, world["elsewhere"]) as server:
        peer = Peer("A", Station("A", "127.0.0.1", server.port, uses_tls=True))
        peers.add(peer)
        with pytest.raises(NetworkError, match="signed by itself"):
            connected(*_of(access_for("A", settings)), PATIENCE_S)
        (shown,) = shown_by(peer)
        assert shown.facts.subject == "elsewhere"
        assert shown.facts.fingerprint.replace(":", "").casefold() == world["elsewhere"].sha256
        check_expected([shown], [world["elsewhere"].sha256], "A")
        with pytest.raises(NetworkError, match="another certificate") as caught:
            check_expected([shown], [world["good"].sha256], "A")
        assert shown.facts.fingerprint in str(caught.value)
        peers.replace("A", paired(peer, [shown], settings))
        connected(*_of(access_for("A", settings)), PATIENCE_S).close()
    (kept,) = (settings / "certificates").iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    assert not Path(peers.get("A").tls.authority).is_absolute()
    removed = peers.remove("A")
    forget_pairing(removed, [removed], settings)
    assert kept.exists()
    forget_pairing(removed, peers.peers(), settings)
    assert not kept.exists()


def test_both_certificates_of_an_archive_with_two_are_paired(world: World, tmp_path: Path) -> None:
    with s_server(tmp_path, world["alone"]) as dicom, s_server(tmp_path, world["other"]) as web:
        peer = Peer(
            "A", Station("A", "127.0.0.1", dicom.port, uses_tls=True), web=WebPlace(f"https://127.0.0.1:{web.port}/w")
        )
        both = paired(peer, shown_by(peer), tmp_path)
        tls = PeerTls(str(tmp_path / both.tls.authority), is_paired=True)
        for port in (dicom.port, web.port):
            connected(Station("A", "127.0.0.1", port, uses_tls=True), context_of(tls), PATIENCE_S).close()
    with s_server(tmp_path, world["good"]) as server, pytest.raises(NetworkError, match="another certificate"):
        connected(Station("A", "127.0.0.1", server.port, uses_tls=True), context_of(tls), PATIENCE_S)


def test_what_has_expired_is_not_paired(world: World, tmp_path: Path) -> None:
    with s_server(tmp_path, world["expired"]) as server:
        peer = Peer("A", Station("A", "127.0.0.1", server.port, uses_tls=True))
        with pytest.raises(NetworkError, match="expired"):
            paired(peer, shown_by(peer), tmp_path)
    assert not (tmp_path / "certificates").exists()


def test_who_is_called_in_the_clear_has_nothing_to_pair() -> None:
    with pytest.raises(NetworkError, match="not called over TLS"):
        shown_by(Peer("A", Station("A", "127.0.0.1", 1), web=WebPlace("http://x/y")))


def _of(access: Access) -> tuple[Station, ssl.SSLContext | None]:
    assert access.dimse is not None
    return access.dimse.station, access.dimse.tls
