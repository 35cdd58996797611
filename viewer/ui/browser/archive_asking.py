"""The searches of one list of archives: one at a time, stopped, asked again for more."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from viewer.base.errors import ViewerError
from viewer.workspace.archive_browsing import ArchiveDesk
from viewer.workspace.archive_query import ArchiveQuestion
from viewer.workspace.archive_states import AskedArchive

if TYPE_CHECKING:
    from viewer.archives.search import FoundStudy
    from viewer.base.jobs import JobHandle

MORE = 2
"""How many times as many are asked for when there are more."""


class ArchiveAsking(QObject):
    """Hears what archives answer (workspace.archive_browsing.SearchEars), and tells the list.

    Attributes:
        question: What was asked last; None before anything was.
        archives: How it stands with those that were asked.
        problem: Why nothing was asked at all.
    """

    began = Signal()
    """Another question: what was found before is no answer any more."""
    answered = Signal(object)
    """Studies were found, or more became known of them."""
    changed = Signal()
    """It stands otherwise with the archives, or nothing more will come."""

    def __init__(self, parent: QObject, desk: ArchiveDesk) -> None:
        super().__init__(parent)
        self._desk = desk
        self._handle: JobHandle[None] | None = None
        self._limit = 0
        self.question: ArchiveQuestion | None = None
        self.archives: tuple[AskedArchive, ...] = ()
        self.problem: ViewerError | None = None

    @property
    def is_asking(self) -> bool:
        """Whether archives are being asked."""
        return self._handle is not None

    @property
    def has_failed(self) -> bool:
        """Whether none of the archives answered."""
        return bool(self.archives) and all(each.problem is not None for each in self.archives)

    def ask(self, question: ArchiveQuestion, limit: int) -> None:
        """Ask something, from the beginning.

        Args:
            question: What.
            limit: Of the results of one archive.
        """
        self.close()
        self.question, self._limit, self.problem, self.archives = question, limit, None, ()
        self.began.emit()
        self._handle = self._desk.search(question, limit, self)
        self.changed.emit()

    def ask_for_more(self) -> None:
        """Ask the same again, for more."""
        if self.question is not None:
            self.ask(self.question, self._limit * MORE)

    def stop(self) -> None:
        """Ask no further; what was found stays."""
        if self.is_asking:
            self.close()
            self.archives = tuple(replace(each, is_asking=False) for each in self.archives)
            self.changed.emit()

    def close(self) -> None:
        """Hear nothing more."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.cancel()

    def found(self, studies: "Sequence[FoundStudy]") -> None:
        """Studies were found."""
        self.answered.emit(studies)

    def asked(self, archives: Sequence[AskedArchive]) -> None:
        """It stands otherwise with the archives."""
        self.archives = tuple(archives)
        self.changed.emit()

    def ended(self, problem: ViewerError | None) -> None:
        """Nothing more will come."""
        self._handle = None
        self.problem = problem
        self.changed.emit()
