"""A loaded frame under the presentation state in force: made once, where pixels meet their truth.

What is shown, exported, probed and measured all comes from here.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from viewer.dicom.presentation_state.values import PresentationState
from viewer.imaging.frame_state import FrameState
from viewer.imaging.frame_store import FrameStore, LoadedFrame
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.stored_frame import StoredFrame

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT = 8
"""Frames under states that are remembered: those that viewports show, while a hand moves them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """What became of a frame, with what its key names: that must live as long as the key.

    Attributes:
        stored: Other pixels than those acquired; None for the same, which their own cache keeps.
    """

    state: FrameState
    stored: StoredFrame | None
    of_state: FrameState
    presentation: PresentationState | None


_made: OrderedDict[tuple[int, int], _Made] = OrderedDict()
_lock = threading.Lock()


def under_state(
    loaded: LoadedFrame, presentation: PresentationState | None, store: FrameStore, *, is_native: bool = False
) -> LoadedFrame:
    """Return a frame under a state, or less the mask that it asks for itself; blocks where other frames are needed.

    Args:
        loaded: As acquired.
        presentation: The state in force, which may be applied to it; None for none.
        store: Where other frames of the image come from.
        is_native: Whether the image's own subtraction is left out.

    Raises:
        ViewerError: If the state does not fit, or another frame cannot be had.
    """
    if presentation is None and (is_native or not loaded.state.masks):
        return loaded
    key = (id(loaded.state), id(presentation))
    with _lock:
        found = _made.get(key)
        if found is not None:
            _made.move_to_end(key)
            return replace(loaded, state=found.state, stored=found.stored or loaded.stored)
    made = _presented(loaded, presentation, store)
    stored = made.stored if made.stored is not loaded.stored else None
    with _lock:
        _made[key] = _Made(made.state, stored, loaded.state, presentation)
        while len(_made) > KEPT:
            _made.popitem(last=False)
    return made


def _presented(loaded: LoadedFrame, presentation: PresentationState | None, store: FrameStore) -> LoadedFrame:
    image = loaded.image

    def frame(number: int) -> "NDArray[Any]":
        return store.load(ImageRef(image.header, number - 1)).stored.values

    if presentation is None:
        from viewer.imaging.mask_subtraction import less_own_mask

        stored, state = less_own_mask(loaded.stored, loaded.state, frame)
        return replace(loaded, stored=stored, state=state)
    from viewer.imaging.presented_frame import presented, presented_pixels

    stored, shown = presented_pixels(presented(loaded.state, presentation), loaded.stored, frame)
    return replace(loaded, stored=stored, state=shown.state)
