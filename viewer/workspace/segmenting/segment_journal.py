"""The autosaved journal of segments: a stroke is on the disk before the hand makes the next one.

It lies beside the marks of the study, under a name that is a hash, and is erased with them. What could not be written
stays in memory, is tried again with the next stroke, and that is said.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import ViewerError, system_reason
from viewer.base.events import Event
from viewer.base.jobs import KEEPING, Progress
from viewer.base.translation import _, ngettext
from viewer.imaging.frame_store import FrameStore
from viewer.imaging.image_ref import ImageRef
from viewer.library.durable import NEVER_FOLLOW, FolderLock, sync_file, sync_folder, write_all
from viewer.library.study_marks import LOCK, marks_name
from viewer.workspace.segmenting.held_segmentation import Edit, HeldSegmentation
from viewer.workspace.segmenting.segmentation_book import SegmentationBook
from viewer.workspace.study_tree import StudyTree

if TYPE_CHECKING:
    from viewer.workspace.segmenting.journal_lines import KeptSegmentation

ENDING = ".segments.jsonl"
_MODE = 0o600
_PATIENCE_S = 0.5
_WORTH_COMPACTING = 2


class SegmentJournal:
    """Keeps the segmentations that are made here; used on the thread of the book.

    Args:
        book: What is kept.
        tree: The open studies: what is kept of one comes back when its images are there.
        folder: Of the journals; None keeps nothing.

    Attributes:
        told: Something a reader should know, translated, once.
    """

    def __init__(self, book: SegmentationBook, tree: StudyTree, folder: Path | None) -> None:
        self.told: Event[str] = Event()
        self._book, self._tree, self._folder = book, tree, folder
        self._known: dict[str, set[int]] = {}
        self._study_of: dict[str, str] = {}
        self._read: set[str] = set()
        self._waiting: dict[str, KeptSegmentation] = {}
        self._pending: dict[str, list[bytes]] = {}
        self._disconnect = (book.edited.connect(self._edited), tree.changed.connect(lambda _change: self._follow()))

    def close(self) -> None:
        """Write what is left to be written, and let the disk have it."""
        for disconnect in self._disconnect:
            disconnect()
        for study in tuple(self._pending):
            self._write(study, b"")
        for study in set(self._study_of.values()):
            with contextlib.suppress(OSError):
                _sync(self._path(study))

    # Keeping

    def _edited(self, edit: Edit) -> None:
        if self._folder is None:
            return
        from viewer.workspace.segmenting.journal_lines import gone_line, saved_line, segments_line, slices_line

        held = self._book.get(edit.uid)
        if held is None:
            study = self._study_of.get(edit.uid, "")
            self._known.pop(edit.uid, None)
            if study:
                self._write(study, gone_line(edit.uid))
            return
        if held.own is None or held.shapes is None:
            return
        known = self._known.get(edit.uid)
        self._study_of[edit.uid] = held.study_uid
        if held.own.is_saved:
            self._write(held.study_uid, saved_line(edit.uid))
            self._known.pop(edit.uid, None)  # another program may drop it: what changes it tells all of it again
        elif edit.number is not None and edit.changes is not None and known is not None and edit.number in known:
            self._write(held.study_uid, slices_line(edit.uid, edit.number, edit.changes))
        else:
            self._write(held.study_uid, segments_line(held, known or ()))
            self._known[edit.uid] = {shape.number for shape in held.shapes.shapes}

    def _write(self, study: str, line: bytes) -> None:
        lines = self._pending.setdefault(study, [])
        had_problem = bool(lines)
        if line:
            lines.append(line)
        path = self._path(study)
        try:
            _append(path, b"".join(lines))
        except OSError as error:
            if not had_problem:
                self.told.emit(_("What you draw is not kept on the disk: {0}").format(system_reason(error)))
            return
        del self._pending[study]
        self._book.runner.submit(_Sync(path), lane=KEEPING, failed=lambda _error: None)

    def _path(self, study: str) -> Path:
        assert self._folder is not None  # noqa: S101 - nothing is kept without one
        return self._folder / f"{marks_name(study)}{ENDING}"

    # Coming back

    def _follow(self) -> None:
        if self._folder is None:
            return
        there = {series.study.study_instance_uid for series in self._tree.all_series()} - {""}
        for study in there - self._read:
            self._read.add(study)
            path = self._path(study)
            if path.exists():
                self._book.runner.submit(_Read(path), lane=KEEPING, done=self._came(study), failed=self._unreadable)
        self._read &= there
        for uid in [uid for uid, study in self._study_of.items() if study not in there]:
            self._study_of.pop(uid)
            self._known.pop(uid, None)
            self._waiting.pop(uid, None)
        if self._waiting:
            self._restore()

    def _came(self, study: str) -> "Callable[[_Found], None]":
        def came(found: _Found) -> None:
            for uid, kept in found.kept.items():
                if self._book.get(uid) is None and not kept.is_saved:
                    self._waiting[uid] = kept
                    self._study_of[uid] = study
            if found.damaged:
                text = ngettext("{0} piece", "{0} pieces", found.damaged).format(found.damaged)
                self.told.emit(_("Of what was drawn {0} could not be read").format(text))
            self._restore()

        return came

    def _unreadable(self, error: Exception) -> None:
        if not isinstance(error, ViewerError | OSError):
            raise error
        reason = system_reason(error) if isinstance(error, OSError) else str(error)
        self.told.emit(_("What was drawn on a study could not be read: {0}").format(reason))

    def _restore(self) -> None:
        """Put back what all images are there for."""
        wanted = {sop for kept in self._waiting.values() for sop, _frame, _tile in kept.images}
        headers = {each.sop_instance_uid: each for each in self._tree.headers() if each.sop_instance_uid in wanted}
        for uid, kept in tuple(self._waiting.items()):
            if any(sop not in headers for sop, _frame, _tile in kept.images):
                continue
            del self._waiting[uid]
            images = tuple(ImageRef(headers[sop], frame, is_tile=tile) for sop, frame, tile in kept.images)
            job = _Restore(kept, images, self._book.frames)
            self._book.runner.submit(job, lane=KEEPING, done=self._put_back, failed=self._unreadable)

    def _put_back(self, held: HeldSegmentation) -> None:
        if self._book.get(held.uid) is not None or held.shapes is None:
            return
        self._known[held.uid] = {shape.number for shape in held.shapes.shapes}
        self._book.put(held)
        self.told.emit(_("{0}, which was not saved yet, was put back").format(held.title))


@dataclass(frozen=True, slots=True)
class _Found:
    kept: "dict[str, KeptSegmentation]"
    damaged: int


@dataclass(frozen=True, slots=True)
class _Read:
    """Reads a journal, and makes it short where that is worth its while."""

    path: Path

    def run(self, _progress: Progress) -> _Found:
        from viewer.workspace.segmenting.journal_lines import read_lines, rewritten

        data = self.path.read_bytes()
        kept, damaged = read_lines(data)
        short = rewritten({uid: each for uid, each in kept.items() if not each.is_saved})
        if not damaged and len(short) * _WORTH_COMPACTING < len(data):
            with contextlib.suppress(OSError, TimeoutError):
                _replace(self.path, short, len(data))
        return _Found(kept, damaged)


@dataclass(frozen=True, slots=True, eq=False)
class _Restore:
    """Makes a segmentation of what was kept."""

    kept: "KeptSegmentation"
    images: tuple[ImageRef, ...]
    frames: FrameStore

    def run(self, _progress: Progress) -> HeldSegmentation:
        from viewer.workspace.segmenting.own_segmentation import blank_segment, held_of, sorted_grid

        images, grid = sorted_grid(self.images, self.frames)
        shapes = tuple(
            replace(
                blank_segment(each.number, images, grid),
                label=each.label,
                rgb=each.rgb,
                info=each.info,
                slices={place: packed for place, packed in each.slices.items() if place < len(images)},
            )
            for each in self.kept.segments.values()
        )
        return held_of(self.kept.uid, self.kept.title, images, shapes)


@dataclass(frozen=True, slots=True)
class _Sync:
    path: Path

    def run(self, _progress: Progress) -> None:
        with contextlib.suppress(FileNotFoundError):  # erased meanwhile
            _sync(self.path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | NEVER_FOLLOW)
    try:
        sync_file(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(path.parent)


def _append(path: Path, data: bytes) -> None:
    """Add whole lines at the end; a line that a crash tore is ended first.

    Raises:
        OSError: If they cannot be written; then none of them is.
    """
    if not data:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(path.parent):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | NEVER_FOLLOW, _MODE)
        try:
            size = os.fstat(descriptor).st_size
            os.lseek(descriptor, max(size - 1, 0), os.SEEK_SET)
            if size and os.read(descriptor, 1) != b"\n":
                data = b"\n" + data
            try:
                write_all(descriptor, data)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, size)
                raise
        finally:
            os.close(descriptor)


def _replace(path: Path, data: bytes, size: int) -> None:
    """Put other lines in the place of a journal that is still as long as it was; nothing is left of an empty one."""
    with _alone(path.parent):
        if path.stat().st_size != size:
            return
        if not data:
            path.unlink()
            return
        handle, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            sync_file(stream.fileno())
        Path(name).replace(path)
        sync_folder(path.parent)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError, TimeoutError):  # without locks, what is added at the end still is whole
            held.enter_context(FolderLock(folder / LOCK).exclusive(_PATIENCE_S))
        yield
