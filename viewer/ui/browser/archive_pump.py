"""Puts what archives answer into the list a little at a time, so that ten thousand studies hold nobody up.

Everything that was found is put in order here; the list shows the beginning of it, and more of it as one scrolls: what
a view has to lay out again for every answer stays small.
"""

import bisect
import time
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from viewer.ui.browser.archive_model import ArchiveModel
from viewer.ui.browser.archive_tree import ArchiveTree
from viewer.workspace.archive_results import ArchiveResults
from viewer.workspace.archive_rows import ArchiveOrder, ArchiveRow

if TYPE_CHECKING:
    from viewer.archives.search import FoundStudy

SLICE_S = 0.01
REST_MS = 8
"""Between two slices: the view lays its rows out, and what the reader does is seen to."""
FIRST, PAGE, SLACK = 300, 300, 60
"""Patients that are listed at first, with every page more, and above that before the last are taken away again."""
CRUMB = 100
"""Patients that are taken out of an old list at once."""


class ArchivePump(QObject):
    """Feeds a model from answers.

    Attributes:
        results: The answers to the question of now.
    """

    grown = Signal()
    """More is listed."""

    def __init__(self, parent: QObject, model: ArchiveModel, tree: ArchiveTree) -> None:
        super().__init__(parent)
        self._model, self._tree = model, tree
        self.results = ArchiveResults()
        self._waiting: deque[FoundStudy] = deque()
        self._again: deque[str] = deque()
        self._ranks: list[tuple[tuple[str | int, ...], str]] = []
        self._rank_of: dict[str, tuple[str | int, ...]] = {}
        self._limit = FIRST
        self._is_emptying = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._work)

    @property
    def is_busy(self) -> bool:
        """Whether something waits to be listed."""
        return bool(self._waiting or self._again) or self._is_short or self._is_emptying

    @property
    def has_any(self) -> bool:
        """Whether the list shows answers to the question of now."""
        return self._model.rowCount() > 0 and not self._is_emptying

    def start_anew(self) -> None:
        """Another question: nothing is listed."""
        self._begin(ArchiveResults(self.results.order))

    def sort(self, order: ArchiveOrder) -> None:
        """List everything in another order."""
        before = self.results
        waiting = [*before.studies(), *self._waiting]
        self._begin(ArchiveResults(order))
        self.results.standings = before.standings
        self.feed(waiting)

    def feed(self, studies: "Iterable[FoundStudy]") -> None:
        """List studies, soon."""
        self._waiting.extend(studies)
        self._start()

    def show_again(self, study_instance_uids: Iterable[str]) -> None:
        """List studies with what is known of them now."""
        self._again.extend(study_instance_uids)
        self._start()

    def grow(self) -> None:
        """List more: the reader comes to the end of what is listed."""
        if self._model.rowCount() < len(self._ranks):
            self._limit = max(self._limit, self._model.rowCount() + PAGE)
            self._start()

    def close(self) -> None:
        """The window closes."""
        self._timer.stop()
        self._waiting.clear()
        self._again.clear()
        self._limit = 0

    @property
    def _is_short(self) -> bool:
        """Whether less is listed than may be."""
        return self._model.rowCount() < min(self._limit, len(self._ranks))

    def _begin(self, results: ArchiveResults) -> None:
        self._timer.stop()
        self._waiting.clear()
        self._again.clear()
        self._ranks, self._rank_of, self._limit = [], {}, FIRST
        self.results = results
        self._model.forget()
        self._is_emptying = self._model.rowCount() > CRUMB
        if self._is_emptying:
            self._start()
        else:
            self._model.trim(0)

    def _start(self) -> None:
        if self.is_busy and not self._timer.isActive():
            self._timer.start(REST_MS)

    def _work(self) -> None:
        end = time.perf_counter() + SLICE_S
        while self._is_emptying and time.perf_counter() < end:
            self._model.trim(self._model.rowCount() - CRUMB)
            self._is_emptying = self._model.rowCount() > 0
        if not self._is_emptying:
            self._list(end)
        self.grown.emit()
        self._start()

    def _list(self, end: float) -> None:
        """List what waits until a moment; what the reader sees first comes first."""
        while self._is_short and time.perf_counter() < end:
            key = self._ranks[self._model.rowCount()][1]
            self._model.put(self.results.patient_row(key), self.results.study_rows(key))
        if self._waiting or self._again:
            with self._tree.in_place():
                while self._waiting and time.perf_counter() < end:
                    self._take(self._waiting.popleft())
                while self._again and time.perf_counter() < end:
                    self._show_again(self._again.popleft())
                if self._model.rowCount() > self._limit + SLACK:
                    self._model.trim(self._limit)

    def _take(self, study: "FoundStudy") -> None:
        results, model = self.results, self._model
        own, *others = results.take(study)
        patient = results.patient_row(own)
        place = self._rank(patient)
        is_listed = model.has(own)
        # What is listed is always the beginning of everything, so that what follows can be put at its end.
        end = model.rowCount() - is_listed
        if place < end or (is_listed and place == end):
            rows = [results.study_row(study.study_instance_uid)] if is_listed else results.study_rows(own)
            model.put(patient, rows)
        elif is_listed:
            model.take_away(own)
        for key in others:
            if model.has(key):
                model.change(results.patient_row(key))

    def _rank(self, patient: ArchiveRow) -> int:
        """Put a patient at its place among all, and return it."""
        before = self._rank_of.get(patient.key)
        if before is not None and before != patient.order:
            del self._ranks[bisect.bisect_left(self._ranks, (before, patient.key))]
        place = bisect.bisect_left(self._ranks, (patient.order, patient.key))
        if before != patient.order:
            self._ranks.insert(place, (patient.order, patient.key))
            self._rank_of[patient.key] = patient.order
        return place

    def _show_again(self, study_instance_uid: str) -> None:
        if self.results.study(study_instance_uid) is not None:
            row = self.results.study_row(study_instance_uid)
            if self._model.has(row.key):
                self._model.change(row)
