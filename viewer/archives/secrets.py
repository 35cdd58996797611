"""Passwords and tokens of archives: in the system's keyring where it has one, else for this process alone.

They are never in a file of ours, never in a log, an argument or a URL. Each belongs to the archive and to the place it
is sent to: an archive that is moved elsewhere is asked for it again.
"""

import contextlib
import enum
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from viewer.archives.peer_checks import folded_name
from viewer.base.errors import NetworkError
from viewer.base.translation import _

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "negatoscope"
_LONGEST = 32 * 1024
_NO_KEYRINGS = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
"""Modules of what keeps nothing, and of what keeps passwords in files."""


class SecretKind(enum.StrEnum):
    """What a secret is."""

    PASSWORD = "password"  # noqa: S105 - its name, not one
    TOKEN = "bearer"  # noqa: S105 - likewise
    REFRESH = "refresh"
    """OpenID Connect: lets us in again without asking."""


Ask = Callable[[str, str], str | None]
"""Asks a person for the secret of an archive (its name) and a kind; None when nobody can be asked or gives it."""


class Secrets:
    """The secrets of all archives. May be used on any thread.

    Args:
        ask: Asks the reader; None where nobody can be asked.
    """

    def __init__(self, ask: Ask | None = None) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._asking = threading.Lock()  # apart: while somebody thinks, others come and go
        self._here: dict[str, str] = {}
        self._backend: KeyringBackend | None = None
        self._is_looked_for = False

    @property
    def is_kept(self) -> bool:
        """Whether secrets outlast this process: whether there is a keyring of the system."""
        return self._keyring() is not None

    def get(self, peer_name: str, kind: str, place: str = "") -> str | None:
        """Return a secret that is known; nobody is asked.

        Args:
            peer_name: Of the archive.
            kind: One of SecretKind.
            place: Whom it may be sent to, as place_of says it; it is only found again for the same.
        """
        key = _key(peer_name, kind, place)
        with self._lock:
            if key in self._here:
                return self._here[key]
        backend = self._keyring()
        if backend is None:
            return None
        try:
            return backend.get_password(SERVICE, key) or None
        except Exception:  # noqa: BLE001 - backends raise what their systems do; a locked keyring knows nothing
            return None

    def obtain(self, peer_name: str, kind: str, place: str = "") -> str | None:
        """Return a secret, asking for it if it is not known; what is answered holds for this process until it is put.

        Only one asks at a time: several threads that miss the same one ask once.
        """
        known = self.get(peer_name, kind, place)
        if known is not None or self._ask is None:
            return known
        with self._asking:
            known = self.get(peer_name, kind, place)
            if known is not None:
                return known
            given = self._ask(peer_name, kind)
            if given:
                self.take({_key(peer_name, kind, place): _checked(given)})
            return given or None

    def put(self, peer_name: str, kind: str, secret: str, place: str = "") -> bool:
        """Keep a secret; return whether it outlasts this process.

        Raises:
            NetworkError: If it cannot be one.
        """
        key = _key(peer_name, kind, place)
        self.take({key: _checked(secret)})
        backend = self._keyring()
        if backend is None:
            return False
        try:
            backend.set_password(SERVICE, key, secret)
        except Exception:  # noqa: BLE001 - as in get: it then holds for this process
            return False
        return True

    def doubt(self, peer_name: str, kind: str, place: str = "") -> None:
        """Forget what was only said in this process: it was refused, and is asked for again; what is kept stays."""
        with self._lock:
            self._here.pop(_key(peer_name, kind, place), None)

    def forget(self, peer_name: str, kind: str = "", place: str = "") -> None:
        """Forget an archive's secrets, or that of one kind; safe where there is none."""
        for each in [kind] if kind else [each.value for each in SecretKind]:
            self.doubt(peer_name, each, place)
            if (backend := self._keyring()) is not None:
                # Backends raise what their systems do, also when there was nothing to forget.
                with contextlib.suppress(Exception):
                    backend.delete_password(SERVICE, _key(peer_name, each, place))

    def of_this_process(self) -> Mapping[str, str]:
        """Return what was asked or put here, to be handed to a process of ours over a pipe; `take` takes it."""
        with self._lock:
            return dict(self._here)

    def take(self, secrets: Mapping[str, str]) -> None:
        """Take what another process of ours handed over; it holds for this process."""
        with self._lock:
            self._here.update(secrets)

    def _keyring(self) -> "KeyringBackend | None":
        with self._lock:
            if not self._is_looked_for:
                self._backend = _system_keyring()
                self._is_looked_for = True
            return self._backend


def place_of(url: str) -> str:
    """Return the scheme, host and port of a URL: whom a secret may be sent to (RFC 6454)."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').casefold()}:{port}"


def _system_keyring() -> "KeyringBackend | None":
    try:
        import keyring

        found = keyring.get_keyring()
    except Exception:  # noqa: BLE001 - a broken configuration of the keyring is the system's, and no reason to end
        return None
    return next((backend for backend in _each(found) if _is_real(backend)), None)


def _each(backend: "KeyringBackend") -> "Iterator[KeyringBackend]":
    several = getattr(backend, "backends", None)  # of the chainer, which asks one after another
    if isinstance(several, (list, tuple)):
        yield from several
    else:
        yield backend


def _is_real(backend: "KeyringBackend") -> bool:
    return not type(backend).__module__.startswith(_NO_KEYRINGS)


def _key(peer_name: str, kind: str, place: str) -> str:
    return "\n".join((folded_name(peer_name), str(kind), place))


def _checked(secret: str) -> str:
    if not secret or len(secret) > _LONGEST or any(letter in secret for letter in "\r\n\0"):
        raise NetworkError(_("This is no password: it is empty, too long, or has more than one line"))
    return secret
