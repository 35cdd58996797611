"""The response through the readings, and the LUT from it, beside dcmdspfn and a search through all levels."""

import subprocess
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.display.curves import (
    Curve,
    csv,
    gamma_curve,
    gsdf,
    inverse,
    lcd_curve,
    nearest_levels,
    oled_curve,
    srgb_curve,
)
from viewer.base.errors import DisplayError, ViewerError
from viewer.display.calibration_record import AmbientSource, CalibrationRecord, DisplayClass, Method, Reading
from viewer.display.luminance_readings import parse_readings
from viewer.display.response import ambient_from_illuminance, measured_calibration
from viewer.imaging.display_calibration import CalibrationMode
from viewer.imaging.display_greys import driving_levels

DCMDSPFN = Path("/usr/bin/dcmdspfn")
CURVES = {
    "srgb": srgb_curve(),
    "gamma 1.8": gamma_curve(1.8),
    "gamma 2.0": gamma_curve(2.0),
    "gamma 2.2": gamma_curve(2.2),
    "gamma 2.4": gamma_curve(2.4),
    "gamma 2.6": gamma_curve(2.6),
    "lcd": lcd_curve(),
    "oled": oled_curve(),
}


def measured(curve: Curve, points: int, ambient: float | None = 0.5, levels: int = 256) -> CalibrationRecord:
    return measured_calibration(parse_readings(csv(curve, points)).readings, Method.CONTACT, ambient, levels)


def luminances(record: CalibrationRecord) -> NDArray[np.float64]:
    return np.array(record.calibration.luminances_cd_m2)


@pytest.mark.parametrize("points", [18, 52, 256])
@pytest.mark.parametrize("name", CURVES)
def test_the_response_goes_through_every_reading(name: str, points: int) -> None:
    curve = CURVES[name]
    record = measured(curve, points)
    for reading in record.readings:
        assert luminances(record)[reading.driving_level] == reading.luminance_cd_m2
    assert (np.diff(luminances(record)) >= 0).all()
    assert record.notes == ()
    assert record.calibration.mode is CalibrationMode.MEASURED


@pytest.mark.parametrize("name", [name for name in CURVES if name != "lcd"])
def test_52_readings_of_a_smooth_display_tell_the_rest(name: str) -> None:
    curve = CURVES[name]
    found = luminances(measured(curve, 52))
    # Against the light that reaches the eye, ambient and all; between black and the next reading least is known.
    assert (found + 0.5) == pytest.approx(curve + 0.5, rel=3e-2)
    assert (found + 0.5)[10:] == pytest.approx(curve[10:] + 0.5, rel=5e-3)


@pytest.mark.parametrize("ambient", [0.1, 0.5, 5.0])
@pytest.mark.parametrize("name", CURVES)
def test_the_lut_is_that_of_a_search_through_all_levels(name: str, ambient: float) -> None:
    curve = CURVES[name]
    record = measured(curve, 256, ambient)
    found = driving_levels(record.calibration, 256, 1024).astype(int)
    assert np.abs(found - nearest_levels(np.array(luminances(record)) + ambient, 1024)).max() <= 1


@pytest.mark.parametrize("name", ["srgb", "gamma 2.2", "oled", "lcd"])
def test_fewer_readings_interpolated_by_hand_give_the_same_lut(name: str) -> None:
    """PCHIP by its own published formula (Fritsch and Butland 1984), not scipy's."""
    curve, ambient = CURVES[name], 0.5
    levels = np.unique(np.rint(np.linspace(0, 255, 52)).astype(int))
    logarithms = np.log10(np.array([float(f"{curve[level]:.9g}") for level in levels]) + ambient)
    reached = 10 ** pchip(levels.astype(float), logarithms, np.arange(256.0))
    record = measured(curve, 52, ambient)
    assert luminances(record) + ambient == pytest.approx(reached, rel=1e-7)
    found = driving_levels(record.calibration, 256, 1024).astype(int)
    assert np.abs(found - nearest_levels(np.round(reached, 9), 1024)).max() <= 1


