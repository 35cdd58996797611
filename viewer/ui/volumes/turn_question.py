"""The question for one picture of a volume that is not for the screen: another view, another size, plain greys."""

from collections.abc import Hashable
from dataclasses import replace

from viewer.base.errors import ViewerError
from viewer.imaging.display_calibration import UNCALIBRATED
from viewer.imaging.viewport_image import RenderRequest
from viewer.ui.viewports.render_service import Ask
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.fusion_look import fusion_look
from viewer.workspace.suv_display import suv_factor_of
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_look import look_at
from viewer.workspace.volume_store import VolumeStore
from viewer.workspace.workspace import Workspace


def question_of(
    workspace: Workspace, cell: int, state: ViewportState, size: tuple[int, int], owner: Hashable, token: int
) -> Ask | None:
    """Return what to ask for a cell in another state; None where its volume is gone."""
    display_set, image, store = workspace.display_set_at(cell), workspace.image_at(cell), workspace.shared.volumes
    volume = store.volume(state.display_set_key) if store is not None else None
    if display_set is None or image is None or store is None or volume is None or state.volume is None:
        return None
    look = look_at(volume, state.volume, state.interpolation)
    suv = suv_factor_of(workspace, state, display_set)
    overlay = fusion_look(workspace, state, display_set, look, lambda each: _there(store, each)).overlay
    options = workspace.options
    view = replace(
        state.view,
        show_overlays=state.view.show_overlays and options.shows_overlays,
        show_shutter=state.view.show_shutter and options.shows_shutter,
    )
    key = look.frame_key if suv is None else (look.frame_key, suv)
    request = RenderRequest(key, size, state.transform, view, state.interpolation, overlay=overlay)
    return Ask(owner, token, image, request, display_set, state.index, UNCALIBRATED, look, suv)


def _there(store: VolumeStore, overlay: DisplaySet) -> SeriesVolume | ViewerError | None:
    return store.volume(overlay.key)
