"""The ultrasound set and the ECG callipers against the formulas of C.8.5.5, worked out here from stated attributes."""

import math
import random

import pytest

from viewer.dicom.ultrasound_regions import SpatialFormat, UltrasoundRegion, Unit
from viewer.measurement.annotation import Annotation, ImageAnchor, Point
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.ecg_caliper import EcgCaliper
from viewer.measurement.kinds.kind import Kind
from viewer.measurement.kinds.us_heart_rate import UsHeartRate
from viewer.measurement.kinds.us_resistive_index import UsResistiveIndex
from viewer.measurement.kinds.us_slope import UsSlope
from viewer.measurement.kinds.us_time import UsTime
from viewer.measurement.kinds.us_velocity import UsVelocity
from viewer.measurement.reading import Reading
from viewer.measurement.waveform_scale import WaveformScale

ANCHOR = ImageAnchor("1.2", "1.2.3", "1.2.840.10008.5.1.4.1.1.6.1", "1.2.3.4")
KINDS: tuple[Kind, ...] = (UsVelocity(), UsTime(), UsSlope(), UsResistiveIndex(), UsHeartRate())


def region(
    spatial_format: SpatialFormat,
    units: tuple[Unit, Unit],
    delta: Point,
    *,
    corner: tuple[int, int] = (100, 200),
    reference: Point = (7.0, 130.0),
    value: Point = (0.0, 0.0),
    flags: int = 0,
) -> UltrasoundRegion:
    """The reference pixel is stated from the region's corner, as in the file."""
    left, top = corner
    at = (left + reference[0], top + reference[1])
    return UltrasoundRegion(left, top, left + 499, top + 299, spatial_format, 3, flags, at, value, delta, *units)


def doppler(delta: Point = (0.004, -0.8), value: Point = (0.0, 0.0), **more: int) -> UltrasoundRegion:
    return region(
        SpatialFormat.SPECTRAL,
        (Unit.SECOND, Unit.CENTIMETER_PER_SECOND),
        delta,
        value=value,
        flags=more.get("flags", 0),
    )


def m_mode() -> UltrasoundRegion:
    return region(SpatialFormat.M_MODE, (Unit.SECOND, Unit.CENTIMETER), (0.005, 0.03))


def tissue() -> UltrasoundRegion:
    return region(SpatialFormat.TWO_D, (Unit.CENTIMETER, Unit.CENTIMETER), (0.02, 0.02))


def ground(*regions: UltrasoundRegion) -> Ground:
    return Ground(600, 800, regions=regions, modality="US")


def read(kind: Kind, on: Ground, *points: Point, **parameters: float) -> tuple[Reading, ...]:
    return kind.readings(Annotation("1", kind.id, ANCHOR, points, parameters=tuple(parameters.items())), on)


def test_velocities_are_signed_from_the_baseline_of_the_reference_pixel() -> None:
    on = ground(doppler())
    # The baseline is row 200 + 130 = 330, whose centre is 330.5.
    for row, speed in ((330.5, 0.0), (230.5, 80.0), (380.5, -40.0)):
        (reading,) = read(UsVelocity(), on, (150.0, row))
        assert reading.value == pytest.approx(speed)
        assert (reading.unit.ucum, reading.source) == ("cm/s", "US region")
    (raised,) = read(UsVelocity(), ground(doppler(value=(0.0, 12.5))), (150.0, 230.5))
    assert raised.value == pytest.approx(92.5)


