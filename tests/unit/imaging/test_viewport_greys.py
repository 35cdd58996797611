"""Viewports in more greys than 256: every device pixel against the chain's P-values and the display's greys."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.builders.displays import measured
from tests.builders.gray_images import gray_frame, gray_state
from viewer.imaging.display_calibration import DisplayCalibration, MoreGreys
from viewer.imaging.display_greys import gray_output
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
from viewer.imaging.stored_frame import PixelDescription, StoredFrame
from viewer.imaging.viewport_image import RenderRequest, render_viewport
from viewer.imaging.voi_lut import Window
from viewer.imaging.whole_frame import fitted_stage, whole_stage

ROWS, COLUMNS = 40, 50
DESCRIPTION = PixelDescription(ROWS, COLUMNS, is_signed=True)
WIDE = [
    measured("gamma 2.2", more_greys=more_greys, is_dithered=is_dithered)
    for more_greys in MoreGreys
    for is_dithered in (False, True)
]


def named(calibration: DisplayCalibration) -> str:
    return f"{calibration.more_greys.value}{' dithered' if calibration.is_dithered else ''}"


def values() -> np.ndarray:
    return np.random.default_rng(0).integers(-200, 2300, (ROWS, COLUMNS)).astype(np.int16)


def shown(
    stored: StoredFrame,
    state: FrameState,
    calibration: DisplayCalibration,
    size: tuple[int, int] = (COLUMNS, ROWS),
    **changes: Any,
) -> np.ndarray:
    request = replace(RenderRequest("a", size, SpatialTransform().at_scale(1.0)), **changes)
    return render_viewport(stored, state, request, GeometryCache(), calibration).pixels


def expected_pixels(p_values: np.ndarray, calibration: DisplayCalibration, left: int = 0, top: int = 0) -> np.ndarray:
    """Return pixels one by one: the nearest grey, or one of the two beside it by the pattern's place."""
    output = gray_output(calibration)
    entries = output.table[p_values]
    if not calibration.is_dithered:
        return np.asarray(entries)
    padded = np.zeros((entries.shape[0] + top, entries.shape[1] + left), output.table.dtype)
    padded[top:, left:] = entries
    return np.asarray(output.finish(padded)[top:, left:])


