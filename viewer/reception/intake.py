"""What comes over the network goes into the library: hashed while it comes, looked at, kept, and told.

Several associations at once; the same SOP Instance UID one after another. The order for each instance: hash → header
and UIDs → on the disk → in its place → in the index → answered (group_commit).
"""

import contextlib
import logging
from dataclasses import dataclass, replace

from viewer.base.errors import LibraryError, MediaError
from viewer.library.duplicate_judgement import is_same_data_set
from viewer.library.group_commit import GroupCommit, Outcome
from viewer.library.incoming import Incoming, pieces_of
from viewer.library.instance_record import AsideReason, Door, Filed, InstanceRecord, KeptFile
from viewer.library.library import Library
from viewer.network.ports import OUT_OF_RESOURCES, Caller, InstanceSink, OfferedInstance, StoreRefused
from viewer.network.retrieving import FileSink
from viewer.reception.events import PROBLEM, QUARANTINED, REFUSED, STORED, ReceiverEvent, Tell, Told
from viewer.reception.intake_bounds import IntakeBounds, Room, refused_when_full
from viewer.reception.intake_sinks import UNKNOWN_INSTANCE, DataSetSink, WholeFileSink
from viewer.reception.turns import Turns

logger = logging.getLogger(__name__)

_LONGEST_TOLD = 128
_QUARANTINE_AUDIT = "quarantine"
_INBOX_AUDIT = "inbox"
"""Rebuilding an index that is lost goes by this line (library/rebuilt_decisions.py)."""


class Intake:
    """A Keeper (network.retrieving) that keeps in a library: data sets as DIMSE brings them, and whole files.

    Args:
        library: Stays the caller's to close, after this.
        bounds: What is taken at most.
        tell: Told of everything that was stored, refused and kept aside, on the threads of associations.
        door: How data sets come; files are always fetched.
    """

    def __init__(self, library: Library, bounds: IntakeBounds, tell: Tell, door: Door = Door.RECEIVER) -> None:
        self.library = library
        self.door = door
        self.room = Room(library, bounds)
        self.commit = GroupCommit(library)
        self._tell = tell
        self._turns = Turns()
        self._is_closed = False

    def begin(self, offered: OfferedInstance, caller: Caller) -> InstanceSink:
        """Begin one instance that comes as a data set.

        Raises:
            StoreRefused: If there is no room for it.
        """
        return DataSetSink(self, offered, caller, self._begun(offered, caller))

    def begin_file(self, caller: Caller) -> FileSink:
        """Begin one instance that comes as a file.

        Raises:
            StoreRefused: If there is no room for it.
        """
        return WholeFileSink(self, caller, self._begun(UNKNOWN_INSTANCE, caller))

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

    def _begun(self, offered: OfferedInstance, caller: Caller) -> Incoming:
        try:
            if self._is_closed:
                raise StoreRefused(OUT_OF_RESOURCES, "The receiver is closing")
            self.room.begin()
            with refused_when_full():
                return self.commit.begin()
        except StoreRefused as error:
            self.tell_refused(offered, caller, error)
            raise

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


def _told(text: str) -> str:
    """Return text that others wrote as it is told: bounded, printable ASCII."""
    if len(text) <= _LONGEST_TOLD and text.isascii() and text.isprintable():
        return text
    return "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in text[:_LONGEST_TOLD])
