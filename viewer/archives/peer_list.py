"""The archives that the reader entered: peers.toml in the settings folder; several programs may read and write it."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from viewer.archives.peer_checks import checked_peer, checked_station, checked_url, folded_name
from viewer.archives.peer_file import MOST_PEERS, PeerTable, peers_of_toml, toml_of_peers
from viewer.archives.private_file import write_private
from viewer.base.errors import NetworkError, SettingsError, system_reason
from viewer.base.translation import _
from viewer.library.durable import FolderLock, open_file
from viewer.network.peers import Peer, WebPlace
from viewer.network.stations import parse_station

FILE_NAME = "peers.toml"
_LOCK_NAME = "peers.lock"
_LARGEST_FILE = 4 << 20
_PATIENCE_S = 10.0
_IS_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of another list.

    Attributes:
        added: As they are called here.
        already: How many were in the list.
        problems: What could not be used, or has to be done by hand, in plain words.
    """

    added: tuple[Peer, ...]
    already: int = 0
    problems: tuple[str, ...] = ()


class PeerList:
    """The list, read again whenever the file has changed.

    Args:
        folder: Of the settings; made when the list is first written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: tuple[int, int, int] | None = None
        self._table = PeerTable()
        self._trouble = ""

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / FILE_NAME

    @property
    def problems(self) -> tuple[str, ...]:
        """What in the file cannot be used, in plain words; it stays in the file."""
        self._look()
        return (self._trouble,) if self._trouble else self._table.problems

    def peers(self) -> tuple[Peer, ...]:
        """Return the archives in the order of the list; none where there is no file."""
        self._look()
        return self._table.peers

    def get(self, name: str) -> Peer:
        """Return an archive by its name, capitals or not.

        Raises:
            NetworkError: If there is none of that name.
        """
        return _by_name(name, self.peers())

    def add(self, peer: Peer) -> Peer:
        """Put an archive at the end of the list; return it as it is kept.

        Raises:
            NetworkError: If a value of it cannot be, or there is one of that name.
            SettingsError: If the file cannot be written.
        """
        return self.add_all([peer])[0]

    def add_all(self, peers: Sequence[Peer]) -> tuple[Peer, ...]:
        """Put several at the end of the list: all of them, or none.

        Raises:
            NetworkError: If a value of one cannot be, or there is one of that name.
            SettingsError: If the file cannot be written.
        """
        checked = tuple(map(checked_peer, peers))

        def change(before: tuple[Peer, ...]) -> tuple[Peer, ...]:
            names = {folded_name(peer.name) for peer in before}
            for peer in checked:
                if folded_name(peer.name) in names:
                    raise _taken(peer.name)
                names.add(folded_name(peer.name))
            return (*before, *checked)

        self._change(change)
        return checked

    def replace(self, name: str, peer: Peer) -> Peer:
        """Put an archive in the place of another, whose name it may change; return it as it is kept.

        Raises:
            NetworkError: If a value of it cannot be, there is none of that name, or its new name is another's.
            SettingsError: If the file cannot be written.
        """
        checked = checked_peer(peer)

        def change(before: tuple[Peer, ...]) -> tuple[Peer, ...]:
            old = _by_name(name, before)
            others = {folded_name(each.name) for each in before if each is not old}
            if folded_name(checked.name) in others:
                raise _taken(checked.name)
            return tuple(checked if each is old else each for each in before)

        self._change(change)
        return checked

    def remove(self, name: str) -> Peer:
        """Take an archive off the list and return it; secrets that were kept for it are the caller's to forget.

        Raises:
            NetworkError: If there is none of that name.
            SettingsError: If the file cannot be written.
        """
        removed: list[Peer] = []

        def change(before: tuple[Peer, ...]) -> tuple[Peer, ...]:
            removed.append(_by_name(name, before))
            return tuple(each for each in before if each is not removed[0])

        self._change(change)
        return removed[0]

    def import_from(self, path: Path) -> ImportReport:
        """Add what a list of ours, of Orthanc, of Weasis, of DCMTK, or of lines TITLE,host,port names.

        What is there already is left as it is; a name that means another archive here gets a number.

        Raises:
            NetworkError: If the file is no such list.
            SettingsError: If this list cannot be written.
        """
        from viewer.archives.peer_import import read_peers

        added: list[Peer] = []
        found = read_peers(path)

        def change(before: tuple[Peer, ...]) -> tuple[Peer, ...]:
            places = {(each.station, each.web) for each in before}
            names = {folded_name(each.name) for each in before}
            for peer in found.peers:
                if (peer.station, peer.web) in places:
                    continue
                named = replace(peer, name=_free_name(peer.name, names))
                names.add(folded_name(named.name))
                places.add((named.station, named.web))
                added.append(checked_peer(named))
            return (*before, *added)

        self._change(change)
        return ImportReport(tuple(added), len(found.peers) - len(added), (*found.problems, *found.notes))

    def export_to(self, path: Path) -> None:
        """Write the list for others, without a secret: as Orthanc's settings for a name that ends in .json, else ours.

        Raises:
            SettingsError: If it cannot be written.
        """
        from viewer.archives.peer_import import orthanc_of_peers

        self._look()
        if path.exists() and not path.is_file():
            raise SettingsError(_("This is no file"), subject=str(path), advice=_("Choose another place"))
        if path.suffix.casefold() == ".json":
            text = orthanc_of_peers(self._table.peers)
        else:
            text = toml_of_peers(PeerTable(self._table.peers))
        try:
            write_private(path, text.encode("utf-8"))
        except OSError as error:
            raise SettingsError(system_reason(error), subject=str(path), advice=_("Choose another place")) from error

    def _look(self) -> None:
        seen = _identity(self.path)
        if seen == self._seen and seen is not None:
            return
        self._table, self._trouble = PeerTable(), ""
        try:
            self._table = self._read()
        except NetworkError as error:
            self._trouble = error.one_line()
        self._seen = seen

    def _read(self) -> PeerTable:
        try:
            descriptor = open_file(self.path)
            with os.fdopen(descriptor, "rb") as stream:
                data = stream.read(_LARGEST_FILE + 1)
            if len(data) > _LARGEST_FILE:
                raise NetworkError(_("The file is too large"), subject=str(self.path))
            return peers_of_toml(data.decode("utf-8"), str(self.path))
        except FileNotFoundError:
            return PeerTable()
        except OSError as error:
            raise NetworkError(system_reason(error), subject=str(self.path)) from error
        except UnicodeDecodeError as error:
            raise NetworkError(
                _("The list of archives cannot be read: {0}").format(error.reason), subject=str(self.path)
            ) from error

    def _change(self, change: Callable[[tuple[Peer, ...]], tuple[Peer, ...]]) -> None:
        """Read, change and write the list while nobody else does."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FolderLock(self.folder / _LOCK_NAME).exclusive(_PATIENCE_S):
                table = self._read()
                if table.is_newer:
                    raise SettingsError(
                        _("A newer version of the program wrote the list of archives; this one would lose part of it"),
                        subject=str(self.path),
                        advice=_("Change it with the newer version"),
                    )
                peers = change(table.peers)
                if len(peers) > MOST_PEERS:
                    raise NetworkError(_("There are too many archives"), subject=str(self.path))
                if peers != table.peers:
                    write_private(self.path, toml_of_peers(replace(table, peers=peers)).encode("utf-8"))
        except OSError as error:
            raise SettingsError(
                _("The settings could not be written: {reason}").format(reason=system_reason(error)),
                subject=str(self.path),
            ) from error
        self._seen = None


