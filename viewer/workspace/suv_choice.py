"""Choosing the unit a PET image is shown in: its own, or a kind of SUV with a window that fits it."""

from dataclasses import replace

from viewer.base.translation import N_, _
from viewer.measurement.suv_result import SuvRefusal, SuvScale
from viewer.workspace.suv_book import is_pet
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_stepping import group_cells
from viewer.workspace.workspace import Workspace

DEFAULT_TYPE = "bw"


def suv_at(workspace: Workspace, cell: int | None = None) -> SuvScale | SuvRefusal | None:
    """Return the SUV of what a cell (the active one by default) shows; None for no PET, or while it is worked out."""
    display_set = workspace.display_set_at(workspace.active if cell is None else cell)
    book = workspace.shared.suv
    return book.of(display_set) if display_set is not None and book is not None and is_pet(display_set) else None


def suv_refusal_at(workspace: Workspace, type_id: str = DEFAULT_TYPE) -> str:
    """Return why the active viewport cannot be shown in a kind of SUV, translated; empty where it can."""
    display_set = workspace.display_set_at(workspace.active)
    if display_set is None or not is_pet(display_set):
        return _("this is no PET image")
    found = suv_at(workspace)
    if found is None:
        return _("it is still being worked out")
    if isinstance(found, SuvRefusal):
        return found.text
    return "" if type_id in found.factors else found.unavailable.get(type_id, "")


def toggle_suv(workspace: Workspace) -> str:
    """Show the active viewport's PET in SUV by body weight, or in its own unit again; return why not, translated."""
    if workspace.viewport(workspace.active).suv_type:
        set_suv_type(workspace, "")
        return ""
    refusal = suv_refusal_at(workspace)
    if not refusal:
        set_suv_type(workspace, DEFAULT_TYPE)
    return refusal


def set_suv_type(workspace: Workspace, type_id: str) -> None:
    """Show the active viewport, and the others of its group, in a kind of SUV; empty for the image's own unit.

    Windows are in units: another unit begins with its own window. SUV begins in inverse grey.
    """
    cell = workspace.active
    state = workspace.viewport(cell)

    def shown(before: ViewportState) -> ViewportState:
        is_first = bool(type_id) != bool(before.suv_type)
        view = replace(before.view, voi=None)
        if is_first:
            view = replace(view, inverted=bool(type_id))
        return replace(before, suv_type=type_id, view=view, preset="")

    title = N_("PET in SUV")
    if state.volume is None:
        workspace.change(shown(state), title, cell=cell)
        return
    states = workspace.volume_states()
    workspace.change_together({each: shown(states[each]) for each in group_cells(states, cell)}, title)
