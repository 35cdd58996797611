"""Fetched instances as files of a folder, for those who want them beside the library: one file each, durably.

A name is made of the SOP Instance UID alone, and only where that is one; a file lies under its name when it is whole
and on the disk, so that whatever has its name need not be fetched again.
"""

import contextlib
import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from viewer.base.byte_source import ByteSource, FileBytes
from viewer.base.errors import DicomError, LibraryError, MediaError, RefusedError, system_reason
from viewer.base.translation import _
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.library import durable
from viewer.library.duplicate_judgement import data_set_part, is_same_data_set
from viewer.library.incoming import Incoming
from viewer.library.second_hand import SecondHand
from viewer.network.dimse_commands import is_uid
from viewer.network.part10 import part10_head
from viewer.network.ports import (
    CANNOT_UNDERSTAND,
    CLASS_MISMATCH,
    OUT_OF_RESOURCES,
    Became,
    Caller,
    OfferedInstance,
    StoreAnswer,
    StoreRefused,
)
from viewer.network.retrieving import Kept

_SUFFIX, _PART = ".dcm", ".part"
_OTHERS = "~"
"""Between a name and a hash, for other bytes under the same UID."""
_HASH_LETTERS = 16
_FILE_MODE = 0o600
_RESERVE_BYTES = 64 << 20
_ALTERED = 0xC111
"""Our own failure of C-STORE, as the library's (reception/intake)."""


class FolderKeeper:
    """A Keeper that writes files; may be used by several threads at once.

    Args:
        folder: Made when it is not there; what lies there stays.
        took: Told of each file that is there now, on the thread that brought it.
        reserve_bytes: What must stay free on the disk.

    Raises:
        MediaError: If the folder cannot be written to.
    """

    def __init__(
        self, folder: Path, *, took: Callable[[Path], None] | None = None, reserve_bytes: int = _RESERVE_BYTES
    ) -> None:
        self.folder = folder
        self._took, self._reserve_bytes = took, reserve_bytes
        self._hand = SecondHand()
        self._counting, self._seeing = threading.Lock(), threading.Lock()
        self._named = self._seen = 0
        try:
            folder.mkdir(mode=durable.FOLDER_MODE, parents=True, exist_ok=True)
            self._names = None if os.name == "nt" else durable.open_folder(folder.resolve())
            self._sweep()
        except OSError as error:
            raise MediaError(
                _("Nothing can be written there: {0}").format(system_reason(error)), subject=str(folder)
            ) from error

    def begin(self, offered: OfferedInstance, caller: Caller) -> "_DataSetSink":
        """Begin an instance whose data set comes alone.

        Raises:
            StoreRefused: If there is no room for it.
        """
        sink = _DataSetSink(self, self._begun(), offered)
        sink.write(part10_head(offered, caller))
        return sink

    def begin_file(self, caller: Caller) -> "_FileSink":  # noqa: ARG002 - as Keeper has it; the file says who sent it
        """Begin a whole file.

        Raises:
            StoreRefused: If there is no room for it.
        """
        return _FileSink(self, self._begun())

    def path_of(self, sop_instance_uid: str) -> Path:
        """Return where an instance lies, or would."""
        return self.folder / (_name_of(sop_instance_uid) + _SUFFIX)

    def has(self, sop_instance_uid: str) -> bool:
        """Return whether an instance is there, whole."""
        try:
            return durable.is_plain_file(self.path_of(sop_instance_uid).lstat())
        except OSError:
            return False

    def close(self) -> None:
        """Take nothing more."""
        self._hand.close()
        if self._names is not None:
            names, self._names = self._names, None
            os.close(names)

    def keep(self, incoming: Incoming, sop_instance_uid: str) -> StoreAnswer:
        """Put a file that is whole in its place, unless the same instance is there.

        Raises:
            StoreRefused: If it cannot be.
        """
        place = self.path_of(sop_instance_uid)
        with _refused(place):
            incoming.begin_sync(self._hand)
            incoming.sync()
            answer = StoreAnswer(Became.STORED)
            if not _put(incoming.path, place):
                if is_same_data_set(FileBytes(place), incoming.source):
                    return StoreAnswer(Became.ALREADY)
                place = place.with_name(f"{place.stem}{_OTHERS}{incoming.sha256[:_HASH_LETTERS]}{_SUFFIX}")
                _put(incoming.path, place)
                answer = StoreAnswer(Became.QUARANTINED, _ALTERED, "Kept aside: this UID is here with other content")
            self._see_names()
        if self._took is not None:
            self._took(place)
        return answer

    def _see_names(self) -> None:
        """Return when the names that there are now are on the disk: one look is for all who wait for it."""
        with self._counting:
            self._named += 1
            mine = self._named
        with self._seeing:
            if self._seen >= mine or self._names is None:
                return
            named = self._named
            durable.sync_names(self._names)
            self._seen = named

    def _begun(self) -> Incoming:
        path = self.folder / f".{secrets.token_hex(8)}{_PART}"
        with _refused(path):
            self._check_room()
            descriptor = durable.create_file(path, _FILE_MODE)
            durable.claim(descriptor)
        return Incoming(path, descriptor, self._check_room)

    def _check_room(self) -> None:
        with durable.told(self.folder):
            if durable.free_bytes(self.folder) < self._reserve_bytes:
                raise StoreRefused(OUT_OF_RESOURCES, "The disk is full", subject=str(self.folder))

    def _sweep(self) -> None:
        """Remove what was given up by who has died; what is being written is held by its writer."""
        for path in self.folder.glob(f".{'[0-9a-f]' * 16}{_PART}"):
            with contextlib.suppress(OSError):
                descriptor = durable.open_file(path)
                try:
                    if durable.claim(descriptor):
                        durable.remove_file(path)
                finally:
                    os.close(descriptor)


