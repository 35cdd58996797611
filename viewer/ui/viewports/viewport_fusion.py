"""What one viewport has laid over it: it wants the overlay's volume, and says what there is of it."""

from collections.abc import Hashable
from dataclasses import replace

from viewer.base.errors import ViewerError
from viewer.dicom.presentation_state.values import PresentationState
from viewer.measurement.suv_result import SuvFactor
from viewer.ui.viewports.render_service import Ask
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.fusion_look import NOTHING, FusionLook, fusion_look
from viewer.workspace.presenting.applying import NATIVE, presentation_of
from viewer.workspace.suv_display import suv_factor_of
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_look import VolumeLook
from viewer.workspace.volume_store import VolumeStore
from viewer.workspace.workspace import Workspace


class ViewportFusion:
    """Belongs to one viewport.

    Args:
        owner: The viewport's name with the store.
        workspace: The viewport's.
        store: The volumes; None in a program without any.

    Attributes:
        look: What there was at the last look.
        suv: What the viewport's own values were to be shown in at the last look; None for their own unit.
        presentation: The presentation state of its image at the last look; None for none.
        is_native: Whether the image's own subtraction was to be left out.
    """

    def __init__(self, owner: Hashable, workspace: Workspace, store: VolumeStore | None) -> None:
        self.look: FusionLook = NOTHING
        self.suv: SuvFactor | None = None
        self.presentation: PresentationState | None = None
        self.is_native = False
        self._owner = ("overlay", owner)
        self._workspace = workspace
        self._store = store
        self._key = ""

    def refresh(self, state: ViewportState, base: DisplaySet, look: VolumeLook | None) -> FusionLook:
        """Look what is to be laid over the viewport now."""
        if state.fusion is None:
            self.release()
            return self.look
        self.look = fusion_look(self._workspace, state, base, look, self._volume)
        return self.look

    def frame_key(self, state: ViewportState, display_set: DisplaySet, key: Hashable) -> Hashable:
        """Return what names a frame under the state and in the unit that it is to be shown in now."""
        self.suv = suv_factor_of(self._workspace, state, display_set)
        image = display_set.images[state.index] if state.index < len(display_set.images) else None
        self.presentation, _reason = presentation_of(self._workspace.shared.states, state, image)
        self.is_native = state.presentation == NATIVE
        if self.presentation is not None:
            key = (key, self.presentation.sop_instance_uid)
        elif self.is_native:
            key = (key, NATIVE)
        return key if self.suv is None else (key, self.suv)

    def completed(self, ask: Ask) -> Ask:
        """Return a question with the unit and the state that its frame was named for."""
        return replace(ask, suv=self.suv, presentation=self.presentation, is_native=self.is_native)

    @staticmethod
    def range_of(ends: tuple[float, float], suv: SuvFactor | None) -> tuple[float, float]:
        """Return a range of modality values in the unit that is shown."""
        return ends if suv is None else (suv.of(ends[0]), suv.of(ends[1]))

    def concerns(self, key: str) -> bool:
        """Whether something that became of a volume, or of its SUV, matters here."""
        return bool(self._key) and (
            key == self._key or (self._store is not None and self._store.is_same(self._key, key))
        )

    @property
    def is_loading(self) -> bool:
        """Whether the overlay, or more of it, is on its way."""
        if self.look.is_waiting:
            return True
        return bool(self._key) and self._store is not None and self._store.standing(self._key).is_loading

    def release(self) -> None:
        """Want nothing any more."""
        if self._key and self._store is not None:
            self._store.release(self._owner)
        self._key, self.look = "", NOTHING

    def _volume(self, overlay: DisplaySet) -> SeriesVolume | ViewerError | None:
        if self._store is None:
            return None
        self._key = overlay.key
        self._store.want(overlay, self._owner)
        volume = self._store.volume(overlay.key)
        failure = self._store.standing(overlay.key).failure
        return failure if volume is None and isinstance(failure, ViewerError) else volume
