"""Reconciliation of identity (IHE IRWF): a study gets the identity it should have, and nothing of it is lost.

New files are written with the right attributes and an item of Original Attributes Sequence (0400,0561) that says what
they were; the pixels and everything else are byte for byte what they were. The originals are kept as SUPERSEDED.
"""

import contextlib
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import viewer
from viewer.base.errors import LibraryError, ViewerError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.header_scan import scan_header
from viewer.dicom.rewritten_file import Modification, rewrite
from viewer.library.batch import Batch
from viewer.library.incoming import Incoming
from viewer.library.instance_record import AsideReason, InstanceRecord, KeptFile
from viewer.library.integrity import check_whole, take_back, taken_back_if_cut_off
from viewer.library.library import Library
from viewer.library.likely_patients import Likeness, Suggestion, suggestions
from viewer.library.originals import made_from, superseded
from viewer.library.query_keys import QUERY_KEYS, attributes_of
from viewer.library.reconciled_identity import Identity, differences
from viewer.library.replacing import Outgoing
from viewer.library.study_row import Conflict, InstanceRow, StudyRow

__all__ = [
    "Identity",
    "Likeness",
    "Reason",
    "ReconcileStudy",
    "Reconciled",
    "Suggestion",
    "UndoReconciliation",
    "can_be_undone",
    "differences",
    "reconcile",
    "suggestions",
    "undo_reconciliation",
]

RECONCILED, UNDONE = "reconcile", "undo reconcile"
"""What the audit trail calls it."""
_AT_ONCE = 50
"""Files that go to the disk together."""
# What does not hold any more when an attribute changes: the sequence that qualifies it.
_TAKEN_OUT: Mapping[int, int] = {0x00100020: 0x00100024, 0x00100021: 0x00100024, 0x00080050: 0x00080051}


class Reason(enum.Enum):
    """Reason for the Attribute Modification (0400,0565)."""

    COERCE = "COERCE"
    """The values were right where the study came from, and others are used here."""
    CORRECT = "CORRECT"
    """The values were wrong."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a reconciliation, or its undoing, came to.

    Attributes:
        study: As it is now.
        instances: How many files were written, or brought back.
        unchanged: How many said so already.
        signed: How many of those written have digital signatures, which do not hold any more.
    """

    study: StudyRow
    instances: int
    unchanged: int = 0
    signed: int = 0


def reconcile(
    library: Library, study: StudyRow, identity: Identity, progress: Progress, *, reason: Reason = Reason.CORRECT
) -> Reconciled:
    """Give a study another identity: all of it, or nothing when this ends otherwise than by returning.

    Args:
        library: Whose.
        study: Of its catalogue, and not in the trash; all its instances are written anew.
        identity: What it should say.
        progress: Gets counts of instances; cancelling it leaves everything as it was.
        reason: Written into the files.

    Raises:
        LibraryError: If a file cannot be rewritten without loss, is not as it was kept, or the disk has no room; if the
            study is gone, in the trash, or says so already.
        Cancelled: If progress was cancelled.
    """
    try:
        with library.store.batch() as batch:
            writing = _Writing(library, batch, identity, reason)
            instances = _instances(library, study)
            for number, instance in enumerate(instances):
                progress.report(number, len(instances), _("{done} of {total} files written").format(
                    done=number, total=len(instances)))  # fmt: skip
                writing.add(instance)
            writing.commit()
            progress.check()
            if not writing.new:
                raise LibraryError(_("The study says so already"), subject=study.study_instance_uid)
            _replace(library, study, instances, writing.outgoing, writing.incoming(), RECONCILED)
    except BaseException:
        take_back(library.store, library.catalogue)
        raise
    changed = len(writing.new)
    return Reconciled(_study_of(library, instances[0]), changed, len(instances) - changed, writing.signed)


def can_be_undone(library: Library, study: StudyRow) -> bool:
    """Return whether a study has been reconciled, so that undo_reconciliation can bring something back."""
    return bool(_originals(library, library.catalogue.instances_of_study(study), first_only=True))


