"""What is said of presentation states: the chip over a viewport, and the lines of the list."""

from viewer.base.translation import N_, _, current_language
from viewer.dicom.dates_and_times import display_date, display_time
from viewer.dicom.person_name import PersonName
from viewer.dicom.presentation_state.values import PresentationState, StateKind, kind_of_class
from viewer.imaging.frame_state import FrameState
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.presenting.applying import NATIVE, is_changed, presentation_of
from viewer.workspace.workspace import Workspace

KIND_NAMES = {
    StateKind.GRAYSCALE: N_("grayscale"),
    StateKind.COLOR: N_("colour"),
    StateKind.PSEUDO_COLOR: N_("pseudo-colour"),
    StateKind.BLENDING: N_("blending"),
    StateKind.XA_XRF: N_("angiography"),
    StateKind.PLANAR_MPR: N_("planes of a volume"),
    StateKind.COMPOSITED_MPR: N_("planes of volumes"),
    StateKind.ADVANCED_BLENDING: N_("advanced blending"),
    StateKind.VOLUME_RENDERING: N_("rendering"),
    StateKind.SEGMENTED_VOLUME_RENDERING: N_("rendering of segments"),
    StateKind.MULTIPLE_VOLUME_RENDERING: N_("rendering of volumes"),
    StateKind.VARIABLE_MODALITY_LUT: N_("modality LUT for each frame"),
}


def state_chips(workspace: Workspace, cell: int, shown: FrameState) -> tuple[tuple[str, bool], ...]:
    """Return what a viewport says of the state in force, and whether it calls for care.

    Args:
        workspace: The viewport's.
        cell: Of the viewport.
        shown: The truth of the picture on screen.
    """
    state, image = workspace.viewport(cell), workspace.image_at(cell)
    if shown.presentation_uid:
        is_drawn = state.view.show_overlays and workspace.options.shows_overlays
        hidden = ((_("GRAPHICS OFF"), True),) if (shown.graphics or shown.overlays) and not is_drawn else ()
        presentation, _reason = presentation_of(workspace.shared.states, state, image)
        is_same = presentation is not None and presentation.sop_instance_uid == shown.presentation_uid
        if shown.is_subtracted:
            hidden = (*hidden, (_("SUBTRACTED"), False))
        if is_same and presentation is not None and presentation.blending and state.fusion is None:
            hidden = ((_("UNDERLYING ALONE"), True), *hidden)
        window = workspace.window
        scale = window.screen_pixels_per_mm(cell) if window is not None else None
        if is_same and presentation is not None and image is not None and is_changed(state, presentation, image, scale):
            return ((_("PR {0}, changed").format(shown.presentation_title), True), *hidden)
        return ((_("PR {0}").format(shown.presentation_title), False), *hidden)
    if shown.is_subtracted:
        return ((_("SUBTRACTED"), False),)
    if state.presentation and state.presentation != NATIVE and state.volume is None:
        return ((_("PR NOT FOR THIS"), True),)
    if state.presentation == NATIVE and shown.masks:
        return ((_("NOT SUBTRACTED"), True),)
    return ()


def object_message(display_set: DisplaySet) -> str:
    """Return what stands in a viewport for an object without images of its own."""
    if display_set.images and kind_of_class(display_set.images[0].header.sop_class_uid) is not None:
        return _("This is a presentation state: show its images, and choose it from the page States")
    return _("This object holds no images: the panel at the right tells what is in it")


def state_title(presentation: PresentationState) -> str:
    """Return how a state is listed: its label, and what it says of itself."""
    return " · ".join(part for part in (presentation.label, presentation.description) if part) or _("no label")


def state_detail(presentation: PresentationState) -> str:
    """Return who made a state, when, and its kind."""
    kind = "" if presentation.kind is StateKind.GRAYSCALE else _(KIND_NAMES[presentation.kind])
    return " · ".join(part for part in (creator_name(presentation), created_text(presentation), kind) if part)


def creator_name(presentation: PresentationState) -> str:
    """Return who made a state, as a name is read."""
    return PersonName.parse(presentation.creator).formatted(current_language()) if presentation.creator else ""


def created_text(presentation: PresentationState) -> str:
    """Return when a state was made."""
    date, _space, time = presentation.created.partition(" ")
    return " ".join(part for part in (display_date(date), display_time(time)[:5]) if part)
