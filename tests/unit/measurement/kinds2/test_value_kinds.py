"""Point, profile and histogram against numpy and scipy: with padding, in units, and where nothing may be told."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from viewer.dicom.pixel_spacing import PixelSpacing, SpacingSource
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.annotation import Point as ImagePoint
from viewer.measurement.ground import Ground, GroundValues
from viewer.measurement.kinds.histogram import Histogram
from viewer.measurement.kinds.kind import Kind
from viewer.measurement.kinds.length import Length
from viewer.measurement.kinds.line_profile import INTERPOLATION, LineProfile
from viewer.measurement.kinds.point import Point
from viewer.measurement.kinds.rectangle import Rectangle
from viewer.measurement.kinds.region_pixels import region_histogram, region_pixels
from viewer.measurement.profile_values import Interpolation, Profile, profile
from viewer.measurement.reading import HOUNSFIELD, Reading

ANCHOR = ImageAnchor("1.2", "1.2.3", "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4")
ROWS, COLUMNS = 40, 60


def noise(seed: int = 1) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(40.0, 300.0, (ROWS, COLUMNS))


def ground(values: NDArray[np.float64], counts: NDArray[np.bool_] | None = None, *, value_refusal: str = "") -> Ground:
    given = GroundValues(values, counts, HOUNSFIELD, "")
    spacing = PixelSpacing(0.5, 0.25, SpacingSource.PATIENT)
    rows, columns = values.shape
    return Ground(
        rows, columns, spacing, aspect=2.0, modality="CT", read_values=lambda: given, value_refusal=value_refusal
    )


def mark(kind: Kind, *points: ImagePoint, **parameters: str) -> Annotation:
    return Annotation("1", kind.id, ANCHOR, points, parameters=tuple(parameters.items()))


def value(readings: tuple[Reading, ...], title: str) -> float:
    (found,) = (each for each in readings if each.title == title)
    assert found.value is not None, found.refusal
    return found.value


def test_a_point_tells_the_value_of_the_pixel_it_lies_in() -> None:
    values = noise()
    for column, row in ((0.0, 0.0), (0.999, 0.5), (17.2, 30.9), (59.999, 39.999)):
        (reading,) = Point().readings(mark(Point(), (column, row)), ground(values))
        assert reading.value == values[int(row), int(column)]
        assert (reading.code.value, reading.unit) == ("112031", HOUNSFIELD)
    assert Point().drawing(mark(Point(), (1.0, 1.0)))


def test_a_point_beside_the_image_on_padding_or_without_values_has_none() -> None:
    values, counts = noise(), np.ones((ROWS, COLUMNS), np.bool_)
    counts[3, 4] = False
    for at in ((-0.1, 1.0), (60.0, 1.0), (1.0, 40.0), (math.nan, 1.0), (4.5, 3.5)):
        (reading,) = Point().readings(mark(Point(), at), ground(values, counts))
        assert reading.refusal
    assert Point().readings(mark(Point(), (1.0, 1.0)), ground(values, value_refusal="colour"))[0].refusal == "colour"
    assert Point().readings(mark(Point(), (1.0, 1.0)), Ground(4, 4, refusal="curved"))[0].refusal == "curved"
    assert Point().readings(mark(Point(), (1.0, 1.0)), Ground(4, 4)) == ()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("interpolation", list(Interpolation))
def test_profiles_equal_scipy_between_pixel_centres(seed: int, interpolation: Interpolation) -> None:
    random = np.random.default_rng(seed)
    values = noise(seed)
    start, end = (tuple(random.uniform((0.5, 0.5), (COLUMNS - 0.5, ROWS - 0.5)).tolist()) for _end in range(2))
    found = profile(ground(values), start, end, interpolation=interpolation, steps=97)
    assert isinstance(found, Profile)
    shares = np.arange(98) / 97
    columns, rows = (a + shares * (b - a) for a, b in zip(start, end, strict=True))
    order = 1 if interpolation is Interpolation.LINEAR else 0
    expected = (
        ndimage.map_coordinates(values, [rows - 0.5, columns - 0.5], order=1)
        if order
        else values[np.floor(rows).astype(int), np.floor(columns).astype(int)]
    )
    np.testing.assert_allclose(found.values, expected, rtol=1e-9, atol=1e-9)
    total = math.hypot((end[0] - start[0]) * 0.25, (end[1] - start[1]) * 0.5)
    np.testing.assert_allclose(found.distances, shares * total, rtol=1e-12, atol=1e-12)
    assert (found.unit, found.distance_unit.ucum, found.interpolation) == (HOUNSFIELD, "mm", interpolation)


def test_profiles_step_by_half_a_pixel_at_most() -> None:
    found = profile(ground(noise()), (3.0, 4.0), (33.0, 44.0 - 5.0))
    assert isinstance(found, Profile)
    length = math.dist((3.0, 4.0), (33.0, 39.0))
    assert length / (len(found.values) - 1) <= 0.5


def test_padding_and_places_beside_the_image_are_no_numbers_and_do_not_spread() -> None:
    values, counts = noise(), np.ones((ROWS, COLUMNS), np.bool_)
    counts[10, 20] = False
    for interpolation, gone in ((Interpolation.LINEAR, (20 - 0.5, 21 + 0.5)), (Interpolation.NEAREST, (20, 21))):
        found = profile(ground(values, counts), (-5.0, 10.5), (65.0, 10.5), interpolation=interpolation, steps=700)
        assert isinstance(found, Profile)
        x = np.linspace(-5.0, 65.0, 701)
        is_gone = ~np.isfinite(found.values)
        assert is_gone[(x < -1e-6) | (x > 60 + 1e-6)].all()
        assert is_gone[(x > gone[0] + 1e-6) & (x < gone[1] - 1e-6)].all()
        assert not is_gone[(x > 1e-6) & (x < gone[0] - 1e-6)].any()
        assert not is_gone[(x > gone[1] + 1e-6) & (x < 60 - 1e-6)].any()


def test_a_line_profile_has_length_and_extremes() -> None:
    values = noise()
    line = mark(LineProfile(), (5.5, 5.5), (25.5, 5.5), **{INTERPOLATION: "nearest"})
    found = LineProfile().readings(line, ground(values))
    assert value(found, "Length") == pytest.approx(5.0)
    assert value(found, "Min") == values[5, 5:26].min()
    assert value(found, "Max") == values[5, 5:26].max()
    smooth = LineProfile().profile(mark(LineProfile(), (5.5, 5.5), (25.5, 5.5)), ground(values))
    assert isinstance(smooth, Profile)
    assert value(LineProfile().readings(mark(LineProfile(), (5.5, 5.5), (25.5, 5.5)), ground(values)), "Mean") == (
        pytest.approx(smooth.values.mean())
    )
    assert LineProfile().drawing(line)


def test_profiles_are_refused_where_there_is_nothing_to_tell() -> None:
    values = noise()
    (length, mean) = LineProfile().readings(
        mark(LineProfile(), (1.0, 1.0), (9.0, 1.0)), ground(values, value_refusal="x")
    )
    assert length.value == pytest.approx(2.0)
    assert mean.refusal == "x"
    assert isinstance(profile(ground(values), (1.0, 1.0), (1.0, 1.0)), str)
    assert isinstance(profile(ground(values), (1.0, 1.0), (1e9, 1.0)), str)
    assert isinstance(profile(ground(values), (1.0, 1.0), (math.nan, 1.0)), str)
    assert isinstance(profile(Ground(4, 4), (1.0, 1.0), (2.0, 1.0)), str)
    outside = LineProfile().readings(mark(LineProfile(), (-9.0, -1.0), (-1.0, -1.0)), ground(values))
    assert outside[-1].refusal
    assert len(LineProfile().readings(mark(LineProfile(), (1.0, 1.0), (9.0, 1.0)), Ground(40, 60))) == 1


def test_a_histogram_equals_numpys() -> None:
    values = np.rint(noise())
    counts = np.ones((ROWS, COLUMNS), np.bool_)
    counts[8:12, 8:20] = False
    region = mark(Histogram(), (5.0, 30.0), (45.0, 6.0))
    inside = values[6:30, 5:45][counts[6:30, 5:45]]
    found = Histogram().readings(region, ground(values, counts))
    assert value(found, "Mean") == pytest.approx(inside.mean())
    assert value(found, "5th percentile") == pytest.approx(np.percentile(inside, 5))
    assert value(found, "95th percentile") == pytest.approx(np.percentile(inside, 95))
    counted = region_histogram(Histogram(), region, ground(values, counts), bins=64)
    assert counted is not None
    assert sum(counted.counts) == inside.size
    expected, _edges = np.histogram(inside, np.linspace(inside.min(), inside.max(), 65))
    assert list(counted.counts) == expected.tolist()


def test_the_mode_of_whole_numbers_is_the_value_that_occurs_most() -> None:
    values = np.random.default_rng(2).integers(0, 30, (ROWS, COLUMNS)).astype(np.float64)
    values[10:20, 10:20] = 17.0
    found = Histogram().readings(mark(Histogram(), (0.0, 0.0), (60.0, 40.0)), ground(values))
    assert value(found, "Mode") == 17.0


def test_histograms_are_told_of_regions_with_values_alone() -> None:
    region = mark(Histogram(), (5.0, 30.0), (45.0, 6.0))
    assert region_histogram(Histogram(), region, ground(noise(), value_refusal="x")) is None
    assert region_pixels(Length(), region, ground(noise())) is None
    assert region_pixels(Rectangle(), mark(Rectangle(), (1.0, 1.0)), ground(noise())) is None
    assert region_pixels(Rectangle(), mark(Rectangle(), (1.0, 1.0), (math.inf, 4.0)), ground(noise())) is None
    assert region_histogram(Rectangle(), region, ground(noise())) is not None
    refused = Histogram().readings(region, ground(noise(), value_refusal="x"))
    assert [each.title for each in refused if each.refusal] == ["Mean"]
    assert Histogram().readings(mark(Histogram(), (1.0, 1.0)), ground(noise())) == ()
