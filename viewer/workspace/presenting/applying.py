"""A presentation state put onto a viewport: its stages go with every frame, its place is where the view begins."""

from dataclasses import replace

from viewer.base.translation import N_, _
from viewer.dicom.presentation_state.values import DisplayedArea, PresentationState, SizeMode, StateKind
from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.workspace.presenting.blending import fusion_of
from viewer.workspace.presenting.state_book import StateBook, StateChoice
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.workspace import Workspace

NATIVE = "native"
"""Instead of a state's UID: the image as acquired, also without the subtraction that it asks for."""


def choices_at(workspace: Workspace, cell: int) -> tuple[StateChoice, ...]:
    """Return the states that a reader can choose from for what a cell shows; none over volumes."""
    book, image = workspace.shared.states, workspace.image_at(cell)
    if book is None or image is None or workspace.viewport(cell).volume is not None:
        return ()
    return book.choices(image, workspace.display_set_at(cell))


def presentation_of(
    book: StateBook | None, state: ViewportState, image: ImageRef | None
) -> tuple[PresentationState | None, str]:
    """Return the state in force for an image; and why it is not applied to it, translated, where it is not."""
    if book is None or image is None or state.presentation in {"", NATIVE} or state.volume is not None:
        return None, ""
    presentation = book.get(state.presentation)
    if presentation is None:
        return None, _("The presentation state is not open any more")
    reason = book.refusal(state.presentation, image)
    return (None, reason) if reason else (presentation, "")


def apply(workspace: Workspace, cell: int, uid: str) -> str:
    """Put a state onto a cell, or ("" and NATIVE) none; it can be undone.

    Returns:
        Why it cannot be, or what of it cannot, translated; empty when all is well.
    """
    before = workspace.viewport(cell)
    if uid in {"", NATIVE}:
        title = N_("As acquired")
        after = _begun(before, uid, SpatialTransform(), View())
        book = workspace.shared.states
        was = book.get(before.presentation) if book is not None else None
        if was is not None and was.kind is StateKind.BLENDING:
            after = replace(after, fusion=None)
        workspace.change(after, title, cell=cell)
        return ""
    image, book = workspace.image_at(cell), workspace.shared.states
    wanted = replace(before, presentation=uid)
    presentation, reason = presentation_of(book, wanted, image)
    if presentation is None or image is None:
        return reason or _("The presentation state is not open any more")
    after = begun_with(before, presentation, image, _pixels_per_mm(workspace, cell))
    told = _shortcoming(presentation, image, _pixels_per_mm(workspace, cell))
    base = workspace.display_set_at(cell)
    if presentation.kind is StateKind.BLENDING and base is not None:
        fusion, reason = fusion_of(workspace, presentation, base)
        after = replace(after, fusion=fusion)
        told = _("Only the underlying series is shown: {0}").format(reason) if reason else told
    workspace.change(after, N_("Presentation state"), cell=cell)
    return told


def begun_with(
    before: ViewportState, presentation: PresentationState, image: ImageRef, pixels_per_mm: float | None
) -> ViewportState:
    """Return a viewport's state under a presentation state that nothing was changed of yet."""
    transform = transform_for(presentation, image, pixels_per_mm)
    return _begun(before, presentation.sop_instance_uid, transform, View())


def beginning(workspace: Workspace, cell: int, plain: ViewportState) -> ViewportState:
    """Return a state that the reader changed nothing of: as the presentation state in force begins, if there is one."""
    image = workspace.image_at(cell)
    presentation, _reason = presentation_of(workspace.shared.states, plain, image)
    if presentation is None or image is None:
        return plain
    return begun_with(plain, presentation, image, _pixels_per_mm(workspace, cell))


def _begun(before: ViewportState, uid: str, transform: SpatialTransform, view: View) -> ViewportState:
    return replace(before, presentation=uid, transform=transform, view=view, preset="", is_true_size=False, suv_type="")


def transform_for(presentation: PresentationState, image: ImageRef, pixels_per_mm: float | None) -> SpatialTransform:
    """Return how a state wants an image to lie; true size by the monitor's pixels, fitted where they are unknown."""
    from viewer.imaging.presented_frame import transform_of

    area = _area(presentation, image)
    transform = transform_of(presentation, area)
    if area is not None and area.size_mode is SizeMode.TRUE_SIZE and area.spacing_mm is not None and pixels_per_mm:
        return transform.at_scale(area.spacing_mm[1] * pixels_per_mm)
    return transform


def is_changed(
    state: ViewportState, presentation: PresentationState, image: ImageRef, pixels_per_mm: float | None
) -> bool:
    """Return whether the reader looks at an image otherwise than the state in force says."""
    view = replace(state.view, show_overlays=True, show_shutter=True)  # those say on their own that they are off
    return (
        view != View() or bool(state.suv_type) or state.transform != transform_for(presentation, image, pixels_per_mm)
    )


def next_choice(workspace: Workspace, cell: int, step: int = 1) -> str | None:
    """Return what comes after the state in force: the states that can be applied, then the image as acquired.

    Returns:
        A UID, "" for as acquired; None where there are no states.
    """
    uids = ["", *(choice.state.sop_instance_uid for choice in choices_at(workspace, cell) if not choice.reason)]
    if len(uids) == 1:
        return None
    current = workspace.viewport(cell).presentation
    place = uids.index(current) if current in uids else 0
    return uids[(place + step) % len(uids)]


def own_newest(workspace: Workspace, cell: int, reader: str) -> str:
    """Return the newest applicable state that a reader made, for applying it by itself; empty for none."""
    wanted = _folded(reader)
    for choice in choices_at(workspace, cell):
        if not choice.reason and wanted and _folded(choice.state.creator) == wanted:
            return choice.state.sop_instance_uid
    return ""


def _folded(name: str) -> str:
    return " ".join(name.replace("^", " ").casefold().split())


def _area(presentation: PresentationState, image: ImageRef) -> DisplayedArea | None:
    number = 1 if image.is_tile else image.frame_index + 1
    return presentation.area_of(image.header.sop_instance_uid, number)


def _shortcoming(presentation: PresentationState, image: ImageRef, pixels_per_mm: float | None) -> str:
    area = _area(presentation, image)
    if area is not None and area.size_mode is SizeMode.TRUE_SIZE and not pixels_per_mm:
        return _("The state asks for the true size, and the monitor does not state its own: the image is fitted")
    return ""


def _pixels_per_mm(workspace: Workspace, cell: int) -> float | None:
    return workspace.window.screen_pixels_per_mm(cell) if workspace.window is not None else None
