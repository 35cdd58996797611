"""The budget of decoded frames."""

import numpy as np

from viewer.imaging.frame_cache import FrameCache
from viewer.imaging.stored_frame import StoredFrame

KILOBYTE = 1024


def frame() -> StoredFrame:
    return StoredFrame(np.zeros((32, 32), np.uint8), "MONOCHROME2")


def test_the_least_recently_used_frame_goes_first() -> None:
    cache = FrameCache(2 * KILOBYTE)
    cache.put("a", frame())
    cache.put("b", frame())
    cache.get("a")
    cache.put("c", frame())
    assert [key in cache for key in "abc"] == [True, False, True]
    assert cache.used_bytes == 2 * KILOBYTE


def test_pinned_frames_stay_beyond_the_budget() -> None:
    cache = FrameCache(KILOBYTE)
    cache.pin("a")
    cache.pin("a")
    cache.put("a", frame())
    cache.put("b", frame())
    assert "a" in cache
    assert "b" not in cache
    cache.unpin("a")
    cache.set_budget(0)
    assert "a" in cache
    cache.unpin("a")
    assert len(cache) == 0
    assert cache.used_bytes == 0


def test_the_same_frame_is_counted_once_and_whole_words_too() -> None:
    cache = FrameCache(10 * KILOBYTE)
    words = np.zeros((32, 32), np.uint8)
    cache.put("a", StoredFrame(words, "MONOCHROME2", raw_words=words.copy()))
    cache.put("a", StoredFrame(words, "MONOCHROME2", raw_words=words.copy()))
    assert cache.used_bytes == 2 * KILOBYTE
    cache.discard("a")
    assert cache.get("a") is None
    assert cache.used_bytes == 0
    cache.put("a", frame())
    cache.clear()
    assert cache.used_bytes == 0
