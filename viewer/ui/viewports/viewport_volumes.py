"""What one viewport wants of volumes: which look it asks pixels for, and what it says while there is none."""

from collections.abc import Hashable
from dataclasses import replace

from viewer.base.errors import VolumeError
from viewer.base.translation import _
from viewer.imaging.image_ref import ImageRef
from viewer.ui.overlays.overlay_texts import Chip, OverlayTexts
from viewer.ui.overlays.viewport_texts import texts_of_failure, texts_of_object
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.volume_look import VolumeLook, look_at
from viewer.workspace.volume_notes import loading_chip
from viewer.workspace.volume_record import SETTLED, VolumeStanding
from viewer.workspace.volume_store import VolumeStore


class ViewportVolumes:
    """Belongs to one viewport.

    Args:
        owner: The viewport's name with the store.
        store: The volumes; None in a program without any.
    """

    def __init__(self, owner: Hashable, store: VolumeStore | None) -> None:
        self._owner = owner
        self._store = store
        self._key = ""
        self._look: VolumeLook | None = None
        self._looked: tuple[object, ...] = ()
        self._failure: Exception | None = None

    def look(self, state: ViewportState, display_set: DisplaySet) -> VolumeLook | None:
        """Return the look to ask pixels for; None for images as they are, and while there is no volume."""
        if state.volume is None or self._store is None:
            self.release()
            return None
        self._key = display_set.key
        self._store.want(display_set, self._owner)
        volume = self._store.volume(self._key)
        if volume is None:
            self._look = None
            return None
        looked = (volume, state.volume, state.interpolation)
        if self._look is None or looked != self._looked:
            self._look, self._looked = look_at(*looked), looked
        return self._look

    def follow(self, state: ViewportState) -> None:
        """Want none any more where the state says so, also out of sight."""
        if state.volume is None:
            self.release()

    def release(self) -> None:
        """Want none any more."""
        if self._key and self._store is not None:
            self._store.release(self._owner)
        self._key, self._look, self._looked = "", None, ()

    def concerns(self, key: str) -> bool:
        """Whether something that became of a volume matters here."""
        return bool(self._key) and self._store is not None and self._store.is_same(self._key, key)

    @property
    def standing(self) -> VolumeStanding:
        """How far the volume is."""
        return self._store.standing(self._key) if self._store is not None and self._key else SETTLED

    def new_failure(self) -> Exception | None:
        """Return why there is no volume, where that was not asked before."""
        failure = self.standing.failure
        is_new, self._failure = failure is not self._failure, failure
        return failure if is_new else None

    @property
    def is_loading(self) -> bool:
        """Whether more of the volume is on its way."""
        return self.standing.is_loading

    def words(self, image: ImageRef, character_set: str | None) -> OverlayTexts:
        """Return what is written where there is no volume: that it comes, or why there is none and what to do."""
        standing = self.standing
        if standing.failure is not None:
            return texts_of_failure(standing.failure, image, character_set)
        if self._store is None:
            return texts_of_failure(VolumeError(_("Volumes cannot be shown here")), image, character_set)
        texts = texts_of_object(image, character_set, _("The volume is being loaded"))
        return replace(texts, chips=(Chip(loading_chip(standing), is_caution=False),))
