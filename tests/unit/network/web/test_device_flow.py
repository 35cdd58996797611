"""OpenID Connect with codes: signing in, waiting, refreshing, and providers that fail; no token is ever shown."""

import json
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.builders.scripted_web import ScriptedWeb, WebAnswer, WebRequest
from viewer.base.errors import Cancelled
from viewer.network.peers import WebPlace
from viewer.network.web.device_flow import DeviceFlow, Provider
from viewer.network.web.door import WebDoor, WebError

JSON = {"Content-Type": "application/json"}
PENDING, SLOWER = {"error": "authorization_pending"}, {"error": "slow_down"}


class Store:
    def __init__(self, secret: str | None = None) -> None:
        self.secret = secret

    def obtain(self, kind: str) -> str | None:
        assert kind == "refresh"
        return self.secret

    def put(self, kind: str, secret: str) -> None:
        assert kind == "refresh"
        self.secret = secret

    def forget(self, _kind: str) -> None:
        self.secret = None


class ProviderServer(ScriptedWeb):
    """An OpenID provider.

    Attributes:
        answers: To the polls for a token, one after another; then it is granted.
        codes: What it says of a code.
        refreshes: Refresh tokens that it takes.
    """

    def __init__(self) -> None:
        super().__init__(self.answer)
        self.answers: list[Mapping[str, object]] = []
        self.codes: dict[str, Any] = {"expires_in": 600, "interval": 1}
        self.refreshes: set[str] = set()
        self.granted = 0
        self.says: dict[str, Any] = {}

    def answer(self, request: WebRequest) -> WebAnswer:
        fields = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        match request.path:
            case "/.well-known/openid-configuration":
                return self._json({
                    "issuer": self.root, "token_endpoint": f"{self.root}/token",
                    "device_authorization_endpoint": f"{self.root}/device", **self.says,
                })  # fmt: skip
            case "/device":
                assert fields == {"client_id": "viewer", "scope": "openid offline"}
                return self._json({"device_code": "device-secret", "user_code": "ABCD-EFGH",
                                   "verification_uri": f"{self.root}/sign-in", **self.codes})  # fmt: skip
            case "/token" if fields["grant_type"] == "refresh_token":
                is_good = fields["refresh_token"] in self.refreshes
                return self._granted() if is_good else self._json({"error": "invalid_grant"}, 400)
            case "/token":
                assert fields["device_code"] == "device-secret"
                return self._json(self.answers.pop(0), 400) if self.answers else self._granted()
        return WebAnswer(404)

    def _granted(self) -> WebAnswer:
        self.granted += 1
        refresh = f"refresh-{self.granted}"
        self.refreshes = {refresh}
        return self._json({
            "access_token": f"access-{self.granted}", "token_type": "Bearer", "expires_in": 3600,
            "refresh_token": refresh,
        })  # fmt: skip

    def _json(self, found: Mapping[str, object], status: int = 200) -> WebAnswer:
        return WebAnswer(status, JSON, json.dumps(found).encode())


