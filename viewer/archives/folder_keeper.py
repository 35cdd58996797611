"""Fetched instances as files of a folder, for those who want them beside the library: one file each, durably.

A name is made of the SOP Instance UID alone, and only where that is one; a file lies under its name when it is whole
and on the disk, so that whatever has its name need not be fetched again.
"""

import contextlib
import hashlib
import os
import secrets
import threading
import time
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
from viewer.library.incoming import HEAD_BYTES, PAGE_BYTES, IncomingBytes, hash_of
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
_RESERVE_BYTES, _LOOK_AGAIN_BYTES, _LOOK_AGAIN_S = 64 << 20, 64 << 20, 0.5
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
        self._counting, self._seeing = threading.Lock(), threading.Lock()
        self._named = self._seen = 0
        self._looked_at = -_LOOK_AGAIN_S
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
        return _DataSetSink(self, self._begun(), part10_head(offered, caller), offered)

    def begin_file(self, caller: Caller) -> "_FileSink":  # noqa: ARG002 - as Keeper has it; the file says who sent it
        """Begin a whole file.

        Raises:
            StoreRefused: If there is no room for it.
        """
        return _FileSink(self, self._begun(), b"")

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
        if self._names is not None:
            names, self._names = self._names, None
            os.close(names)

    def keep(self, part: "_Part", sop_instance_uid: str) -> StoreAnswer:
        """Put a file that is whole in its place, unless the same instance is there.

        Raises:
            StoreRefused: If it cannot be.
        """
        place = self.path_of(sop_instance_uid)
        with _refused(place):
            durable.sync_file(part.descriptor)
            answer = StoreAnswer(Became.STORED)
            if not _put(part.path, place):
                if is_same_data_set(FileBytes(place), part.source):
                    return StoreAnswer(Became.ALREADY)
                sha256 = hash_of(part.source)
                place = place.with_name(f"{place.stem}{_OTHERS}{sha256[:_HASH_LETTERS]}{_SUFFIX}")
                _put(part.path, place)
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

    def _begun(self) -> "_Part":
        with _refused(self.folder):
            if time.monotonic() - self._looked_at > _LOOK_AGAIN_S:
                self._check_room()
        return _Part(self.folder / f".{secrets.token_hex(8)}{_PART}", self._check_room)

    def _check_room(self) -> None:
        with durable.told(self.folder):
            if durable.free_bytes(self.folder) < self._reserve_bytes:
                raise StoreRefused(OUT_OF_RESOURCES, "The disk is full", subject=str(self.folder))
        self._looked_at = time.monotonic()

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
class _Part:
    """A file on its way in, under a name that is none yet; made with its first bytes.

    Attributes:
        size: Bytes written until now.
        head: The first of them, so that looking at the header reads nothing again.
    """

    path: Path
    check_room: Callable[[], None]
    size: int = 0
    head: bytes = b""
    looked_at: int = 0
    opened: int | None = None

    @property
    def descriptor(self) -> int:
        """Of the file; made where it is not there."""
        if self.opened is None:
            self.opened = durable.create_file(self.path, _FILE_MODE)
            durable.claim(self.opened)
        return self.opened

    @property
    def source(self) -> IncomingBytes:
        """The bytes written until now."""
        return IncomingBytes(self.path, self.size, self.head)

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Add bytes."""
        durable.write_all(self.descriptor, piece)
        if self.size < HEAD_BYTES:
            self.head += piece[: HEAD_BYTES - self.size]
        if len(piece) >= PAGE_BYTES:
            durable.send_off(self.descriptor, self.size, self.size + len(piece))
        self.size += len(piece)
        if self.size - self.looked_at > _LOOK_AGAIN_BYTES:
            self.looked_at = self.size
            self.check_room()

    def remove(self) -> None:
        """Let it go; a file that has its name by now stays under that."""
        if self.opened is not None:
            opened, self.opened = self.opened, None
            with contextlib.suppress(OSError):  # its bytes were seen on the disk before, or are given up
                os.close(opened)
            with contextlib.suppress(OSError):  # a sweep removes it later
                durable.remove_file(self.path)


@dataclass(slots=True)
class _Sink:
    """One file on its way in."""

    keeper: FolderKeeper
    part: _Part
    before: bytes

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        with _refused(self.part.path, self.abandon):
            if self.before:
                self.part.write(self.before)
                self.before = b""
            self.part.write(piece)

    def abandon(self) -> None:
        self.part.remove()


@dataclass(slots=True)
class _DataSetSink(_Sink):
    offered: OfferedInstance

    def finish(self) -> StoreAnswer:
        try:
            header = _header(self.part.source)
            if header.sop_class_uid != self.offered.sop_class_uid:
                raise StoreRefused(CLASS_MISMATCH, "The data set is of another SOP class")
            if header.sop_instance_uid != self.offered.sop_instance_uid:
                raise StoreRefused(CLASS_MISMATCH, "The data set has another SOP Instance UID")
            return self.keeper.keep(self.part, header.sop_instance_uid)
        finally:
            self.abandon()


@dataclass(slots=True)
class _FileSink(_Sink):
    def finish(self) -> Kept:
        try:
            header = _header(self.part.source)
            part = data_set_part(self.part.source)
            if part is None:
                raise StoreRefused(CANNOT_UNDERSTAND, "The file does not say what it is")
            offered = OfferedInstance(header.sop_class_uid, header.sop_instance_uid, part.transfer_syntax_uid)
            return Kept(offered, self.keeper.keep(self.part, header.sop_instance_uid))
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
