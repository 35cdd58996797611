"""TLS at the front door: what keeps to BCP 195 comes in, everything else does not (OpenSSL, DCMTK and Python call)."""

import contextlib
import random
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders.association_requests import RELEASE_RQ, association_request
from tests.builders.certificates import CLIENT, SERVER, Issued, issued
from tests.builders.ct_series import write_ct_series
from tests.flows.dicom_server import TITLE, Listening, everything, listening, one_pdu
from viewer.base.errors import NetworkError
from viewer.network.certificates import make_certificate
from viewer.network.limits import Limits
from viewer.network.server import TlsFiles
from viewer.network.tls_context import client_context

REQUEST = association_request()
ACCEPT, RELEASE_RP = 2, 6
SECONDS = 60


def _named(value: object) -> str | None:
    return value if isinstance(value, str) else ""


CLIENT_HELLO_BEGINS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not Path("/usr/bin/openssl").exists(), reason="needs OpenSSL's own command"
)


@dataclass(frozen=True)
class World:
    """Who is who."""

    folder: Path
    authority: Issued
    server: Issued
    caller: Issued
    stranger: Issued


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("certificates")
    authority = issued(folder, "authority", is_authority=True)
    return World(
        folder,
        authority,
        issued(folder, "server", authority, usages=(SERVER,)),
        issued(folder, "caller", authority, usages=(CLIENT,)),
        issued(folder, "stranger", is_authority=True),
    )


@contextlib.contextmanager
def _open(world: World, *, limits: Limits | None = None) -> Iterator[Listening]:
    with listening(tls=TlsFiles(world.server.certificate, world.server.key), limits=limits) as here:
        yield here


@contextlib.contextmanager
def _mutual(world: World, *, server: Issued | None = None) -> Iterator[Listening]:
    own = server or world.server
    with listening(tls=TlsFiles(own.certificate, own.key, world.authority.certificate)) as here:
        yield here


def _context(world: World, own: Issued | None = None, newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(world.authority.certificate)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    if own is not None:
        context.load_cert_chain(own.certificate, own.key)
    if newest is not None:
        context.maximum_version = newest
    return context


def _asks(here: Listening, context: ssl.SSLContext) -> bytes:
    """Return what comes back to a request over TLS; empty where the connection is ended instead."""
    with here.connect() as plain, contextlib.suppress(OSError):
        secure = context.wrap_socket(plain, server_hostname="localhost")
        with secure:
            secure.sendall(REQUEST)
            return secure.recv(1)
    return b""


def _openssl(here: Listening, *options: str) -> "subprocess.CompletedProcess[bytes]":
    command = ["/usr/bin/openssl", "s_client", "-connect", f"127.0.0.1:{here.port}", *options]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)


# Good handshakes


