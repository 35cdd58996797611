"""Secrets: in a real keyring where there is one, else in this process alone; never in a file, never elsewhere."""

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest

from tests.builders.scripted_web import ScriptedWeb, WebAnswer, WebRequest
from viewer.archives.secrets import SERVICE, SecretKind, Secrets
from viewer.archives.web_access import PeerSecrets, open_door
from viewer.archives.web_echo import web_echo
from viewer.base.errors import NetworkError
from viewer.network.peers import Peer, WebAuthorization, WebPlace
from viewer.network.requesting import Patience

PASSWORD, TOKEN, REFRESH = SecretKind


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring like that of a system, as far as others can tell."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # keyring's own
        self.held: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        if (service, username) not in self.held:
            raise keyring.errors.PasswordDeleteError
        del self.held[service, username]

    def _check(self) -> None:
        if self.is_locked:
            raise keyring.errors.KeyringLocked


class PlaintextKeyring(MemoryKeyring):
    """One that keeps passwords in a file."""


PlaintextKeyring.__module__ = "keyrings.alt.file"


@pytest.fixture(autouse=True)
def _system() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def _have_no_keyring() -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call] # keyring's own


@pytest.fixture
def ring() -> MemoryKeyring:
    made = MemoryKeyring()
    keyring.set_keyring(made)
    return made


def test_a_secret_is_kept_in_the_keyring(ring: MemoryKeyring) -> None:
    assert Secrets().is_kept
    assert Secrets().put("PACS", PASSWORD, "geheim")
    assert Secrets().get("pacs", PASSWORD) == "geheim"
    assert list(ring.held.values()) == ["geheim"]
    assert {service for service, _name in ring.held} == {SERVICE}
    Secrets().forget("PACS")
    assert ring.held == {}
    assert Secrets().get("PACS", PASSWORD) is None


@pytest.mark.parametrize("backend", [keyring.backends.fail.Keyring, PlaintextKeyring])
def test_without_a_real_keyring_it_is_for_this_process_only(backend: type[keyring.backend.KeyringBackend]) -> None:
    keyring.set_keyring(backend())
    secrets = Secrets()
    assert not secrets.is_kept
    assert not secrets.put("PACS", PASSWORD, "geheim")
    assert secrets.get("PACS", PASSWORD) == "geheim"
    assert Secrets().get("PACS", PASSWORD) is None
    assert getattr(keyring.get_keyring(), "held", {}) == {}


def test_a_locked_keyring_is_like_none(ring: MemoryKeyring) -> None:
    ring.is_locked = True
    secrets = Secrets()
    assert not secrets.put("PACS", PASSWORD, "geheim")
    assert secrets.get("PACS", PASSWORD) == "geheim"
    assert Secrets().get("PACS", PASSWORD) is None
    secrets.forget("PACS")
    assert secrets.get("PACS", PASSWORD) is None