@pytest.mark.parametrize("calibration", WIDE, ids=named)
@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.uint8, np.int8, np.int32, np.float32])
def test_one_to_one_shows_the_greys_of_the_p_values(dtype: type, calibration: DisplayCalibration) -> None:
    stored = gray_frame(np.abs(values() // 20).astype(dtype))
    state = gray_state(DESCRIPTION)
    view = View(voi=Window(-970, 110))
    pixels = shown(stored, state, calibration, view=view)
    assert pixels.dtype == gray_output(calibration).greys.dtype
    assert pixels.flags.c_contiguous
    p_values = render_stage(stored, state, view, Stage.P_VALUE)
    assert (pixels == expected_pixels(p_values, calibration)).all()


@pytest.mark.parametrize("calibration", WIDE, ids=named)
def test_background_and_padding_are_the_darkest_grey(calibration: DisplayCalibration) -> None:
    data = np.full((ROWS, COLUMNS), 1064, np.int16)
    data[:, :25] = -2000
    state = gray_state(DESCRIPTION, padding=Padding(-2000, -2000), presentation=Presentation(is_inverse=True))
    output = gray_output(calibration)
    pixels = shown(gray_frame(data), state, calibration, size=(91, 80))
    outside = np.ones((80, 91), bool)
    found = np.argwhere(pixels != output.black)
    (top, left), (bottom, right) = found.min(axis=0), found.max(axis=0)
    assert (bottom - top + 1, right - left + 1) == (ROWS, 25)
    outside[top : bottom + 1, left : right + 1] = False
    assert (pixels[outside] == output.black).all()
    p_values = render_stage(gray_frame(data), state, View(), Stage.P_VALUE)[:, 25:]
    seen = pixels[top : bottom + 1, left : right + 1]
    assert (seen == expected_pixels(p_values, calibration, int(left), int(top))).all()
    moved = shown(gray_frame(data), state, calibration, transform=SpatialTransform(pan=(5000, 0)))
    assert moved.dtype == output.greys.dtype
    assert (moved == output.black).all()


@pytest.mark.parametrize("calibration", WIDE, ids=named)
def test_overlays_are_the_brightest_grey_and_shutters_their_p_value(calibration: DisplayCalibration) -> None:
    bits = np.zeros((ROWS, COLUMNS), np.uint8)
    bits[3, 4] = bits[30, 40] = 1
    plane = OverlayPlane(0x6000, ROWS, COLUMNS, bits=np.packbits(bits.ravel(), bitorder="little").tobytes())
    shutter = DisplayShutter((Rectangle(1, 30, 1, 40),), p_value=20000)
    state = gray_state(DESCRIPTION, overlays=(plane,), shutter=shutter)
    pixels = shown(gray_frame(np.full((ROWS, COLUMNS), -3000, np.int16)), state, calibration)
    output = gray_output(calibration)
    wanted = gray_output(replace(calibration, is_dithered=False)).table[20000]
    assert (int(pixels[3, 4]), int(pixels[30, 45])) == (output.white, int(wanted))
    assert int(pixels[0, 0]) == output.black


@pytest.mark.parametrize("calibration", WIDE, ids=named)
def test_colour_is_never_touched(calibration: DisplayCalibration) -> None:
    rgb = np.random.default_rng(5).integers(0, 256, (ROWS, COLUMNS, 3), dtype=np.uint8)
    octets = PixelDescription(ROWS, COLUMNS, 1, 3, "RGB", bits_allocated=8, bits_stored=8, high_bit=7)
    assert (shown(StoredFrame(rgb, "RGB"), gray_state(octets, voi_options=()), calibration) == rgb).all()

    ramp = np.tile(np.linspace(0, 255, COLUMNS).astype(np.uint8), (ROWS, 1))
    description = PixelDescription(ROWS, COLUMNS, bits_allocated=8, bits_stored=8, high_bit=7)
    view = View(voi=Window(-1024 + 128, 256), pseudo_color="hot-iron")
    pixels = shown(gray_frame(ramp), gray_state(description), calibration, view=view)
    assert (pixels == palette("hot-iron")[ramp]).all()


@pytest.mark.parametrize("calibration", WIDE, ids=named)
def test_greys_among_colours_are_plain(calibration: DisplayCalibration) -> None:
    table = LookupTable(1000, np.arange(256), 8)
    state = gray_state(DESCRIPTION, palette=PaletteColorLut(table, table, table, is_supplemental=True))
    data = values()
    gray = render_stage(gray_frame(data), state, View(), Stage.DISPLAY, calibration.plain())
    expected = np.where(data >= 1000, np.clip(data - 1000, 0, 255), gray)
    assert (shown(gray_frame(data), state, calibration) == expected[..., None]).all()


@pytest.mark.parametrize("calibration", WIDE, ids=named)
def test_files_get_plain_greys(calibration: DisplayCalibration) -> None:
    state, stored = gray_state(DESCRIPTION), gray_frame(values())
    plain = render_stage(stored, state, View(), Stage.DISPLAY, calibration.plain())
    assert plain.dtype == np.uint8
    assert (whole_stage(stored, state, View(), Stage.DISPLAY, calibration) == plain).all()
    fitted = fitted_stage(stored, state, View(), Stage.DISPLAY, (COLUMNS, ROWS), calibration)
    assert fitted.dtype == np.uint8
    assert (fitted == plain).all()


@pytest.mark.parametrize("size", [(COLUMNS, ROWS), (173, 151), (31, 17), (300, 40)])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.float32])
def test_values_of_any_stage_are_fitted_as_the_screen_shows_them(dtype: type, size: tuple[int, int]) -> None:
    data = np.abs(values() // 20).astype(dtype)
    data[:9, 3:20] = 7
    bits = np.packbits(np.eye(ROWS, COLUMNS, dtype=np.uint8).ravel(), bitorder="little").tobytes()
    state = gray_state(
        DESCRIPTION,
        padding=Padding(7, 7),
        overlays=(OverlayPlane(0x6000, ROWS, COLUMNS, bits=bits),),
        shutter=DisplayShutter((Rectangle(1, 30, 1, 40),), p_value=20000),
    )
    view, monitor = View(voi=Window(-970, 30)), measured("gamma 2.2")
    display = fitted_stage(gray_frame(data), state, view, Stage.DISPLAY, size, monitor)
    p_values = fitted_stage(gray_frame(data), state, view, Stage.P_VALUE, size)
    assert p_values.dtype == np.uint16
    assert (monitor.display_lut()[p_values] == display).all()
    bare = replace(view, show_overlays=False, show_shutter=False)
    interest = fitted_stage(gray_frame(data), state, bare, Stage.VOI, size)
    p_values = fitted_stage(gray_frame(data), state, bare, Stage.P_VALUE, size)
    assert np.abs(interest * 65535 - p_values).max() <= 0.5


def test_a_window_is_applied_to_what_lies_between_pixels() -> None:
    """A step of stored values under a window of its middle stays a step: no greys are mixed of black and white."""
    step = PixelDescription(1, 2, is_signed=True)
    state = gray_state(step)
    stored = gray_frame(np.array([[0, 2000]], np.int16))
    fitted = fitted_stage(stored, state, View(voi=Window(-1024 + 1000, 2)), Stage.P_VALUE, (400, 200))
    assert np.count_nonzero((fitted > 3000) & (fitted < 62000)) <= 2 * 200
    assert (fitted[:, :198] == 0).all()
    assert (fitted[:, 202:] == 65535).all()


def test_one_frame_is_resampled_once_for_all_displays() -> None:
    cache = GeometryCache()
    request = RenderRequest("a", (333, 222))
    state = gray_state(DESCRIPTION)
    render_viewport(gray_frame(values()), state, request, cache)
    blank = gray_frame(np.zeros((ROWS, COLUMNS), np.int16))  # the same key promises the same pixels
    again = render_viewport(blank, state, request, cache, WIDE[2])
    fresh = render_viewport(gray_frame(values()), state, request, GeometryCache(), WIDE[2])
    assert (again.pixels == fresh.pixels).all()
    assert again.calibration == WIDE[2]
