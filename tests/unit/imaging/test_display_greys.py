"""P-values to pixels: for every kind of output the grey nearest to the GSDF, by exhaustive search."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.displays import CURVES, aims, luminances_of, measured
from viewer.imaging.display_calibration import UNCALIBRATED, CalibrationMode, DisplayCalibration, MoreGreys
from viewer.imaging.display_greys import GrayOutput, driving_levels, gray_output, looked_up_pixels


@pytest.mark.parametrize("more_greys", MoreGreys)
@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("ambient", [0.1, 5.0])
def test_every_p_value_gets_the_nearest_grey_there_is(name: str, more_greys: MoreGreys, ambient: float) -> None:
    output = gray_output(measured(name, more_greys=more_greys, ambient_cd_m2=ambient))
    curve = CURVES[name]
    is_ten_bits = more_greys is MoreGreys.TEN_BITS
    greys = luminances_of(output.greys, curve, ambient, is_ten_bits=is_ten_bits)
    assert output.luminances_cd_m2 == pytest.approx(greys, rel=1e-6)
    picked = np.arange(1, 65535, 233)  # the ends are another test's
    wanted = aims(curve[0] + ambient, curve[-1] + ambient, 65536)[picked]
    shown = luminances_of(output.table[picked], curve, ambient, is_ten_bits=is_ten_bits)
    nearest = np.abs(greys[None, :] - wanted[:, None]).min(axis=1)
    assert np.abs(shown - wanted) == pytest.approx(nearest, rel=1e-6, abs=1e-7)
    assert (np.diff(luminances_of(output.table, curve, ambient, is_ten_bits=is_ten_bits)) >= -1e-9).all()


@pytest.mark.parametrize("more_greys", MoreGreys)
@pytest.mark.parametrize("name", ["gamma 2.2", "lcd"])
def test_the_ends_are_the_displays_darkest_and_brightest(name: str, more_greys: MoreGreys) -> None:
    for is_dithered in (False, True):
        output = gray_output(measured(name, more_greys=more_greys, is_dithered=is_dithered))
        assert output.pixel(0) == output.black == int(output.greys[0])
        assert output.pixel(65535) == output.white == int(output.greys[-1])


def test_words_are_opaque_and_hold_three_channels() -> None:
    stolen = gray_output(measured("gamma 2.2", more_greys=MoreGreys.BIT_STEALING)).greys
    assert stolen.dtype == np.uint32
    assert (stolen >> 24 == 0xFF).all()
    assert (int(stolen[0]), int(stolen[1]), int(stolen[-1])) == (0xFF000000, 0xFF000001, 0xFFFFFFFF)
    deep = gray_output(measured("gamma 2.2", more_greys=MoreGreys.TEN_BITS)).greys
    assert (deep >> 30 == 3).all()
    levels = deep & 1023
    assert (levels == deep >> 10 & 1023).all()
    assert (levels == deep >> 20 & 1023).all()
    assert (levels == np.arange(1024)).all()


def test_plain_greys_are_the_display_lut() -> None:
    for calibration in (UNCALIBRATED, measured("gamma 2.2"), measured("lcd")):
        output = gray_output(calibration)
        assert output.table.dtype == np.uint8
        assert (output.table == calibration.display_lut()).all()


def test_a_display_that_follows_the_gsdf_gets_straight_lines() -> None:
    native = DisplayCalibration(CalibrationMode.NATIVE_GSDF)
    assert (gray_output(native).table == np.rint(np.arange(65536) / 257)).all()
    deep = gray_output(replace(native, more_greys=MoreGreys.TEN_BITS)).table
    assert (deep & 1023 == np.rint(np.arange(65536) * 1023 / 65535)).all()
    assert (driving_levels(native, 1024) == (deep & 1023)).all()


@pytest.mark.parametrize("ends", [(), (0.6, 480.0)])
def test_stolen_greys_of_a_display_that_follows_the_gsdf_lie_between_its_levels(ends: tuple[float, ...]) -> None:
    native = DisplayCalibration(CalibrationMode.NATIVE_GSDF, ends, more_greys=MoreGreys.BIT_STEALING)
    table = gray_output(native).table
    on_levels = table[::257]
    assert (on_levels == (0xFF000000 | np.arange(256) * 0x010101)).all()
    channels = np.stack([table >> 16 & 255, table >> 8 & 255, table & 255]).astype(int)
    assert np.abs(channels - np.arange(65536) / 257).max() <= 1
    assert len(set(table.tolist())) > 1700


@pytest.mark.parametrize("more_greys", MoreGreys)
def test_dithered_areas_have_the_wanted_luminance(more_greys: MoreGreys) -> None:
    calibration = measured("gamma 2.2", more_greys=more_greys, is_dithered=True, ambient_cd_m2=0.2)
    output = gray_output(calibration)
    curve = CURVES["gamma 2.2"]
    wanted = aims(curve[0] + 0.2, curve[-1] + 0.2, 65536)
    for p_value in range(1, 65535, 1871):
        area = output.finish(np.full((16, 16), output.table[p_value], output.table.dtype))
        assert area.dtype == output.greys.dtype
        shown = luminances_of(area, curve, 0.2, is_ten_bits=output.is_ten_bits)
        assert len(np.unique(area)) <= 2
        below = int(np.searchsorted(output.luminances_cd_m2, wanted[p_value], side="right")) - 1
        gap = np.diff(output.luminances_cd_m2)[min(below, output.greys.size - 2)]
        assert shown.mean() == pytest.approx(wanted[p_value], rel=1e-6, abs=gap / output.steps)


def test_what_is_not_dithered_is_finished_already() -> None:
    output = gray_output(measured("srgb", more_greys=MoreGreys.BIT_STEALING))
    looked_up = output.table[:64].reshape(8, 8)
    assert (output.finish(looked_up, 3, 4) == looked_up).all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32])
@pytest.mark.parametrize("indices", [np.uint8, np.uint16])
def test_looking_up_is_numpys_taking(kind: type, indices: type) -> None:
    size = np.iinfo(indices).max + 1
    table: NDArray[Any] = np.random.default_rng(0).integers(0, np.iinfo(kind).max, size, endpoint=True).astype(kind)
    values: NDArray[Any] = np.random.default_rng(1).integers(0, size, (30, 40)).astype(indices)
    found = looked_up_pixels(values, table)
    assert found.dtype == kind
    assert (found == table[values]).all()


def test_outputs_are_remembered_and_cannot_be_changed() -> None:
    for more_greys in MoreGreys:
        for is_dithered in (False, True):
            calibration = measured("srgb", more_greys=more_greys, is_dithered=is_dithered)
            output = gray_output(calibration)
            assert gray_output(measured("srgb", more_greys=more_greys, is_dithered=is_dithered)) is output
            assert not any(array.flags.writeable for array in _arrays(output))


def _arrays(output: GrayOutput) -> list[np.ndarray]:
    return [output.greys, output.table, *([output.mixed] if output.mixed.size else [])]


def test_ten_bits_are_for_surfaces_that_have_them() -> None:
    deep = measured("srgb", more_greys=MoreGreys.TEN_BITS)
    assert deep.on_surface(has_ten_bits=True) is deep
    assert deep.on_surface(has_ten_bits=False).more_greys is MoreGreys.NONE
    stolen = measured("srgb", more_greys=MoreGreys.BIT_STEALING)
    assert stolen.on_surface(has_ten_bits=False) is stolen
