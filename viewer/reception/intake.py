"""What comes over the network goes into the library: hashed while it comes, looked at, kept, and told.

Several associations at once; the same SOP Instance UID one after another. The order for each instance: hash → header
and UIDs → on the disk → in its place → in the index → answered (group_commit).
"""

import contextlib
import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from viewer.base.errors import DicomError, LibraryError, MediaError, RefusedError
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.library.duplicate_judgement import is_same_data_set
from viewer.library.group_commit import GroupCommit, Outcome
from viewer.library.incoming import Incoming, pieces_of
from viewer.library.instance_record import AsideReason, Door, Filed, InstanceRecord, KeptFile, Source
from viewer.library.library import Library
from viewer.library.query_keys import attributes_of
from viewer.network.part10 import part10_head
from viewer.network.ports import (
    CANNOT_UNDERSTAND,
    CLASS_MISMATCH,
    OUT_OF_RESOURCES,
    Became,
    Caller,
    InstanceSink,
    OfferedInstance,
    StoreAnswer,
    StoreRefused,
)
from viewer.reception.events import PROBLEM, QUARANTINED, REFUSED, STORED, ReceiverEvent, Tell, Told
from viewer.reception.intake_bounds import IntakeBounds, Room, refused_when_full

logger = logging.getLogger(__name__)

ALTERED_DUPLICATE = 0xC111
"""Our own failure of C-STORE: the UID is there with other content (PS3.4 Table B.2-1 leaves Cxxx to us)."""
_LONGEST_TOLD = 128
_QUARANTINE_AUDIT = "quarantine"
_INBOX_AUDIT = "inbox"
"""Rebuilding an index that is lost goes by this line (library/rebuilt_decisions.py)."""