def peer_of(text: str, peers: Sequence[Peer]) -> Peer:
    """Return the archive that a text means: its name, TITLE@host:port[+tls], or an http or https URL.

    A station or URL that is in the list is that very archive, with all that is known of it. Another is called as it is
    written, which no archive of the list can be: what is noted of one is never taken for the other's.

    Raises:
        NetworkError: If the text means none.
    """
    if _IS_URL.match(text.strip()):
        root = checked_url(text)
        known = (peer for peer in peers if peer.web is not None and peer.web.root == root)
        return next(known, None) or Peer(root, web=WebPlace(root))
    if "@" in text:
        station = checked_station(parse_station(text))
        known = (peer for peer in peers if peer.station == station)
        return next(known, None) or Peer(str(station), station)
    return _by_name(text, peers)


def _by_name(name: str, peers: Sequence[Peer]) -> Peer:
    folded = folded_name(name)
    found = next((peer for peer in peers if folded_name(peer.name) == folded), None)
    if found is not None:
        return found
    raise NetworkError(
        _("There is no archive called '{0}'").format(name),
        advice=_("See `negatoscope peers list`, or write it as TITLE@host:port or as a URL"),
    )


def _taken(name: str) -> NetworkError:
    return NetworkError(
        _("There is another archive of that name"), subject=name, advice=_("Choose another name, or remove it first")
    )


def _free_name(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while folded_name(free) in taken:
        ending = f" {number}"
        free = name[: 64 - len(ending)] + ending
        number += 1
    return free


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
