"""The doctor over DICOMweb: name, connection, TLS, signing in, a search, one image fetched; nothing is stored."""

import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from viewer.archives import doctor_dimse
from viewer.archives.doctor import Examination, Finding, StepState
from viewer.archives.doctor_dimse import examine_connection, safe_finding
from viewer.archives.doctor_probe import is_dicom
from viewer.archives.folder_keeper import FolderKeeper
from viewer.archives.peer_checks import is_open_to_listeners
from viewer.archives.web_echo import first_value, search
from viewer.base.errors import Cancelled, NetworkError
from viewer.base.paths import private_temporary_folder
from viewer.base.translation import _
from viewer.network.connecting import reached
from viewer.network.peer_tls import context_of
from viewer.network.peers import Peer, WebAuthorization, WebPlace
from viewer.network.ports import Caller
from viewer.network.retrieving import Fetched, RetrieveRequest
from viewer.network.web.door import WebDoor
from viewer.network.web.problems import WebError
from viewer.network.web.retrieving import fetch

_PORTS = {"http": 80, "https": 443}
_NOT_LET_IN = frozenset({401, 403, 407})
_BEYOND_TCP = ("web-tls", "web-authorization", "web-find", "web-get", "web-send")
_STUDY, _SERIES, _INSTANCE, _ROWS, _COLUMNS = "0020000D", "0020000E", "00080018", "00280010", "00280011"
_COUNT = "00201209"
_MOST_SERIES, _MOST_INSTANCES = "20", "10"


def examine_web(peer: Peer, door: WebDoor, examination: Examination) -> None:
    """Take the steps."""
    parts = urlsplit(door.place.root)
    host, port = parts.hostname or "", _port(parts)
    if not examine_connection(host, port, examination, "web-"):
        examination.skip(_("Not tried: there is no connection"), *_BEYOND_TCP)
        return
    if parts.scheme != "https":
        examination.skip(_("It is called by http: others in the network can read on"), "web-tls")
    elif not examination.look("web-tls", lambda: _tls(peer, host, port)):
        examination.skip(_("Not tried: there is no safe connection"), *_BEYOND_TCP[1:])
        return
    _examine_services(door, examination)
    examination.skip(_("Storing is not tried: it would leave something there"), "web-send")


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS.get(parts.scheme, 0)


def _tls(peer: Peer, host: str, port: int) -> Finding:
    subject = f"{host}:{port}"
    return safe_finding(
        reached(host, port, doctor_dimse.PATIENCE.connect_s, subject), context_of(peer.tls), host, subject
    )


def _examine_services(door: WebDoor, examination: Examination) -> None:
    studies: list[dict[str, object]] = []
    failure: NetworkError | None = None
    if door.place.authorization is not WebAuthorization.NONE and is_open_to_listeners(door.place.root):
        examination.look("web-authorization", lambda: _unsafe(door.place))
        examination.skip(_("Not tried: nobody signs in where others can read it"), "web-find", "web-get")
        return
    try:
        studies = _searched(door, ("studies",), "1", examination)
    except NetworkError as error:
        failure = error
    is_let_in = not (isinstance(failure, WebError) and failure.status in _NOT_LET_IN)
    if failure is not None and is_let_in:
        examination.skip(_("Not known: the search failed"), "web-authorization")
    elif not examination.look("web-authorization", lambda: _authorization(door.place, failure)):
        examination.skip(_("Not tried: it does not let us in"), "web-find", "web-get")
        return
    if not examination.look("web-find", lambda: _find(door, studies, failure)):
        examination.skip(_("Not tried: the search failed"), "web-get")
        return
    request = None
    if studies:
        try:
            request = _small_instance(door, first_value(studies[0], _STUDY), examination)
        except NetworkError as error:
            examination.skip(_("No image was fetched: {0}").format(error), "web-get")
            return
    if request is None:
        examination.skip(_("It holds no image that could be fetched"), "web-get")
        return
    examination.look("web-get", lambda: _fetched(door, request, examination))


