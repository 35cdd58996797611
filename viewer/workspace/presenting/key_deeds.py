"""What a reader does with key images: marking them, going from one to the next, taking the marks away again."""

from datetime import datetime

from viewer.base.translation import N_
from viewer.dicom.codes import Code
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.navigation import image_sets_of_study
from viewer.workspace.presenting.applying import presentation_of
from viewer.workspace.presenting.key_book import KeyMarks, frame_number_of, step_among
from viewer.workspace.presenting.key_marks import KeyMark
from viewer.workspace.undo import Deed
from viewer.workspace.workspace import Workspace

MARK, UNMARK, CLEAR = N_("Mark as key"), N_("Mark as key no more"), N_("Remove key marks")


def markable(workspace: Workspace) -> ImageRef | None:
    """Return what the active viewport shows, where that can be marked: an object or a frame, not a plane of volumes."""
    state = workspace.viewport(workspace.active)
    return workspace.image_at(workspace.active) if state.volume is None else None


def is_marked_here(workspace: Workspace) -> bool:
    """Whether what the active viewport shows is marked for what is selected for now."""
    image, keys = markable(workspace), workspace.shared.keys
    return image is not None and keys.is_marked(image, keys.title)


def toggle(workspace: Workspace) -> None:
    """Mark what the active viewport shows as key, or take that mark away."""
    image, keys = markable(workspace), workspace.shared.keys
    if image is None:
        return
    mark = mark_of_image(workspace, image, keys.title)
    whole = mark_of_image(workspace, image, keys.title, is_whole=True)
    there = next((each for each in (mark, whole) if keys.mark(each.uid) is not None), None)
    if there is None:
        _do(workspace, mark.study_instance_uid, {mark.uid: mark}, MARK)
    else:
        _do(workspace, there.study_instance_uid, {there.uid: None}, UNMARK)


def mark_of_image(workspace: Workspace, image: ImageRef, title: Code, *, is_whole: bool = False) -> KeyMark:
    """Return the mark that an image would have now."""
    header, keys, shown = image.header, workspace.shared.keys, workspace.viewport(workspace.active)
    presentation, _reason = presentation_of(workspace.shared.states, shown, image)  # none that is not for it
    return KeyMark(
        header.study_instance_uid,
        header.series_instance_uid,
        header.sop_class_uid,
        header.sop_instance_uid,
        0 if is_whole else frame_number_of(image),
        title,
        presentation.sop_instance_uid if presentation is not None else "",
        keys.reader(),
        datetime.now().astimezone().isoformat(timespec="seconds"),
    )


def clear(workspace: Workspace) -> None:
    """Take all the reader's marks of the active study away; they can be had back by undo."""
    remove(workspace, marks_of_study(workspace))


def remove(workspace: Workspace, marks: tuple[KeyMark, ...]) -> None:
    """Take marks away; they can be had back by undo."""
    for study in dict.fromkeys(each.study_instance_uid for each in marks):
        _do(workspace, study, {each.uid: None for each in marks if each.study_instance_uid == study}, CLEAR)


def marks_of_study(workspace: Workspace) -> tuple[KeyMark, ...]:
    """Return the reader's marks of the study in the active viewport."""
    series = workspace.series_at(workspace.active)
    return () if series is None else workspace.shared.keys.marks([series.study.study_instance_uid])


def step(workspace: Workspace, steps: int) -> None:
    """Show the next key image of the study in the active viewport, in the order of its series; stop at the ends."""
    series, shown = workspace.series_at(workspace.active), workspace.display_set_at(workspace.active)
    if series is None or shown is None:
        return
    keys, index = workspace.shared.keys, workspace.viewport(workspace.active).index
    here = keys.key_indexes(shown)
    beyond = [each for each in here if (each > index if steps > 0 else each < index)]
    if beyond:
        found = step_among(here, index, steps)
        workspace.set_index(index if found is None else found)
        return
    sets = image_sets_of_study(workspace, series.study.key)
    place = next((number for number, each in enumerate(sets) if each.key == shown.key), 0)
    for other in sets[place + 1 :] if steps > 0 else sets[:place][::-1]:
        if indexes := keys.key_indexes(other):
            workspace.show(other.key, index=indexes[0 if steps > 0 else -1])
            return


def go_to(workspace: Workspace, sop_instance_uid: str, frame_number: int = 0) -> bool:
    """Show an image in the active viewport; return whether it is open."""
    for series in workspace.tree.all_series():
        if any(header.sop_instance_uid == sop_instance_uid for header in series.headers):
            for display_set in workspace.catalogue.of_series(series.key):
                index = _index(display_set, sop_instance_uid, frame_number)
                if index is not None:
                    workspace.show(display_set.key)
                    workspace.set_index(index)
                    return True
    return False


def _index(display_set: DisplaySet, sop_instance_uid: str, frame_number: int) -> int | None:
    return next(
        (
            index
            for index, image in enumerate(display_set.images)
            if image.header.sop_instance_uid == sop_instance_uid
            and (frame_number in {0, image.frame_index + 1} or image.is_tile)
        ),
        None,
    )


def _do(workspace: Workspace, study: str, changes: KeyMarks, title: str) -> None:
    keys = workspace.shared.keys
    before: KeyMarks = {uid: keys.mark(uid) for uid in changes}
    workspace.do(Deed(lambda: keys.apply(study, before), lambda: keys.apply(study, changes)), title)
