"""Finished viewports against numpy: what is seen is the chain's value at the right place."""

from dataclasses import replace

import numpy as np
import pytest

from tests.builders.gray_images import gray_frame, gray_state
from viewer.base.errors import DicomError
from viewer.imaging.display_shutter import DisplayShutter, Rectangle
from viewer.imaging.frame_state import FrameState
from viewer.imaging.geometry_cache import GeometryCache
from viewer.imaging.grayscale_pipeline import Stage, View, render_stage
from viewer.imaging.lookup_table import LookupTable
from viewer.imaging.overlay_plane import OverlayPlane
from viewer.imaging.padding import Padding
from viewer.imaging.palette_color_lut import PaletteColorLut
from viewer.imaging.presentation_lut import Presentation
from viewer.imaging.pseudo_color import palette
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.stored_frame import FrameWarning, PixelDescription, StoredFrame
from viewer.imaging.viewport_image import Interpolation, RenderedViewport, RenderRequest, render_viewport
from viewer.imaging.voi_lut import Window

ROWS, COLUMNS = 40, 50
DESCRIPTION = PixelDescription(ROWS, COLUMNS, is_signed=True)


def values() -> np.ndarray:
    return np.random.default_rng(0).integers(-200, 2300, (ROWS, COLUMNS)).astype(np.int16)


def one_to_one(size: tuple[int, int] = (COLUMNS, ROWS), **changes: object) -> RenderRequest:
    request = RenderRequest("a", size, SpatialTransform().at_scale(1.0))
    return replace(request, **changes)  # type: ignore[arg-type]  # names of its fields