class Waiting:
    """Counts the seconds that were waited, and lets them pass at once."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, seconds: float) -> None:
        self.seconds += seconds


def flow(server: ProviderServer, store: Store, prompted: list[tuple[str, str]] | None, waiting: Waiting) -> DeviceFlow:
    provider = Provider(f"{server.root}/", "viewer", "openid offline")
    prompt = None if prompted is None else lambda url, code: prompted.append((url, code))
    return DeviceFlow(provider, store, prompt=prompt, wait=waiting)


def test_somebody_signs_in_while_we_wait() -> None:
    prompted: list[tuple[str, str]] = []
    store, waiting = Store(), Waiting()
    with ProviderServer() as server:
        server.answers = [PENDING, SLOWER, PENDING]
        credentials = flow(server, store, prompted, waiting)
        assert credentials.header() == "Bearer access-1"
        assert prompted == [(f"{server.root}/sign-in", "ABCD-EFGH")]
        assert store.secret in server.refreshes
        assert waiting.seconds == pytest.approx(1 + 1 + 6 + 6, abs=0.5)  # slower by five seconds from then on
        assert credentials.header() == "Bearer access-1"
        assert credentials.renew("Bearer access-1")
        assert credentials.header() == "Bearer access-2"  # refreshed: nobody was asked again
        assert len(prompted) == 1
        assert flow(server, store, None, waiting).header() == "Bearer access-3"


def test_a_refresh_token_that_is_no_longer_good_is_forgotten() -> None:
    store = Store("old")
    with ProviderServer() as server:
        with pytest.raises(WebError, match="sign in") as refused:
            flow(server, store, None, Waiting()).header()
        assert refused.value.status == 401
        assert store.secret is None


@pytest.mark.parametrize(
    ("error", "words"),
    [("access_denied", "refused"), ("expired_token", "in time"), ("invalid_client", "client"), ("odd", "HTTP 400")],
)
def test_refusals_are_told(error: str, words: str) -> None:
    with ProviderServer() as server:
        server.answers = [PENDING, {"error": error, "error_description": "device-secret"}]
        with pytest.raises(WebError, match=words) as refused:
            flow(server, Store(), [], Waiting()).header()
        assert "device-secret" not in refused.value.one_line()


def test_a_code_ends() -> None:
    with ProviderServer() as server:
        server.codes["expires_in"] = 0.01
        server.answers = [PENDING] * 1000
        with pytest.raises(WebError, match="in time"):
            flow(server, Store(), [], Waiting()).header()


def test_waiting_ends_when_nobody_wants_it() -> None:
    with ProviderServer() as server:
        server.answers = [PENDING] * 100_000
        prompted: list[tuple[str, str]] = []
        is_over = threading.Event()

        def wait(_seconds: float) -> None:
            is_over.set()

        credentials = DeviceFlow(
            Provider(server.root, "viewer", "openid offline"), Store(),
            prompt=lambda url, code: prompted.append((url, code)), wait=wait,
        )  # fmt: skip
        with pytest.raises(Cancelled):
            credentials.header(is_over.is_set)


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "https://elsewhere.invalid"},
        {"token_endpoint": None},
        {
            "token_endpoint": "http://elsewhere.invalid/token",
            "device_authorization_endpoint": "http://elsewhere.invalid/d",
        },
        {"device_authorization_endpoint": None},
    ],
)
def test_providers_that_are_none_are_told(says: dict[str, object]) -> None:
    with ProviderServer() as server:
        server.says = says
        with pytest.raises(WebError) as refused:
            flow(server, Store(), [], Waiting()).header()
        assert refused.value.subject == server.root


def test_a_page_to_sign_in_must_be_safe() -> None:
    with ProviderServer() as server:
        server.codes["verification_uri"] = "http://elsewhere.invalid/sign-in"
        prompted: list[tuple[str, str]] = []
        with pytest.raises(WebError):
            flow(server, Store(), prompted, Waiting()).header()
        server.codes["verification_uri"] = "javascript:alert(1)"
        with pytest.raises(WebError):
            flow(server, Store(), prompted, Waiting()).header()
        assert prompted == []


def test_an_archive_that_no_longer_takes_the_token_gets_another() -> None:
    seen: list[str] = []

    def archive(request: WebRequest) -> WebAnswer:
        seen.append(request.headers["authorization"])
        return WebAnswer(401) if seen[-1] == "Bearer access-1" else WebAnswer(204)

    with ProviderServer() as server, ScriptedWeb(archive) as peer:
        credentials = flow(server, Store(), [], Waiting())
        with (
            WebDoor(WebPlace(peer.root), credentials=credentials) as door,
            door.get(door.search_url(), "*/*") as answer,
        ):
            assert answer.status == 204
        assert seen == ["Bearer access-1", "Bearer access-2"]


def test_several_threads_ask_once() -> None:
    with ProviderServer() as server:
        prompted: list[tuple[str, str]] = []
        credentials = flow(server, Store(), prompted, Waiting())
        threads = [threading.Thread(target=credentials.header) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(prompted) == 1