@pytest.mark.parametrize(
    "options",
    [
        ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        ("-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        ("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"),
        ("-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"),
        ("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"),
    ],
)
def test_the_profile_is_spoken(world: World, options: tuple[str, ...]) -> None:
    with _open(world, limits=Limits(half_open_deadline_s=30)) as here:
        done = _openssl(here, *options, "-CAfile", str(world.authority.certificate), "-verify_return_error")
        assert done.returncode == 0, done.stderr
        assert options[2].encode() in done.stdout


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_callers_with_a_certificate_are_known_by_it(world: World, newest: ssl.TLSVersion) -> None:
    with _mutual(world) as here, here.connect() as plain:
        context = _context(world, world.caller, newest)
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            secure.sendall(REQUEST)
            assert one_pdu(secure)[0] == ACCEPT
            (place,) = here.server._places  # who stores is told the same
            assert place.now.ae_title == "CALLER"
            secure.sendall(RELEASE_RQ)
            assert one_pdu(secure)[0] == RELEASE_RP


@pytest.mark.skipif(not Path("/usr/bin/storescu").exists(), reason="needs DCMTK")
def test_dcmtk_echoes_and_stores_over_tls(world: World, tmp_path: Path) -> None:
    write_ct_series(tmp_path, 3, 128)
    keys = ("+tls", str(world.caller.key), str(world.caller.certificate), "+cf", str(world.authority.certificate))
    with _mutual(world) as here:
        assert here.echo(*keys) == 0
        assert here.echo("+tla", "+cf", str(world.authority.certificate)) != 0
        assert here.echo() != 0
        sent = here.store(tmp_path, *keys)
        assert sent.returncode == 0, sent.stderr
        assert len(here.storage.stored) == 3
        assert {caller.certificate for caller in here.storage.callers} == {world.caller.sha256}
    with _open(world) as here:
        assert here.echo("+tla", "+cf", str(world.authority.certificate)) == 0


@pytest.mark.skipif(not Path("/usr/bin/echoscu").exists(), reason="needs DCMTK")
def test_a_certificate_that_was_made_here_serves_dcmtk_and_us(tmp_path: Path) -> None:
    made = make_certificate(TITLE, tmp_path)
    with listening(tls=TlsFiles(made.certificate, made.key)) as here:
        assert here.echo("+tla", "+cf", str(made.certificate)) == 0
        with here.connect() as plain:
            context = client_context(made.certificate)
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                secure.sendall(REQUEST)
                assert one_pdu(secure)[0] == ACCEPT


def test_stations_can_be_trusted_one_by_one(world: World, tmp_path: Path) -> None:
    one, other = make_certificate("ONE", tmp_path / "one"), make_certificate("OTHER", tmp_path / "other")
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(one.certificate.read_bytes())
    with listening(tls=TlsFiles(world.server.certificate, world.server.key, trusted)) as here:
        answers = []
        for own in (one, other):
            context = client_context(world.authority.certificate, TlsFiles(own.certificate, own.key))
            answers.append(_asks(here, context))
        assert answers == [b"\2", b""]


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_refusal_comes_through(world: World, newest: ssl.TLSVersion) -> None:
    with _open(world) as here:
        for said, answer in (
            (association_request(called="OTHER"), bytes((3, 0, 0, 0, 0, 4, 0, 1, 1, 7))),
            (b"\1\0\xff\xff\xff\xff", bytes((7, 0, 0, 0, 0, 4, 0, 0, 2, 6))),
            (REQUEST[:74] + bytes(len(REQUEST) - 74), bytes((7, 0, 0, 0, 0, 4, 0, 0, 2, 6))),
        ):
            with here.connect() as plain:
                context = _context(world, newest=newest)
                with context.wrap_socket(plain, server_hostname="localhost") as secure:
                    secure.sendall(said)
                    assert secure.recv(100) == answer


def test_an_own_certificate_that_expired_is_told_at_once(world: World) -> None:
    old = issued(world.folder, "old server", world.authority, days=(-30, -1))
    with listening(tls=TlsFiles(old.certificate, old.key)) as here:
        here.wait_for(lambda: here.events)
        ((event, details),) = here.events
        assert event == "problem"
        assert details["reason"].startswith("old server.pem: It expired on ")


# Bad handshakes: the caller offers too little

WEAK = [
    ("TLS 1.0", ("-tls1", "-cipher", "ALL@SECLEVEL=0")),
    ("TLS 1.1", ("-tls1_1", "-cipher", "ALL@SECLEVEL=0")),
    ("RSA key exchange, CBC", ("-tls1_2", "-cipher", "AES128-SHA")),
    ("RSA key exchange, GCM", ("-tls1_2", "-cipher", "AES128-GCM-SHA256")),
    ("CBC, SHA-1", ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA")),
    ("CBC, SHA-256", ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256")),
    ("CBC, SHA-384", ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384")),
    ("CCM", ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-CCM")),
    ("CCM with a short tag", ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-CCM8")),
    ("finite fields", ("-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384")),
    ("Camellia", ("-tls1_2", "-cipher", "ECDHE-ECDSA-CAMELLIA128-SHA256")),
    ("ARIA", ("-tls1_2", "-cipher", "ECDHE-ECDSA-ARIA128-GCM-SHA256")),
    ("no encryption", ("-tls1_2", "-cipher", "ECDHE-ECDSA-NULL-SHA@SECLEVEL=0")),
    ("no server certificate", ("-tls1_2", "-cipher", "ADH-AES256-GCM-SHA384@SECLEVEL=0")),
    ("no server certificate, curves", ("-tls1_2", "-cipher", "AECDH-AES256-SHA@SECLEVEL=0")),
    ("a shared password", ("-tls1_2", "-cipher", "PSK-AES256-GCM-SHA384", "-psk", "1a2b3c")),
    ("TLS 1.3 with CCM", ("-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256")),
    ("TLS 1.3 with CCM, short tag", ("-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_8_SHA256")),
]


@pytest.mark.parametrize(("name", "options"), WEAK, ids=_named)
def test_weak_offers_are_refused(world: World, name: str, options: tuple[str, ...]) -> None:
    with _open(world) as here:
        done = _openssl(here, *options)
        assert done.returncode != 0, name
        assert b"Cipher is (NONE)" in done.stdout
        here.wait_for(lambda: any(reason.startswith("TLS: ") for reason in here.reasons()))


# Bad handshakes: the caller's certificate


def _nobody(world: World) -> Issued | None:
    assert world
    return None


def _wrong_authority(world: World) -> Issued:
    return issued(world.folder, "of a stranger", world.stranger, usages=(CLIENT,))


def _expired(world: World) -> Issued:
    return issued(world.folder, "expired", world.authority, days=(-30, -1), usages=(CLIENT,))


def _too_early(world: World) -> Issued:
    return issued(world.folder, "too early", world.authority, days=(2, 30), usages=(CLIENT,))


def _self_signed(world: World) -> Issued:
    return issued(world.folder, "self-signed", usages=(CLIENT,))


def _for_servers(world: World) -> Issued:
    return issued(world.folder, "for servers", world.authority, usages=(SERVER,))


def _weak_key(world: World) -> Issued:
    return issued(world.folder, "weak", world.authority, rsa_bits=1024, usages=(CLIENT,))


def _of_an_end(world: World) -> Issued:
    return issued(world.folder, "of an end", world.caller, usages=(CLIENT,))


def _without_intermediate(world: World) -> Issued:
    between = issued(world.folder, "between", world.authority, is_authority=True)
    return issued(world.folder, "without intermediate", between, usages=(CLIENT,))


def _same_name(world: World) -> Issued:
    forged = issued(world.folder / "forged", "authority", is_authority=True)
    return issued(world.folder / "forged", "caller", forged, usages=(CLIENT,))


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    "made",
    [
        _nobody, _wrong_authority, _expired, _too_early, _self_signed, _for_servers, _weak_key, _of_an_end,
        _without_intermediate, _same_name,
    ],
)  # fmt: skip
def test_bad_certificates_are_refused(
    world: World, made: Callable[[World], Issued | None], newest: ssl.TLSVersion
) -> None:
    with _mutual(world) as here:
        assert _asks(here, _context(world, made(world), newest)) == b""
        here.wait_for(lambda: any(reason.startswith("TLS: ") for reason in here.reasons()))
        assert here.server.associations() == ()
        assert _asks(here, _context(world, world.caller, newest)) == b"\2"


# Bad handshakes: no handshake at all


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("DICOM in the clear", REQUEST),
        ("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("SSL 2", b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(37)),
        (
            "SSL 3",
            b"\x16\x03\x00\x00\x2f\x01\x00\x00\x2b\x03\x00" + bytes(32) + b"\x00\x00\x04\x00\x2f\x00\x05\x01\x00",
        ),
        ("zeros", bytes(500)),
        ("a record of 64 KB", b"\x16\x03\x01\xff\xff" + bytes(2000)),
        ("an alert", b"\x15\x03\x03\x00\x02\x02\x28"),
        ("application data first", b"\x17\x03\x03\x00\x10" + bytes(16)),
    ],
    ids=_named,
)
def test_what_is_no_handshake_is_ended(world: World, name: str, said: bytes) -> None:
    with _open(world) as here:
        answer = here.answer_to(said)
        assert answer == b"" or answer[0] == 0x15, name  # a TLS alert at most, nothing of DICOM
        here.wait_for(lambda: any(reason.startswith("TLS: ") for reason in here.reasons()))
        assert _asks(here, _context(world)) == b"\2"


@pytest.mark.parametrize(
    ("name", "said"),
    [("silence", b""), ("a byte", b"\x16"), ("half a greeting", CLIENT_HELLO_BEGINS + bytes(100))],
    ids=_named,
)
def test_half_handshakes_end_when_their_time_is_over(world: World, name: str, said: bytes) -> None:
    with _open(world, limits=Limits(half_open_deadline_s=0.5)) as here:
        assert here.answer_to(said) == b"", name
        assert here.reasons() == ["no request in time"]


def test_a_handshake_and_then_silence_ends_too(world: World) -> None:
    with _open(world, limits=Limits(half_open_deadline_s=1.0)) as here, here.connect() as plain:
        with contextlib.suppress(OSError):
            secure = _context(world).wrap_socket(plain, server_hostname="localhost")
            with secure:
                assert secure.recv(1) == b""
        here.wait_for_refusal("no request in time")


def test_half_handshakes_keep_nobody_out(world: World) -> None:
    limits = Limits(half_open=16, half_open_deadline_s=60)
    with _open(world, limits=limits) as here, contextlib.ExitStack() as stack:
        for _number in range(60):
            stack.enter_context(here.connect()).sendall(CLIENT_HELLO_BEGINS)
        here.wait_for(lambda: "too many waiting connections" in here.reasons())
        assert _asks(here, _context(world)) == b"\2"
        assert here.server.waiting() <= 16


def test_100_mutants_of_a_greeting_leave_it_alive(world: World) -> None:
    greeting = _greeting(_context(world))
    dice = random.Random(9)
    with _open(world, limits=Limits(half_open_deadline_s=30)) as here:
        for _mutant in range(100):
            said = bytearray(greeting)
            for _change in range(dice.randint(1, 6)):
                said[dice.randrange(len(said))] = dice.randrange(256)
            with here.connect() as connection:
                with contextlib.suppress(OSError):
                    connection.sendall(said)
                    connection.shutdown(socket.SHUT_WR)
                everything(connection)
        assert _asks(here, _context(world)) == b"\2"


def _greeting(context: ssl.SSLContext) -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


# Calling others


def _server(own: Issued, newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.load_cert_chain(own.certificate, own.key)
    if newest is not None:
        context.maximum_version = newest
    return context


def _calls(context: ssl.SSLContext, server: ssl.SSLContext, host: str = "localhost") -> bool:
    """Whether a caller shakes hands with a server, without any network."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = context.wrap_bio(to_client, to_server, server_hostname=host)
    called = server.wrap_bio(to_server, to_client, server_side=True)
    is_done = {caller: False, called: False}
    for _turn in range(10):
        for side in (caller, called):
            try:
                side.do_handshake()
                is_done[side] = True
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return all(is_done.values())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the old versions are meant
def test_stations_are_called_only_with_a_good_certificate_and_protocol(world: World) -> None:
    ours = client_context(world.authority.certificate)
    assert _calls(ours, _server(world.server))
    assert _calls(ours, _server(world.server, ssl.TLSVersion.TLSv1_2))
    assert not _calls(ours, _server(world.server, ssl.TLSVersion.TLSv1_1))
    assert not _calls(ours, _server(world.server), host="other.example")
    assert _calls(client_context(world.authority.certificate, checks_name=False), _server(world.server), host="x")
    assert not _calls(ours, _server(issued(world.folder, "fake", world.stranger)))
    assert not _calls(ours, _server(issued(world.folder, "old", world.authority, days=(-30, -1))))
    assert not _calls(ours, _server(issued(world.folder, "client only", world.authority, usages=(CLIENT,))))
    assert not _calls(client_context(None), _server(world.server))


# Files that are no good


def test_bad_files_are_named_in_plain_words(world: World, tmp_path: Path) -> None:
    nothing, garbage = tmp_path / "nothing.pem", tmp_path / "garbage.pem"
    garbage.write_bytes(b"\x30\x82 not text")
    good, key = world.server.certificate, world.server.key
    for files, subject, words in (
        (TlsFiles(nothing, key), nothing, "No such file"),
        (TlsFiles(good, nothing), nothing, "No such file"),
        (TlsFiles(good, key, nothing), nothing, "No such file"),
        (TlsFiles(garbage, key), garbage, "no certificate"),
        (TlsFiles(good, garbage), garbage, "no key"),
        (TlsFiles(good, key, garbage), garbage, "no certificate"),
        (TlsFiles(good, world.caller.key), world.caller.key, "does not belong"),
    ):
        with pytest.raises(NetworkError, match=words) as refused, listening(tls=files):
            pass
        assert refused.value.subject == str(subject)


def test_a_protected_key_is_not_asked_for_on_the_terminal(world: World, tmp_path: Path) -> None:
    protected = tmp_path / "protected.key"
    command = ["/usr/bin/openssl", "pkey", "-in", str(world.server.key), "-aes256", "-passout", "pass:x"]
    subprocess.run([*command, "-out", str(protected)], check=True, capture_output=True)
    files = TlsFiles(world.server.certificate, protected)
    with pytest.raises(NetworkError, match="password") as refused, listening(tls=files):
        pass
    assert refused.value.subject == str(protected)


def test_a_weak_certificate_is_not_served_with(world: World) -> None:
    weak = issued(world.folder, "weak server", world.authority, rsa_bits=1024)
    with pytest.raises(NetworkError, match="too weak") as refused, _mutual(world, server=weak):
        pass
    assert refused.value.subject == str(weak.certificate)