def rendered(stored: StoredFrame, state: FrameState, request: RenderRequest) -> RenderedViewport:
    return render_viewport(stored, state, request, GeometryCache())


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.uint8, np.int8, np.int32, np.uint32, np.float32])
@pytest.mark.parametrize("interpolation", Interpolation)
def test_one_to_one_shows_the_chains_display_values(dtype: type, interpolation: Interpolation) -> None:
    stored = gray_frame(np.abs(values() // 20).astype(dtype))
    state = gray_state(DESCRIPTION)
    view = View(voi=Window(-970, 110))
    found = rendered(stored, state, one_to_one(view=view, interpolation=interpolation))
    assert (found.pixels == render_stage(stored, state, view, Stage.DISPLAY)).all()
    assert not found.is_interpolated
    assert not found.is_reduced


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("is_flipped", [False, True])
def test_quarter_turns_equal_numpys(quarters: int, is_flipped: bool) -> None:
    stored, state = gray_frame(values()), gray_state(DESCRIPTION)
    flat = render_stage(stored, state, View(), Stage.DISPLAY)
    expected = np.rot90(flat, -quarters)
    expected = np.fliplr(expected) if is_flipped else expected
    transform = SpatialTransform(90.0 * quarters, is_flipped).at_scale(1.0)
    for interpolation in Interpolation:
        request = RenderRequest("a", expected.shape[::-1], transform, interpolation=interpolation)
        assert (rendered(stored, state, request).pixels == expected).all()


def test_nearest_repeats_pixels_exactly() -> None:
    stored, state = gray_frame(values()), gray_state(DESCRIPTION)
    transform = SpatialTransform().at_scale(3.0)
    request = RenderRequest("a", (COLUMNS * 3, ROWS * 3), transform, interpolation=Interpolation.NEAREST)
    found = rendered(stored, state, request)
    flat = render_stage(stored, state, View(), Stage.DISPLAY)
    assert (found.pixels == np.kron(flat, np.ones((3, 3), np.uint8))).all()
    assert not found.is_interpolated


def test_what_lies_outside_is_black_in_either_polarity() -> None:
    stored = gray_frame(np.full((ROWS, COLUMNS), -3000, np.int16))
    state = gray_state(DESCRIPTION, presentation=Presentation(is_inverse=True))
    found = rendered(stored, state, one_to_one(size=(90, 80)))
    expected = np.zeros((80, 90), np.uint8)
    expected[20:60, 20:70] = 255
    assert (found.pixels == expected).all()
    turned = rendered(stored, state, one_to_one(size=(90, 80), transform=SpatialTransform(45.0).at_scale(1.0)))
    assert set(np.unique(turned.pixels)) == {0, 255}
    assert abs(int((turned.pixels == 255).sum()) - ROWS * COLUMNS) < 60


def test_padding_is_background_and_casts_no_fringe() -> None:
    data = np.full((ROWS, COLUMNS), 1064, np.int16)  # the middle of the window
    data[:, :25] = -2000
    state = gray_state(DESCRIPTION, padding=Padding(-2000, -2000))
    for interpolation in Interpolation:
        request = RenderRequest("a", (333, 222), SpatialTransform(10.0), interpolation=interpolation)
        seen = np.unique(rendered(gray_frame(data), state, request).pixels)
        assert seen.size == 2
        assert seen[0] == 0


def test_moved_out_of_sight_is_just_black() -> None:
    stored, state = gray_frame(values()), gray_state(DESCRIPTION)
    for view in (View(), View(pseudo_color="pet")):
        for transform in (SpatialTransform(pan=(5000, 0)), SpatialTransform(30.0, pan=(0, -5000))):
            found = rendered(stored, state, RenderRequest("a", (60, 70), transform, view))
            assert found.pixels.shape[:2] == (70, 60)
            assert not found.pixels.any()


def test_a_window_drag_does_not_resample_again() -> None:
    stored, state = gray_frame(values()), gray_state(DESCRIPTION)
    cache = GeometryCache()
    request = RenderRequest("a", (333, 222))
    render_viewport(stored, state, request, cache)
    blank = gray_frame(np.zeros_like(stored.values))  # the same key promises the same pixels: these are not looked at
    dragged = replace(request, view=View(voi=Window(0, 1000)), is_interacting=True)
    again = render_viewport(blank, state, dragged, cache)
    fresh = rendered(stored, state, replace(dragged, is_interacting=False))
    assert (again.pixels == fresh.pixels).all()


def test_quick_pixels_never_pass_for_final_ones() -> None:
    data = np.random.default_rng(0).integers(-200, 2300, (400, 500)).astype(np.int16)
    stored, state = gray_frame(data), gray_state(PixelDescription(400, 500, is_signed=True))
    cache = GeometryCache()
    moving = RenderRequest("a", (50, 40), is_interacting=True)
    quick = render_viewport(stored, state, moving, cache).pixels
    resting = render_viewport(stored, state, replace(moving, is_interacting=False), cache)
    assert resting.is_reduced
    assert (quick != resting.pixels).any()
    assert (resting.pixels == rendered(stored, state, resting.request).pixels).all()
    assert (render_viewport(stored, state, moving, cache).pixels == resting.pixels).all()


def test_the_cache_stays_within_its_budget() -> None:
    stored, state = gray_frame(values()), gray_state(DESCRIPTION)
    cache = GeometryCache(budget_bytes=100_000)
    for key in range(20):
        render_viewport(stored, state, RenderRequest(key, (100, 80)), cache)
    assert cache._bytes <= 100_000
    cache.clear()
    assert cache._bytes == 0


def test_overlays_and_shutters_are_drawn_and_can_be_left_off() -> None:
    bits = np.zeros((ROWS, COLUMNS), np.uint8)
    bits[3, 4] = bits[30, 40] = 1
    packed = np.packbits(bits.ravel(), bitorder="little").tobytes()
    state = gray_state(
        DESCRIPTION,
        overlays=(OverlayPlane(0x6000, ROWS, COLUMNS, bits=packed),),
        shutter=DisplayShutter((Rectangle(1, 30, 1, 40),), p_value=65535 // 2),
    )
    stored = gray_frame(np.full((ROWS, COLUMNS), -3000, np.int16))
    both = rendered(stored, state, one_to_one()).pixels
    gray = both[0, 35]
    assert (both[3, 4], both[30, 40], both[0, 0]) == (255, gray, 0)
    assert 0 < gray < 255
    open_view = rendered(stored, state, one_to_one(view=View(show_shutter=False)))
    assert (open_view.pixels == bits * 255).all()
    assert open_view.notes
    bare = rendered(stored, state, one_to_one(view=View(show_overlays=False, show_shutter=False)))
    assert not bare.pixels.any()


def test_a_bitmap_shutter_hides_and_is_not_drawn() -> None:
    bits = np.zeros((ROWS, COLUMNS), np.uint8)
    bits[:10] = 1
    packed = np.packbits(bits.ravel(), bitorder="little").tobytes()
    plane = OverlayPlane(0x6004, ROWS, COLUMNS, bits=packed)
    state = gray_state(DESCRIPTION, overlays=(plane,), shutter=DisplayShutter(overlay_group=0x6004))
    found = rendered(gray_frame(np.full((ROWS, COLUMNS), 3000, np.int16)), state, one_to_one()).pixels
    assert not found[:10].any()
    assert (found[10:] == 255).all()


def test_thin_overlay_lines_survive_reduction() -> None:
    bits = np.zeros((400, 500), np.uint8)
    bits[:, 250] = 1
    packed = np.packbits(bits.ravel(), bitorder="little").tobytes()
    state = gray_state(PixelDescription(400, 500), overlays=(OverlayPlane(0x6000, 400, 500, bits=packed),))
    stored = gray_frame(np.zeros((400, 500), np.uint16))
    assert (rendered(stored, state, RenderRequest("a", (50, 40))).pixels == 255).any(axis=1).all()


def test_a_broken_overlay_is_said_and_the_rest_is_shown() -> None:
    state = gray_state(DESCRIPTION, overlays=(OverlayPlane(0x6000, ROWS, COLUMNS, bits=b"\1"),))
    found = rendered(gray_frame(np.full((ROWS, COLUMNS), 3000, np.int16)), state, one_to_one())
    assert any("6000" in note for note in found.notes)
    assert found.pixels.all()


def test_pseudo_colour_takes_the_whole_voi_range_and_no_polarity() -> None:
    data = np.tile(np.linspace(0, 255, COLUMNS).astype(np.uint8), (ROWS, 1))
    description = PixelDescription(ROWS, COLUMNS, bits_allocated=8, bits_stored=8, high_bit=7)
    state = gray_state(description, presentation=Presentation(is_inverse=True))
    view = View(voi=Window(-1024 + 128, 256), pseudo_color="hot-iron")
    found = rendered(gray_frame(data), state, one_to_one(view=view)).pixels
    assert (found == palette("hot-iron")[data]).all()
    turned = rendered(gray_frame(data), state, one_to_one(view=replace(view, inverted=True))).pixels
    assert (turned == palette("hot-iron")[255 - data]).all()


def test_colour_is_shown_as_it_is_never_through_the_grey_calibration() -> None:
    rgb = np.random.default_rng(5).integers(0, 256, (ROWS, COLUMNS, 3), dtype=np.uint8)
    description = PixelDescription(ROWS, COLUMNS, 1, 3, "RGB", bits_allocated=8, bits_stored=8, high_bit=7)
    state = gray_state(description, voi_options=())
    found = rendered(StoredFrame(rgb, "RGB"), state, one_to_one(view=View(inverted=True)))
    assert (found.pixels == rgb).all()
    assert found.voi is None


def test_a_supplemental_palette_colours_only_what_it_maps() -> None:
    table = LookupTable(1000, np.arange(256), 8)
    state = gray_state(DESCRIPTION, palette=PaletteColorLut(table, table, table, is_supplemental=True))
    data = values()
    found = rendered(gray_frame(data), state, one_to_one()).pixels
    gray = render_stage(gray_frame(data), state, View(), Stage.DISPLAY)
    expected = np.where(data >= 1000, np.clip(data - 1000, 0, 255), gray)
    assert (found == expected[..., None]).all()


def test_a_frame_that_is_not_its_headers_is_refused() -> None:
    with pytest.raises(DicomError):
        rendered(gray_frame(np.zeros((3, 3), np.int16)), gray_state(DESCRIPTION), one_to_one())


def test_what_went_wrong_in_decoding_is_said() -> None:
    stored = StoredFrame(values(), "MONOCHROME2", frozenset({FrameWarning.TRUNCATED}), missing_rows=5)
    found = rendered(stored, gray_state(DESCRIPTION), one_to_one())
    assert found.notes
    assert not found.pixels[-5:].any()