def test_it_is_asked_for_once_however_many_want_it() -> None:
    _have_no_keyring()
    asked: list[tuple[str, str]] = []

    def ask(name: str, kind: str) -> str:
        asked.append((name, kind))
        return "geheim"

    secrets = Secrets(ask)
    found: list[str | None] = []
    threads = [threading.Thread(target=lambda: found.append(secrets.obtain("PACS", PASSWORD))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == ["geheim"] * 8
    assert asked == [("PACS", "password")]


def test_nobody_who_can_be_asked_means_no_secret() -> None:
    _have_no_keyring()
    assert Secrets().obtain("PACS", PASSWORD) is None
    assert Secrets(lambda _name, _kind: None).obtain("PACS", PASSWORD) is None


@pytest.mark.parametrize("secret", ["", "a\nb", "a\rb", "a\0b", "x" * 100_000])
def test_what_can_be_no_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(NetworkError) as caught:
        Secrets().put("PACS", PASSWORD, secret)
    assert not secret or secret not in str(caught.value)


def test_another_process_of_ours_is_given_them() -> None:
    _have_no_keyring()
    here, there = Secrets(), Secrets()
    here.put("PACS", TOKEN, "t", "https://h:443")
    there.take(here.of_this_process())
    assert there.get("PACS", TOKEN, "https://h:443") == "t"


PEER = Peer("PACS", web=WebPlace("https://pacs.example.org/w", authorization=WebAuthorization.BASIC, user="joe"))


@pytest.mark.parametrize(
    "web",
    [
        WebPlace("https://evil.example.org/w"), WebPlace("http://pacs.example.org/w"), WebPlace("https://pacs.example.org:444/w"),
        WebPlace("https://pacs.example.org/w", retrieve_root="https://evil.example.org/w"),
    ],
)  # fmt: skip
def test_an_archive_that_was_moved_elsewhere_has_no_secret(ring: MemoryKeyring, web: WebPlace) -> None:
    PeerSecrets(PEER, Secrets()).put(PASSWORD, "geheim")
    assert len(ring.held) == 1
    same = replace(PEER, web=WebPlace("https://PACS.example.org:443/other"))
    assert PeerSecrets(same, Secrets()).get(PASSWORD) == "geheim"
    assert PeerSecrets(replace(PEER, web=web), Secrets()).get(PASSWORD) is None


def test_what_openid_keeps_belongs_to_its_provider_and_is_never_asked_for(ring: MemoryKeyring) -> None:
    oidc = replace(PEER, web=WebPlace("https://h/w", issuer="https://id.example.org/a", client_id="viewer"))
    kept = PeerSecrets(oidc, Secrets(lambda _name, _kind: "asked"))
    assert kept.obtain(REFRESH) is None
    kept.put(REFRESH, "r")
    assert len(ring.held) == 1
    assert kept.obtain(REFRESH) == "r"
    elsewhere = replace(oidc, web=WebPlace("https://h/w", issuer="https://evil.example.org/a", client_id="viewer"))
    assert PeerSecrets(elsewhere, Secrets()).get(REFRESH) is None
    kept.forget()
    assert ring.held == {}


def test_secrets_go_with_an_archive_that_is_called_otherwise_and_not_with_one_that_is_elsewhere(
    ring: MemoryKeyring,
) -> None:
    secrets = Secrets()
    PeerSecrets(PEER, secrets).put(PASSWORD, "geheim")
    renamed = replace(PEER, name="new name")
    PeerSecrets(PEER, secrets).move_to(renamed)
    assert PeerSecrets(PEER, Secrets()).get(PASSWORD) is None
    assert PeerSecrets(renamed, Secrets()).get(PASSWORD) == "geheim"
    PeerSecrets(renamed, secrets).move_to(renamed)
    assert PeerSecrets(renamed, Secrets()).get(PASSWORD) == "geheim"
    PeerSecrets(renamed, secrets).move_to(replace(renamed, web=WebPlace("https://evil.example.org/w")))
    assert ring.held == {}


def test_while_somebody_thinks_others_come_and_go() -> None:
    _have_no_keyring()
    is_asked, may_answer = threading.Event(), threading.Event()

    def ask(_name: str, _kind: str) -> str:
        is_asked.set()
        may_answer.wait(60)
        return "geheim"

    secrets = Secrets(ask)
    thread = threading.Thread(target=secrets.obtain, args=("PACS", PASSWORD))
    thread.start()
    assert is_asked.wait(60)
    secrets.take({"x": "y"})
    assert secrets.put("OTHER", PASSWORD, "other") is False
    assert secrets.get("OTHER", PASSWORD) == "other"
    assert secrets.get("PACS", PASSWORD) is None
    may_answer.set()
    thread.join(60)
    assert secrets.get("PACS", PASSWORD) == "geheim"


def test_what_was_said_and_refused_is_asked_for_again_and_what_is_kept_stays(ring: MemoryKeyring) -> None:
    answers = iter(("wrong", "right"))
    secrets = Secrets(lambda _name, _kind: next(answers))
    assert secrets.obtain("PACS", PASSWORD) == "wrong"
    secrets.doubt("PACS", PASSWORD)
    assert secrets.obtain("PACS", PASSWORD) == "right"
    secrets.put("PACS", PASSWORD, "right")
    secrets.doubt("PACS", PASSWORD)
    assert secrets.obtain("PACS", PASSWORD) == "right"
    assert len(ring.held) == 1


def test_a_password_that_a_server_refuses_is_asked_for_again() -> None:
    _have_no_keyring()
    answers = iter(("wrong", "right"))
    said: list[str] = []

    def script(request: WebRequest) -> WebAnswer:
        said.append(base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode())
        return WebAnswer(204 if said[-1] == "joe:right" else 401)

    secrets = Secrets(lambda _name, _kind: next(answers))
    with ScriptedWeb(script) as server:
        web = WebPlace(f"{server.root}/w", authorization=WebAuthorization.BASIC, user="joe")
        door = open_door(Peer("PACS", web=web), secrets, Patience())
        assert door is not None
        with door:
            with pytest.raises(NetworkError, match="does not let us in"):
                web_echo(door)
            web_echo(door)
    assert said == ["joe:wrong", "joe:right"]
