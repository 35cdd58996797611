"""Commands of the list of measurements: its page, lesions over studies, calibration by a known length, copies."""

from collections.abc import Callable

from viewer.base.translation import N_, _, ngettext
from viewer.workspace.commands.command import Command, has_images, has_window
from viewer.workspace.commands.measuring import MENU
from viewer.workspace.measuring.mark_deeds import has_selection, say, selected_marks
from viewer.workspace.measuring.mark_page_actions import MarkPageActions
from viewer.workspace.workspace import Workspace

_GROUP = "list"
_OF_SELECTED = f"{MENU}/selected"


def _actions(workspace: Workspace) -> MarkPageActions | None:
    return workspace.window.mark_page if workspace.window is not None else None


def _asked(ask: Callable[[MarkPageActions], None]) -> Callable[[Workspace], None]:
    def run(workspace: Workspace) -> None:
        actions = _actions(workspace)
        if actions is not None:
            ask(actions)

    return run


def _has_one(workspace: Workspace) -> bool:
    return has_window(workspace) and len(workspace.shared.annotations.selected) == 1


def _has_marks(workspace: Workspace) -> bool:
    return has_window(workspace) and workspace.shared.annotations.has_any()


def _has_line(workspace: Workspace) -> bool:
    if not _has_one(workspace):
        return False
    from viewer.workspace.measuring.known_length import known_line

    return known_line(workspace) is not None


def _has_calibration(workspace: Workspace) -> bool:
    if not _has_one(workspace):
        return False
    from viewer.workspace.measuring.known_length import is_calibrated

    return is_calibrated(workspace, selected_marks(workspace)[0])


def _take_away(workspace: Workspace) -> None:
    from viewer.workspace.measuring.known_length import take_away

    for mark in selected_marks(workspace)[:1]:
        take_away(workspace, mark)


def _part(workspace: Workspace) -> None:
    from viewer.workspace.measuring.lesion_deeds import part

    part(workspace, workspace.shared.annotations.selected)


def pair_and_say(workspace: Workspace) -> None:
    """Pair lesions by equal names, and say how many."""
    from viewer.workspace.measuring.lesion_deeds import pair_by_names

    count = pair_by_names(workspace)
    text = ngettext("{0} mark was paired with an earlier one", "{0} marks were paired with earlier ones", count)
    say(workspace, text.format(count) if count else _("No two studies have marks of equal names that are not paired"))


def _copy_text(workspace: Workspace) -> None:
    from viewer.workspace.measuring.copying import marks_as_text
    from viewer.workspace.measuring.mark_places import MarkPlaces
    from viewer.workspace.measuring.measurement_table import marks_of_patient

    actions = _actions(workspace)
    if actions is not None:
        marks = selected_marks(workspace) or marks_of_patient(workspace)
        actions.copy(marks_as_text(workspace, marks, MarkPlaces(workspace.tree, workspace.catalogue)))


def _copy_csv(workspace: Workspace) -> None:
    from viewer.workspace.measuring.copying import marks_as_csv
    from viewer.workspace.measuring.measurement_table import marks_of_patient

    actions = _actions(workspace)
    if actions is not None:
        actions.copy(marks_as_csv(selected_marks(workspace) or marks_of_patient(workspace)))


COMMANDS = (
    Command(
        id="marks.page",
        title=N_("List of measurements"),
        run=_asked(lambda actions: actions.show_page()),
        keys=("Ctrl+Shift+M",),
        menu=MENU,
        group=_GROUP,
        enabled=has_window,
        icon="list-ordered",
        help=N_("All marks of the open studies with their numbers; Return goes to one, F2 renames it"),
    ),
    Command(
        id="marks.compare",
        title=N_("Compare lesions…"),
        run=_asked(lambda actions: actions.compare()),
        keys=("Ctrl+Alt+L",),
        menu=MENU,
        group=_GROUP,
        enabled=_has_marks,
        icon="arrow-left-right",
        help=N_("Lesions over the patient's studies: changes in mm and per cent, sums of diameters by RECIST 1.1"),
    ),
    Command(
        id="marks.same_lesion",
        title=N_("Same lesion as…"),
        run=_asked(lambda actions: actions.choose_lesion()),
        menu=_OF_SELECTED,
        group="lesion",
        enabled=_has_one,
        icon="link",
        help=N_("Pair the selected mark with one of another study of the patient"),
    ),
    Command(
        id="marks.pair_names",
        title=N_("Pair lesions of equal names"),
        run=pair_and_say,
        menu=MENU,
        group=_GROUP,
        enabled=_has_marks,
        help=N_("In all studies of the patient; a name that stands twice in one study pairs nothing"),
    ),
    Command(
        id="marks.own_lesion",
        title=N_("Lesion of its own"),
        run=_part,
        menu=_OF_SELECTED,
        group="lesion",
        enabled=has_selection,
        icon="unlink",
        help=N_("Take the selected marks out of the pair they are in"),
    ),
    Command(
        id="marks.calibrate",
        title=N_("Calibrate by a known length…"),
        run=_asked(lambda actions: actions.calibrate()),
        menu=_OF_SELECTED,
        group="calibration",
        enabled=_has_line,
        icon="ruler-dimension-line",
        help=N_("The selected line is so many mm: that holds for this image only, and at the depth of the line"),
    ),
    Command(
        id="marks.calibrate_not",
        title=N_("Take the calibration away"),
        run=_take_away,
        menu=_OF_SELECTED,
        group="calibration",
        enabled=_has_calibration,
        help=N_("Measure the image of the selected mark by its own scale again"),
    ),
    Command(
        id="marks.copy_text",
        title=N_("Copy measurements as text"),
        run=_copy_text,
        menu=MENU,
        group="copies",
        enabled=lambda workspace: has_images(workspace) and _has_marks(workspace),
        icon="copy",
        help=N_("The selected marks, or all of the patient: a line each"),
    ),
    Command(
        id="marks.copy_csv",
        title=N_("Copy measurements as CSV"),
        run=_copy_csv,
        menu=MENU,
        group="copies",
        enabled=lambda workspace: has_images(workspace) and _has_marks(workspace),
        help=N_("The selected marks, or all of the patient: a row for each number, in full"),
    ),
)
