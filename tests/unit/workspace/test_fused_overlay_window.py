"""The window an overlay has before anybody chose one."""

from dataclasses import replace

import numpy as np

from tests.builders.plain_volumes import plain_volume
from viewer.imaging.voi_lut import VoiOption, VoiOrigin, Window, window_between
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.fused_overlay import OverlayUnit, default_overlay_window
from viewer.workspace.volume_view import FusionState

FULL = VoiOption(window_between(-32768, 32767), origin=VoiOrigin.FULL_RANGE)


def volume_with(*options: VoiOption) -> SeriesVolume:
    volume = plain_volume(np.arange(-500, 500).reshape(10, 10, 10).astype(np.int16))
    return replace(volume, state=replace(volume.state, voi_options=options))


def ends(volume: SeriesVolume) -> tuple[float, float]:
    window = default_overlay_window(FusionState("key"), volume, OverlayUnit())
    return window.center - window.width / 2, window.center + window.width / 2


def test_without_a_stated_window_the_values_there_are_fill_the_colours() -> None:
    assert ends(volume_with(VoiOption(None, origin=VoiOrigin.AUTO), FULL)) == (-500.0, 499.0)


def test_a_stated_window_comes_first() -> None:
    assert ends(volume_with(FULL, VoiOption(Window(40, 401), origin=VoiOrigin.IMAGE))) == (-160.5, 239.5)
