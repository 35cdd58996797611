"""One automatic window for all images of a display set, so that grey means the same from slice to slice.

The first image shown gives it at once; then a sample of the set is looked at, and the window settles, once. It grows
with the set while that is being read and stays after that: only the reader fits another one.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from viewer.base.errors import Cancelled, ViewerError
from viewer.base.jobs import Progress
from viewer.imaging.frame_store import AHEAD, FrameStore, LoadedFrame
from viewer.imaging.grayscale_pipeline import View, automatic_range, is_automatic
from viewer.imaging.histogram import fitted_window, is_whole
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.voi_lut import Window
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet, DisplaySetKind

SAMPLED = 7
"""Images that are looked at, spread evenly over the set: both ends and the middle are among them."""
KEPT = 512
FAR_ENOUGH = 0.02
"""A window that would move by less than this share of its width stays where it is."""

_SEPARATE = frozenset({DisplaySetKind.IMAGES, DisplaySetKind.REPEATED})
"""Views and copies that only lie beside each other: their values are not of one scale."""


@dataclass(slots=True)
class _Held:
    """The window of one display set.

    Attributes:
        sampled: How many images the set had when it was sampled; 0 before that.
    """

    low: float
    high: float
    is_whole: bool
    sampled: int = 0
    is_sampling: bool = False

    @property
    def window(self) -> Window:
        return fitted_window(self.low, self.high, is_whole=self.is_whole)


class AutomaticWindows:
    """Used from any thread.

    Args:
        store: Gives the images of the sample.
        changed: Called on the sampling thread with the key of a display set whose window settled elsewhere.
    """

    def __init__(self, store: FrameStore, changed: Callable[[str], None]) -> None:
        self._store = store
        self._changed = changed
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = threading.Lock()
        self._progress = Progress()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="windows")

    def window(self, display_set: DisplaySet, loaded: LoadedFrame, view: View) -> Window | None:
        """Return the automatic window that holds for an image; None where the window is not automatic or its own."""
        if not is_shared(display_set) or loaded.stored.is_color or not is_automatic(loaded.state, view):
            return None
        with self._lock:
            held = self._held.get(display_set.key)
            if held is not None:
                self._held.move_to_end(display_set.key)
                return held.window
        found = automatic_range(loaded.stored.values, loaded.state)
        if found is None:  # nothing but padding tells nothing of the others
            return None
        made = _Held(*found, is_whole(loaded.stored.values, loaded.state.modality_transform))
        with self._lock:
            held = self._held.setdefault(display_set.key, made)
            while len(self._held) > KEPT:
                self._held.popitem(last=False)
        return held.window

    def window_of_volume(self, display_set: DisplaySet, volume: SeriesVolume, view: View) -> Window | None:
        """Return the automatic window of a display set that is looked at as a volume: that of its images."""
        if not is_automatic(volume.state, view):
            return None
        with self._lock:
            held = self._held.get(display_set.key)
            if held is not None and (held.sampled or not volume.is_complete):
                self._held.move_to_end(display_set.key)
                return held.window
        state = replace(volume.state, modality_transform=volume.rescale, padding=None, shutter=None)
        values = volume.typical_values
        found = automatic_range(values, state)
        if found is None:
            return None
        made = _Held(*found, is_whole(values, volume.rescale), len(display_set.images) if volume.is_complete else 0)
        with self._lock:
            self._held[display_set.key] = made
        return made.window

    def settle(self, display_set: DisplaySet) -> None:
        """Look at a sample of a set, unless that was done when it had more than half as many images."""
        with self._lock:
            held = self._held.get(display_set.key)
            if held is None or held.is_sampling or held.sampled * 2 > len(display_set.images):
                return
            held.is_sampling = True
            self._pool.submit(self._sample, display_set, held)

    def is_settling(self, key: str) -> bool:
        """Whether the window of a set may still change by itself."""
        with self._lock:
            held = self._held.get(key)
            return held is not None and held.is_sampling

    def close(self) -> None:
        """End the thread."""
        self._progress.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _sample(self, display_set: DisplaySet, held: _Held) -> None:
        before = held.window
        low, high, whole = held.low, held.high, held.is_whole
        for image in sampled(display_set):
            try:
                loaded = self._store.load(image, priority=AHEAD, progress=self._progress)
                found = automatic_range(loaded.stored.values, loaded.state)
            except Cancelled:
                break
            except ViewerError:
                continue  # told when, and if, the reader comes to this image
            if found is not None:
                low, high = min(low, found[0]), max(high, found[1])
                whole = whole and is_whole(loaded.stored.values, loaded.state.modality_transform)
        least = before.width * FAR_ENOUGH
        is_moved = held.low - low > least or high - held.high > least
        with self._lock:
            if is_moved:
                held.low, held.high, held.is_whole = low, high, whole
            held.sampled, held.is_sampling = len(display_set.images), False
        if is_moved:
            self._changed(display_set.key)


def is_shared(display_set: DisplaySet) -> bool:
    """Return whether the images of a set are read together, on one scale of values."""
    return len(display_set.images) > 1 and display_set.kind not in _SEPARATE


def sampled(display_set: DisplaySet) -> list[ImageRef]:
    """Return the images that stand for the whole set."""
    images = display_set.images
    last = len(images) - 1
    places = sorted({round(last * part / (SAMPLED - 1)) for part in range(SAMPLED)})
    return [images[place] for place in places]