def test_all_numbers_equal_the_formulas_in_a_thousand_cases() -> None:
    random.seed(7)
    for _case in range(1000):
        step = (random.uniform(0.0005, 0.02), random.choice((-1, 1)) * random.uniform(0.05, 3.0))
        value = (random.uniform(-3, 3), random.uniform(-50, 50))
        on = ground(doppler(step, value))
        (x, y), (u, v) = ((random.uniform(100, 600), random.uniform(200, 500)) for _end in range(2))
        times = [value[0] + step[0] * (column - 0.5 - 107.0) for column in (x, u)]
        speeds = [value[1] + step[1] * (row - 0.5 - 330.0) for row in (y, v)]
        seconds = abs(times[1] - times[0])
        assert read(UsVelocity(), on, (x, y))[0].value == pytest.approx(speeds[0], rel=1e-9, abs=1e-9)
        assert read(UsTime(), on, (x, y), (u, v))[0].value == pytest.approx(1000 * seconds, rel=1e-9)
        slope, time = read(UsSlope(), on, (x, y), (u, v))
        assert slope.value == pytest.approx((speeds[1] - speeds[0]) / (times[1] - times[0]), rel=1e-9, abs=1e-6)
        assert slope.unit.ucum == "cm/s2"
        assert time.value == pytest.approx(1000 * seconds, rel=1e-9)
        beats = random.randint(1, 9)
        rate, interval = read(UsHeartRate(), on, (x, y), (u, v), beats=beats)
        assert rate.value == pytest.approx(60 * beats / seconds, rel=1e-9)
        assert interval.value == pytest.approx(1000 * seconds / beats, rel=1e-9)
        index, systolic, diastolic = read(UsResistiveIndex(), on, (x, y), (u, v))
        assert [systolic.value, diastolic.value] == pytest.approx(speeds)
        if abs(speeds[1]) > abs(speeds[0]):
            assert index.refusal
        else:
            assert index.value == pytest.approx((speeds[0] - speeds[1]) / speeds[0], rel=1e-6, abs=1e-9)


def test_a_slope_has_the_code_of_what_it_does() -> None:
    on = ground(doppler())
    for first, last, code in (
        ((150.0, 330.5), (200.0, 230.5), "20167-3"),
        ((200.0, 230.5), (150.0, 330.5), "20167-3"),
        ((150.0, 230.5), (200.0, 300.5), "20216-8"),
        ((150.0, 430.5), (200.0, 340.5), "20216-8"),  # below the baseline, slowing down
    ):
        assert read(UsSlope(), on, first, last)[0].code.value == code
    (slope, _time) = read(UsSlope(), ground(m_mode()), (150.0, 300.0), (250.0, 350.0))
    assert slope.value == pytest.approx(50 * 0.03 / (100 * 0.005))
    assert (slope.unit.ucum, slope.code.scheme) == ("cm/s", "99NEGATOSCOPE")
    assert read(UsSlope(), on, (150.0, 300.0), (150.0, 350.0))[0].refusal


def test_reversed_diastolic_flow_gives_an_index_above_one() -> None:
    (index, *_rest) = read(UsResistiveIndex(), ground(doppler()), (150.0, 230.5), (250.0, 360.5))
    assert index.value == pytest.approx((80 + 24) / 80)
    assert read(UsResistiveIndex(), ground(doppler()), (150.0, 330.5), (250.0, 330.5))[0].refusal


def test_a_spectrum_in_hertz_gives_the_index_and_refuses_velocities() -> None:
    hertz = region(SpatialFormat.SPECTRAL, (Unit.SECOND, Unit.HERTZ), (0.004, -20.0), flags=4)
    points = ((150.0, 230.5), (250.0, 310.5))
    index, systolic, diastolic = read(UsResistiveIndex(), ground(hertz), *points)
    assert index.value == pytest.approx((2000 - 400) / 2000)
    for refusal in (
        systolic,
        diastolic,
        *read(UsVelocity(), ground(hertz), points[0]),
        *read(UsSlope(), ground(hertz), *points),
    ):
        assert refusal.value is None
        assert "Hz" in refusal.refusal
    mislabelled = doppler(flags=4)
    assert read(UsVelocity(), ground(mislabelled), points[0])[0].refusal


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.id))
def test_all_refuse_outside_their_regions_with_the_reason(kind: Kind) -> None:
    inside = ((150.0, 230.5), (250.0, 310.5))[: kind.most]
    cases = [
        (ground(tissue()), inside),
        (ground(), inside),
        (ground(doppler()), ((1.0, 1.0), (2.0, 2.0))[: kind.most]),
        (Ground(600, 800, regions=(doppler(),), refusal="perspective"), inside),
        (ground(region(SpatialFormat.SPECTRAL, (Unit.NONE, Unit.DECIBEL), (0.0, 1.0))), inside),
        (ground(region(SpatialFormat.GRAPHICS, (Unit.SECOND, Unit.CENTIMETER_PER_SECOND), (1.0, 1.0))), inside),
    ]
    if kind.most == 2:
        cases.append((ground(doppler()), ((150.0, 230.5), (1.0, 1.0))))
    if kind.id in {"us_velocity", "us_resistive_index"}:
        cases.append((ground(m_mode()), inside))
    for on, points in cases:
        readings = read(kind, on, *points)
        assert readings
        assert all(each.value is None and each.refusal for each in readings)


