"""PET images shown in SUV: the same stored values under another name, unit and window."""

from dataclasses import replace

from viewer.base.translation import _
from viewer.imaging.frame_state import FrameState
from viewer.imaging.modality_lut import SUM, ModalityLut, Rescale
from viewer.imaging.voi_lut import VoiOption, VoiOrigin, exact_window_between
from viewer.measurement.suv_result import SuvFactor, SuvScale
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.fused_overlay import SUV_WINDOW
from viewer.workspace.suv_book import is_pet
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.workspace import Workspace


def suv_factor_of(workspace: Workspace, state: ViewportState, display_set: DisplaySet) -> SuvFactor | None:
    """Return what a viewport's own values are to be multiplied with; None to leave them, or while it is not known."""
    book = workspace.shared.suv
    if book is None or not is_pet(display_set):
        return None
    found = book.of(display_set)  # also before it is wanted: then it is there when it is
    return found.factors.get(state.suv_type) if isinstance(found, SuvScale) else None


def in_suv(state: FrameState, factor: SuvFactor, acquired: FrameState | None = None) -> FrameState:
    """Return the truth of a PET frame in SUV; a frame without a linear rescale, or subtracted, stays as it is.

    Args:
        state: Of the frame as it is shown.
        factor: For values of the image's own rescale.
        acquired: The frame as acquired, where a presentation state may have put another rescale in its place.
    """
    rescale = (acquired or state).modality_transform
    if isinstance(rescale, ModalityLut) or state.is_subtracted:
        return state
    kind = factor.type
    unit = f"{kind.title} {kind.unit}"
    transform = Rescale(
        rescale.slope * factor.factor,
        rescale.intercept * factor.factor + factor.offset,
        f"{SUM} {unit}" if rescale.unit.startswith(SUM) else unit,
    )
    low, high = SUV_WINDOW
    options = tuple(
        VoiOption(exact_window_between(low, top), f"{kind.title} {low:g}–{top:g}", VoiOrigin.IMAGE)
        for top in (high, high / 2, high * 2)
    )
    return replace(state, modality_transform=transform, voi_options=options, is_rescaled_by_state=False)


def suv_chips(wanted: str, factor: SuvFactor | None) -> tuple[tuple[str, bool], ...]:
    """Return what a viewport says of its unit, and whether it calls for care; nothing of the image's own.

    Args:
        wanted: ViewportState.suv_type.
        factor: What the picture was made with.
    """
    if factor is not None:
        return ((factor.type.title, False),)
    return ((_("NO SUV"), True),) if wanted else ()
