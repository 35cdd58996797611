"""Decisions of readers found again when an index is made anew: by what files say of themselves, and the audit trail.

Neither is believed alone. Where they do not agree the safe side is taken: the first bytes of a UID are in force, and
whatever may be an unknown sender's is aside.
"""

from dataclasses import dataclass

from viewer.base.errors import ViewerError
from viewer.dicom.rewritten_file import Made, read_made
from viewer.dicom.tag_names import tag_name
from viewer.library.audit import AuditLog
from viewer.library.catalogue import Catalogue
from viewer.library.file_comparison import compare_files
from viewer.library.instance_record import AsideReason, KeptFile
from viewer.library.instance_store import InstanceStore
from viewer.library.replacing import Outgoing
from viewer.library.study_row import Conflict

INBOX = "inbox"
"""What the audit trail calls it when an unknown sender's instance is kept aside."""
_OF_SENDERS = {INBOX: True, "undo accept": True, "accept": False, "discard": False}
_OF_IDENTITY = {"reconcile": True, "undo reconcile": False}
_WITH_EVERY_CHANGE = frozenset({"OriginalAttributesSequence", "SpecificCharacterSet"})


@dataclass(frozen=True, slots=True)
class Trail:
    """What the audit trail tells of readers' decisions; nothing where it is not as it was written.

    Attributes:
        doubtful: UIDs of studies that unknown senders have sent something of, and nobody has accepted since.
        reconciled: UIDs of studies that have been given another identity, and not their own again.
    """

    doubtful: frozenset[str] = frozenset()
    reconciled: frozenset[str] = frozenset()

    @classmethod
    def of(cls, audit: AuditLog) -> "Trail":
        """Read it; LibraryError when it cannot be read."""
        doubtful: dict[str, bool] = {}
        reconciled: dict[str, bool] = {}
        for line in audit.lines():
            for events, studies in ((_OF_SENDERS, doubtful), (_OF_IDENTITY, reconciled)):
                if line.event in events:
                    studies.update(dict.fromkeys(line.study_instance_uids, events[line.event]))
        if audit.broken():
            reconciled = {}  # what could be forged makes nothing come in force
        return cls(
            frozenset(uid for uid, is_so in doubtful.items() if is_so),
            frozenset(uid for uid, is_so in reconciled.items() if is_so),
        )


def put_made_in_force(store: InstanceStore, catalogue: Catalogue, trail: Trail) -> None:
    """Put files that a reconciliation wrote in the place of those that they were made of, where both are there."""
    waiting: dict[tuple[str, str], tuple[Conflict, Made]] = {}
    for conflict in catalogue.conflicts():
        if conflict.study_instance_uid not in trail.reconciled or conflict.reason is not AsideReason.ALTERED:
            continue
        made = _made(store, conflict.kept)
        if made is not None:
            waiting[conflict.sop_instance_uid, made.made_of] = (conflict, made)
    uids = {uid for uid, _made_of in waiting}
    for uid in sorted(uids):
        held = catalogue.instance(uid)
        while held is not None and (found := waiting.pop((uid, held.kept.sha256), None)) is not None:
            conflict, made = found
            if not _is_only_renamed(store, held.kept, conflict.kept, made):
                break
            catalogue.replace({uid: Outgoing()}, [conflict.record()], are_same_images=True)
            held = catalogue.instance(uid)
    _supersede(store, catalogue, trail)


def _supersede(store: InstanceStore, catalogue: Catalogue, trail: Trail) -> None:
    """Say of originals that they are superseded, where what is in force was made of them."""
    again = []
    for conflict in catalogue.conflicts():
        if conflict.reason is AsideReason.ALTERED and conflict.study_instance_uid in trail.reconciled:
            held = catalogue.instance(conflict.sop_instance_uid)
            made = _made(store, held.kept) if held is not None else None
            if made is not None and made.made_of == conflict.kept.sha256:
                again.append(conflict.kept.sha256)
    catalogue.set_aside_reason(again, AsideReason.SUPERSEDED)


def decide_again(catalogue: Catalogue) -> None:
    """Have a reader decide about what was superseded, where what had taken its place is lost."""
    left = [each for each in catalogue.conflicts() if each.reason is AsideReason.SUPERSEDED]
    lost = [each.kept.sha256 for each in left if catalogue.instance(each.sop_instance_uid) is None]
    catalogue.set_aside_reason(lost, AsideReason.ALTERED)


def _made(store: InstanceStore, kept: KeptFile) -> Made | None:
    try:
        return read_made(store.open(kept))
    except ViewerError:
        return None


def _is_only_renamed(store: InstanceStore, former: KeptFile, made_of_it: KeptFile, made: Made) -> bool:
    """Whether a file differs from the one it was made of in nothing but what it says was changed."""
    allowed = {tag_name(tag).keyword for tag in made.changed} | _WITH_EVERY_CHANGE
    try:
        differing, do_pixels_differ = compare_files(store.open(former), store.open(made_of_it))
    except ViewerError:
        return False
    return not do_pixels_differ and all(keyword in allowed or one == other for keyword, one, other in differing)