@dataclass(slots=True)
class _Sink:
    """One file on its way in."""

    keeper: FolderKeeper
    incoming: Incoming

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        with _refused(self.incoming.path, self.abandon):
            self.incoming.write(piece)

    def abandon(self) -> None:
        self.incoming.remove()


@dataclass(slots=True)
class _DataSetSink(_Sink):
    offered: OfferedInstance

    def finish(self) -> StoreAnswer:
        try:
            header = _header(self.incoming.source)
            if header.sop_class_uid != self.offered.sop_class_uid:
                raise StoreRefused(CLASS_MISMATCH, "The data set is of another SOP class")
            if header.sop_instance_uid != self.offered.sop_instance_uid:
                raise StoreRefused(CLASS_MISMATCH, "The data set has another SOP Instance UID")
            return self.keeper.keep(self.incoming, header.sop_instance_uid)
        finally:
            self.abandon()


@dataclass(slots=True)
class _FileSink(_Sink):
    def finish(self) -> Kept:
        try:
            header = _header(self.incoming.source)
            part = data_set_part(self.incoming.source)
            if part is None:
                raise StoreRefused(CANNOT_UNDERSTAND, "The file does not say what it is")
            offered = OfferedInstance(header.sop_class_uid, header.sop_instance_uid, part.transfer_syntax_uid)
            return Kept(offered, self.keeper.keep(self.incoming, header.sop_instance_uid))
        finally:
            self.abandon()


def _header(source: ByteSource) -> InstanceHeader:
    try:
        header = scan_header(source)
    except (DicomError, RefusedError) as error:
        raise StoreRefused(CANNOT_UNDERSTAND, "The data set cannot be read") from error
    except MediaError as error:
        raise StoreRefused(OUT_OF_RESOURCES, str(error)) from error
    if not (header.sop_instance_uid and header.study_instance_uid and header.series_instance_uid):
        raise StoreRefused(CANNOT_UNDERSTAND, "A UID of instance, series or study is missing")
    return header


def _name_of(sop_instance_uid: str) -> str:
    """Return a name that leads nowhere else, whatever is given as a UID."""
    return sop_instance_uid if is_uid(sop_instance_uid) else hashlib.sha256(sop_instance_uid.encode()).hexdigest()


def _put(path: Path, place: Path) -> bool:
    """Give a file the name of its place, never another's; return whether it has it now."""
    try:
        os.link(path, place)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if place.exists():
            return False
        path.rename(place)
    return True


@contextlib.contextmanager
def _refused(path: Path, give_up: Callable[[], None] | None = None) -> Iterator[None]:
    """Turn what the system refuses into a refusal, so that who sends may try again later."""
    try:
        yield
    except (OSError, LibraryError, StoreRefused) as error:
        if give_up is not None:
            give_up()
        if isinstance(error, StoreRefused):
            raise
        cause = error if isinstance(error, OSError) else error.__cause__
        reason = system_reason(cause) if isinstance(cause, OSError) else str(error)
        raise StoreRefused(
            OUT_OF_RESOURCES, _("The folder cannot be written: {0}").format(reason), subject=str(path.parent)
        ) from error