def undo_reconciliation(library: Library, study: StudyRow, progress: Progress) -> Reconciled:
    """Bring the originals back that the last reconciliation of a study replaced; the files it wrote are removed.

    Raises:
        LibraryError: If there is nothing to bring back, or an original is not as it was kept.
        Cancelled: If progress was cancelled.
    """
    with library.store.batch() as batch, contextlib.ExitStack() as left:
        batch.commit()  # nothing is removed meanwhile
        instances = _instances(library, study)
        originals = _originals(library, instances)
        if not originals:
            raise LibraryError(_("The study has not been reconciled"), subject=study.study_instance_uid)
        incoming = []
        for number, instance in enumerate(instances):
            progress.report(number, len(instances))
            original = originals.get(instance.sop_instance_uid)
            if original is not None:
                check_whole(library.store, original.kept)
            incoming.append(_same_record(library, instance) if original is None else original.record())
        outgoing = {instance.sop_instance_uid: Outgoing(None) for instance in instances}
        made = [instance.kept.sha256 for instance in instances if instance.sop_instance_uid in originals]
        left.enter_context(taken_back_if_cut_off(library.store, made))
        _replace(library, study, instances, outgoing, incoming, UNDONE, len(originals))
        held = left.pop_all()
    with held, library.store.removing() as removal:
        for sha256 in made:
            if not library.catalogue.of_hash(sha256):
                removal.remove(sha256)
    return Reconciled(_study_of(library, instances[0]), len(originals), len(instances) - len(originals))


@dataclass(frozen=True, slots=True)
class ReconcileStudy:
    """The job of reconciling (lane KEEPING)."""

    library: Library
    study: StudyRow
    identity: Identity
    reason: Reason = Reason.CORRECT

    def run(self, progress: Progress) -> Reconciled:
        """See reconcile."""
        return reconcile(self.library, self.study, self.identity, progress, reason=self.reason)


@dataclass(frozen=True, slots=True)
class UndoReconciliation:
    """The job of undoing it (lane KEEPING)."""

    library: Library
    study: StudyRow

    def run(self, progress: Progress) -> Reconciled:
        """See undo_reconciliation."""
        return undo_reconciliation(self.library, self.study, progress)


@dataclass(slots=True)
class _New:
    """A file that was written: its record but for where it is kept."""

    instance: InstanceRow
    attributes: dict[str, str]
    kept: KeptFile | None = None


@dataclass(slots=True)
class _Writing:
    """The new files of one study."""

    library: Library
    batch: Batch
    identity: Identity
    reason: Reason
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    new: list[_New] = field(default_factory=list)
    outgoing: dict[str, Outgoing] = field(default_factory=dict)
    signed: int = 0
    _same: list[InstanceRecord] = field(default_factory=list)
    _waiting: list[_New] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.batch.commit()  # from here on nothing is removed

    def add(self, instance: InstanceRow) -> None:
        """Write one instance anew, unless it says so already."""
        library = self.library
        check_whole(library.store, instance.kept)
        source = library.store.open(instance.kept)
        modification = Modification(
            f"Negatoscope {viewer.__version__}", instance.source.name, self.reason.value, instance.kept.sha256, self.at
        )
        values = {QUERY_KEYS[keyword]: value for keyword, value in self.identity.values().items()}
        former = attributes_of(scan_header(source))
        try:
            rewritten = rewrite(source, values, _TAKEN_OUT, modification)
        except ViewerError as error:
            raise LibraryError(
                _("The study stays as it was: {0}").format(error), subject=error.subject or source.name
            ) from error
        if rewritten is None:
            self._same.append(_same_record(library, instance))
            self.outgoing[instance.sop_instance_uid] = Outgoing(None)
            return
        incoming = self.batch.add(rewritten.pieces)
        self.signed += rewritten.is_signed
        new = _New(instance, _read_back(incoming, instance, former, self.identity))
        self.new.append(new)
        self._waiting.append(new)
        self.outgoing[instance.sop_instance_uid] = Outgoing(AsideReason.SUPERSEDED, former)
        if len(self._waiting) >= _AT_ONCE:
            self.commit()

    def commit(self) -> None:
        """See what was written on the disk."""
        for new, kept in zip(self._waiting, self.batch.commit(), strict=True):
            new.kept = kept
        self._waiting.clear()

    def incoming(self) -> list[InstanceRecord]:
        """Return the records of the study as it is to be, in the order of arrival."""
        made = [_record(new.instance, new.kept or new.instance.kept, new.attributes) for new in self.new]
        return sorted((*made, *self._same), key=lambda record: record.received_at)