class Intake:
    """A Storage that keeps in a library.

    Args:
        library: Stays the caller's to close, after this.
        bounds: What is taken at most.
        tell: Told of everything that was stored, refused and kept aside, on the threads of associations.
    """

    def __init__(self, library: Library, bounds: IntakeBounds, tell: Tell) -> None:
        self.library = library
        self.room = Room(library, bounds)
        self.commit = GroupCommit(library)
        self._tell = tell
        self._turns = _Turns()
        self._is_closed = False

    def begin(self, offered: OfferedInstance, caller: Caller) -> InstanceSink:
        """Begin one instance.

        Raises:
            StoreRefused: If there is no room for it.
        """
        try:
            if self._is_closed:
                raise StoreRefused(OUT_OF_RESOURCES, "The receiver is closing")
            self.room.begin()
            with refused_when_full():
                incoming = self.commit.begin()
        except StoreRefused as error:
            self.tell_refused(offered, caller, error)
            raise
        sink = _Sink(self, offered, caller, incoming)
        sink.write(part10_head(offered, caller))
        return sink

    def close(self) -> None:
        """Take nothing more; to be called when the associations have ended."""
        self._is_closed = True
        self.commit.close()

    def keep(self, incoming: Incoming, record: InstanceRecord) -> "Judged":
        """Keep an instance that was looked at, unless the library holds the same data set under another file header.

        Raises:
            StoreRefused: If it cannot be kept.
        """
        with self._turns.of(record.sop_instance_uid), refused_when_full():
            in_force = self.commit.held_hash(record.sop_instance_uid)
            if in_force not in {"", record.kept.sha256}:
                held = self._held(incoming, record)
                if held is not None:
                    incoming.remove()
                    incoming, record = held, replace(record, kept=KeptFile(held.sha256, held.size))
            outcome = self.commit.keep(incoming, record, in_force)
            return Judged(outcome, outcome.held or record.kept)

    def tell_kept(self, record: InstanceRecord, judged: "Judged", *, is_damaged: bool) -> None:
        """Tell that an instance was stored or kept aside."""
        filed = judged.outcome.filed
        details: dict[str, Told] = {
            "sop_instance_uid": _told(record.sop_instance_uid),
            "sop_class_uid": _told(record.sop_class_uid),
            "study_instance_uid": _told(record.study_instance_uid),
            "series_instance_uid": _told(record.series_instance_uid),
            "transfer_syntax_uid": _told(record.transfer_syntax_uid),
            "sha256": judged.kept.sha256,
            "size": judged.kept.size,
            "aet": _told(record.source.name),
            "address": _told(record.source.address),
            "already": filed is Filed.ALREADY,
        }
        flags = sorted(kind.value for kind in judged.outcome.warnings) + ["damaged"] * is_damaged
        if flags:
            details["flagged"] = ", ".join(flags)
        if filed in {Filed.NEW, Filed.ALREADY}:
            self._tell(ReceiverEvent(STORED, details))
            return
        reason = "unknown sender" if filed is Filed.ASIDE else "altered duplicate"
        self._tell(ReceiverEvent(QUARANTINED, {"reason": reason, **details}))
        try:
            event = _INBOX_AUDIT if filed is Filed.ASIDE else _QUARANTINE_AUDIT
            self.library.audit.append(event, (record.study_instance_uid,), 1)
        except LibraryError as error:
            logger.warning("What was kept aside could not be written into the audit trail")
            self._tell(ReceiverEvent(PROBLEM, {"reason": str(error)}))

    def tell_refused(self, offered: OfferedInstance, caller: Caller, error: StoreRefused) -> None:
        """Tell that an instance was not taken."""
        self._tell(
            ReceiverEvent(
                REFUSED,
                {
                    "reason": str(error),
                    "aet": _told(caller.ae_title),
                    "address": _told(caller.address),
                    "status": f"{error.status:04X}",
                    "sop_instance_uid": _told(offered.sop_instance_uid),
                },
            )
        )

    def _held(self, incoming: Incoming, record: InstanceRecord) -> Incoming | None:
        """Return a copy of what the library holds whole of the same data set, under another header; None if nothing.

        The copy is kept instead of what came: what is acknowledged is then in the library's own store and out of the
        trash, wherever it was before.
        """
        catalogue = self.library.catalogue
        held = catalogue.instance(record.sop_instance_uid)
        if held is None:
            return None
        # What a reader has superseded, by reconciling for instance, was decided about: its sender still has it so.
        former = [each for each in catalogue.aside_of(record.sop_instance_uid) if each.reason is AsideReason.SUPERSEDED]
        copies = (self._copy_of(kept, incoming) for kept in (held.kept, *(each.kept for each in former)))
        return next((copy for copy in copies if copy is not None), None)

    def _copy_of(self, kept: KeptFile, incoming: Incoming) -> Incoming | None:
        """Return a copy of a file that is whole and holds the same data set; None if it is not, or does not."""
        try:
            source = self.library.store.open(kept)
            if not is_same_data_set(source, incoming.source):
                return None
        except (LibraryError, MediaError):
            return None
        copy = self.commit.begin(kept.size)
        with contextlib.ExitStack() as given_up:
            given_up.callback(copy.remove)
            with contextlib.suppress(MediaError):
                for piece in pieces_of(source):
                    copy.write(piece)
            if copy.sha256 == kept.sha256:
                given_up.pop_all()
                return copy
        return None


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of an instance, and the file that the library has of it now."""

    outcome: Outcome
    kept: KeptFile


class _Sink:
    """One instance on its way in."""

    def __init__(self, intake: Intake, offered: OfferedInstance, caller: Caller, incoming: Incoming) -> None:
        self._intake = intake
        self._offered = offered
        self._caller = caller
        self._incoming = incoming
        self._taken = 0
        self._is_over = False

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        with self._refusing():
            self._intake.room.take(len(piece), self._taken)
            self._taken += len(piece)
            with refused_when_full():
                self._incoming.write(piece)

    def finish(self) -> StoreAnswer:
        with self._refusing():
            self._intake.commit.begin_keeping(self._incoming)
            header = self._looked_at()
            record = self._record(header)
            judged = self._intake.keep(self._incoming, record)
        filed = judged.outcome.filed
        self._end(is_kept=filed is not Filed.ALREADY)
        self._intake.tell_kept(record, judged, is_damaged=bool(header.problems))
        if filed is Filed.CONFLICT:
            return StoreAnswer(Became.QUARANTINED, ALTERED_DUPLICATE, "Kept aside: this UID is here with other content")
        return StoreAnswer(_BECAME[filed])

    def abandon(self) -> None:
        self._end(is_kept=False)

    def _looked_at(self) -> InstanceHeader:
        try:
            header = scan_header(self._incoming.source)
        except (DicomError, RefusedError) as error:
            raise StoreRefused(CANNOT_UNDERSTAND, "The data set cannot be read") from error
        except MediaError as error:
            raise StoreRefused(OUT_OF_RESOURCES, str(error)) from error
        for uid in (header.sop_instance_uid, header.study_instance_uid, header.series_instance_uid):
            if not uid:
                raise StoreRefused(CANNOT_UNDERSTAND, "A UID of instance, series or study is missing")
        if header.sop_class_uid != self._offered.sop_class_uid:
            raise StoreRefused(CLASS_MISMATCH, "The data set is of another SOP class")
        if header.sop_instance_uid != self._offered.sop_instance_uid:
            raise StoreRefused(CLASS_MISMATCH, "The data set has another SOP Instance UID")
        return header

    def _record(self, header: InstanceHeader) -> InstanceRecord:
        incoming, caller = self._incoming, self._caller
        return InstanceRecord(
            sop_instance_uid=header.sop_instance_uid,
            sop_class_uid=header.sop_class_uid,
            series_instance_uid=header.series_instance_uid,
            study_instance_uid=header.study_instance_uid,
            transfer_syntax_uid=self._offered.transfer_syntax_uid,
            kept=KeptFile(incoming.sha256, incoming.size),
            source=Source(Door.RECEIVER, caller.ae_title, caller.address),
            received_at=datetime.now(UTC),
            attributes=attributes_of(header),
            aside=None if caller.is_known else AsideReason.UNKNOWN_SENDER,
        )

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._end(is_kept=False)
            if isinstance(error, StoreRefused):
                self._intake.tell_refused(self._offered, self._caller, error)
            raise

    def _end(self, *, is_kept: bool) -> None:
        if not self._is_over:
            self._is_over = True
            self._incoming.remove()
            self._intake.room.end(self._taken, is_kept=is_kept)


_BECAME: Mapping[Filed, Became] = {
    Filed.NEW: Became.STORED,
    Filed.ALREADY: Became.ALREADY,
    Filed.ASIDE: Became.QUARANTINED,
}


class _Turns:
    """One at a time of those who bring the same SOP Instance UID: each is compared with what the one before brought."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    @contextlib.contextmanager
    def of(self, uid: str) -> Iterator[None]:
        with self._lock:
            turn, count = self._held.get(uid, (threading.Lock(), 0))
            self._held[uid] = turn, count + 1
        try:
            with turn:
                yield
        finally:
            with self._lock:
                turn, count = self._held[uid]
                if count == 1:
                    del self._held[uid]
                else:
                    self._held[uid] = turn, count - 1


def _told(text: str) -> str:
    """Return text that others wrote as it is told: bounded, printable ASCII."""
    if len(text) <= _LONGEST_TOLD and text.isascii() and text.isprintable():
        return text
    return "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in text[:_LONGEST_TOLD])
