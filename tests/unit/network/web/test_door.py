"""The door: what servers answer becomes words, secrets go to their own origins alone, and nothing waits for ever."""

import base64
import gzip
import threading
import time
from pathlib import Path

import pytest

from tests.builders.certificates import issued
from tests.builders.peer_servers import free_port
from tests.builders.scripted_web import ScriptedWeb, WebAnswer, WebRequest
from viewer.base.errors import Cancelled, NetworkError
from viewer.network.peers import PeerTls, WebAuthorization, WebPlace
from viewer.network.requesting import PassingError, Patience
from viewer.network.serving import TlsFiles
from viewer.network.tls_context import server_context
from viewer.network.web.authorization import Bearer, credentials_of
from viewer.network.web.door import WebDoor, WebError
from viewer.network.web.problems import seconds_of_retry_after

SECRET = "s3cret-t0ken"  # noqa: S105 - of nobody
QUICK = Patience(connect_s=5.0, message_s=5.0)


class Kept:
    """A store of one secret."""

    def __init__(self, secret: str | None = SECRET) -> None:
        self.secret = secret

    def obtain(self, _kind: str) -> str | None:
        return self.secret

    def put(self, _kind: str, secret: str) -> None:
        self.secret = secret

    def forget(self, _kind: str) -> None:
        self.secret = None


def got(door: WebDoor, *segments: str) -> bytes:
    with door.get(door.search_url(*segments), "application/json") as answer:
        return answer.whole(1000)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 409, 413, 415, 418, 429, 500, 503, 507])
def test_every_refusal_is_told_with_its_status_and_without_its_text(status: int) -> None:
    answer = WebAnswer(status, {"Retry-After": "7"}, b"Patient Hong^Gildong not found")
    with ScriptedWeb(lambda _request: answer) as peer, WebDoor(WebPlace(peer.root)) as door:
        with pytest.raises(WebError) as refused:
            got(door, "studies")
        assert refused.value.status == status
        assert refused.value.retry_after_s == 7.0
        assert str(status) in str(refused.value)
        assert "Hong" not in refused.value.one_line()
        assert refused.value.subject == peer.root
        assert isinstance(refused.value, PassingError) == (status in {429, 500, 503})


def test_redirects_are_followed_within_the_origin_alone() -> None:
    def script(request: WebRequest) -> WebAnswer:
        return (
            WebAnswer(302, {"Location": moves.get(request.path, "/found")})
            if request.path != "/found"
            else WebAnswer(body=b"x")
        )

    moves: dict[str, str] = {"/loop": "/loop"}
    with ScriptedWeb(lambda _request: WebAnswer(body=b"stolen")) as other, ScriptedWeb(script) as peer:
        moves["/away"] = f"{other.root}/found"
        moves["/file"] = "file:///etc/passwd"
        moves["/broken"] = "http://["
        place = WebPlace(peer.root, authorization=WebAuthorization.BEARER)
        with WebDoor(place, credentials=Bearer(Kept())) as door:
            assert got(door, "here") == b"x"
            for path in ("away", "file", "loop", "broken"):
                with pytest.raises(WebError):
                    got(door, path)
            with pytest.raises(WebError, match="elsewhere"):
                door.get(f"{other.root}/studies", "*/*")
        assert other.requests == []
        assert {request.headers["authorization"] for request in peer.requests} == {f"Bearer {SECRET}"}


def test_secrets_are_not_sent_in_the_clear_over_a_network() -> None:
    for authorization in (WebAuthorization.BASIC, WebAuthorization.BEARER):
        place = WebPlace("http://pacs.hospital.invalid/dicom-web", authorization=authorization, user="reader")
        with WebDoor(place, credentials=credentials_of(place, Kept())) as door:
            with pytest.raises(WebError, match="where others can read them") as refused:
                got(door, "studies")
            assert SECRET not in repr(refused.value)


def test_a_password_goes_as_it_must_and_a_missing_one_is_asked_for() -> None:
    with ScriptedWeb(lambda _request: WebAnswer()) as peer:
        place = WebPlace(peer.root, authorization=WebAuthorization.BASIC, user="홍")
        with WebDoor(place, credentials=credentials_of(place, Kept("비밀"))) as door:
            got(door, "studies")
        said = peer.requests[0].headers["authorization"].removeprefix("Basic ")
        assert base64.b64decode(said).decode() == "홍:비밀"
        with WebDoor(place, credentials=credentials_of(place, Kept(None))) as door, pytest.raises(WebError) as refused:
            got(door, "studies")
        assert refused.value.status == 401


@pytest.mark.parametrize("secret", ["two\r\nX-Header: lines", "with space", "ünicode", ""])
def test_a_token_that_is_none_is_neither_sent_nor_shown(secret: str) -> None:
    with ScriptedWeb(lambda _request: WebAnswer()) as peer:
        place = WebPlace(peer.root, authorization=WebAuthorization.BEARER)
        with (
            WebDoor(place, credentials=credentials_of(place, Kept(secret))) as door,
            pytest.raises(WebError) as refused,
        ):
            got(door, "studies")
        assert not secret or secret not in repr(refused.value)
        assert peer.requests == []


@pytest.mark.parametrize(
    "root", ["ftp://host/", "http://user:secret@host/", "https://", "nonsense", "http://host:99999/", "http://a b/"]
)
def test_addresses_that_are_none_are_refused_at_once(root: str) -> None:
    with pytest.raises(WebError) as refused:
        WebDoor(WebPlace(root))
    assert "secret" not in refused.value.one_line()


