"""What is done to marks as lesions, in the list and by commands: each one step that undo takes back."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from viewer.base.errors import ViewerError
from viewer.base.translation import N_, _
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.table import is_known, kind_of
from viewer.workspace.measuring.annotation_deeds import change
from viewer.workspace.measuring.here import Here, here_at, new_uid
from viewer.workspace.measuring.lesions import (
    joined,
    lesion_of,
    pairs_by_name,
    renamed,
    with_parameter,
)
from viewer.workspace.measuring.mark_deeds import say
from viewer.workspace.measuring.mark_places import cell_showing
from viewer.workspace.measuring.measurement_table import marks_of_patient
from viewer.workspace.workspace import Workspace

RENAME, PAIR, PART, CHANGE = N_("Rename a mark"), N_("Pair lesions"), N_("Lesion of its own"), N_("Change a mark")


def rename(workspace: Workspace, uid: str, name: str) -> None:
    """Call a mark by another name; the same lesion in other studies bears it too."""
    book = workspace.shared.annotations
    mark = book.get(uid)
    if mark is None:
        return
    name = " ".join(name.split())
    made = renamed(mark, name)
    changes = {uid: made}
    if mark.tracking_uid and made.tracking_id != mark.tracking_id:
        for each in book.everything():
            if each.uid != uid and lesion_of(each) == lesion_of(mark):
                changes[each.uid] = replace(each, tracking_id=name)
    change(workspace, changes, RENAME)


def edit(workspace: Workspace, uids: Iterable[str], title: str, how: Callable[[Annotation], Annotation]) -> None:
    """Change marks in one step; those that are gone meanwhile stay gone."""
    found = (workspace.shared.annotations.get(uid) for uid in uids)
    change(workspace, {each.uid: how(each) for each in found if each is not None}, title)


def edit_lesions(
    workspace: Workspace, uids: Iterable[str], title: str, how: Callable[[Annotation], Annotation]
) -> None:
    """Change all marks of the lesions that marks are of: what a lesion is does not differ from study to study."""
    book = workspace.shared.annotations
    lesions = {lesion_of(each) for uid in uids if (each := book.get(uid)) is not None}
    edit(workspace, [each.uid for each in book.everything() if lesion_of(each) in lesions], title, how)


def pair(workspace: Workspace, uid: str, with_uid: str) -> None:
    """Say that a mark is of the same lesion as another one."""
    mark, other = workspace.shared.annotations.get(uid), workspace.shared.annotations.get(with_uid)
    if mark is not None and other is not None and lesion_of(mark) != lesion_of(other):
        name = joined(mark, other).tracking_id
        named = replace(other, tracking_id=other.tracking_id or name, tracking_uid=lesion_of(other))
        change(workspace, {uid: joined(mark, other), with_uid: named}, PAIR)


def pair_by_names(workspace: Workspace) -> int:
    """Make marks of equal names in the patient's studies one lesion each; return how many were joined."""
    found = pairs_by_name(marks_of_patient(workspace))
    change(workspace, found, PAIR)
    return len(found)


def part(workspace: Workspace, uids: Iterable[str]) -> None:
    """Make each mark that shares its lesion with others a lesion of its own."""
    shared = Counter(lesion_of(each) for each in workspace.shared.annotations.everything())

    def alone(mark: Annotation) -> Annotation:
        # A new identifier: its own uid may be what the others of the lesion are tracked by.
        return replace(mark, tracking_uid=new_uid()) if shared[lesion_of(mark)] > 1 else mark

    edit(workspace, uids, PART, alone)


def set_kind_parameter(workspace: Workspace, uid: str, name: str, value: float | str) -> None:
    """Tell a mark something that its kind asks for, and measure it anew: at once, or when its image was read."""
    mark = workspace.shared.annotations.get(uid)
    asks = kind_of(mark.kind).asks if mark is not None and is_known(mark.kind) else ()
    asked = next((each for each in asks if each.name == name), None)
    if mark is None or asked is None or mark.parameter(name, asked.default) == value:
        return
    changed = with_parameter(mark, name, "" if value == asked.default else value)
    cell = cell_showing(workspace, mark.anchor)
    here = here_at(workspace, cell) if cell is not None else None
    if isinstance(here, Here):
        change(workspace, {uid: here.finished(changed)}, CHANGE)
        return
    grounds = workspace.shared.grounds
    if grounds is None:
        change(workspace, {uid: replace(changed, readings=())}, CHANGE)
        return

    def measure(ground: Ground) -> None:
        from viewer.workspace.measuring.measuring import measured

        if workspace.shared.annotations.get(uid) == mark:
            whole = kind_of(mark.kind).completed(changed, ground)
            change(workspace, {uid: measured(whole, ground)}, CHANGE)

    def failed(error: ViewerError) -> None:
        say(workspace, _("The mark stays as it is: {0}").format(error.one_line()))

    grounds.want(mark.anchor, measure, failed)
