"""A group of files on their way into the library: copied and hashed together, then to the disk and into the index."""

import contextlib
import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from viewer.base.byte_source import FileBytes
from viewer.base.errors import Cancelled, DicomError, LibraryError, MediaError, RefusedError, ViewerError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.library.duplicate_judgement import LastJudge, is_same_data_set
from viewer.library.incoming import hash_of, pieces_of
from viewer.library.instance_record import Door, Filed, InstanceRecord, KeptFile, Source
from viewer.library.instance_store import ObjectState
from viewer.library.integrity import state_of, take_back
from viewer.library.library import Library
from viewer.library.query_keys import attributes_of
from viewer.media.mounts import removable_mounts
from viewer.media.problems import Problem, kind_of


class ImportSources:
    """Where each file came from: the disc, folder or archive that was named, with its label."""

    def __init__(self, paths: Sequence[Path]) -> None:
        labels = {mount.path: mount.label for mount in removable_mounts()}
        self._places: dict[Path, Source] = {}
        for path in paths:
            place = path if path.is_dir() else path.parent if path.name.upper() == "DICOMDIR" else None
            if place is not None:
                self._places[place] = _source(place, labels.get(place, ""))

    def source_of(self, name: str) -> Source:
        """Return the source of a file by its name: a path, with the path inside its container after it."""
        outer, _separator, inner = name.partition("!/")
        path = Path(outer)
        for each in path.parents:
            if (found := self._places.get(each)) is not None:
                return found
        return _source(path if inner else path.parent)


def _source(place: Path, label: str = "") -> Source:
    return Source(Door.IMPORT, _storable(label or place.name or str(place)), _storable(str(place)))


@dataclass(frozen=True, slots=True)
class _Given:
    """A file that is ready to be filed: its header as it is in the bytes that were hashed.

    Attributes:
        is_held: Whether `kept` is what the library has of the same data set, under another file header.
        differs_from: Hash of the file that the library has of another data set under the same UID; empty for none.
    """

    header: InstanceHeader
    kept: KeptFile
    is_held: bool = False
    differs_from: str = ""