def pchip(x: Curve, y: Curve, wanted: Curve) -> Curve:
    h, slope = np.diff(x), np.diff(y) / np.diff(x)
    d = np.zeros(x.size)
    for i in range(1, x.size - 1):
        if slope[i - 1] * slope[i] > 0:
            first, second = 2 * h[i] + h[i - 1], h[i] + 2 * h[i - 1]
            d[i] = (first + second) / (first / slope[i - 1] + second / slope[i])
    d[0] = end_slope(h[0], h[1], slope[0], slope[1])
    d[-1] = end_slope(h[-1], h[-2], slope[-1], slope[-2])
    part = np.clip(np.searchsorted(x, wanted, side="right") - 1, 0, x.size - 2)
    t = (wanted - x[part]) / h[part]
    low = y[part] * (1 + 2 * t) * (1 - t) ** 2 + y[part + 1] * t**2 * (3 - 2 * t)
    return np.asarray(low + h[part] * (d[part] * t * (1 - t) ** 2 + d[part + 1] * t**2 * (t - 1)), np.float64)


def end_slope(h0: float, h1: float, slope0: float, slope1: float) -> float:
    found = ((2 * h0 + h1) * slope0 - h0 * slope1) / (h0 + h1)
    if found * slope0 <= 0:
        return 0.0
    return 3 * slope0 if slope0 * slope1 < 0 and abs(found) > 3 * abs(slope0) else found


@pytest.mark.skipif(not DCMDSPFN.exists(), reason="DCMTK is not installed")
@pytest.mark.parametrize("name", [name for name in CURVES if name not in {"oled", "lcd"}])
@pytest.mark.parametrize("ambient", [0.1, 1.0, 5.0])
def test_the_lut_is_dcmtks(name: str, ambient: float, tmp_path: Path) -> None:
    """dcmdspfn prints for every level the GSDF's luminance and the one its own table reaches there."""
    curve = CURVES[name]
    table = tmp_path / "monitor.lut"
    rows = "".join(f"{level} {value:.6f}\n" for level, value in enumerate(curve))
    table.write_text(f"max 255\namb {ambient}\n{rows}")
    out = tmp_path / "gsdf.txt"
    line = [str(DCMDSPFN), "+Im", str(table), "+Ca", str(ambient), "+Og", str(out)]
    subprocess.run(line, check=True, capture_output=True)
    printed = [row.split() for row in out.read_text().splitlines() if row[:1].isdigit()]
    wanted = np.array([float(row[2]) for row in printed])
    reached = curve + ambient
    theirs = np.abs(reached[None, :] - wanted[:, None]).argmin(axis=1)
    found = driving_levels(measured(curve, 256, ambient).calibration, 256, 256).astype(int)
    assert np.abs(found - theirs).max() <= 1


def test_256_readings_are_taken_as_they_are() -> None:
    curve = lcd_curve()
    record = measured(curve, 256)
    assert luminances(record).tolist() == [reading.luminance_cd_m2 for reading in record.readings]


@pytest.mark.parametrize(("points", "from_levels", "to_levels"), [(52, 256, 1024), (52, 1024, 256), (256, 256, 1024)])
def test_one_surface_is_known_from_the_other(points: int, from_levels: int, to_levels: int) -> None:
    record = measured(gamma_curve(2.2, count=from_levels), points, levels=to_levels)
    assert len(record.calibration.luminances_cd_m2) == to_levels
    assert luminances(record) + 0.5 == pytest.approx(gamma_curve(2.2, count=to_levels) + 0.5, rel=2e-2)


def test_noise_is_levelled_and_told() -> None:
    curve = gamma_curve(2.2)
    rng = np.random.default_rng(7)
    noisy = np.maximum(curve * (1 + rng.normal(0, 0.01, 256)), 0)
    record = measured(noisy, 256)
    levelled = np.maximum.accumulate([reading.luminance_cd_m2 for reading in record.readings])
    assert luminances(record) == pytest.approx(levelled)
    assert len(record.notes) == 1
    assert [reading.luminance_cd_m2 for reading in record.readings] == pytest.approx(noisy)
    found = driving_levels(record.calibration, 256, 1024).astype(int)
    assert np.abs(found - nearest_levels(levelled + 0.5, 1024)).max() <= 1