def _searched(
    door: WebDoor, segments: tuple[str, ...], limit: str, examination: Examination
) -> list[dict[str, object]]:
    """Search with a patience of the doctor's own: who does not speak HTTP may wait for ever for more of a request."""
    deadline = time.monotonic() + doctor_dimse.PATIENCE.message_s
    try:
        return search(
            door, segments, (("limit", limit),), lambda: examination.cancelled() or time.monotonic() > deadline
        )
    except Cancelled:
        if examination.cancelled():
            raise
    raise WebError(
        _("It does not answer within {0} seconds").format(f"{doctor_dimse.PATIENCE.message_s:g}"),
        advice=_("Check the port; it may be overloaded"),
    )


def _unsafe(place: WebPlace) -> Finding:
    words = _("Passwords and tokens are not sent to {0}, where others can read them").format(place.root)
    return Finding(words, StepState.FAILED, _("Enter the https URL of the archive"))


def _authorization(place: WebPlace, failure: NetworkError | None) -> Finding:
    if failure is not None:
        raise failure
    match place.authorization:
        case WebAuthorization.NONE:
            words = _("It lets in whoever calls; we do not say who we are")
            return Finding(words, StepState.SKIPPED)
        case WebAuthorization.BASIC:
            return Finding(_("It lets us in as {0}, by a password").format(place.user))
        case WebAuthorization.BEARER:
            return Finding(_("It lets us in by a token"))
        case WebAuthorization.OIDC:
            return Finding(_("It lets us in by OpenID Connect of {0}").format(place.issuer))


def _find(door: WebDoor, studies: list[dict[str, object]], failure: NetworkError | None) -> Finding:
    if failure is not None:
        parts = urlsplit(door.place.root)
        if (
            parts.scheme == "http"
            and not getattr(failure, "status", 0)
            and is_dicom(parts.hostname or "", _port(parts))
        ):
            raise NetworkError(
                _("A DICOM station answers at port {0}, no web server").format(_port(parts)),
                advice=_("Check the port; a DICOM station is entered by AE title, host and port"),
            )
        raise failure
    if studies:
        return Finding(_("It answers searches (QIDO-RS)"))
    return Finding(_("It answers searches; it holds nothing, or shows us nothing"), StepState.WARNING)


def _fetched(door: WebDoor, request: RetrieveRequest, examination: Examination) -> Finding:
    folder = Path(tempfile.mkdtemp(prefix="doctor-", dir=private_temporary_folder()))
    try:
        with closing(FolderKeeper(folder)) as keeper:
            caller = Caller("", urlsplit(door.place.root).hostname or "")
            coming = fetch(door, request, keeper, caller=caller, several=1, cancelled=examination.cancelled)
            came = [each for each in coming if isinstance(each, Fetched)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if came and came[0].answer is not None:
        words = _("It gave an image of {0} KB (WADO-RS); it was not kept")
        return Finding(words.format(came[0].size // 1024 + 1))
    reason = came[0].reason if came else _("nothing came")
    raise NetworkError(
        _("It lists an image, but does not give it (WADO-RS): {0}").format(reason),
        advice=_("Check the URL of WADO-RS, and whether this user may fetch"),
    )


def _small_instance(door: WebDoor, study: str, examination: Examination) -> RetrieveRequest | None:
    series = _searched(door, ("studies", study, "series"), _MOST_SERIES, examination)
    for row in sorted(series, key=lambda each: _number(each, _COUNT)):
        uid = first_value(row, _SERIES)
        segments = ("studies", study, "series", uid, "instances")
        found = _searched(door, segments, _MOST_INSTANCES, examination)
        named = [each for each in found if first_value(each, _INSTANCE)]
        if named:
            smallest = min(named, key=lambda each: _number(each, _ROWS) * _number(each, _COLUMNS))
            return RetrieveRequest(study, uid, (first_value(smallest, _INSTANCE),))
    return None


def _number(row: Mapping[str, object], tag: str) -> int:
    text = first_value(dict(row), tag)
    return int(text) if text.isascii() and text.isdigit() else 0
