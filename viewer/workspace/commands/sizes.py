"""What the commands "True size" and "Same size" do, and how they say what they could not do."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from viewer.base.translation import N_, _
from viewer.workspace.tools.same_size import SameSize, SizedView, same_size
from viewer.workspace.tools.true_size import SIZE_CAUTIONS, is_at_true_size, true_size_scale, why_no_scale
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.window_actions import WindowActions
from viewer.workspace.workspace import Workspace

_Place = tuple[Workspace, int]
"""A viewport: the workspace of its window, and its cell."""
_UNKNOWN_SCREEN = 1.0
"""Pixels per millimetre for viewports of one screen of unknown size: what is equal in pixels is equal on the glass."""


def show_true_size(workspace: Workspace) -> None:
    """Bring the active image to its true size, and say of what it is true; or say why that cannot be."""
    window, displayed = workspace.window, workspace.displayed(workspace.active)
    if window is None:
        return
    if displayed is None:
        window.show_message(_("No true size: {0}").format(_("the image is not on screen")))
        return
    frame, pixels_per_mm = displayed.rendered.state, window.screen_pixels_per_mm()
    scale = true_size_scale(frame, pixels_per_mm)
    if scale is None:
        window.show_message(_("No true size: {0}").format(why_no_scale(frame, pixels_per_mm)))
        return
    workspace.adjust(N_("True size"), lambda state: _at_scale(state, scale, is_true_size=True))
    caution = SIZE_CAUTIONS.get(frame.spacing.source) if frame.spacing is not None else None
    if caution is not None:
        window.show_message(_(caution))
    elif not window.is_screen_measured():
        window.show_message(_("True size, as the monitor states its own. Surer: menu Monitor, Size of the screen"))


def is_true_size(workspace: Workspace) -> bool:
    """Return whether the active image is at its true size."""
    displayed = workspace.displayed(workspace.active)
    if displayed is None or workspace.window is None or not workspace.viewport(workspace.active).is_true_size:
        return False
    return is_at_true_size(displayed.rendered, workspace.window.screen_pixels_per_mm())


def show_same_size(workspace: Workspace) -> None:
    """Bring the images of all viewports, in all windows, to the size of the active one; say which could not be.

    It is one step back in each window.
    """
    window, active = workspace.window, workspace.active
    if window is None:
        return
    if workspace.layout.is_tiled:
        window.show_message(_("The tiles of a series have one size already"))
        return
    views = dict(_views(workspace, window))
    leading = (workspace, active)
    if leading not in views or len(views) == 1:
        window.show_message(_("Same size needs images in two viewports"))
        return
    found = same_size(leading, views)
    if found is None:
        reason = why_no_scale(views[leading].state, views[leading].pixels_per_mm)
        window.show_message(_("No same size: {0}").format(reason))
        return
    is_true = workspace.viewport(active).is_true_size
    for each in dict.fromkeys(of for of, _cell in found.scales):
        states = {
            cell: _at_scale(each.viewport(cell), scale, is_true_size=is_true)
            for (of, cell), scale in found.scales.items()
            if of is each
        }
        each.change_together(states, N_("Same size"))
    window.show_message(_outcome(found, leading, views))


def _at_scale(state: ViewportState, scale: float, *, is_true_size: bool) -> ViewportState:
    return replace(state, transform=state.transform.at_scale(scale), is_true_size=is_true_size)


def _views(leading: Workspace, window: WindowActions) -> Iterator[tuple[_Place, SizedView]]:
    """Yield what is on screen in all windows, the leading one first; tiles have one size and are left alone."""
    is_known = window.screen_pixels_per_mm(leading.active) is not None
    others = [each for each in leading.shared.workspaces if each is not leading and not each.layout.is_tiled]
    for workspace in (leading, *others):
        for cell in workspace.layout.visible_cells:
            displayed = workspace.displayed(cell)
            if displayed is None or workspace.window is None:
                continue
            pitch = workspace.window.screen_pixels_per_mm(cell)
            if not is_known and pitch is None and workspace is leading and window.shares_screen(leading.active, cell):
                pitch = _UNKNOWN_SCREEN
            rendered = displayed.rendered
            yield (workspace, cell), SizedView(rendered.state, rendered.placement.scale_x, pitch)


def _outcome(found: SameSize[_Place], leading: _Place, views: Mapping[_Place, SizedView]) -> str:
    """Return what was done, what was left as it was and why, and which millimetres are not the active one's."""
    parts = [_("One size in {0} viewports").format(len(found.scales))]
    parts += [
        _("{0} stays: {1}").format(_name(place, leading), why_no_scale(views[place].state, views[place].pixels_per_mm))
        for place in found.left_out
    ]
    parts += [
        _("{0} is in {1}").format(_name(place, leading), _label(views[place]))
        for place in found.scales
        if _label(views[place]) != _label(views[leading])
    ]
    return "; ".join(parts)


def _name(place: _Place, leading: _Place) -> str:
    text = _("viewport {0}") if place[0] is leading[0] else _("another window's viewport {0}")
    return text.format(place[1] + 1)


def _label(view: SizedView) -> str:
    return view.state.spacing.label if view.state.spacing is not None else ""
