"""How fast viewports are rendered, with the targets of the product as limits."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.builders.gray_images import gray_frame, gray_state
from viewer.imaging.display_calibration import UNCALIBRATED
from viewer.imaging.geometry_cache import GeometryCache
from viewer.imaging.grayscale_pipeline import View, chain_table, gray_chain, resolve_voi
from viewer.imaging.padding import Padding
from viewer.imaging.spatial_transform import FitMode, SpatialTransform
from viewer.imaging.stored_frame import PixelDescription
from viewer.imaging.viewport_image import RenderRequest, render_viewport
from viewer.imaging.voi_lut import Window


def milliseconds(act: Callable[[int], object], count: int) -> np.ndarray:
    times = []
    for index in range(count):
        start = time.perf_counter()
        act(index)
        times.append((time.perf_counter() - start) * 1000)
    return np.array(times)


def calmest(act: Callable[[int], object], count: int, rounds: int = 5) -> np.ndarray:
    """Return the round with the lowest p99: what the code needs when other programs leave it the processor."""
    return min(
        (milliseconds(act, count) for _round in range(rounds)), key=lambda times: float(np.percentile(times, 99))
    )


def say(name: str, times: np.ndarray) -> None:
    p50, p95, p99 = np.percentile(times, [50, 95, 99])
    print(f"\n{name}: p50 {p50:.2f} ms, p95 {p95:.2f} ms, p99 {p99:.2f} ms")


@pytest.mark.parametrize("transform", [SpatialTransform(), SpatialTransform(fit=FitMode.FILL), SpatialTransform(30.0)])
def test_dragging_the_window_of_a_large_radiograph(transform: SpatialTransform) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (4096, 3328), dtype=np.uint16)
    frame, state = gray_frame(values), gray_state(PixelDescription(4096, 3328))
    cache = GeometryCache()
    request = RenderRequest("dx", (1600, 1000), transform, is_interacting=True)
    render_viewport(frame, state, replace(request, is_interacting=False), cache)

    def drag(step: int) -> None:
        view = View(voi=Window(20000 + 10 * step, 30000))
        render_viewport(frame, state, replace(request, view=view), cache)

    times = calmest(drag, 200)
    say("window drag, 13.6 Mpixel in 1600 x 1000", times)
    assert np.percentile(times, 99) <= 16
    assert np.percentile(times, 50) <= 6


@pytest.mark.parametrize("padding", [None, Padding(-2000, -2000)])
def test_scrolling_a_stack(padding: Padding | None) -> None:
    rng = np.random.default_rng(0)
    frames = []
    for _slice in range(100):
        values = rng.integers(-1000, 2000, (512, 512), dtype=np.int16)
        values[:40] = -2000
        frames.append(gray_frame(values))
    state = gray_state(PixelDescription(512, 512, is_signed=True), padding=padding)

    def scroll(index: int) -> None:  # a new cache each: every slice is seen for the first time
        render_viewport(frames[index], state, RenderRequest(index, (800, 500), is_interacting=True), GeometryCache())

    times = calmest(scroll, 100)
    say(f"scrolling 512 x 512 to 800 x 500, padding {padding is not None}", times)
    assert np.percentile(times, 50) <= (3 if padding is None else 4)


def test_rebuilding_the_table() -> None:
    state = gray_state(PixelDescription(1, 1, is_signed=True))
    nothing = np.zeros((1, 1), np.int16)

    def rebuild(step: int) -> None:
        view = View(voi=Window(step, 400))
        chain = gray_chain(state, view, resolve_voi(nothing, state, view))
        chain_table(chain, UNCALIBRATED, is_signed=True, octets=False)

    times = calmest(rebuild, 200)
    say("one table of 65536 entries", times)
    assert np.percentile(times, 50) <= 1.5
