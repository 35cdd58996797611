"""What a peer may be: every value is checked where it comes in, be it typed, read from a file or imported."""

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.dicom.character_sets import CHARACTER_SETS
from viewer.network.peers import Peer, PeerTls, Quirks, WebAuthorization, WebPlace
from viewer.network.stations import Station, checked_title

_LONGEST_NAME, _LONGEST_HOST, _LONGEST_TEXT, _LONGEST_URL = 64, 253, 256, 2048
_HIGHEST_PORT = 65535
_FEWEST_PDU_BYTES, _MOST_PDU_BYTES = 1024, 1 << 24
_MOST_ASSOCIATIONS, _LONGEST_PATIENCE_S, _MOST_VALUES = 16, 86400, 200
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_HOST_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_TERM = re.compile(r"[A-Z0-9_ -]{1,16}")
_LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain"})


def checked_name(name: str) -> str:
    """Return a peer's name, its letters composed.

    Raises:
        NetworkError: If it is none: it could be taken for a station, a path, an option, or not be seen.
    """
    composed = unicodedata.normalize("NFC", name).strip()
    is_seen = all(unicodedata.category(letter) not in _UNSEEN for letter in composed)
    is_plain = is_seen and not set(composed) & set("@/\\") and not composed.startswith("-")
    if not (composed.strip(".") and is_plain and len(composed) <= _LONGEST_NAME):
        raise NetworkError(
            _("'{0}' is no name for an archive").format(_shown(name)),
            advice=_("Give up to 64 letters and signs, without @, / or a backslash, and no - at the beginning"),
        )
    return composed


def folded_name(name: str) -> str:
    """Return what two names have in common that mean the same archive."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def checked_host(host: str) -> str:
    """Return the name or address of a computer.

    Raises:
        NetworkError: If it is none.
    """
    text = host.strip()
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        address, _separator, zone = bare.partition("%")
        ipaddress.ip_address(address)
        if not zone or re.fullmatch(r"\w{1,32}", zone, re.ASCII):
            return bare
    except ValueError:
        pass
    try:
        encoded = text.encode("idna").decode("ascii") if text and not text.isascii() else text
    except UnicodeError:
        encoded = ""
    labels = encoded.removesuffix(".").split(".")
    if len(encoded) > _LONGEST_HOST or not all(map(_HOST_LABEL.fullmatch, labels)):
        raise NetworkError(
            _("'{0}' is no name or address of a computer").format(_shown(host)),
            advice=_("Write it like pacs.example.org or 192.0.2.7"),
        )
    return encoded


def checked_port(port: int) -> int:
    """Return a port.

    Raises:
        NetworkError: If it is none.
    """
    if isinstance(port, bool) or not 0 < port <= _HIGHEST_PORT:
        raise NetworkError(_("'{0}' is no port").format(port), advice=_("Give a number from 1 to 65535"))
    return port


def checked_url(url: str) -> str:
    """Return the URL under which something of DICOMweb or OpenID is, without a slash at its end.

    Raises:
        NetworkError: If it is none, or holds what it must not: a password, a query.
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _no_url(url) from None
    if parts.username is not None or parts.password is not None:
        raise NetworkError(
            _("Passwords do not belong into a URL: it is shown and written down"),
            subject=_without_user(parts),
            advice=_("Give the user by itself; the password is asked for"),
        )
    is_clean = text.isascii() and text.isprintable() and " " not in text and "\\" not in text and "#" not in text
    if parts.scheme not in {"http", "https"} or not is_clean or "?" in text or len(text) > _LONGEST_URL or port == 0:
        raise _no_url(url)
    checked_host(host)
    return text.rstrip("/")


def is_open_to_listeners(url: str) -> bool:
    """Whether what is sent to a URL can be read on its way: not over TLS, and not within this computer."""
    parts = urlsplit(url)
    host = (parts.hostname or "").casefold()
    try:
        is_here = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        is_here = host in _LOOPBACK_NAMES
    return parts.scheme != "https" and not is_here


def checked_peer(peer: Peer) -> Peer:
    """Return a peer as it is kept.

    Raises:
        NetworkError: If one of its values cannot be; it is said which.
    """
    name = checked_name(peer.name)
    if peer.station is None and peer.web is None:
        raise NetworkError(
            _("It has neither a station nor a DICOMweb URL"),
            subject=name,
            advice=_("Give AE title, host and port, or a URL, or both"),
        )
    try:
        return replace(
            peer,
            name=name,
            station=None if peer.station is None else checked_station(peer.station),
            tls=_checked_tls(peer.tls),
            web=None if peer.web is None else _checked_web(peer.web),
            quirks=_checked_quirks(peer.quirks),
        )
    except NetworkError as error:
        raise error.about(name) from None


