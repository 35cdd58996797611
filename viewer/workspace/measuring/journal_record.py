"""What is known of one study's journal: what stands in it, what still has to be written, and what others wrote.

Two programs that change the same mark lose neither: who writes later finds what the other wrote, and keeps both.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from viewer.measurement.annotation import Annotation
from viewer.workspace.measuring.annotation_deeds import is_same
from viewer.workspace.measuring.journal_file import JournalFile, News
from viewer.workspace.measuring.journal_lines import ANNOTATION, JournalLine, Key, Value, encoded


@dataclass(frozen=True, slots=True)
class Taken:
    """What others wrote, to be put into the books.

    Attributes:
        values: As they are now; None for what is gone.
        conflicts: How many marks were changed here and there.
        newer: How many things only a newer version of the program can read.
        damaged: How many lines were damaged, and are kept aside.
        error: Why nothing of ours was written; None when it was.
    """

    values: dict[Key, Value] = field(default_factory=dict)
    conflicts: int = 0
    newer: int = 0
    damaged: int = 0
    error: OSError | None = None


class JournalRecord:
    """One study's journal.

    Args:
        study: Its Study Instance UID.
        file: Where it is kept.

    Attributes:
        pending: What is not written yet, by what it is about.
        is_open: Whether the study is open in any window.
        is_unreadable: Whether it could not be read the last time.
    """

    def __init__(self, study: str, file: JournalFile) -> None:
        self.study = study
        self.file = file
        self.pending: dict[Key, Value] = {}
        self.is_open = True
        self.is_unreadable = False
        self._known: dict[Key, Value] = {}
        self._newer: set[Key] = set()

    @property
    def values(self) -> dict[Key, Value]:
        """All there is, written or not, the oldest first."""
        found = {**self._known, **self.pending}
        return {key: value for key, value in found.items() if value is not None}

    def keys_of(self, kind: str) -> tuple[str, ...]:
        """Return the uids of what there is of a type."""
        return tuple(uid for (type_, uid), value in self._known.items() if type_ == kind and value is not None)

    def has(self, key: Key) -> bool:
        """Whether there is a thing, written or not."""
        return (self.pending[key] if key in self.pending else self._known.get(key)) is not None

    def add(self, changes: Iterable[tuple[Key, Value]]) -> None:
        """Note changes that are to be written."""
        for key, value in changes:
            self.pending.pop(key, None)  # the order is that of the last change
            self.pending[key] = value

    def read(self) -> Taken:
        """Return what others wrote since the last time; raises OSError."""
        return self._take(self.file.read())

    def write(self) -> Taken:
        """Write what is pending; what others wrote meanwhile is returned, also when the disk took nothing of ours."""
        taken = Taken()
        try:
            with self.file.held() as held:
                taken = self._take(held.news())
                lines = [JournalLine(key, self.study, value) for key, value in self.pending.items()]
                held.add(b"".join(map(encoded, lines)))
        except OSError as error:
            return replace(taken, error=error)
        for key, value in self.pending.items():
            self._note(key, value)
        self.pending.clear()
        return taken

    def write_all_again(self) -> None:
        """Have everything written once more: the disk did not take what was written."""
        self.pending = {**self._known, **self.pending}

    def _take(self, news: News) -> Taken:
        before = {key: self._known.get(key) for key in self.pending}
        last: dict[Key, JournalLine] = {}
        for line in news.lines:
            if line.study == self.study:  # else it is a file under a name that is not its own
                last[line.key] = line
                self._note(line.key, line.value)
        newer = {line.key for line in last.values() if line.is_newer}
        is_news = bool(newer - self._newer)
        self._newer = (self._newer - last.keys()) | newer
        copies: dict[Key, Value] = {}
        conflicts = 0
        for key, line in last.items():
            if key in self.pending and line.value != before[key]:
                conflicts += self._settle(key, line.value, copies)
        taken = {key: value for key, value in self._known.items() if key in last and key not in self.pending}
        return Taken({**taken, **copies}, conflicts, len(newer) if is_news else 0, news.damaged)

    def _settle(self, key: Key, theirs: Value, copies: dict[Key, Value]) -> bool:
        """Decide what becomes of a thing that was changed here and there; return whether a mark was."""
        from viewer.dicom.derived_instance import new_uid

        ours = self.pending[key]
        if not isinstance(theirs, Annotation) or not (ours is None or isinstance(ours, Annotation)):
            return False  # what is changed is kept before what is gone; of two other things the later one is in force
        if is_same(ours, theirs):
            return False
        if ours is None:
            del self.pending[key]
        else:
            copy = replace(theirs, uid=new_uid(), tracking_uid=theirs.tracking_uid or theirs.uid)
            copies[ANNOTATION, copy.uid] = self.pending[ANNOTATION, copy.uid] = copy
        return True

    def _note(self, key: Key, value: Value) -> None:
        if self._known.get(key) is None:
            self._known.pop(key, None)  # what comes back stands behind the others
        self._known[key] = value
