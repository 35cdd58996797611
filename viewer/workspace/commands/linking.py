"""Commands of the menu "Link": reference lines, 3D cursor, and which viewports follow each other."""

from collections.abc import Callable

from viewer.base.translation import N_, _
from viewer.workspace.commands.command import Command, has_images
from viewer.workspace.linked_scroll import manual_text
from viewer.workspace.linking import LinesOf, LinkSettings
from viewer.workspace.registering import own_joints, take_back
from viewer.workspace.synchronization import catch_up, go_to_point, link_as_they_stand
from viewer.workspace.viewport_lines import cursor_in_the_middle
from viewer.workspace.workspace import Workspace


def _settings(workspace: Workspace) -> LinkSettings:
    return workspace.shared.linking.settings


def _toggle(name: str) -> Callable[[Workspace], None]:
    def run(workspace: Workspace) -> None:
        workspace.shared.linking.change(**{name: not getattr(_settings(workspace), name)})

    return run


def _is_on(name: str) -> Callable[[Workspace], bool]:
    return lambda workspace: bool(getattr(_settings(workspace), name))


def _toggle_scroll(workspace: Workspace) -> None:
    """Link or unlink scrolling; who is linked now comes to the place of the active viewport at once."""
    _toggle("links_scroll")(workspace)
    if _settings(workspace).links_scroll:
        catch_up(workspace)


def _toggle_lines_of(workspace: Workspace) -> None:
    is_active = _settings(workspace).lines_of == LinesOf.ACTIVE
    workspace.shared.linking.change(lines_of=(LinesOf.ALL if is_active else LinesOf.ACTIVE).value)


def _go_to_cursor(workspace: Workspace) -> None:
    """Scroll all viewports to the cursor; where there is none yet, to one in the middle of the active viewport."""
    linking = workspace.shared.linking
    cursor = linking.cursor or cursor_in_the_middle(workspace, workspace.active)
    if cursor is not None:
        linking.put_cursor(cursor)
        go_to_point(workspace.shared, cursor)


def _link_by_hand(workspace: Workspace) -> None:
    made, refused = link_as_they_stand(workspace)
    if workspace.window is None:
        return
    parts = []
    if made:
        links = [each for each in workspace.shared.linking.manual if _key(workspace) in {each.first, each.second}]
        parts.append("; ".join(manual_text(link) for link in links))
    if refused:
        parts.append(_("{0} viewports lie at an angle: they cannot be linked by hand").format(refused))
    if not parts:
        parts.append(_("Nothing to link by hand: show series of another patient space beside this one"))
    workspace.window.show_message("; ".join(parts))


def _break(workspace: Workspace) -> None:
    workspace.shared.linking.break_links(_key(workspace))


def _has_manual(workspace: Workspace) -> bool:
    key = _key(workspace)
    return bool(key) and any(key in {each.first, each.second} for each in workspace.shared.linking.manual)


def _key(workspace: Workspace) -> str:
    return workspace.viewport(workspace.active).display_set_key


def _place(workspace: Workspace) -> tuple[int, int]:
    return workspace.number, workspace.active


def _is_alone(workspace: Workspace) -> bool:
    return _place(workspace) in workspace.shared.linking.left_out


def _toggle_alone(workspace: Workspace) -> None:
    workspace.shared.linking.leave_out(_place(workspace), is_out=not _is_alone(workspace))


def _register(workspace: Workspace) -> None:
    if workspace.window is not None and workspace.window.registering is not None:
        workspace.window.registering.register()


def _unregister(workspace: Workspace) -> None:
    take_back(workspace)


def _can_register(workspace: Workspace) -> bool:
    return has_images(workspace) and workspace.window is not None and workspace.window.registering is not None


