"""What is done to marks that are selected, or to all of a picture: each one step that undo takes back."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from viewer.base.translation import N_, _
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation, Provenance
from viewer.measurement.kinds.table import is_known, kind_of
from viewer.workspace.measuring.annotation_book import study_of
from viewer.workspace.measuring.annotation_deeds import change, clear
from viewer.workspace.measuring.here import Here, here_at, new_uid
from viewer.workspace.measuring.marks_shown import PLACE, ShownMark, marks_on
from viewer.workspace.workspace import Workspace

_PASTED_APART = 8.0
"""Image pixels between a mark and its copy on the same image."""


def selected_marks(workspace: Workspace) -> tuple[Annotation, ...]:
    """Return the marks that commands act on, the oldest first."""
    book = workspace.shared.annotations
    return tuple(each for each in book.everything() if each.uid in book.selected) if book.selected else ()


def has_selection(workspace: Workspace) -> bool:
    """Return whether any mark is selected."""
    return bool(workspace.shared.annotations.selected)


def marks_at(workspace: Workspace, cell: int | None = None) -> tuple[ShownMark, ...]:
    """Return the marks that a cell (the active one by default) shows."""
    return marks_on(workspace, workspace.active if cell is None else cell)


def select_all(workspace: Workspace) -> None:
    """Select all marks of the active picture."""
    workspace.shared.annotations.select(mark.annotation.uid for mark in marks_at(workspace))


def next_mark(workspace: Workspace, steps: int, *, wraps: bool = True) -> str:
    """Return the uid of the mark of the active picture after the selected one; empty where there is none.

    Args:
        workspace: Of the window.
        steps: 1, or -1 for the one before.
        wraps: Whether the first comes after the last.
    """
    uids = [mark.annotation.uid for mark in marks_at(workspace)]
    if not uids:
        return ""
    book = workspace.shared.annotations
    places = [place for place, uid in enumerate(uids) if uid in book.selected]
    if not places:
        return uids[0 if steps > 0 else -1]
    place = (places[-1] if steps > 0 else places[0]) + steps
    return uids[place % len(uids)] if wraps or 0 <= place < len(uids) else ""


def select_next(workspace: Workspace, steps: int) -> None:
    """Select the mark of the active picture after the selected one."""
    uid = next_mark(workspace, steps)
    if uid:
        workspace.shared.annotations.select({uid})


def remove_selected(workspace: Workspace) -> None:
    """Remove the selected marks that are not locked."""
    marks = selected_marks(workspace)
    change(workspace, {each.uid: None for each in marks if not each.is_locked}, N_("Remove marks"))
    if any(each.is_locked for each in marks):
        say(workspace, _("Locked marks stay: unlock them first"))


def clear_picture(workspace: Workspace) -> None:
    """Remove all marks of the active picture that are not locked."""
    gone = {mark.annotation.uid: None for mark in marks_at(workspace) if not mark.annotation.is_locked}
    change(workspace, gone, N_("Remove the marks of the image"))


def edit_selected(workspace: Workspace, title: str, how: Callable[[Annotation], Annotation]) -> None:
    """Change every selected mark, in one step.

    Args:
        workspace: Of the window.
        title: What is done, English, marked with N_().
        how: Returns a mark as it shall be; its numbers stay what they are.
    """
    change(workspace, {each.uid: how(each) for each in selected_marks(workspace)}, title)


def set_group(workspace: Workspace, group: str) -> None:
    """Put the selected marks into a group of the reader's own; empty for none."""
    edit_selected(workspace, N_("Group of marks"), lambda each: replace(each, group=group))


def nudge(workspace: Workspace, right: float, down: float, number: int, handle: int | None = None) -> None:
    """Move the selected marks of the active picture by device pixels as the reader sees them.

    Args:
        workspace: Of the window.
        right: To the right of the screen.
        down: Towards its foot.
        number: The same for one run of nudges, which undo takes back together.
        handle: Of a single mark: the one point that is moved; None for all of it.
    """
    displayed = workspace.displayed(workspace.active)
    here = here_at(workspace, workspace.active)
    if displayed is None or isinstance(here, str):
        return
    a, b, _x, c, d, _y = displayed.rendered.placement.inverse
    by = a * right + b * down, c * right + d * down
    shown = {mark.annotation.uid: mark for mark in marks_at(workspace)}
    chosen = [shown[each.uid] for each in selected_marks(workspace) if each.uid in shown and not each.is_locked]
    changes = {mark.annotation.uid: here.finished(_moved(here.brought(mark), by, handle, here)) for mark in chosen}
    change(workspace, changes, N_("Move marks"), drag=number)


