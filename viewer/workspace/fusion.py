"""Choosing what is laid over a viewport's images: what there is, why not, and every change as one step of undo."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from viewer.base.translation import N_, _
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.fused_overlay import AUTOMATIC_SUV
from viewer.workspace.image_places import frame_of
from viewer.workspace.study_nodes import Patient, Series
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_sources import phases_of, volume_refusal
from viewer.workspace.volume_stepping import group_cells
from viewer.workspace.volume_view import FusionState, VolumeKind
from viewer.workspace.workspace import Workspace

OPACITY_STEP = 0.1
_FIRST = ("PT", "NM")
_STUDY = 0x0020000D
_UNFUSED = {
    VolumeKind.RENDERING: N_("Nothing is laid over renderings"),
    VolumeKind.CURVED: N_("Nothing is laid over curved planes"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A display set that could be laid over another.

    Attributes:
        refusal: Why it cannot, translated; empty where it can.
        note: What must be said of it, translated: the registration it rests on.
    """

    display_set: DisplaySet
    title: str
    refusal: str = ""
    note: str = ""


def candidates(workspace: Workspace, cell: int | None = None) -> tuple[Candidate, ...]:
    """Return the other volumes of the patient: those that can be laid over a cell first, PET and NM foremost."""
    base = workspace.display_set_at(workspace.active if cell is None else cell)
    if base is None or not base.is_image:
        return ()
    return tuple(sorted(_candidates(workspace, base), key=lambda each: _order(each, base)))


def refusal_of(workspace: Workspace, base: DisplaySet, overlay: DisplaySet) -> str:
    """Return why a display set cannot be laid over another, translated; empty where it can."""
    if _patient(workspace, base) is not _patient(workspace, overlay):
        return _("It is of another patient")
    refusal = volume_refusal(overlay)
    if refusal:
        return refusal
    frames = (frame_of(base.images[0]), frame_of(overlay.images[0]))
    if not frames[0]:
        return _("The image does not state its Frame of Reference")
    if not frames[1]:
        return _("It does not state its Frame of Reference")
    if workspace.shared.linking.frames.way(*frames) is None:
        return _("It has another Frame of Reference, and no registration joins them")
    return ""


def view_refusal(state: ViewportState) -> str:
    """Return why nothing can be laid over what a viewport shows, translated; empty where something can."""
    return _(_UNFUSED[state.volume.kind]) if state.volume is not None and state.volume.kind in _UNFUSED else ""


def fuse(workspace: Workspace, display_set_key: str, cell: int | None = None) -> None:
    """Lay a display set over a cell (the active one by default) and the others of its group."""

    def laid(fusion: FusionState | None) -> FusionState:
        if fusion is not None:
            return replace(fusion, display_set_key=display_set_key, window=None, suv_type=AUTOMATIC_SUV, phase=0)
        return FusionState(display_set_key, suv_type=AUTOMATIC_SUV)

    _change(workspace, N_("Fusion"), laid, cell)


def unfuse(workspace: Workspace, cell: int | None = None) -> None:
    """Take what is laid over a cell, and the others of its group, away."""
    _change(workspace, N_("End of fusion"), lambda _fusion: None, cell)


def toggle(workspace: Workspace) -> str:
    """Lay the foremost candidate over the active cell, or take away what is there; return why not, translated."""
    state = workspace.viewport(workspace.active)
    if state.fusion is not None:
        unfuse(workspace)
        return ""
    if refusal := view_refusal(state):
        return refusal
    found = candidates(workspace)
    if found and not found[0].refusal:
        fuse(workspace, found[0].display_set.key)
        return ""
    return found[0].refusal if found else _("There is no other volume of this patient")


def cycle(workspace: Workspace) -> None:
    """Lay the next candidate over the active cell."""
    fusion = workspace.viewport(workspace.active).fusion
    able = [each.display_set.key for each in candidates(workspace) if not each.refusal]
    if able:
        place = able.index(fusion.display_set_key) + 1 if fusion and fusion.display_set_key in able else 0
        fuse(workspace, able[place % len(able)])


def change_fusion(
    workspace: Workspace, title: str, how: Callable[[FusionState], FusionState], cell: int | None = None, drag: int = 0
) -> None:
    """Change how the overlay of a cell and the others of its group looks; nothing without one."""
    _change(workspace, title, lambda fusion: how(fusion) if fusion is not None else None, cell, drag)


def step_opacity(workspace: Workspace, steps: int) -> None:
    """Make the overlay of the active cell more or less opaque."""

    def stepped(fusion: FusionState) -> FusionState:
        opacity = round(fusion.opacity / OPACITY_STEP + steps) * OPACITY_STEP
        return replace(fusion, opacity=min(max(round(opacity, 2), 0.0), 1.0))

    change_fusion(workspace, N_("Opacity of the overlay"), stepped)


def _change(
    workspace: Workspace,
    title: str,
    how: Callable[[FusionState | None], FusionState | None],
    cell: int | None,
    drag: int = 0,
) -> None:
    chosen = workspace.active if cell is None else cell
    state = workspace.viewport(chosen)
    if state.is_empty:
        return
    if state.volume is None:
        workspace.change(replace(state, fusion=how(state.fusion)), title, cell=chosen, drag=drag)
        return
    states = workspace.volume_states()
    wanted = how(state.fusion)
    cells = [each for each in group_cells(states, chosen) if not view_refusal(states[each])]
    changed = {each: replace(states[each], fusion=wanted) for each in cells}
    workspace.change_together(changed, title, drag=drag)


def _candidates(workspace: Workspace, base: DisplaySet) -> Iterator[Candidate]:
    patient = _patient(workspace, base)
    if patient is None:
        return
    seen = {each.key for each in phases_of(base, workspace.catalogue)}
    frames = workspace.shared.linking.frames
    for series in (series for study in patient.sorted_studies for series in study.sorted_series):
        for display_set in workspace.catalogue.of_series(series.key):
            if display_set.key in seen or not display_set.is_image:
                continue
            phases = phases_of(display_set, workspace.catalogue)
            seen |= {each.key for each in phases}
            way = frames.way(frame_of(base.images[0]), frame_of(phases[0].images[0]))
            title = _title(series, phases[0], is_phased=len(phases) > 1)
            refusal = refusal_of(workspace, base, phases[0])
            yield Candidate(phases[0], title, refusal, way.text if way is not None else "")


def _title(series: Series, display_set: DisplaySet, *, is_phased: bool) -> str:
    """Return what a person calls a display set: modality, number and description of its series, and its label."""
    number = "" if series.number is None else f"{series.number}"
    label = "" if is_phased else display_set.label
    return "  ".join(part for part in (series.modality, number, series.description, label) if part)


def _order(candidate: Candidate, base: DisplaySet) -> tuple[bool, bool, int, str]:
    header = candidate.display_set.images[0].header
    first = _FIRST.index(header.modality) if header.modality in _FIRST else len(_FIRST)
    is_other_study = header.ascii(_STUDY) != base.images[0].header.ascii(_STUDY)
    return bool(candidate.refusal), is_other_study, first, candidate.title


def _patient(workspace: Workspace, display_set: DisplaySet) -> Patient | None:
    series = workspace.tree.series(display_set.series_key)
    return series.study.patient if series is not None else None
