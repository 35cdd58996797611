"""A blending state's superimposed series, laid over a viewport: a · superimposed + (1 − a) · underlying (C.11.14)."""

import base64

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.presentation_state.values import BlendingInput, PresentationState, StateRescale
from viewer.imaging.voi_lut import VoiFunction, Window
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.fusion import refusal_of
from viewer.workspace.volume_view import FusionState
from viewer.workspace.workspace import Workspace

_SLOPE, _INTERCEPT = 0x00281053, 0x00281052
OWN_COLORS = "rgb:"
"""Begins the id of a palette that is written out in it (imaging.fusion_palettes)."""


def fusion_of(
    workspace: Workspace, presentation: PresentationState, base: DisplaySet
) -> tuple[FusionState | None, str]:
    """Return what a blending state lays over a display set; None with the reason, translated, where it cannot be.

    Args:
        workspace: Whose open series are looked through.
        presentation: A blending state for images of the display set.
        base: The underlying one.
    """
    superimposed = next((each for each in presentation.blending if each.is_superimposed), None)
    overlay = _display_set(workspace, superimposed) if superimposed is not None else None
    if superimposed is None or overlay is None:
        return None, _("The superimposed series is not open")
    reason = refusal_of(workspace, base, overlay) or _unlike(superimposed, overlay)
    if reason:
        return None, reason
    voi = superimposed.vois[0] if superimposed.vois else None
    if voi is None or voi.window is None:
        return None, _("The superimposed series is to be shown by a table, not by a window")
    window = Window(*voi.window, VoiFunction(voi.function))
    try:
        palette = own_palette(presentation)
    except DicomError as error:
        return None, str(error)
    return FusionState(overlay.key, palette, presentation.opacity, window, is_clear_below=False), ""


def own_palette(presentation: PresentationState) -> str:
    """Return the id of a state's palette, its colours written out; grey where it has none.

    Raises:
        DicomError: If its tables do not fit.
    """
    from viewer.imaging.presented_frame import palette_colors

    if presentation.palette is None:
        return "gray"
    return OWN_COLORS + base64.b64encode(palette_colors(presentation.palette)).decode("ascii")


def _display_set(workspace: Workspace, superimposed: BlendingInput) -> DisplaySet | None:
    wanted = {image.sop_instance_uid for image in superimposed.images}
    for series in workspace.tree.all_series():
        for display_set in workspace.catalogue.of_series(series.key):
            if any(image.header.sop_instance_uid in wanted for image in display_set.images):
                return display_set
    return None


def _unlike(superimposed: BlendingInput, overlay: DisplaySet) -> str:
    """Return why values of a series would not be those that the state means."""
    header = overlay.images[0].header
    own = (header.number(_SLOPE) or 1.0, header.number(_INTERCEPT) or 0.0)
    stage = superimposed.modality
    meant = (stage.slope, stage.intercept) if isinstance(stage, StateRescale) else (1.0, 0.0)
    is_same = isinstance(stage, StateRescale | None) and meant == own
    return "" if is_same else _("The state scales the values of the superimposed series otherwise than its images do")