def _moved(annotation: Annotation, by: Point, handle: int | None, here: Here) -> Annotation:
    kind = kind_of(annotation.kind) if is_known(annotation.kind) else None
    if kind is None:
        return annotation
    if handle is None or handle >= len(annotation.points):
        return kind.shifted(annotation, *by)
    x, y = annotation.points[handle]
    return replace(annotation, points=kind.moved(annotation, handle, (x + by[0], y + by[1]), here.ground))


# Copying


def copy_selected(workspace: Workspace) -> None:
    """Keep the selected marks, to be pasted on any picture of any window."""
    chosen = selected_marks(workspace)
    if chosen:
        workspace.shared.copied = chosen


def cut_selected(workspace: Workspace) -> None:
    """Keep the selected marks and remove them."""
    copy_selected(workspace)
    remove_selected(workspace)


def paste(workspace: Workspace) -> None:
    """Put the marks that were copied on the active picture, at the same places, and select them."""
    here = here_at(workspace, workspace.active)
    if isinstance(here, str):
        say(workspace, here)
        return
    if workspace.shared.copied:
        here_are = {mark.annotation.uid for mark in marks_at(workspace)}
        _put_copies(workspace, workspace.shared.copied, here, here_are, N_("Paste marks"))


def propagate(workspace: Workspace, steps: int) -> None:
    """Go to the image or plane so many places on, and copy the selected marks to it once it is there."""
    chosen, cell = selected_marks(workspace), workspace.active
    index, count = workspace.place_at(cell)
    if not chosen or not 0 <= index + steps < count:
        return
    before = workspace.displayed(cell)

    def arrived(changed: int) -> None:
        displayed = workspace.displayed(cell)
        if changed != cell or displayed is None or displayed.stored is None or displayed.rendered is before_rendered:
            return
        if workspace.place_at(cell)[0] != index + steps:
            disconnect()  # the reader went elsewhere meanwhile
            return
        here = here_at(workspace, cell)
        if isinstance(here, Here) and before is not None and here.anchor == before_anchor:
            return  # the older picture, shown once more
        disconnect()
        if isinstance(here, str):
            say(workspace, here)
        else:
            _put_copies(workspace, chosen, here, set(), N_("Copy marks to the next image"))

    before_rendered = before.rendered if before is not None else None
    there = here_at(workspace, cell)
    before_anchor = there.anchor if isinstance(there, Here) else None
    disconnect = workspace.displayed_changed.connect(arrived)
    workspace.scroll(steps, cell)


def _put_copies(workspace: Workspace, marks: Iterable[Annotation], here: Here, already: set[str], title: str) -> None:
    made = {}
    for each in marks:
        # Over itself a copy would hide the mark it was made of.
        apart = _PASTED_APART if each.uid in already else 0.0
        copied = replace(
            each,
            uid=new_uid(),
            anchor=here.anchor,
            points=tuple((x + apart, y + apart) for x, y in each.points),
            tracking_uid=each.tracking_uid if each.tracking_id else "",
            parameters=tuple(parameter for parameter in each.parameters if parameter[0] not in PLACE),
            is_locked=False,
            provenance=Provenance(),
        )
        made[copied.uid] = here.finished(copied)
    change(workspace, made, title)
    workspace.shared.annotations.select(made)


def say(workspace: Workspace, text: str) -> None:
    """Say a sentence, translated, where there is a window."""
    if workspace.window is not None:
        workspace.window.show_message(text)


def set_text(workspace: Workspace, cell: int, uid: str, text: str) -> None:
    """Give a mark other words; a mark that is nothing but words goes with them."""
    mark = workspace.shared.annotations.get(uid)
    if mark is None or not is_known(mark.kind):
        return
    if not text and kind_of(mark.kind).is_label:
        change(workspace, {uid: None}, N_("Remove marks"))
        return
    changed = replace(mark, text=text, site=None if kind_of(mark.kind).is_label else mark.site)
    here = here_at(workspace, cell)
    if isinstance(here, Here) and here.anchor == mark.anchor:
        changed = here.finished(changed)
    change(workspace, {uid: changed}, N_("Write at a mark"))


def clear_study(workspace: Workspace) -> None:
    """Remove all marks of the active picture's study that are not locked."""
    here = here_at(workspace, workspace.active)
    if isinstance(here, Here):
        clear(workspace, study_of(here.anchor))


def set_property(workspace: Workspace, cell: int, uid: str, name: str, value: float | str) -> None:
    """Tell a mark something that its kind asks for, and measure it anew where it is on screen."""
    mark = workspace.shared.annotations.get(uid)
    if mark is None:
        return
    kept = tuple(each for each in mark.parameters if each[0] != name)
    own = ((name, value),) if value != "" else ()
    changed = replace(mark, parameters=tuple(sorted((*kept, *own))))
    here = here_at(workspace, cell)
    if isinstance(here, Here) and here.anchor == mark.anchor:
        changed = here.finished(changed)
    change(workspace, {uid: changed}, N_("Change a mark"))
