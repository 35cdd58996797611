"""Drafts on the disk: a file each, beside what was marked on their studies, and erased with it (library.study_marks).

A file is replaced as a whole, so that a crash leaves the draft as it was kept last. Two programs that write one draft
never lose each other's words: the second one goes on with a draft of its own.
"""

import contextlib
import itertools
import os
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import SettingsError, system_reason
from viewer.base.translation import _
from viewer.library.durable import FolderLock, remove_file, sync_file, sync_folder
from viewer.library.study_marks import LOCK, marks_name

if TYPE_CHECKING:
    from viewer.workspace.reporting.report_draft import ReportDraft

_INFIX, _ENDING, _PART = ".report-", ".json", ".part"
_LARGEST = 8 << 20
_PATIENCE_SECONDS = 5.0


def new_draft_uid() -> str:
    """Return a UID for a draft."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class KeptDrafts:
    """The drafts of a study, those that were changed last first.

    Attributes:
        problems: What could not be read, in words.
    """

    drafts: "tuple[ReportDraft, ...]" = ()
    problems: tuple[str, ...] = ()


@dataclass(eq=False)
class DraftStore:
    """The folder of all drafts; None keeps nothing."""

    folder: Path | None
    _revisions: dict[str, int] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict)
    _orders: dict[str, int] = field(default_factory=dict)
    _counting: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def next_order(self) -> int:
        """Return a number larger than all before it: also of an editor that is opened again."""
        return next(self._counting)

    def begin(self, uid: str) -> None:
        """Go on with a draft as kept told of it last: what another program writes from now on is not written over."""
        if uid in self._seen:
            self._revisions[uid] = self._seen[uid]

    def kept(self, study_instance_uid: str) -> KeptDrafts:
        """Return the drafts of a study; what cannot be read stays where it is, and is told."""
        if self.folder is None or not self.folder.is_dir():
            return KeptDrafts()
        found, problems = [], []
        for path in sorted(self.folder.glob(f"{marks_name(study_instance_uid)}{_INFIX}*{_ENDING}")):
            try:
                draft, revision = _read(path)
            except (OSError, ValueError):
                problems.append(_("A draft of a report cannot be read: {0}").format(path.name))
                continue
            if draft.study_instance_uid == study_instance_uid:
                self._seen[draft.uid] = revision
                self._revisions.setdefault(draft.uid, revision)  # of one that is being written, what was written last
                found.append(draft)
        found.sort(key=lambda each: each.changed_at, reverse=True)
        return KeptDrafts(tuple(found), tuple(problems))

    def keep(self, draft: "ReportDraft", order: int = 0) -> "ReportDraft":
        """Keep a draft; return it, under another UID where another program has written the same one meanwhile.

        Args:
            draft: It.
            order: Counts what is kept of a draft from several threads: what comes late is not written over what is
                newer.

        Raises:
            SettingsError: If it cannot be written.
        """
        from viewer.workspace.reporting.report_draft_json import draft_bytes

        if self.folder is None:
            return draft
        try:
            with self._alone():
                if order < self._orders.get(draft.uid, 0):
                    return draft
                kept = draft if self._is_ours(draft) else replace(draft, uid=new_draft_uid())
                revision = self._revisions.get(kept.uid, 0) + 1
                self._write(self._path(kept), draft_bytes(kept, revision))
                self._revisions[kept.uid] = revision
                self._orders[draft.uid] = self._orders[kept.uid] = order
                return kept
        except (OSError, TimeoutError) as error:
            reason = system_reason(error) if isinstance(error, OSError) else _("another program holds it")
            raise SettingsError(_("The draft of the report is not kept: {0}").format(reason)) from error

    def forget(self, draft: "ReportDraft", order: int) -> None:
        """Remove a draft, and write nothing of it that was on its way.

        Raises:
            SettingsError: If its file cannot be removed.
        """
        self._orders[draft.uid] = order
        self.remove(draft)

    def remove(self, draft: "ReportDraft") -> None:
        """Remove a draft that was saved, or thrown away; another program's stays.

        Raises:
            SettingsError: If its file cannot be removed.
        """
        if self.folder is None or not self._path(draft).exists():
            return
        try:
            with self._alone():
                if self._is_ours(draft):
                    remove_file(self._path(draft))
                    sync_folder(self.folder)
        except (OSError, TimeoutError) as error:
            reason = system_reason(error) if isinstance(error, OSError) else _("another program holds it")
            raise SettingsError(_("The draft of the report could not be removed: {0}").format(reason)) from error

    def _write(self, path: Path, data: bytes) -> None:
        """Put a file in place of the one before; for its owner alone, and seen on the disk."""
        handle, name = tempfile.mkstemp(prefix=f"{path.name.partition('.')[0]}.", suffix=_PART, dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                sync_file(stream.fileno())
            part.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise
        sync_folder(path.parent)

    def _path(self, draft: "ReportDraft") -> Path:
        assert self.folder is not None  # noqa: S101 - asked only where drafts are kept
        name = "".join(letter for letter in draft.uid if letter.isalnum())
        return self.folder / f"{marks_name(draft.study_instance_uid)}{_INFIX}{name}{_ENDING}"

    def _is_ours(self, draft: "ReportDraft") -> bool:
        path = self._path(draft)
        if not path.exists():
            return True
        with contextlib.suppress(OSError, ValueError):
            return _read(path)[1] == self._revisions.get(draft.uid)
        return False

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        assert self.folder is not None  # noqa: S101 - asked only where drafts are kept
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FolderLock(self.folder / LOCK).exclusive(_PATIENCE_SECONDS):
            yield


def _read(path: Path) -> "tuple[ReportDraft, int]":
    if path.stat().st_size > _LARGEST:
        raise ValueError("Too large for a draft")
    from viewer.workspace.reporting.report_draft_json import draft_of

    return draft_of(path.read_bytes())


def newest(drafts: "Sequence[ReportDraft]") -> "ReportDraft | None":
    """Return the draft to go on with; None where there is none."""
    return max(drafts, key=lambda each: each.changed_at, default=None)