def test_ambient_light_is_followed() -> None:
    """From a dark room to a lit one: every grey is the nearest to what the GSDF asks there."""
    curve = gamma_curve(2.2)
    dark, lit = (measured(curve, 256, ambient) for ambient in (0.1, 5.0))
    assert dark.calibration.luminances_cd_m2 == lit.calibration.luminances_cd_m2
    for record, ambient in ((dark, 0.1), (lit, 5.0)):
        reached = curve + ambient
        low, high = inverse(reached[0]), inverse(reached[-1])
        middle = gsdf((low + high) / 2)
        level = int(driving_levels(record.calibration, 256, 1025)[512])
        assert abs(reached[level] - middle) == pytest.approx(np.abs(reached - middle).min(), abs=1e-6)
    table = [driving_levels(each.calibration, 256, 1024).astype(int) for each in (dark, lit)]
    assert (table[1] - table[0]).max() > 5


def test_a_telescopic_meter_has_seen_the_ambient_light() -> None:
    curve, ambient = gamma_curve(2.2), 1.5
    seen = parse_readings(csv(curve + ambient, 256)).readings
    record = measured_calibration(seen, Method.TELESCOPIC, ambient)
    assert luminances(record) == pytest.approx(curve, rel=1e-6)
    assert record.calibration.ambient_cd_m2 == ambient
    contact = measured(curve, 256, ambient)
    assert (driving_levels(record.calibration, 256) == driving_levels(contact.calibration, 256)).mean() > 0.999


def test_a_telescopic_meter_without_known_ambient_light() -> None:
    curve = gamma_curve(2.2) + 1.5
    record = measured_calibration(parse_readings(csv(curve, 52)).readings, Method.TELESCOPIC, None)
    assert record.calibration.ambient_cd_m2 == 0.0
    assert luminances(record)[[0, -1]] == pytest.approx(curve[[0, -1]])
    assert record.ambient_source is AmbientSource.ASSUMED
    assert len(record.notes) == 1


def test_a_telescopic_reading_darker_than_the_ambient_light_is_a_contradiction() -> None:
    readings = parse_readings(csv(gamma_curve(2.2, 1.0), 52)).readings
    with pytest.raises(DisplayError, match="darkest"):
        measured_calibration(readings, Method.TELESCOPIC, 2.0)
    close = measured_calibration(readings, Method.TELESCOPIC, 1.02)
    assert 0 < close.calibration.luminances_cd_m2[0] < 0.001
    assert len(close.notes) == 1


def test_forgotten_ambient_light_is_told() -> None:
    record = measured(gamma_curve(2.2), 52, None)
    assert record.calibration.ambient_cd_m2 == 0.0
    assert record.ambient_source is AmbientSource.ASSUMED
    (note,) = record.notes
    assert "Ambient light was not given" in note


def test_what_is_known_of_the_measurement_is_kept() -> None:
    readings = parse_readings(csv(gamma_curve(2.2), 18)).readings
    record = measured_calibration(
        readings,
        Method.VISUAL,
        0.2,
        ambient_source=AmbientSource.ILLUMINANCE,
        display_class=DisplayClass.OTHER,
        measured_on=date(2026, 11, 23),
        meter="eye",
    )
    assert record.calibration.mode is CalibrationMode.VISUAL_ESTIMATE
    assert record.readings == readings
    assert (record.ambient_source, record.display_class) == (AmbientSource.ILLUMINANCE, DisplayClass.OTHER)
    assert (record.measured_on, record.meter) == (date(2026, 11, 23), "eye")


def test_ambient_light_from_lux() -> None:
    assert ambient_from_illuminance(50.0, 0.01) == pytest.approx(0.5)
    for wrong in ((-1.0, 0.1), (1.0, -0.1), (float("nan"), 0.1), (1e300, 1e300)):
        with pytest.raises(DisplayError):
            ambient_from_illuminance(*wrong)


def test_what_is_impossible_is_refused() -> None:
    readings = parse_readings(csv(gamma_curve(2.2), 18)).readings
    for ambient in (-1.0, float("nan"), float("inf")):
        with pytest.raises(DisplayError):
            measured_calibration(readings, Method.CONTACT, ambient)
    with pytest.raises(ViewerError):
        measured_calibration(readings, Method.CONTACT, 0.5, 300)
    with pytest.raises(DisplayError):
        measured_calibration([Reading(0, 1.0)], Method.CONTACT, 0.5)
