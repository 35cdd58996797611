"""Frames with their truth, by image: from memory at once, or read and decoded where the caller waits.

Stored values live in the frame cache under its budget; sources and frame states are small and the last few are kept.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from viewer.base.byte_source import ByteSource
from viewer.base.jobs import Progress
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.frame_state import FrameState, FrameStates
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.stored_frame import StoredFrame

SOURCES_KEPT = 64
STATES_KEPT = 4096
"""A state without tables takes some 3 KB."""

URGENT = 0
AHEAD = 10

K = TypeVar("K")
V = TypeVar("V")


class StoredFrames(Protocol):
    """The frames of one instance (imaging.frame_source)."""

    def stored_frame(self, index: int, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        """Return a frame's stored values; blocks."""


class Frames(Protocol):
    """Where stored frames are kept (imaging.frame_cache)."""

    def get(self, key: Hashable) -> StoredFrame | None:
        """Return what is kept under a key; None when nothing is."""

    def put(self, key: Hashable, frame: StoredFrame) -> None:
        """Keep a frame."""

    def pin(self, key: Hashable) -> None:
        """Keep what is under a key whatever the budget says."""

    def unpin(self, key: Hashable) -> None:
        """Take one pin off."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedFrame:
    """One image's stored values with its truth: from here on they never part."""

    image: ImageRef
    stored: StoredFrame
    state: FrameState


class FrameStore:
    """Used from any thread.

    Args:
        cache: Keeps stored frames under the budget.
        open_frames: Opens the frames of an instance.
        read_states: Reads the states of an instance's frames.
    """

    def __init__(
        self,
        cache: Frames,
        open_frames: Callable[[InstanceHeader], StoredFrames],
        read_states: Callable[[InstanceHeader], FrameStates],
    ) -> None:
        self._cache = cache
        self._sources: _Recent[ByteSource, StoredFrames] = _Recent(SOURCES_KEPT, open_frames)
        self._state_readers: _Recent[ByteSource, FrameStates] = _Recent(SOURCES_KEPT, read_states)
        self._mosaics: _Recent[ByteSource, tuple[StoredFrames, FrameStates]] = _Recent(SOURCES_KEPT, self._cut)
        self._states: _Recent[tuple[ByteSource, bool, int], FrameState] = _Recent(STATES_KEPT)

    def get(self, image: ImageRef) -> LoadedFrame | None:
        """Return an image that is in memory; None when it must be loaded."""
        state = self._states.get((image.header.source, image.is_tile, image.frame_index))
        stored = self._cache.get(image.identity) if state is not None else None
        return LoadedFrame(image, stored, state) if state is not None and stored is not None else None

    def is_stored(self, image: ImageRef) -> bool:
        """Whether an image needs no loading."""
        return self.get(image) is not None

    def load(self, image: ImageRef, *, priority: int = URGENT, progress: Progress | None = None) -> LoadedFrame:
        """Return an image, from memory or by reading and decoding it; blocks.

        Raises:
            ViewerError: If it cannot be read or decoded.
            Cancelled: If it was cancelled while it waited.
        """
        if (found := self.get(image)) is not None:
            return found
        state = self.state(image)
        stored = self._cache.get(image.identity)
        if stored is None:
            stored = self._frames_of(image).stored_frame(image.frame_index, priority=priority, progress=progress)
            self._cache.put(image.identity, stored)
        return LoadedFrame(image, stored, state)

    def stored(self, image: ImageRef, *, priority: int = URGENT, progress: Progress | None = None) -> StoredFrame:
        """Return an image's stored values without keeping them: for whoever puts many together; blocks.

        Raises:
            ViewerError: If it cannot be read or decoded.
            Cancelled: If it was cancelled while it waited.
        """
        kept = self._cache.get(image.identity)
        if kept is not None:
            return kept
        return self._frames_of(image).stored_frame(image.frame_index, priority=priority, progress=progress)

    def state(self, image: ImageRef) -> FrameState:
        """Return an image's truth without its pixels; may read the file.

        Raises:
            ViewerError: If the file cannot be read.
        """
        key = (image.header.source, image.is_tile, image.frame_index)
        state = self._states.get(key)
        if state is None:
            state = self._states_of(image).state(image.frame_index)
            self._states.put(key, state)
        return state

    def _frames_of(self, image: ImageRef) -> StoredFrames:
        held = self._mosaics.made(image.header.source, image.header)[0] if image.is_tile else None
        return held or self._sources.made(image.header.source, image.header)

    def _states_of(self, image: ImageRef) -> FrameStates:
        held = self._mosaics.made(image.header.source, image.header)[1] if image.is_tile else None
        return held or self._state_readers.made(image.header.source, image.header)

    def _cut(self, header: InstanceHeader) -> tuple[StoredFrames, FrameStates]:
        """Return the slices of a mosaic and their states."""
        from viewer.imaging.mosaic_frames import MosaicFrames, mosaic_of, mosaic_states

        mosaic = mosaic_of(header)
        whole = self._state_readers.made(header.source, header).state(0)
        return MosaicFrames(self._sources.made(header.source, header), mosaic), mosaic_states(whole, mosaic)

    def pin(self, image: ImageRef) -> None:
        """Keep an image that is on screen."""
        self._cache.pin(image.identity)

    def unpin(self, image: ImageRef) -> None:
        """Let an image go that has left the screen."""
        self._cache.unpin(image.identity)


class _Recent(Generic[K, V]):
    """The most recently used of something."""

    def __init__(self, limit: int, make: Callable[[InstanceHeader], V] | None = None) -> None:
        self._limit = limit
        self._make = make
        self._held: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            value = self._held.get(key)
            if value is not None:
                self._held.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            while len(self._held) > self._limit:
                self._held.popitem(last=False)

    def made(self, key: K, header: InstanceHeader) -> V:
        """Return what is held, or make it; two threads may make it twice, which harms nobody."""
        value = self.get(key)
        if value is None:
            if self._make is None:
                raise LookupError(key)
            value = self._make(header)
            self.put(key, value)
        return value
