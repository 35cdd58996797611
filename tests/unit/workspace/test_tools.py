"""Tools as pure functions: drags never jump, numbers come from before the window."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from viewer.dicom.image_plane import plane_from
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.voi_lut import VoiFunction, Window
from viewer.workspace.presets import Preset, PresetSettings, PresetTable
from viewer.workspace.tools.probe import ProbeReading, probe
from viewer.workspace.tools.scroll import FASTEST, NOTCH, Wheel, scroll_per_pixel
from viewer.workspace.tools.window_level import dragged_window, rate_of, window_from
from viewer.workspace.tools.zoom import panned, rotated_by_drag, zoom_factor_of_drag, zoomed_about
from viewer.workspace.viewport_state import DisplayedImage, ViewportState


def test_a_window_drag_that_comes_back_restores_the_window() -> None:
    start = Window(40, 400)
    assert dragged_window(start, 2.0, 0, 0) == start
    assert dragged_window(start, 2.0, 10, 5) == Window(50, 420)
    assert dragged_window(start, 2.0, -10_000, 0).width == 1


@pytest.mark.parametrize("span", [1e-3, 20.0, 4096.0, 65535.0])
def test_the_rate_of_a_window_drag_follows_the_range_of_the_data(span: float) -> None:
    for width in (span / 1000, span / 10, span, span * 100):
        rate = rate_of(Window(0, width, VoiFunction.LINEAR_EXACT), (0.0, span))
        assert span / 10_000 < rate < span / 200


def test_a_drag_under_a_table_starts_from_the_range() -> None:
    assert window_from(None, (0.0, 100.0)) == Window(50, 100)
    assert window_from(None, None) is None
    assert window_from(Window(1, 2), (0.0, 9.0)) == Window(1, 2)


def test_a_slow_notch_is_one_image_and_a_spin_is_more() -> None:
    wheel = Wheel()
    assert [wheel.steps(-NOTCH, second) for second in (1.0, 2.0, 3.0)] == [1, 1, 1]
    assert wheel.steps(NOTCH, 4.0) == -1
    spun = [wheel.steps(-NOTCH, 5 + index * 0.004) for index in range(5)]
    assert spun[0] == 1
    assert spun[-1] == FASTEST


def test_a_smooth_wheel_adds_up_to_notches() -> None:
    wheel = Wheel()
    assert sum(wheel.steps(-NOTCH // 4, float(index)) for index in range(1, 9)) == 2


def test_a_scroll_drag_crosses_any_series() -> None:
    assert scroll_per_pixel(10_000, 500) * 500 >= 9_999
    assert scroll_per_pixel(10, 500) == 1 / 8
    assert scroll_per_pixel(1, 500) == 0


def test_zooming_keeps_the_point_under_the_hand() -> None:
    state = ViewportState()
    placement = state.transform.place(512, 512, 1.0, (800, 600))
    point = (123.0, 456.0)
    zoomed = zoomed_about(state, placement, 2.5, point)
    after = zoomed.transform.place(512, 512, 1.0, (800, 600))
    assert after.to_image(point) == pytest.approx(placement.to_image(point), abs=0.3)
    assert after.scale_x == pytest.approx(2.5 * placement.scale_x)
    assert zoom_factor_of_drag(-120) == pytest.approx(2)
    assert zoom_factor_of_drag(0) == 1


def test_panning_follows_the_hand_pixel_by_pixel() -> None:
    state = ViewportState(transform=SpatialTransform(rotation_deg=90, is_flipped=True))
    placement = state.transform.place(512, 256, 1.0, (800, 600))
    moved = panned(state, placement, 30, -20).transform.place(512, 256, 1.0, (800, 600))
    x, y = placement.to_viewport((100, 100))
    assert moved.to_viewport((100, 100)) == pytest.approx((x + 30, y - 20), abs=1.01)


def test_rotating_turns_by_the_angle_the_hand_has_gone() -> None:
    turned = rotated_by_drag(ViewportState(), (400, 300), (500, 300), (400, 400))
    assert turned.transform.rotation_deg == pytest.approx(90)


def _displayed(values: Any, missing_rows: int = 0, **state: Any) -> DisplayedImage:
    truth = {"plane": None, "modality_transform": Rescale(2.0, -1000.0, "HU"), "padding": None, "is_color": False}
    frame = SimpleNamespace(**{**truth, "unit": "HU", **state})
    rendered = SimpleNamespace(state=frame)
    stored = StoredFrame(np.array(values), "MONOCHROME2", missing_rows=missing_rows)
    return DisplayedImage(cast("Any", None), cast("Any", rendered), stored)


def test_the_probe_reads_stored_and_modality_value_and_place() -> None:
    plane = plane_from((-100.0, -50.0, 7.0), (1, 0, 0, 0, 1, 0), (0.5, 0.25))
    reading = probe(_displayed([[1, 2, 3], [4, 5, 600]], plane=plane), 2, 1)
    assert reading == ProbeReading(2, 1, (600.0,), 200.0, "HU", point_patient=(-99.5, -49.5, 7.0))


def test_the_probe_gives_no_value_for_padding_and_for_rows_that_are_not_in_the_data() -> None:
    padded = probe(_displayed([[-2000, 5]], padding=Padding(-2000, -2000)), 0, 0)
    assert padded is not None
    assert padded.is_padding
    assert padded.value is None
    lost = probe(_displayed([[1], [0]], missing_rows=1), 0, 1)
    assert lost is not None
    assert lost.is_missing
    assert lost.value is None


def test_the_probe_is_silent_outside_the_image() -> None:
    for column, row in ((-1, 0), (0, -1), (2, 0), (0, 1)):
        assert probe(_displayed([[1, 2]]), column, row) is None


def test_presets_are_those_of_the_digest_and_survive_the_settings() -> None:
    builtin = PresetTable.builtin()
    brain = builtin.of("CT")[0]
    assert (brain.name, brain.window) == ("Brain", Window(40, 80))
    assert len(builtin.of("CT")) == 9
    own = builtin.with_presets("CT", (Preset("My | lung", Window(-500.5, 1400)),)).with_presets("PT", ())
    settings = own.settings_against(builtin)
    again = builtin.changed_by(PresetSettings(settings.lines))
    assert again.of("CT") == (Preset("My / lung", Window(-500.5, 1400)),)
    assert again.of("PT") == ()
    assert builtin.settings_against(builtin).lines == ()
