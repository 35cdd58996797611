"""OpenID Connect without a browser of ours: the device authorization grant (RFC 8628), and refreshing (RFC 6749 6).

Discovery (OpenID Connect Discovery 1.0) says where codes and tokens are given. Access tokens stay in memory; what lets
us in again without asking goes into the store of secrets. Everything goes over TLS, or within this computer.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from viewer.base.errors import Cancelled
from viewer.base.translation import N_, _
from viewer.network.peers import PeerTls
from viewer.network.requesting import Patience
from viewer.network.web import problems
from viewer.network.web.authorization import REFRESH, Prompt, SecretStore, bearer_header
from viewer.network.web.client import Client, origin_of
from viewer.network.web.problems import PassingWebError, WebError
from viewer.network.web.watch import never

_DISCOVERY = "/.well-known/openid-configuration"
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_MOST_BYTES = 256 * 1024
_INTERVAL_S, _SLOWER_S, _LONGEST_INTERVAL_S = 5.0, 5.0, 60.0
"""RFC 8628 3.2, 3.5."""
_LONGEST_CODE_S = 1800.0
_TOKEN_S, _BEFORE_S = 300.0, 30.0
"""How long a token is good that does not say it, and how long before its end another is asked for."""
_STEP_S = 0.1
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_WORDS: Mapping[str, str] = {
    "access_denied": N_("Signing in was refused"),
    "expired_token": N_("Nobody signed in in time"),
    "invalid_client": N_("The OpenID provider does not know this client"),
    "unauthorized_client": N_("The OpenID provider does not let this client sign in with a code"),
    "invalid_scope": N_("The OpenID provider does not know this scope"),
    "unsupported_grant_type": N_("The OpenID provider does not let anybody sign in with a code"),
}

Wait = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Provider:
    """Who gives tokens.

    Attributes:
        issuer: Its URL.
        client_id: As what it knows us.
        scope: What we ask for, with spaces between.
    """

    issuer: str
    client_id: str
    scope: str = "openid"


class DeviceFlow:
    """Credentials of OpenID Connect; may be used on several threads, of which one asks.

    Args:
        provider: Who gives tokens.
        secrets: Where what lets us in again is kept.
        prompt: Shows where to sign in; None where nobody can.
        tls: Of the provider; None trusts the system's authorities.
        patience: With the provider.
        wait: For tests: waits so many seconds.
    """

    def __init__(
        self,
        provider: Provider,
        secrets: SecretStore,
        *,
        prompt: Prompt | None = None,
        tls: PeerTls | None = None,
        patience: Patience | None = None,
        wait: Wait = time.sleep,
    ) -> None:
        self._provider = provider
        self._secrets = secrets
        self._prompt = prompt
        self._tls = tls or PeerTls()
        self._patience = patience or Patience(message_s=30.0)
        self._wait = wait
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = 0.0

    def header(self, cancelled: Callable[[], bool] = never) -> str:
        """Return a token that is good, asking the provider, or a person, where there is none.

        Raises:
            WebError: If there is none to be had.
            Cancelled: If nobody wants it any more.
        """
        while not self._lock.acquire(timeout=_STEP_S):
            if cancelled():
                raise Cancelled
        try:
            if not self._token or time.monotonic() > self._good_until:
                self._obtain(cancelled)
            return bearer_header(self._token)
        finally:
            self._lock.release()

    def renew(self, refused: str) -> bool:
        """Give up the token that was refused; there may be another."""
        with self._lock:
            if self._token and refused == f"Bearer {self._token}":
                self._token = ""
        return True

    def _obtain(self, cancelled: Callable[[], bool]) -> None:
        client = Client(self._tls, self._patience, connections=1)
        try:
            places = self._discovered(client, cancelled)
            if not self._refreshed(client, places, cancelled):
                self._signed_in(client, places, cancelled)
        except WebError as error:
            error.about(self._subject)
            raise
        finally:
            client.close()

    @property
    def _subject(self) -> str:
        return str(origin_of(self._provider.issuer))

    def _discovered(self, client: Client, cancelled: Callable[[], bool]) -> Mapping[str, Any]:
        issuer = self._provider.issuer.rstrip("/")
        _check_private(issuer)
        with client.request("GET", issuer + _DISCOVERY, {"Accept": _JSON}, cancelled=cancelled) as answer:
            if answer.status != 200:
                raise WebError(
                    _("There is no OpenID provider there (HTTP {0})").format(answer.status),
                    status=answer.status,
                    advice=_("Check its address in the list of archives"),
                )
            places = _object(answer.whole(_MOST_BYTES), self._subject)
        if _text(places, "issuer").rstrip("/") != issuer:
            raise WebError(_("The OpenID provider calls itself otherwise than it is called"))
        if not _text(places, "token_endpoint"):
            raise WebError(_("There is no OpenID provider there"))
        return places

    def _refreshed(self, client: Client, places: Mapping[str, Any], cancelled: Callable[[], bool]) -> bool:
        kept = self._secrets.obtain(REFRESH)
        if not kept:
            return False
        fields = {"grant_type": "refresh_token", "refresh_token": kept, "client_id": self._provider.client_id}
        status, said = self._posted(client, _text(places, "token_endpoint"), fields, cancelled)
        if status == 200:
            self._take(said)
            return True
        if status >= 500 or status == 429:
            raise problems.refused(status, self._subject)
        self._secrets.forget(REFRESH)
        return False

    def _signed_in(self, client: Client, places: Mapping[str, Any], cancelled: Callable[[], bool]) -> None:
        endpoint = _text(places, "device_authorization_endpoint")
        if self._prompt is None:
            raise WebError(
                _("Somebody has to sign in"), status=401, advice=_("Open the archive in the list and sign in there")
            )
        if not endpoint:
            raise WebError(_(_WORDS["unsupported_grant_type"]))
        fields = {"client_id": self._provider.client_id, "scope": self._provider.scope}
        status, said = self._posted(client, endpoint, fields, cancelled)
        if status != 200:
            raise _told(status, said, self._subject)
        code, page = _text(said, "device_code"), _text(said, "verification_uri") or _text(said, "verification_url")
        if not code or not _text(said, "user_code") or not page:
            raise problems.breaks_rules(self._subject)
        _check_private(page)
        interval = min(_number(said, "interval", _INTERVAL_S), _LONGEST_INTERVAL_S)
        deadline = time.monotonic() + min(_number(said, "expires_in", _LONGEST_CODE_S), _LONGEST_CODE_S)
        self._prompt(page, _text(said, "user_code"))
        fields = {"grant_type": _GRANT, "device_code": code, "client_id": self._provider.client_id}
        self._poll(client, _text(places, "token_endpoint"), fields, interval, deadline, cancelled)

    def _poll(
        self,
        client: Client,
        endpoint: str,
        fields: Mapping[str, str],
        interval: float,
        deadline: float,
        cancelled: Callable[[], bool],
    ) -> None:
        while True:
            self._pause(interval, cancelled)
            if time.monotonic() > deadline:
                raise WebError(_(_WORDS["expired_token"]), status=401, advice=_("Sign in again"))
            try:
                status, said = self._posted(client, endpoint, fields, cancelled)
            except PassingWebError:
                interval = min(interval * 2, _LONGEST_INTERVAL_S)  # RFC 8628 3.5: back off where the connection fails
                continue
            if status == 200:
                self._take(said)
                return
            match _text(said, "error"):
                case "authorization_pending":
                    pass
                case "slow_down":
                    interval += _SLOWER_S
                case _ if status >= 500 or status == 429:
                    interval = min(interval * 2, _LONGEST_INTERVAL_S)
                case _:
                    raise _told(status, said, self._subject)

    def _pause(self, seconds: float, cancelled: Callable[[], bool]) -> None:
        left = seconds
        while left > 0:
            if cancelled():
                raise Cancelled
            self._wait(min(left, _STEP_S))
            left -= _STEP_S

    def _take(self, said: Mapping[str, Any]) -> None:
        token = _text(said, "access_token")
        if _text(said, "token_type").lower() not in {"bearer", ""}:
            raise problems.breaks_rules(self._subject)
        bearer_header(token)
        self._token = token
        self._good_until = time.monotonic() + max(1.0, _number(said, "expires_in", _TOKEN_S) - _BEFORE_S)
        if refresh := _text(said, "refresh_token"):
            self._secrets.put(REFRESH, refresh)

    def _posted(
        self, client: Client, url: str, fields: Mapping[str, str], cancelled: Callable[[], bool]
    ) -> tuple[int, Mapping[str, Any]]:
        _check_private(url)
        headers = {"Content-Type": _FORM, "Accept": _JSON}
        body = urlencode(fields).encode("ascii")
        with client.request("POST", url, headers, body, cancelled=cancelled) as answer:
            data = answer.whole(_MOST_BYTES)
            if answer.status == 200 or answer.media_type == _JSON:
                return answer.status, _object(data, self._subject)
            return answer.status, {}


def _check_private(url: str) -> None:
    if not origin_of(url).is_private:
        raise WebError(
            _("Passwords and tokens are not sent where others can read them on the way"),
            advice=_("The OpenID provider must be called by https"),
        )


def _told(status: int, said: Mapping[str, Any], subject: str) -> WebError:
    words = _WORDS.get(_text(said, "error"))
    if words is None:
        return problems.refused(status, subject)
    return WebError(
        _(words), status=status, subject=subject, advice=_("Check how to sign in to it in the list of archives")
    )


def _object(data: bytes, subject: str) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise problems.breaks_rules(subject) from None  # its text may hold tokens
    if not isinstance(found, dict):
        raise problems.breaks_rules(subject)
    return found


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    return found if isinstance(found, str) else ""


def _number(said: Mapping[str, Any], name: str, otherwise: float) -> float:
    try:
        found = float(said.get(name, otherwise))
    except (TypeError, ValueError):
        return otherwise
    return found if found > 0 else otherwise
