"""How we say who we are to a web server: not at all, by a password, by a token, or by OpenID Connect (device_flow.py).

Secrets come from the store that is handed in and go nowhere else: not into a log, an error, a file or a URL.
"""

import base64
from collections.abc import Callable
from typing import Protocol

from viewer.base.translation import _
from viewer.network.peers import PeerTls, WebAuthorization, WebPlace
from viewer.network.requesting import Patience
from viewer.network.web.problems import WebError
from viewer.network.web.watch import never

PASSWORD, TOKEN, REFRESH = "password", "bearer", "refresh"

Prompt = Callable[[str, str], None]
"""Shows a person where to sign in (a URL) and the code to give there; returns at once."""


class SecretStore(Protocol):
    """Where the secrets of one archive are; may be used on any thread."""

    def obtain(self, kind: str) -> str | None:
        """Return a secret, asking for it where somebody can be asked; None when there is none."""

    def put(self, kind: str, secret: str) -> None:
        """Keep a secret."""

    def forget(self, kind: str) -> None:
        """Forget a secret: it is no longer good."""


class Credentials(Protocol):
    """What goes into the Authorization header of requests to an archive's own origins."""

    def header(self, cancelled: Callable[[], bool] = never) -> str:
        """Return it; empty for none.

        Raises:
            WebError: If there is none to be had.
            Cancelled: If nobody wants it any more.
        """

    def renew(self, refused: str) -> bool:
        """Say whether there may be another one, now that this one was refused (HTTP 401)."""


class NoCredentials:
    """Says nothing."""

    def header(self, cancelled: Callable[[], bool] = never) -> str:  # noqa: ARG002 - the protocol's
        """Return nothing."""
        return ""

    def renew(self, refused: str) -> bool:  # noqa: ARG002 - the protocol's
        """Say that there is no other."""
        return False


class Basic:
    """A user and a password (RFC 7617)."""

    def __init__(self, user: str, secrets: SecretStore) -> None:
        self._user = user
        self._secrets = secrets

    def header(self, cancelled: Callable[[], bool] = never) -> str:  # noqa: ARG002 - the protocol's
        """Return both, encoded.

        Raises:
            WebError: If no password is known.
        """
        password = self._secrets.obtain(PASSWORD)
        if password is None:
            raise WebError(
                _("A password is needed"),
                status=401,
                advice=_("Give the password of the user '{0}'").format(self._user),
            )
        both = f"{self._user}:{password}".encode()
        return f"Basic {base64.b64encode(both).decode('ascii')}"

    def renew(self, refused: str) -> bool:  # noqa: ARG002 - the protocol's
        """Say that there is no other: a person has to give it, when it is needed again."""
        self._secrets.forget(PASSWORD)
        return False


class Bearer:
    """A token (RFC 6750) that its administrator has given."""

    def __init__(self, secrets: SecretStore) -> None:
        self._secrets = secrets

    def header(self, cancelled: Callable[[], bool] = never) -> str:  # noqa: ARG002 - the protocol's
        """Return the token.

        Raises:
            WebError: If none is known.
        """
        token = self._secrets.obtain(TOKEN)
        if token is None:
            raise WebError(_("A token is needed"), status=401, advice=_("Have its administrator give you one"))
        return bearer_header(token.strip())

    def renew(self, refused: str) -> bool:  # noqa: ARG002 - the protocol's
        """Say that there is no other: its administrator has to give it."""
        self._secrets.forget(TOKEN)
        return False


def bearer_header(token: str) -> str:
    """Return the header of a token.

    Raises:
        WebError: If it has signs that no token has; it is not shown.
    """
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise WebError(_("This is no token: it has signs that no token has"), status=401)
    return f"Bearer {token}"


def credentials_of(
    place: WebPlace,
    secrets: SecretStore,
    *,
    prompt: Prompt | None = None,
    tls: PeerTls | None = None,
    patience: Patience | None = None,
) -> Credentials:
    """Return how we say who we are to an archive.

    Args:
        place: What is set of it.
        secrets: Where its secrets are.
        prompt: For OpenID Connect; None where nobody can be asked, and only what was allowed before is used.
        tls: Of the OpenID provider: None trusts the system's authorities.
        patience: With the OpenID provider.
    """
    match place.authorization:
        case WebAuthorization.NONE:
            return NoCredentials()
        case WebAuthorization.BASIC:
            return Basic(place.user, secrets)
        case WebAuthorization.BEARER:
            return Bearer(secrets)
        case WebAuthorization.OIDC:
            from viewer.network.web.device_flow import DeviceFlow, Provider

            provider = Provider(place.issuer, place.client_id, place.scope)
            return DeviceFlow(provider, secrets, prompt=prompt, tls=tls, patience=patience)