def test_nobody_there_is_told_so() -> None:
    with WebDoor(WebPlace(f"http://127.0.0.1:{free_port()}")) as door, pytest.raises(WebError, match="Nobody answers"):
        got(door, "studies")
    with WebDoor(WebPlace("http://no-such-host.invalid")) as door, pytest.raises(WebError, match="Nobody answers"):
        got(door, "studies")


def test_what_is_silent_is_given_up() -> None:
    with ScriptedWeb(lambda _request: WebAnswer(delay_s=3.0)) as peer:
        patience = Patience(connect_s=1.0, message_s=0.3)
        with WebDoor(WebPlace(peer.root), patience=patience) as door, pytest.raises(WebError, match="too long"):
            got(door, "studies")


def test_what_nobody_wants_any_more_is_broken_off_while_it_waits() -> None:
    is_wanted = threading.Event()
    is_wanted.set()
    with ScriptedWeb(lambda _request: WebAnswer(body=b"12345", silent=2)) as peer, WebDoor(WebPlace(peer.root)) as door:
        with door.get(door.search_url(), "*/*", cancelled=lambda: not is_wanted.is_set()) as answer:
            assert answer.piece() == b"12"
            began = time.monotonic()
            threading.Timer(0.1, is_wanted.clear).start()
            with pytest.raises(Cancelled):
                answer.piece()
            assert time.monotonic() - began < 30
        with pytest.raises(Cancelled):
            door.get(door.search_url(), "*/*", cancelled=lambda: True)


@pytest.mark.parametrize(
    "answer",
    [
        WebAnswer(body=b"12345", cut=3),
        WebAnswer(body=[b"123", b"456"], cut=4),
        WebAnswer(body=b"123", length=10, cut=3),
    ],
)
def test_a_body_that_is_cut_off_is_known(answer: WebAnswer) -> None:
    with ScriptedWeb(lambda _request: answer) as peer, WebDoor(WebPlace(peer.root)) as door:
        with pytest.raises(WebError, match="cut off") as refused:
            got(door, "studies")
        assert isinstance(refused.value, PassingError)


def check_is_too_large(answer: WebAnswer) -> None:
    with ScriptedWeb(lambda _request: answer) as peer, WebDoor(WebPlace(peer.root)) as door:
        with pytest.raises(WebError, match="more than"):
            got(door, "studies")
        assert peer.requests[0].headers["accept-encoding"] == "identity"


def test_bodies_are_bounded_also_compressed_ones() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    for answer in (WebAnswer(body=bytes(2000)), WebAnswer(headers={"Content-Encoding": "gzip"}, body=bomb)):
        check_is_too_large(answer)


def test_what_speaks_no_http_is_told_so() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def answer() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"\x03\x00\x00\x00\x00\x04garbage\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with WebDoor(WebPlace(f"http://127.0.0.1:{port}"), patience=QUICK) as door, pytest.raises(WebError):
            got(door, "studies")
        thread.join(30)


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew() -> None:
    with ScriptedWeb(lambda _request: WebAnswer(headers={"Connection": "close"}, body=b"x")) as peer:
        with WebDoor(WebPlace(peer.root)) as door:
            assert [got(door, str(number)) for number in range(3)] == [b"x"] * 3
        assert peer.connections == 3


def test_connections_are_kept() -> None:
    with ScriptedWeb(lambda _request: WebAnswer(body=b"x")) as peer:
        with WebDoor(WebPlace(peer.root)) as door:
            for number in range(5):
                got(door, str(number))
        assert peer.connections == 1


def test_only_whom_we_trust_is_spoken_to_over_tls(tmp_path: Path) -> None:
    authority = issued(tmp_path, "authority", is_authority=True)
    good = issued(tmp_path, "good", authority)
    wrong_name = issued(tmp_path, "wrong", authority, hosts=("elsewhere.invalid",))
    expired = issued(tmp_path, "expired", authority, days=(-30, -1))
    alone = issued(tmp_path, "alone")
    ours = issued(tmp_path, "ours", authority)

    def asked(server: TlsFiles, tls: PeerTls) -> bytes:
        script = WebAnswer(body=b"x")
        with (
            ScriptedWeb(lambda _request: script, server_context(server)) as peer,
            WebDoor(WebPlace(peer.root), tls, patience=QUICK) as door,
        ):
            return got(door, "studies")

    trusting = PeerTls(str(authority.certificate))
    assert asked(TlsFiles(good.certificate, good.key), trusting) == b"x"
    assert asked(TlsFiles(alone.certificate, alone.key), PeerTls(str(alone.certificate), is_paired=True)) == b"x"
    shown = PeerTls(str(authority.certificate), certificate=str(ours.certificate), key=str(ours.key))
    strict = TlsFiles(good.certificate, good.key, authority.certificate)
    assert asked(strict, shown) == b"x"
    for server, tls in (
        (TlsFiles(wrong_name.certificate, wrong_name.key), trusting),
        (TlsFiles(expired.certificate, expired.key), trusting),
        (TlsFiles(alone.certificate, alone.key), trusting),
        (TlsFiles(good.certificate, good.key), PeerTls()),
        (TlsFiles(good.certificate, good.key), PeerTls(str(alone.certificate), is_paired=True)),
        (strict, trusting),
    ):
        with pytest.raises(NetworkError):
            asked(server, tls)


def test_https_to_who_speaks_http_is_told_so() -> None:
    with ScriptedWeb(lambda _request: WebAnswer()) as peer:
        root = peer.root.replace("http:", "https:")
        with WebDoor(WebPlace(root), patience=QUICK) as door, pytest.raises(NetworkError):
            got(door, "studies")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("", None), ("soon", None), ("99999999999", 3600.0), ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0)],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert seconds_of_retry_after(text) == seconds