@pytest.mark.parametrize("beats", [0, -1, 1.5, 101, math.nan])
def test_beats_must_be_counted(beats: float) -> None:
    assert read(UsHeartRate(), ground(doppler()), (150.0, 230.5), (250.0, 310.5), beats=beats)[0].refusal


def test_times_are_read_on_m_mode_too_and_never_between_two_points_at_one_time() -> None:
    points = ((150.0, 230.5), (250.0, 310.5))
    assert read(UsTime(), ground(m_mode()), *points)[0].value == pytest.approx(500.0)
    assert read(UsHeartRate(), ground(m_mode()), *points)[0].value == pytest.approx(120.0)
    assert read(UsHeartRate(), ground(m_mode()), points[0], points[0])[0].refusal


def test_ecg_callipers_read_time_rate_and_amplitude_of_a_view() -> None:
    # 25 mm/s and 10 mm/mV at 4 px/mm: 10 ms a column, 0.025 mV a row.
    on = Ground(400, 2000, extra=(("waveform", WaveformScale(10.0, 0.025)),))
    time, rate, amplitude = read(EcgCaliper(), on, (100.0, 300.0), (180.0, 260.0))
    assert time.value == pytest.approx(800.0)
    assert time.unit.ucum == "ms"
    assert rate.value == pytest.approx(75.0)
    assert amplitude.value == pytest.approx(1.0)
    assert amplitude.unit.ucum == "mV"
    (_time, amplitude) = read(EcgCaliper(), on, (100.0, 260.0), (100.0, 300.0))
    assert amplitude.value == pytest.approx(-1.0)
    unscaled = Ground(400, 2000, extra=(("waveform", WaveformScale(10.0)),))
    assert read(EcgCaliper(), unscaled, (100.0, 300.0), (180.0, 260.0))[2].refusal


def test_ecg_callipers_on_images_need_a_waveform_region() -> None:
    trace = region(SpatialFormat.WAVEFORM, (Unit.SECOND, Unit.NONE), (0.005, 0.0))
    time, rate, amplitude = read(EcgCaliper(), ground(trace), (150.0, 230.0), (350.0, 310.0))
    assert [time.value, rate.value] == pytest.approx([1000.0, 60.0])
    assert amplitude.refusal
    for on in (ground(), ground(doppler()), Ground(1, 1, refusal="x")):
        assert all(each.refusal for each in read(EcgCaliper(), on, (150.0, 230.0), (350.0, 310.0)))


@pytest.mark.parametrize("kind", [*KINDS, EcgCaliper()], ids=lambda kind: str(kind.id))
def test_all_can_be_drawn_while_they_are_placed(kind: Kind) -> None:
    for count in range(1, (kind.most or 2) + 1):
        mark = Annotation("1", kind.id, ANCHOR, ((1.0, 2.0), (3.0, 4.0))[:count])
        assert kind.drawing(mark)
        assert len(kind.readings(mark, ground(doppler()))) >= (count >= kind.least)
