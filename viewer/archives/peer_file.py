"""Peers as TOML, and back: every entry is read by itself, so that a broken one takes no other with it."""

import dataclasses
import enum
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from viewer.archives.peer_checks import checked_peer, folded_name
from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.peers import Peer, PeerTls, Quirks, RetrieveMethod, WebPlace
from viewer.network.stations import DEFAULT_PORT, DEFAULT_TLS_PORT, Station

VERSION = 1
MOST_PEERS = 2000
_NO_INLINE = 100
_SECTIONS: Mapping[str, type] = {"tls_files": PeerTls, "web": WebPlace, "quirks": Quirks}
_STATION = {"ae_title": str, "host": str, "port": int, "tls": bool}
_WORDS = {"name": str, "method": str, "is_hidden": bool, **_STATION, **dict.fromkeys(_SECTIONS, dict)}


@dataclass(frozen=True, slots=True)
class PeerTable:
    """What a file holds.

    Attributes:
        broken: Entries that cannot be used, as they stood: they are written back with the others.
        problems: What is wrong with them, in plain words.
        is_newer: Whether a newer version of the program wrote it: it can be read, but not written without loss.
    """

    peers: tuple[Peer, ...] = ()
    broken: tuple[Any, ...] = ()
    problems: tuple[str, ...] = ()
    is_newer: bool = False


def peers_of_toml(text: str, subject: str) -> PeerTable:
    """Return the peers of a file.

    Raises:
        NetworkError: If it is no TOML, or no list of peers.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise NetworkError(
            _("The list of archives cannot be read: {0}").format(error),
            subject=subject,
            advice=_("Mend it in a text editor, or move it away"),
        ) from None
    entries = table.get("peer", [])
    version = table.get("version", VERSION)
    if not isinstance(entries, list) or type(version) is not int or len(entries) > MOST_PEERS:
        raise NetworkError(
            _("This is no list of archives"), subject=subject, advice=_("Its entries begin with [[peer]]")
        )
    return _table(entries, is_newer=version > VERSION)


def toml_of_peers(table: PeerTable) -> str:
    """Return the text of a file with these peers, and with what was broken as it was."""
    import tomli_w

    entries = [*map(_plain_peer, table.peers), *table.broken]
    # Behind an indent as long as a line no entry is written in one line, but each as [[peer]], as people write them.
    text = tomli_w.dumps({"version": VERSION, "peer": entries}, indent=_NO_INLINE)
    return re.sub(rf"(?m)^(?: {{{_NO_INLINE}}})+", "    ", text)


def _table(entries: list[Any], *, is_newer: bool) -> PeerTable:
    peers: dict[str, Peer] = {}
    broken: list[Any] = []
    problems: list[str] = []
    for number, entry in enumerate(entries, 1):
        try:
            peer = _peer(entry)
            if folded_name(peer.name) in peers:
                raise NetworkError(_("There is another archive of that name"), subject=peer.name)
            peers[folded_name(peer.name)] = peer
        except NetworkError as error:
            broken.append(entry)
            problems.append(_("Entry {0} of the list of archives is left out: {1}").format(number, error.one_line()))
    return PeerTable(tuple(peers.values()), tuple(broken), tuple(problems), is_newer)


def _peer(entry: object) -> Peer:
    if not isinstance(entry, dict):
        raise NetworkError(_("It is no table"))
    name = entry.get("name", "")
    subject = name if isinstance(name, str) else ""
    for word, value in entry.items():
        if word not in _WORDS:
            raise NetworkError(_("'{0}' is not known").format(word), subject=subject)
        if type(value) is not _WORDS[word]:
            raise NetworkError(_("The value of '{0}' is of a wrong kind").format(word), subject=subject)
    sections = {word: _section(kind, entry[word], word) for word, kind in _SECTIONS.items() if word in entry}
    return checked_peer(
        Peer(
            name=subject,
            station=_station(entry),
            tls=sections.get("tls_files", PeerTls()),
            web=sections.get("web"),
            quirks=sections.get("quirks", Quirks()),
            method=_member(RetrieveMethod, entry.get("method", RetrieveMethod.AUTO.value), "method"),
            is_hidden=entry.get("is_hidden", False),
        )
    )


def _station(entry: Mapping[str, Any]) -> Station | None:
    if not any(word in entry for word in _STATION):
        return None
    if "ae_title" not in entry or "host" not in entry:
        raise NetworkError(_("A station needs an AE title and a host"), subject=str(entry.get("name", "")))
    uses_tls = entry.get("tls", False)
    port = entry.get("port", DEFAULT_TLS_PORT if uses_tls else DEFAULT_PORT)
    return Station(entry["ae_title"], entry["host"], port, uses_tls)


def _section(kind: type, table: Mapping[str, Any], section: str) -> Any:  # noqa: ANN401 - one of _SECTIONS
    """Return a dataclass of a table whose words are its fields, each of its default's type."""
    fields = {field.name: field for field in dataclasses.fields(kind)}
    values: dict[str, Any] = {}
    for word, value in table.items():
        if word not in fields:
            raise NetworkError(_("'{0}' is not known").format(f"{section}.{word}"))
        values[word] = _value(value, fields[word].default, f"{section}.{word}")
    missing = [name for name, field in fields.items() if field.default is dataclasses.MISSING and name not in values]
    if missing:
        raise NetworkError(_("'{0}' is missing").format(f"{section}.{missing[0]}"))
    return kind(**values)


def _value(value: object, default: object, word: str) -> object:
    if isinstance(default, enum.Enum):
        return _member(type(default), value, word)
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
    elif type(value) is (str if default is dataclasses.MISSING else type(default)):
        return value
    raise NetworkError(_("The value of '{0}' is of a wrong kind").format(word))


def _member(kind: "type[enum.Enum]", value: object, word: str) -> Any:  # noqa: ANN401 - a member of that kind
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(member.value) for member in kind)
        raise NetworkError(_("'{0}' is none of {1}").format(word, known)) from None


def _plain_peer(peer: Peer) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": peer.name}
    if peer.station is not None:
        station = peer.station
        entry |= {"ae_title": station.ae_title, "host": station.host, "port": station.port, "tls": station.uses_tls}
    if peer.method is not RetrieveMethod.AUTO:
        entry["method"] = peer.method.value
    if peer.is_hidden:
        entry["is_hidden"] = True
    for word, value in (("tls_files", peer.tls), ("web", peer.web), ("quirks", peer.quirks)):
        if value is not None and (section := _plain_section(value)):
            entry[word] = section
    return entry


def _plain_section(value: PeerTls | WebPlace | Quirks) -> dict[str, Any]:
    """Return the fields that are not as they are by default."""
    section: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if held != field.default:
            plain = held.value if isinstance(held, enum.Enum) else held
            section[field.name] = list(plain) if isinstance(plain, tuple) else plain
    return section
