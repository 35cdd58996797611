"""Decoded frames kept in memory under one budget of bytes; what is on screen is pinned and stays.

Runs beside frame_source: whoever wants a frame asks here first.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Hashable

from viewer.imaging.stored_frame import StoredFrame


class FrameCache:
    """Frames by key, the least recently used dropped first.

    Args:
        budget_bytes: What unpinned and pinned frames may take together; pinned frames are kept even beyond it.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._frames: OrderedDict[Hashable, StoredFrame] = OrderedDict()
        self._pins: Counter[Hashable] = Counter()
        self._used = 0
        self._lock = threading.Lock()

    @property
    def used_bytes(self) -> int:
        """Bytes of all frames that are held."""
        return self._used

    @property
    def budget_bytes(self) -> int:
        """Bytes that may be held."""
        return self._budget

    def set_budget(self, budget_bytes: int) -> None:
        """Change the budget, dropping what is over it."""
        with self._lock:
            self._budget = budget_bytes
            self._shrink()

    def get(self, key: Hashable) -> StoredFrame | None:
        """Return a frame and count it as just used; None when it is not held."""
        with self._lock:
            frame = self._frames.get(key)
            if frame is not None:
                self._frames.move_to_end(key)
            return frame

    def put(self, key: Hashable, frame: StoredFrame) -> None:
        """Hold a frame; one that does not fit the budget is not kept unless it is pinned."""
        with self._lock:
            self._drop(key)
            self._frames[key] = frame
            self._used += frame_bytes(frame)
            self._shrink()

    def pin(self, key: Hashable) -> None:
        """Keep this frame, held now or later, until unpin was called as often as pin."""
        with self._lock:
            self._pins[key] += 1

    def unpin(self, key: Hashable) -> None:
        """Take one pin off."""
        with self._lock:
            self._pins[key] -= 1
            if self._pins[key] <= 0:
                del self._pins[key]
                self._shrink()

    def discard(self, key: Hashable) -> None:
        """Forget a frame, pinned or not."""
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        """Forget all frames; pins stay."""
        with self._lock:
            self._frames.clear()
            self._used = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self._frames

    def __len__(self) -> int:
        return len(self._frames)

    def _drop(self, key: Hashable) -> None:
        frame = self._frames.pop(key, None)
        if frame is not None:
            self._used -= frame_bytes(frame)

    def _shrink(self) -> None:
        excess = self._used - self._budget
        victims = []
        for key, frame in self._frames.items():
            if excess <= 0:
                break
            if key not in self._pins:
                victims.append(key)
                excess -= frame_bytes(frame)
        for key in victims:
            self._drop(key)


def frame_bytes(frame: StoredFrame) -> int:
    """Return the memory a frame takes."""
    return frame.values.nbytes + (0 if frame.raw_words is None else frame.raw_words.nbytes)