class ImportGroup:
    """Some files on their way: copied by threads while the group before goes to the disk and into the index."""

    def __init__(
        self,
        headers: Sequence[InstanceHeader],
        library: Library,
        copiers: ThreadPoolExecutor,
        progress: Progress,
        *,
        is_in_place: bool,
    ) -> None:
        self._library = library
        self._copiers = copiers
        self._progress = progress
        # What seems to be there is read again: importing a file anew mends an object that was damaged.
        self._batch = library.store.batch(is_rehashed=True)
        take = self._point if is_in_place else self._copy
        self._futures = [(header.source.name, copiers.submit(take, header)) for header in headers]
        self.filed: list[tuple[InstanceRecord, Filed]] = []
        self.refused: list[Problem] = []

    def file(self, sources: ImportSources) -> None:
        """Put the files on the disk and into the index; filed and refused tell what became of each.

        Raises:
            LibraryError: If the library cannot take them all; those it could take are filed.
            Cancelled: If the import was cancelled; those that were copied are filed.
        """
        judge = LastJudge(self._library.store)
        with self._batch:
            taken, failure = self._taken()
            if self._batch.commit():
                self._verify([given.kept for _name, given in taken if not given.is_held])
            taken = [each for each in taken if self._is_still_held(*each)]
            moment = datetime.now(UTC)
            records = [_record(given, sources.source_of(name), moment) for name, given in taken]
            if records:
                compared = [(given.differs_from, given.kept.sha256) for _name, given in taken if given.differs_from]
                judge = LastJudge(self._library.store, compared)
                self.filed = list(zip(records, self._library.file(records, judge), strict=True))
                self._find_again()
            if judge.held:
                self._batch.leave_list()
        if judge.held:
            with contextlib.suppress(LibraryError):  # it is tried again when the library is opened next
                take_back(self._library.store, self._library.catalogue)
        if failure is not None:
            raise failure

    def _find_again(self) -> None:
        """Note where bytes lie that were known to be elsewhere, and are not there any more."""
        library = self._library
        for record, filed in self.filed:
            if filed is not Filed.ALREADY or not record.kept.is_in_place:
                continue
            held = library.catalogue.instance(record.sop_instance_uid)
            if held is None or held.kept.path == record.kept.path:
                continue
            if state_of(library.store, held.kept) is not ObjectState.WHOLE:
                library.catalogue.relocate(record.sop_instance_uid, record.kept)

    def abandon(self) -> None:
        """Let go of files that will not be filed."""
        for _name, future in self._futures:
            future.cancel()
        wait([future for _name, future in self._futures])
        with self._batch:
            pass

    def _taken(self) -> tuple[list[tuple[str, _Given]], LibraryError | Cancelled | None]:
        taken: list[tuple[str, _Given]] = []
        failure: LibraryError | Cancelled | None = None
        for name, future in self._futures:
            try:
                taken.append((name, future.result()))
            except (LibraryError, Cancelled) as error:
                failure = error
            except ViewerError as error:
                self.refused.append(Problem(name, str(error), kind_of(error)))
        return taken, failure

    def _copy(self, header: InstanceHeader) -> _Given:
        """Copy and hash a file, and read the header again from the copy: what is filed is what is kept."""
        self._check_place(header)
        incoming = self._batch.begin(header.source.size())
        try:
            for piece in pieces_of(header.source):
                self._progress.check()
                incoming.write(piece)
            copied = scan_header(incoming.source)
            _check_uids(copied)
            given = self._compared(copied, KeptFile(incoming.sha256, incoming.size))
        except BaseException:
            self._batch.drop(incoming)
            raise
        if given.is_held:
            self._batch.drop(incoming)
        return given

    def _point(self, header: InstanceHeader) -> _Given:
        """Hash a file where it lies."""
        self._check_place(header)
        if not isinstance(header.source, FileBytes):
            raise RefusedError(_("A file inside an archive or disc image cannot be indexed in place: import it"))
        path = header.source.path
        if _storable(str(path)) != str(path):
            raise RefusedError(_("Its path is no valid text and cannot be kept in the index: import it"))
        before = _stamp(path)
        sha256, header = hash_of(header.source), scan_header(header.source)
        if _stamp(path) != before:
            raise MediaError(_("The file changed while it was read"))
        _check_uids(header)
        return self._compared(header, KeptFile(sha256, before[0], str(path)))

    def _compared(self, header: InstanceHeader, kept: KeptFile) -> _Given:
        """Return a file compared with what the library has of its UID, which is given instead where it is the same.

        What was received over the network has another file header than the same instance on a disc.
        """
        held = self._library.catalogue.instance(header.sop_instance_uid)
        if held is None or held.kept.sha256 == kept.sha256:
            return _Given(header, kept)
        store = self._library.store
        try:
            is_same = is_same_data_set(store.open(held.kept), header.source)
        except LibraryError:
            return _Given(header, kept)  # it is not there any more
        if is_same and state_of(store, held.kept) is ObjectState.WHOLE:
            return _Given(header, held.kept, is_held=True)
        return _Given(header, kept, differs_from=held.kept.sha256)

    def _is_still_held(self, name: str, given: _Given) -> bool:
        """Whether a file can be filed; what it counted on may have been deleted while it was compared."""
        if not given.is_held:
            return True
        held = self._library.catalogue.instance(given.header.sop_instance_uid)
        if held is not None and held.kept == given.kept:
            return True
        self.refused.append(Problem(name, _("The library changed while it was imported: import it again")))
        return False

    def _check_place(self, header: InstanceHeader) -> None:
        self._progress.check()
        source = header.source
        if isinstance(source, FileBytes) and _real_folder(source.path.parent).is_relative_to(self._library.folder):
            raise RefusedError(_("This is a file of the library itself"))

    def _verify(self, kept: Sequence[KeptFile]) -> None:
        """Read the copies again."""
        for file, state in zip(kept, self._copiers.map(self._library.store.check, kept), strict=True):
            if state is not ObjectState.WHOLE:
                raise LibraryError(
                    _("A copy is not as it was written"),
                    subject=str(self._library.store.path_of(file)),
                    advice=_("The disk may be failing: choose another place for the library"),
                )


def _record(given: _Given, source: Source, moment: datetime) -> InstanceRecord:
    header = given.header
    return InstanceRecord(
        sop_instance_uid=header.sop_instance_uid,
        sop_class_uid=header.sop_class_uid,
        series_instance_uid=header.series_instance_uid,
        study_instance_uid=header.study_instance_uid,
        transfer_syntax_uid=header.transfer_syntax_uid,
        kept=given.kept,
        source=source,
        received_at=moment,
        attributes=attributes_of(header),
    )


def _check_uids(header: InstanceHeader) -> None:
    for uid, name in (
        (header.sop_instance_uid, "SOP Instance UID"),
        (header.series_instance_uid, "Series Instance UID"),
        (header.study_instance_uid, "Study Instance UID"),
    ):
        if not uid:
            raise DicomError(_("It has no {attribute}: the library could not find it again").format(attribute=name))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise MediaError(system_reason(error), subject=str(path)) from error
    return status.st_size, status.st_mtime_ns


@functools.lru_cache(maxsize=256)
def _real_folder(path: Path) -> Path:
    return path.resolve()


def _storable(text: str) -> str:
    """Return text that the index can hold: names of files may be any bytes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