COMMANDS = (
    Command(
        id="link.lines",
        title=N_("Reference lines"),
        run=_toggle("shows_lines"),
        keys=("Shift+R",),
        menu="link",
        group="lines",
        checked=_is_on("shows_lines"),
        icon="scan-line",
        help=N_("Show where the other viewports' images cut this one; only within one patient space"),
    ),
    Command(
        id="link.ends",
        title=N_("Lines of the first and last image"),
        run=_toggle("shows_ends"),
        keys=("Ctrl+R",),
        menu="link",
        group="lines",
        checked=_is_on("shows_ends"),
        help=N_("Show the ends of the active series, too"),
    ),
    Command(
        id="link.lines_active",
        title=N_("Lines of the active viewport only"),
        run=_toggle_lines_of,
        menu="link",
        group="lines",
        checked=lambda workspace: _settings(workspace).lines_of == LinesOf.ACTIVE,
        help=N_("Else every viewport's line is shown in all others"),
    ),
    Command(
        id="link.cursor",
        title=N_("3D cursor under the pointer"),
        run=_toggle("shows_cursor"),
        keys=("Shift+Y",),
        menu="link",
        group="cursor",
        checked=_is_on("shows_cursor"),
        icon="locate-fixed",
        help=N_("Mark the point under the pointer in all viewports; with Shift they scroll to it"),
    ),
    Command(
        id="link.to_cursor",
        title=N_("Scroll to the 3D cursor"),
        run=_go_to_cursor,
        keys=("Ctrl+J",),
        menu="link",
        group="cursor",
        enabled=has_images,
        help=N_("All viewports show the image nearest to the marked point, or to the middle of the active viewport"),
    ),
    Command(
        id="link.remove_cursor",
        title=N_("Take the 3D cursor away"),
        run=lambda workspace: workspace.shared.linking.put_cursor(None),
        menu="link",
        group="cursor",
        enabled=lambda workspace: workspace.shared.linking.cursor is not None,
        help=N_("The marked point is forgotten"),
    ),
    Command(
        id="link.scroll",
        title=N_("Link scrolling"),
        run=_toggle_scroll,
        keys=("U",),
        menu="link",
        group="link",
        checked=_is_on("links_scroll"),
        icon="link",
        help=N_("Images side by side in one patient space scroll together, by their place in the patient"),
        is_in_toolbar=True,
    ),
    Command(
        id="link.window",
        title=N_("Link the window"),
        run=_toggle("links_window"),
        keys=("Shift+U",),
        menu="link",
        group="link",
        checked=_is_on("links_window"),
        help=N_("Images of one modality and unit are shown through one window"),
    ),
    Command(
        id="link.zoom",
        title=N_("Link zoom and pan"),
        run=_toggle("links_zoom"),
        keys=("Ctrl+U",),
        menu="link",
        group="link",
        checked=_is_on("links_zoom"),
        help=N_("Images side by side show the same millimetres about the same point"),
    ),
    Command(
        id="link.alone",
        title=N_("This viewport alone"),
        run=_toggle_alone,
        menu="link",
        group="link",
        enabled=has_images,
        checked=_is_alone,
        help=N_("It follows no other, and no other follows it"),
    ),
    Command(
        id="link.manual",
        title=N_("Link by hand as they stand"),
        run=_link_by_hand,
        keys=("Ctrl+L",),
        menu="link",
        group="manual",
        enabled=has_images,
        icon="link-2",
        help=N_("Series of different patient spaces scroll together from where they stand now; each says so"),
    ),
    Command(
        id="link.break",
        title=N_("Break the manual link"),
        run=_break,
        keys=("Ctrl+Shift+L",),
        menu="link",
        group="manual",
        enabled=_has_manual,
        icon="unlink",
        help=N_("The active series follows no other that was linked by hand"),
    ),
    Command(
        id="link.register",
        title=N_("Lay a prior over…"),
        run=_register,
        keys=("Ctrl+Alt+R",),
        menu="link",
        group="registration",
        enabled=_can_register,
        icon="waypoints",
        help=N_("Find the shift and turn that bring a series of another patient space onto this one; you decide"),
    ),
    Command(
        id="link.unregister",
        title=N_("Take the registration back"),
        run=_unregister,
        menu="link",
        group="registration",
        enabled=lambda workspace: any(True for _joint in own_joints(workspace)),
        help=N_("What was laid over the active series here lies by its own coordinates again"),
    ),
)