def checked_station(station: Station) -> Station:
    """Return a station whose every value can be.

    Raises:
        NetworkError: If one cannot.
    """
    title, host = checked_title(station.ae_title), checked_host(station.host)
    return replace(station, ae_title=title, host=host, port=checked_port(station.port))


def _checked_tls(tls: PeerTls) -> PeerTls:
    for path in (tls.authority, tls.certificate, tls.key):
        _check_text(path, 4096)
    if bool(tls.certificate) != bool(tls.key):
        raise NetworkError(_("A certificate of ours needs its key"), advice=_("Give both files, or neither"))
    if tls.is_paired and not tls.authority:
        raise NetworkError(_("The certificate that was paired is not named"), advice=_("Pair it again"))
    return tls


def _checked_web(web: WebPlace) -> WebPlace:
    for text in (web.user, web.client_id, web.scope):
        _check_text(text, _LONGEST_TEXT)
    optional: Callable[[str], str] = lambda url: checked_url(url) if url else ""  # noqa: E731 - said once, used five times
    checked = replace(
        web,
        root=checked_url(web.root),
        search_root=optional(web.search_root),
        retrieve_root=optional(web.retrieve_root),
        store_root=optional(web.store_root),
        uri_root=optional(web.uri_root),
        issuer=optional(web.issuer),
    )
    if web.authorization is WebAuthorization.BASIC and (not web.user or ":" in web.user):
        raise NetworkError(_("The user is missing, or has a colon in it"), advice=_("Give the name you log in with"))
    if web.authorization is WebAuthorization.OIDC:
        if not (web.issuer and web.client_id):
            raise NetworkError(_("OpenID Connect needs an issuer's URL and a client ID"))
        if is_open_to_listeners(checked.issuer):
            raise NetworkError(_("An OpenID provider is only reached over https"), subject=checked.issuer)
    return checked


def _checked_quirks(quirks: Quirks) -> Quirks:
    known = {term for terms, _title in CHARACTER_SETS for term in terms.split("\\")}
    terms = quirks.character_set.split("\\") if quirks.character_set else []
    for term in terms:
        if not _TERM.fullmatch(term) or (term not in known and not term.startswith(("ISO_IR ", "ISO 2022 IR "))):
            raise NetworkError(
                _("'{0}' is no character set").format(_shown(term)),
                advice=_("Write it as in (0008,0005), like ISO_IR 192 or ISO 2022 IR 149"),
            )
    _check_range(quirks.most_pdu_bytes, _FEWEST_PDU_BYTES, _MOST_PDU_BYTES)
    _check_range(quirks.patience_s, 1, _LONGEST_PATIENCE_S)
    if not 1 <= quirks.associations <= _MOST_ASSOCIATIONS:
        raise _out_of_range(quirks.associations, 1, _MOST_ASSOCIATIONS)
    if len(quirks.unsupported_keys) > _MOST_VALUES or len(quirks.sends_as) > _MOST_VALUES:
        raise NetworkError(_("There are too many values"))
    for keyword in quirks.unsupported_keys:
        if not _KEYWORD.fullmatch(keyword):
            raise NetworkError(_("'{0}' is no keyword").format(_shown(keyword)), advice=_("Write it like PatientName"))
    title = checked_title(quirks.calling_title) if quirks.calling_title else ""
    return replace(quirks, calling_title=title, sends_as=tuple(map(checked_title, quirks.sends_as)))


def _check_range(value: int, least: int, most: int) -> None:
    if value and not least <= value <= most:
        raise _out_of_range(value, least, most)


def _out_of_range(value: int, least: int, most: int) -> NetworkError:
    return NetworkError(_("{0} is not from {1} to {2}").format(value, least, most))


def _check_text(text: str, longest: int) -> None:
    if len(text) > longest or any(unicodedata.category(letter) in _UNSEEN for letter in text):
        raise NetworkError(_("A value is too long, or has signs that cannot be seen"))


def _without_user(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _no_url(url: str) -> NetworkError:
    # What cannot be taken apart may hold a password all the same.
    return NetworkError(
        _("'{0}' is no URL of DICOMweb").format(_shown(url.rpartition("@")[2].partition("?")[0])),
        advice=_("Write it like https://pacs.example.org/dicom-web"),
    )


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"
