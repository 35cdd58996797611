"""Lists of archives that other programs keep, read for ours: nothing in them is trusted, and no password is taken.

Ours (TOML), Orthanc's settings (JSON with comments), the nodes of Weasis (XML), the host table of DCMTK's dcmqrscp, and
lines like TITLE,host,port or TITLE@host:port.
"""

import csv
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.parsers import expat

from viewer.archives.peer_checks import checked_name, checked_peer
from viewer.archives.peer_file import MOST_PEERS, peers_of_toml
from viewer.base.errors import NetworkError, system_reason
from viewer.base.translation import _
from viewer.library.durable import open_file
from viewer.network.peers import Peer, WebAuthorization, WebPlace
from viewer.network.stations import DEFAULT_PORT, Station, parse_station

_LARGEST_FILE = 4 << 20
_MOST_NODES = 20_000
_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])')
_HOST_ROW = re.compile(r"^\s*([\w.-]+)\s*=\s*\(\s*([^,()]+?)\s*,\s*([^,()\s]+)\s*,\s*(\d{1,5})\s*\)\s*(?:#.*)?$")
_LEAST_LEGACY, _LEAST_WEB = 3, 1


@dataclass(frozen=True, slots=True)
class ImportedPeers:
    """What a list names.

    Attributes:
        problems: What of it cannot be used, in plain words.
        notes: What has to be done by hand, likewise.
    """

    peers: tuple[Peer, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_peers(path: Path) -> ImportedPeers:
    """Return what a file names.

    Raises:
        NetworkError: If it cannot be read, or is no list of archives that we know.
    """
    try:
        with os.fdopen(open_file(path), "rb") as stream:
            data = stream.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise NetworkError(system_reason(error), subject=str(path)) from error
    if len(data) > _LARGEST_FILE:
        raise NetworkError(_("The file is too large"), subject=str(path))
    try:
        found = _peers_of(data, str(path))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _no_list(path) from error
    if not found.peers and not found.problems:
        raise _no_list(path)
    return found


def orthanc_of_peers(peers: Sequence[Peer]) -> str:
    """Return archives as Orthanc's settings name them, without passwords."""
    modalities: dict[str, Any] = {}
    servers: dict[str, Any] = {}
    for peer in peers:
        if (station := peer.station) is not None:
            modalities[peer.name] = {
                "AET": station.ae_title,
                "Host": station.host,
                "Port": station.port,
                **({"UseDicomTls": True} if station.uses_tls else {}),
            }
        if peer.web is not None:
            servers[peer.name] = {"Url": f"{peer.web.root}/"}
    table: dict[str, Any] = {"DicomModalities": modalities}
    if servers:
        table["DicomWeb"] = {"Servers": servers}
    return json.dumps(table, ensure_ascii=False, indent=1) + "\n"


def _peers_of(data: bytes, subject: str) -> ImportedPeers:
    head = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<"):
        return _checked(_nodes_of_weasis(data, subject))
    text = data.decode("utf-8-sig")
    if head.startswith((b"{", b"/*", b"//")):
        return _checked(_peers_of_orthanc(_plain_json(text)))
    if "[[peer]]" in text or re.search(r"(?m)^\s*peer\s*=", text):
        table = peers_of_toml(text, subject)
        return ImportedPeers(table.peers, table.problems)
    return _checked(_peers_of_lines(text))


def _checked(makers: "Iterator[tuple[str, Callable[[], Peer]]]") -> ImportedPeers:
    """Return what the makers make; a maker that fails is told by its name, and takes no other with it."""
    peers: dict[str, Peer] = {}
    problems: list[str] = []
    for number, (name, make) in enumerate(makers):
        if number >= MOST_PEERS:
            problems.append(_("There are too many archives; the rest is left out"))
            break
        try:
            peer = make()
            known = peers.get(peer.name)
            peer = peer if known is None else _joined(known, peer)
            peers[peer.name] = checked_peer(peer)
        except NetworkError as error:
            problems.append(_("{0} is left out: {1}").format(name, error))
    signing_in = [each.name for each in peers.values() if each.web is not None and each.web.user]
    notes = [_("{0}: its password was not taken over; it is asked for").format(name) for name in signing_in]
    return ImportedPeers(tuple(peers.values()), tuple(problems), tuple(notes))


def _joined(known: Peer, other: Peer) -> Peer:
    """Return an archive that is named twice, once for each way of calling it."""
    if known.station is not None and other.station is not None:
        raise NetworkError(_("There is another archive of that name"))
    return replace(known, station=known.station or other.station, web=known.web or other.web)


def _plain_json(text: str) -> object:
    # Orthanc allows what JavaScript does: comments, and a comma at the end. What stands in quotes is left alone.
    for pattern in (_COMMENT, _TRAILING_COMMA):
        text = pattern.sub(lambda found: found[0] if found[0].startswith('"') else " ", text)
    value: object = json.loads(text)
    return value


def _peers_of_orthanc(table: object) -> "Iterator[tuple[str, Callable[[], Peer]]]":
    if not isinstance(table, dict):
        return
    web = table.get("DicomWeb")
    servers = web.get("Servers") if isinstance(web, dict) else None
    modalities = table.get("DicomModalities")
    if modalities is None and servers is None:
        modalities = table  # as GET /modalities?expand gives them
    for rows, make in ((modalities, _modality), (servers, _server)):
        if isinstance(rows, dict):
            for name, row in rows.items():
                yield str(name), lambda name=name, row=row, make=make: make(str(name), row)  # type: ignore[misc] # mypy knows no defaults of lambdas


def _modality(name: str, row: object) -> Peer:
    if isinstance(row, list) and len(row) >= _LEAST_LEGACY:
        title, host, port, is_tls = row[0], row[1], row[2], False
    elif isinstance(row, dict):
        title, host, port = row.get("AET"), row.get("Host"), row.get("Port", DEFAULT_PORT)
        is_tls = row.get("UseDicomTls", False) is True
    else:
        raise NetworkError(_("It names no station"))
    return Peer(_good_name(name), _station(title, host, port, is_tls=is_tls))


def _server(name: str, row: object) -> Peer:
    if isinstance(row, list) and len(row) >= _LEAST_WEB:
        url, user = row[0], row[1] if len(row) > 1 else ""
    elif isinstance(row, dict):
        url, user = row.get("Url"), row.get("Username", "")
    else:
        raise NetworkError(_("It names no URL"))
    return Peer(_good_name(name), web=_web(url, user))


def _web(url: object, user: object = "") -> WebPlace:
    if not isinstance(url, str) or not isinstance(user, str):
        raise NetworkError(_("It names no URL"))
    if not user:
        return WebPlace(url)
    return WebPlace(url, authorization=WebAuthorization.BASIC, user=user)


def _station(title: object, host: object, port: object, *, is_tls: bool = False) -> Station:
    if isinstance(port, str) and port.isascii() and port.isdigit() and len(port) <= len("65535"):
        port = int(port)
    if not isinstance(title, str) or not isinstance(host, str) or type(port) is not int:
        raise NetworkError(_("A station needs an AE title and a host"))
    return Station(title, host, port, is_tls)


def _nodes_of_weasis(data: bytes, subject: str) -> "Iterator[tuple[str, Callable[[], Peer]]]":
    nodes: list[Mapping[str, str]] = []

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        if len(nodes) > _MOST_NODES:
            raise NetworkError(_("The file is too large"), subject=subject)
        if name == "node":
            nodes.append(dict(attributes))

    def refuse(*_arguments: object) -> None:
        raise NetworkError(
            _("The file declares things of its own, as attacks do; it is not read"),
            subject=subject,
            advice=_("Export the list again, or remove its DOCTYPE"),
        )

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = refuse  # without a document type there are no entities to be blown up or fetched
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 - as expat has it
    except (expat.ExpatError, LookupError) as error:  # no XML, or in an encoding that nobody knows
        raise ValueError(str(error)) from None
    for node in nodes:
        name = node.get("description", "") or node.get("aeTitle", "")
        if node.get("type", "DICOM") in {"DICOM", "ARCHIVE", "WEB", "WEB_QIDO"}:
            yield name, lambda node=node, name=name: _node(name, node)  # type: ignore[misc] # as above


def _node(name: str, node: Mapping[str, str]) -> Peer:
    if "url" not in node:
        station = _station(node.get("aeTitle"), node.get("hostname"), node.get("port", "104"))
        return Peer(_good_name(name), station)
    kind, url = node.get("webtype", "DICOMWEB"), node["url"]
    if kind == "WADO":
        return Peer(_good_name(name), web=WebPlace(url, uri_root=url))
    return Peer(_good_name(name), web=_web(url))


def _peers_of_lines(text: str) -> "Iterator[tuple[str, Callable[[], Peer]]]":
    hosts = [found for line in text.splitlines() if (found := _HOST_ROW.match(line))]
    if hosts:
        for found in hosts:
            yield found[1], lambda row=found: Peer(_good_name(row[1]), _station(row[2], row[3], row[4]))  # type: ignore[misc] # as above
        return
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    separator = next((each for each in (";", "\t", ",") if lines and each in lines[0]), ",")
    for number, row in enumerate(csv.reader(lines, delimiter=separator, skipinitialspace=True)):
        cells = [cell.strip() for cell in row]
        if number == 0 and not any(cell.isdigit() for cell in cells) and "@" not in row[0]:
            if len(cells) < _LEAST_LEGACY:
                raise ValueError("no list")
            continue  # a heading
        yield cells[0], lambda cells=cells: _row(cells)  # type: ignore[misc] # as above


def _row(cells: Sequence[str]) -> Peer:
    if len(cells) == 1 and "@" in cells[0]:
        station = parse_station(cells[0])
        return Peer(_good_name(station.ae_title), station)
    if len(cells) > _LEAST_LEGACY and cells[3].isdigit():  # a name before the title
        return Peer(_good_name(cells[0]), _station(*cells[1:4]))
    if len(cells) < _LEAST_LEGACY:
        raise NetworkError(_("It names no station"))
    return Peer(_good_name(cells[0]), _station(*cells[:3]))


def _good_name(name: str) -> str:
    """Return a name as near to what others call it as ours may be."""
    try:
        return checked_name(name)
    except NetworkError:
        kept = "".join(letter if letter.isprintable() and letter not in "@/\\" else " " for letter in name[:64])
        return checked_name(" ".join(kept.split()).lstrip("- ") or _("Archive"))


def _no_list(path: Path) -> NetworkError:
    return NetworkError(
        _("This is no list of archives"),
        subject=str(path),
        advice=_(
            "Give a list of this program (.toml), of Orthanc (.json), of Weasis (.xml), or lines like TITLE,host,port"
        ),
    )
