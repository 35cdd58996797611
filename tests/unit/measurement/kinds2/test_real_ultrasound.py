"""Times, slopes and depths on a real M-mode and on real ECG traces, against the attributes as pydicom reads them."""

from pathlib import Path

import pytest

from viewer.base.byte_source import FileBytes
from viewer.dicom.header_scan import scan_header
from viewer.imaging.frame_state import read_frame_states
from viewer.measurement.annotation import Annotation, ImageAnchor, Point
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.ecg_caliper import EcgCaliper
from viewer.measurement.kinds.kind import Kind
from viewer.measurement.kinds.us_heart_rate import UsHeartRate
from viewer.measurement.kinds.us_slope import UsSlope
from viewer.measurement.kinds.us_time import UsTime
from viewer.measurement.kinds.us_velocity import UsVelocity
from viewer.measurement.measuring_ground import ground_of_frame
from viewer.measurement.reading import Reading

DATA = Path(__file__).resolve().parents[5] / "shared" / "data" / "ultrasound-cine"
pytestmark = [pytest.mark.real_data, pytest.mark.skipif(not DATA.is_dir(), reason="the real files are not there")]
M_MODE, WAVEFORM = 2, 4


def ground_of(path: Path) -> Ground:
    return ground_of_frame(read_frame_states(scan_header(FileBytes(path))).state(0), None)


def item_of(path: Path, spatial_format: int) -> dict[str, float]:
    import pydicom

    stated = pydicom.dcmread(path, stop_before_pixels=True)
    (item,) = (each for each in stated.SequenceOfUltrasoundRegions if each.RegionSpatialFormat == spatial_format)
    return {element.keyword: float(element.value) for element in item if isinstance(element.value, int | float)}


def inside(item: dict[str, float], across: float, down: float) -> Point:
    """A share of the region's width and height, as an image point."""
    left, right = item["RegionLocationMinX0"], item["RegionLocationMaxX1"]
    top, bottom = item["RegionLocationMinY0"], item["RegionLocationMaxY1"]
    return left + 0.5 + across * (right - left), top + 0.5 + down * (bottom - top)


def read(kind: Kind, on: Ground, *points: Point) -> tuple[Reading, ...]:
    return kind.readings(Annotation("1", kind.id, ImageAnchor("1", "1.2", "1.3", "1.4"), points), on)


def test_a_real_m_mode_gives_times_and_slopes_and_no_velocities() -> None:
    path = DATA / "I_000034.dcm"
    item, on = item_of(path, M_MODE), ground_of(path)
    first, last = inside(item, 0.2, 0.3), inside(item, 0.7, 0.6)
    seconds = (last[0] - first[0]) * item["PhysicalDeltaX"]
    depth = (last[1] - first[1]) * item["PhysicalDeltaY"]
    assert read(UsTime(), on, first, last)[0].value == pytest.approx(1000 * seconds)
    slope, time = read(UsSlope(), on, first, last)
    assert slope.value == pytest.approx(depth / seconds)
    assert slope.unit.ucum == "cm/s"
    assert time.value == pytest.approx(1000 * seconds)
    assert read(UsHeartRate(), on, first, last)[0].value == pytest.approx(60 / seconds)
    assert read(UsVelocity(), on, first)[0].refusal


@pytest.mark.parametrize("name", ["I_000003.dcm", "I_000001.dcm"])
def test_a_real_ecg_trace_gives_time_and_rate_and_no_voltage(name: str) -> None:
    item, on = item_of(DATA / name, WAVEFORM), ground_of(DATA / name)
    first, last = inside(item, 0.25, 0.5), inside(item, 0.5, 0.5)
    seconds = (last[0] - first[0]) * item["PhysicalDeltaX"]
    time, rate, amplitude = read(EcgCaliper(), on, first, last)
    assert time.value == pytest.approx(1000 * seconds)
    assert rate.value == pytest.approx(60 / seconds)
    assert amplitude.refusal
    assert read(UsSlope(), on, first, last)[0].refusal