def _read_back(
    incoming: Incoming, instance: InstanceRow, former: Mapping[str, str], identity: Identity
) -> dict[str, str]:
    """Return the query keys of a file that was written, after they were seen to be the former ones but for identity."""
    header = scan_header(incoming.source)
    found = attributes_of(header)
    wanted = {keyword: value for keyword, value in {**former, **identity.values()}.items() if value}
    uids = (header.sop_instance_uid, header.sop_class_uid, header.series_instance_uid, header.study_instance_uid)
    former_uids = (
        instance.sop_instance_uid, instance.sop_class_uid, instance.series_instance_uid, instance.study_instance_uid
    )  # fmt: skip
    if found != wanted or uids != former_uids:
        raise LibraryError(
            _("The study stays as it was: the file that was written says something else"),
            subject=instance.sop_instance_uid,
        )
    return found


def _instances(library: Library, study: StudyRow) -> list[InstanceRow]:
    rows = [
        row
        for row in library.catalogue.studies_of_uid(study.study_instance_uid)
        if (row.patient_id, row.issuer) == (study.patient_id, study.issuer)
    ]
    if not rows:
        raise LibraryError(_("The library has no such study"), subject=study.study_instance_uid)
    if rows[0].trashed_at is not None:
        raise LibraryError(_("The study is in the trash: restore it first"), subject=study.study_instance_uid)
    return library.catalogue.instances_of_study(rows[0])


def _replace(
    library: Library, study: StudyRow, instances: Sequence[InstanceRow], outgoing: Mapping[str, Outgoing],
    incoming: Sequence[InstanceRecord], event: str, count: int | None = None,
) -> None:  # fmt: skip
    """Put one set of files in the place of another, unless the study has changed meanwhile."""
    with library.database.writing():
        if _named(_instances(library, study)) != _named(instances):
            raise LibraryError(
                _("The study has changed meanwhile: nothing was done"),
                subject=study.study_instance_uid,
                advice=_("Try again"),
            )
        changed = sum(out.reason is not None for out in outgoing.values()) if count is None else count
        library.audit.append(event, (study.study_instance_uid,), changed)
        library.catalogue.replace(outgoing, incoming, are_same_images=True)


def _named(instances: Sequence[InstanceRow]) -> set[tuple[str, str]]:
    return {(instance.sop_instance_uid, instance.kept.sha256) for instance in instances}


def _originals(library: Library, instances: Sequence[InstanceRow], *, first_only: bool = False) -> dict[str, Conflict]:
    """Return what the last reconciliation replaced, by SOP Instance UID."""
    held = superseded(library, (instance.study_instance_uid for instance in instances))
    uids = {uid for uid, _sha256 in held}
    found: list[tuple[str, Conflict]] = []
    for instance in instances:
        made = made_from(library, instance.kept) if instance.sop_instance_uid in uids else None
        original = held.get((instance.sop_instance_uid, made.made_of)) if made is not None else None
        if made is not None and original is not None:
            found.append((made.at, original))
            if first_only:
                break
    last = max((at for at, _original in found), default="")
    return {original.sop_instance_uid: original for at, original in found if at == last}


def _same_record(library: Library, instance: InstanceRow) -> InstanceRecord:
    return _record(instance, instance.kept, attributes_of(scan_header(library.store.open(instance.kept))))


def _record(instance: InstanceRow, kept: KeptFile, attributes: dict[str, str]) -> InstanceRecord:
    return InstanceRecord(
        sop_instance_uid=instance.sop_instance_uid,
        sop_class_uid=instance.sop_class_uid,
        series_instance_uid=instance.series_instance_uid,
        study_instance_uid=instance.study_instance_uid,
        transfer_syntax_uid=instance.transfer_syntax_uid,
        kept=kept,
        source=instance.source,
        received_at=instance.received_at,
        attributes=attributes,
    )


def _study_of(library: Library, instance: InstanceRow) -> StudyRow:
    """Return the study that an instance is in now."""
    rows = library.catalogue.studies_of_uid(instance.study_instance_uid)
    for row in rows[1:]:
        if any(
            each.sop_instance_uid == instance.sop_instance_uid for each in library.catalogue.instances_of_study(row)
        ):
            return row
    return rows[0]
