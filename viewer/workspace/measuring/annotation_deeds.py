"""Changes of annotations that can be undone, in the window that made them.

Undo takes back what this window did, and nothing else: where another window or program has changed an annotation since,
that one is left as it is, and it is said so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from viewer.base.translation import N_, ngettext
from viewer.measurement.annotation import Anchor, Annotation, Provenance
from viewer.measurement.user_calibration import UserCalibration
from viewer.workspace.measuring.annotation_book import Changes, study_of
from viewer.workspace.undo import Deed
from viewer.workspace.workspace import Workspace

CLEAR = N_("Remove all marks")


def change(workspace: Workspace, changes: Changes, title: str, *, drag: int = 0) -> None:
    """Put annotations as they are now, in one step that undo takes back.

    Args:
        workspace: Of the window.
        changes: By uid; None for one that goes. Who changed them and when is filled in here.
        title: What was done, English, marked with N_().
        drag: A number that is the same for all steps of one drag, or of one run of nudges, which undo takes back
            together; 0 for one step.
    """
    book = workspace.shared.annotations
    before = {uid: book.get(uid) for uid in changes}
    after = {uid: _stamped(annotation, before[uid], book.reader) for uid, annotation in changes.items()}
    after = {uid: annotation for uid, annotation in after.items() if annotation != before[uid]}
    if after:
        before = {uid: before[uid] for uid in after}
        workspace.do(deed_of(workspace, before, after), title, drag=drag)


def clear(workspace: Workspace, study_instance_uid: str) -> int:
    """Remove all annotations of a study that are not locked, in one step; return how many."""
    book = workspace.shared.annotations
    gone = [each.uid for each in book.of_study(study_instance_uid) if not each.is_locked]
    change(workspace, dict.fromkeys(gone), CLEAR)
    return len(gone)


def deed_of(workspace: Workspace, before: Changes, after: Changes) -> Deed:
    """Return the deed that makes annotations what they are after it.

    Args:
        workspace: Of the window, which is told what could not be undone.
        before: As they are.
        after: As they shall be.
    """
    doing = _Doing(workspace, before, after, _scales(workspace, before, after))
    return Deed(
        undo=lambda: _put(doing, before, after), redo=lambda: _put(doing, after, before), of=doing, join=_joined
    )


_Scales = Mapping[tuple[str, Anchor], UserCalibration | None]
"""What readers had set where each annotation lies: its numbers rest on that."""


@dataclass(frozen=True, slots=True, eq=False)
class _Doing:
    workspace: Workspace
    before: Changes
    after: Changes
    scales: _Scales


def _joined(first: Deed, later: Deed) -> Deed:
    """Return two steps of one drag as one."""
    assert isinstance(first.of, _Doing)  # noqa: S101 - made by deed_of, as join says
    assert isinstance(later.of, _Doing)  # noqa: S101
    before, after = {**later.of.before, **first.of.before}, {**first.of.after, **later.of.after}
    return deed_of(first.of.workspace, before, after)


def _scales(workspace: Workspace, *changes: Changes) -> _Scales:
    of = workspace.shared.annotations.calibrations.of
    return {(uid, each.anchor): of(each.anchor) for part in changes for uid, each in part.items() if each is not None}


def _put(doing: _Doing, wanted: Changes, left: Changes) -> None:
    """Make annotations what is wanted, but for those that are not as they were left."""
    workspace = doing.workspace
    book = workspace.shared.annotations
    changes: dict[str, Annotation | None] = {}
    elsewhere = closed = 0
    for uid, target in wanted.items():
        now = book.get(uid)
        if book.is_closed(_study(target, left[uid])):
            closed += 1
        elif is_same(now, target):
            continue
        elif not is_same(now, left[uid]):
            elsewhere += 1
        else:
            changes[uid] = target
    if changes:
        scales = _scales(workspace, changes)
        stale = frozenset(uid for (uid, anchor), scale in scales.items() if scale != doing.scales.get((uid, anchor)))
        with book.together():
            book.apply({uid: _without_numbers(each) if uid in stale else each for uid, each in changes.items()})
            if stale:
                book.stale.emit(stale)
    if elsewhere:
        text = ngettext(
            "{0} mark was changed elsewhere since: it stays as it is",
            "{0} marks were changed elsewhere since: they stay as they are",
            elsewhere,
        )
        _say(workspace, text.format(elsewhere))
    if closed:
        text = ngettext(
            "The study of {0} mark is not open any more", "The study of {0} marks is not open any more", closed
        )
        _say(workspace, text.format(closed))


def _without_numbers(annotation: Annotation | None) -> Annotation | None:
    return None if annotation is None else replace(annotation, readings=())


def is_same(a: Annotation | None, b: Annotation | None) -> bool:
    """Return whether two annotations are what a reader made the same, whatever was measured and noted of them."""
    if a is None or b is None:
        return a is b
    return replace(a, readings=(), provenance=_NOTHING) == replace(b, readings=(), provenance=_NOTHING)


_NOTHING = Provenance()


def _study(*annotations: Annotation | None) -> str:
    return next((study_of(each.anchor) for each in annotations if each is not None), "")


def _say(workspace: Workspace, text: str) -> None:
    if workspace.window is not None:
        workspace.window.show_message(text)


def _stamped(annotation: Annotation | None, before: Annotation | None, reader: str) -> Annotation | None:
    """Return an annotation with who changed it and when; one that is as it was, as it was."""
    if annotation is None or annotation == before:
        return annotation
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    made = annotation.provenance
    if before is None:
        made = replace(made, created_by=made.created_by or reader, created_at=made.created_at or now)
    else:
        was = before.provenance
        made = replace(
            made,
            created_by=made.created_by or was.created_by,
            created_at=made.created_at or was.created_at,
            changed_by=reader,
            changed_at=now,
        )
    return replace(annotation, provenance=made)
