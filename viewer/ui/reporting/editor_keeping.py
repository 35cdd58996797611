"""Keeps a draft on the disk while it is written: at most a second after a letter was typed it is there."""

from dataclasses import dataclass, replace
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from viewer.base.errors import SettingsError, ViewerError
from viewer.base.jobs import INTERACTION, JobRunner, Progress
from viewer.base.translation import _
from viewer.workspace.reporting.report_draft import ReportDraft
from viewer.workspace.reporting.report_draft_store import DraftStore

KEEP_MS = 400
"""After the first letter that is not kept yet."""
AGAIN_MS = 3000
"""After it could not be kept."""


@dataclass(frozen=True, slots=True)
class KeepDraft:
    """The job that writes a draft."""

    store: DraftStore
    draft: ReportDraft
    order: int

    def run(self, _progress: Progress) -> ReportDraft:
        """Return it as it is kept.

        Raises:
            ViewerError: If it cannot be written.
        """
        return self.store.keep(self.draft, self.order)


class DraftKeeping(QObject):
    """Of one editor.

    Args:
        draft: As it was begun, or read.

    Signals:
        told: Whether the draft is kept, in words, and whether it is not.
    """

    told = Signal(str, bool)

    def __init__(self, store: DraftStore, runner: JobRunner, draft: ReportDraft, parent: QObject) -> None:
        super().__init__(parent)
        self._store, self._runner, self._draft = store, runner, draft
        self._uid = draft.uid
        self._is_wanted = self._is_busy = self._is_closed = False
        self._store.begin(draft.uid)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._begin)

    @property
    def draft(self) -> ReportDraft:
        """As it was noted last, under the UID that it is kept under."""
        return replace(self._draft, uid=self._uid)

    @property
    def is_kept(self) -> bool:
        """Whether all of it is on the disk."""
        return not self._is_wanted and not self._is_busy

    def note(self, draft: ReportDraft) -> None:
        """Have a draft kept."""
        at = datetime.now().astimezone().isoformat(timespec="seconds")
        self._draft, self._is_wanted = replace(draft, changed_at=at), True
        if not self._timer.isActive():
            self._timer.start(KEEP_MS)

    def flush(self) -> bool:
        """Keep it now, and return whether that could be done."""
        self._timer.stop()
        if self.is_kept:
            return True
        self._is_wanted = False
        try:
            self._uid = self._store.keep(self.draft, self._store.next_order()).uid
        except SettingsError as error:
            self._is_wanted = True
            self.told.emit(error.one_line(), True)
            return False
        return True

    def close(self) -> None:
        """Nothing is kept from now on."""
        self._timer.stop()
        self._is_closed = True

    def forget(self) -> None:
        """Remove it: it was saved, or is not wanted any more.

        Raises:
            SettingsError: If it cannot be removed.
        """
        self.close()
        self._is_wanted = False
        self._store.forget(self.draft, self._store.next_order())

    def _begin(self) -> None:
        if self._is_busy or not self._is_wanted or self._is_closed:
            return
        self._is_wanted, self._is_busy = False, True
        job = KeepDraft(self._store, self.draft, self._store.next_order())
        self._runner.submit(job, lane=INTERACTION, done=self._done, failed=self._failed)

    def _done(self, kept: ReportDraft) -> None:
        self._is_busy = False
        if self._is_closed:
            return
        if kept.uid != self._uid:
            self._uid = kept.uid
            self.told.emit(_("Another program writes this report: this is a draft of its own now"), True)
        elif self._store.folder is None:
            self.told.emit(_("This draft is not kept"), True)
        else:
            self.told.emit(_("Draft kept {0}").format(kept.changed_at[11:19]), False)
        if self._is_wanted:
            self._timer.start(KEEP_MS)

    def _failed(self, error: Exception) -> None:
        self._is_busy, self._is_wanted = False, True
        if not isinstance(error, ViewerError):
            raise error
        if not self._is_closed:
            self.told.emit(error.one_line(), True)
            self._timer.start(AGAIN_MS)
