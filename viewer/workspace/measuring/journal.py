"""The autosaved journal: what is put into the book of annotations is on the disk before the hand leaves the mouse.

A crash loses at most the stroke in the air, a power cut what the disk was told of within the last milliseconds. When
nothing can be written, everything stays in memory, that is said, and it is tried again.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from viewer.base.errors import system_reason
from viewer.base.events import Event
from viewer.base.translation import _
from viewer.library.study_marks import erase_from, marks_name
from viewer.measurement.annotation import Annotation
from viewer.measurement.user_calibration import UserCalibration
from viewer.workspace.measuring.annotation_book import AnnotationBook, Changes, study_of
from viewer.workspace.measuring.calibration_book import Calibrations
from viewer.workspace.measuring.journal_file import JournalFile
from viewer.workspace.measuring.journal_lines import ANNOTATION, CALIBRATION, KEY, Key, Value
from viewer.workspace.measuring.journal_record import JournalRecord, Taken
from viewer.workspace.measuring.journal_syncing import Deliver, JournalSyncing
from viewer.workspace.measuring.journal_words import news_texts, problem_text, restored_text
from viewer.workspace.presenting.key_book import KeyBook, KeyMarks
from viewer.workspace.presenting.key_marks import KeyMark

logger = logging.getLogger(__name__)


class Journal:
    """Keeps a book of annotations and its calibrations; used on the thread of the book.

    Args:
        book: What is kept.
        folder: Of the journals; None keeps nothing.
        spare: Where what could not be written goes at the program's end; None for nowhere.
        deliver: Has a function called on the thread of the book.
        keys: The key marks, kept beside annotations; None for a journal without them.

    Attributes:
        told: Something a reader should know, translated, once.
        standing_changed: Whether everything is kept, or not any more.
        problem: Why not everything is kept, translated; empty when it is.
    """

    def __init__(
        self,
        book: AnnotationBook,
        folder: Path | None,
        spare: Path | None = None,
        deliver: Deliver = lambda call: call(),
        keys: KeyBook | None = None,
    ) -> None:
        self.told: Event[str] = Event()
        self.standing_changed: Event[None] = Event()
        self.problem = ""
        self._book, self._folder, self._spare, self._keys = book, folder, spare, keys or KeyBook()
        self._records: dict[str, JournalRecord] = {}
        self._syncing = JournalSyncing(deliver, self._not_synced)
        self._disconnect = (
            book.applied.connect(self._applied),
            book.settled.connect(lambda _none: self.retry()),
            book.calibrations.applied.connect(self._calibrated),
            self._keys.applied.connect(self._keyed),
        )

    @property
    def unkept(self) -> int:
        """How many things are in memory alone."""
        return sum(len(record.pending) for record in self._records.values())

    def open_study(self, study: str) -> None:
        """A study was opened: put what is kept of it into the book."""
        self._book.open(study)
        record = self._record(study)
        if record is None:
            return
        taken = self._read(record)
        if not record.is_open:  # it was closed before all of it was written
            taken = replace(taken, values=record.values)
        record.is_open = True
        self._put(taken)
        self._restore_spare(record)
        found = [each for each in taken.values.values() if isinstance(each, Annotation)]
        if found:
            self.told.emit(restored_text(found))
        self._tell(taken)

    def close_study(self, study: str) -> None:
        """A study was closed: drop it from the book; what could not be written yet is still tried."""
        record = self._records.get(study)
        self._book.forget(study)
        if record is not None:
            self._book.calibrations.forget(record.keys_of(CALIBRATION))
            self._keys.forget(record.keys_of(KEY))
            record.is_open = False
            if not record.pending:
                self._drop(record)

    def erased(self, studies: Iterable[str]) -> None:
        """The patient of studies was erased: nothing of them is kept any more, here or in the spare place.

        Raises:
            OSError: If something could not be removed.
        """
        studies = tuple(studies)
        for study in studies:
            if (record := self._records.pop(study, None)) is not None:
                self._book.calibrations.forget(record.keys_of(CALIBRATION))
                self._keys.forget(record.keys_of(KEY))
            self._book.forget(study)
        for folder in (self._folder, self._spare):
            if folder is not None:
                erase_from(folder, studies)
        self._stand(None)

    def look(self) -> None:
        """Take over what other programs wrote since the last time."""
        for record in tuple(self._records.values()):
            if record.is_open and record.file.has_news:
                taken = self._read(record)
                self._put(taken)
                self._tell(taken)

    def retry(self) -> None:
        """Try again to write what is in memory alone."""
        for record in tuple(self._records.values()):
            if record.pending:
                self._write(record)

    def is_all_kept(self) -> bool:
        """Return whether nothing is in memory alone any more, having tried again and put the rest into the spare place.

        Asked when the program is about to end.
        """
        self.retry()
        for record in self._records.values():
            if record.pending and self._spare is not None:
                spare = JournalRecord(record.study, JournalFile(self._spare, marks_name(record.study)))
                spare.add(record.pending.items())
                if spare.write().error is None:
                    self._syncing.sync(spare.file)
                    record.pending.clear()
        return not self.unkept

    def close(self) -> None:
        """The program ends: all is on the disk when this returns; what is refused there goes to the spare place."""
        for disconnect in self._disconnect:
            disconnect()
        if not self.is_all_kept():
            logger.error("%d marks could not be kept", self.unkept)
        self._syncing.close()
        self._records.clear()

    # Following the books

    def _applied(self, changes: Changes) -> None:
        by_study: dict[str, list[tuple[Key, Value]]] = {}
        for uid, annotation in changes.items():
            study = self._study(uid) if annotation is None else study_of(annotation.anchor)
            by_study.setdefault(study, []).append(((ANNOTATION, uid), annotation))
            for other in self._records.values():  # one that was moved to an image of another study
                if other.study != study and other.has((ANNOTATION, uid)):
                    by_study.setdefault(other.study, []).append(((ANNOTATION, uid), None))
        for study, each in by_study.items():
            self._keep(study, each)

    def _calibrated(self, applied: tuple[str, Calibrations]) -> None:
        study, changes = applied
        self._keep(study, [((CALIBRATION, uid), calibration) for uid, calibration in changes.items()])

    def _keyed(self, applied: tuple[str, KeyMarks]) -> None:
        study, changes = applied
        self._keep(study, [((KEY, uid), mark) for uid, mark in changes.items()])

    def _keep(self, study: str, changes: Iterable[tuple[Key, Value]]) -> None:
        record = self._record(study)
        if record is not None:
            record.add(changes)
            if not self._book.is_together:
                self._write(record)

    def _study(self, uid: str) -> str:
        """Return the study of a mark that is gone."""
        key = (ANNOTATION, uid)
        return next((study for study, record in self._records.items() if record.has(key)), "")

    # Reading and writing

    def _record(self, study: str) -> JournalRecord | None:
        if self._folder is None or not study:
            return None
        if study not in self._records:
            self._records[study] = JournalRecord(study, JournalFile(self._folder, marks_name(study)))
        return self._records[study]

    def _read(self, record: JournalRecord) -> Taken:
        try:
            taken = record.read()
        except OSError as error:
            if not record.is_unreadable:
                self.told.emit(_("What was marked on a study could not be read: {0}").format(system_reason(error)))
            record.is_unreadable = True
            return Taken()
        record.is_unreadable = False
        return taken

    def _write(self, record: JournalRecord) -> None:
        taken = record.write()
        if taken.error is None:
            self._syncing.sync(record.file)
            if not record.is_open:
                self._drop(record)
        self._stand(taken.error)
        self._put(taken)
        self._tell(taken)

    def _drop(self, record: JournalRecord) -> None:
        self._records.pop(record.study, None)
        if record.file.path.exists():
            self._syncing.compact(record.file)

    def _restore_spare(self, record: JournalRecord) -> None:
        """Take over what the last program could not write where it belongs."""
        if self._spare is None:
            return
        file = JournalFile(self._spare, marks_name(record.study))
        if not file.path.exists():
            return
        spare = JournalRecord(record.study, file)
        taken = self._read(spare)
        self._put(taken)
        record.add(taken.values.items())
        self._write(record)
        if not record.pending:
            record.file.sync()
            file.remove()

    def _not_synced(self, file: JournalFile, error: OSError) -> None:
        for record in self._records.values():
            if record.file is file:
                record.write_all_again()
                self._stand(error)

    def _put(self, taken: Taken) -> None:
        marks: dict[str, Annotation | None] = {}
        calibrations: dict[str, UserCalibration | None] = {}
        keys: dict[str, KeyMark | None] = {}
        for (kind, uid), value in taken.values.items():
            if kind == ANNOTATION and (value is None or isinstance(value, Annotation)) and self._book.get(uid) != value:
                marks[uid] = value
            elif kind == CALIBRATION and (value is None or isinstance(value, UserCalibration)):
                calibrations[uid] = value
            elif kind == KEY and (value is None or isinstance(value, KeyMark)):
                keys[uid] = value
        if keys:
            self._keys.take(keys)
        if calibrations:
            self._book.calibrations.take(calibrations)
        if marks:
            self._book.take(marks)

    # Telling

    def _stand(self, error: OSError | None) -> None:
        if error is None and self.unkept:
            return  # another study is still not kept
        problem = "" if error is None else problem_text(error)
        if problem != self.problem:
            self.problem = problem
            self.standing_changed.emit(None)

    def _tell(self, taken: Taken) -> None:
        for text in news_texts(taken.conflicts, taken.newer, taken.damaged):
            self.told.emit(text)
