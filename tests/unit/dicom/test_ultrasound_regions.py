"""Truths: the formula of C.8.5.5.1.8 on the values of real files, written out; made regions for each rule."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence

from viewer.dicom.ultrasound_regions import (
    ImageScale,
    SpatialFormat,
    UltrasoundRegion,
    Unit,
    image_scale,
    region_of,
    ultrasound_regions,
)

TISSUE = UltrasoundRegion(
    100, 50, 299, 249, SpatialFormat.TWO_D, 1, 0, (200.0, 50.0), (0.0, 0.0), (0.02, 0.04), Unit.CENTIMETER,
    Unit.CENTIMETER,
)  # fmt: skip
SPECTRUM = UltrasoundRegion(
    0, 300, 399, 399, SpatialFormat.SPECTRAL, 3, 0, (0.0, 350.0), (0.0, 0.0), (0.01, -2.0), Unit.SECOND,
    Unit.CENTIMETER_PER_SECOND,
)  # fmt: skip


def test_a_distance_uses_each_direction_s_own_scale() -> None:
    assert TISSUE.distance_mm((110, 60), (120, 60)) == pytest.approx(2.0)
    assert TISSUE.distance_mm((110, 60), (110, 70)) == pytest.approx(4.0)
    assert TISSUE.distance_mm((110, 60), (140, 80)) == pytest.approx(math.hypot(6, 8))
    assert TISSUE.spacing_mm() == pytest.approx((0.4, 0.2))
    assert replace(TISSUE, delta=(-0.02, 0.04)).distance_mm((110, 60), (120, 60)) == pytest.approx(2.0)


def test_a_spectrum_has_seconds_and_velocities_but_no_lengths() -> None:
    assert SPECTRUM.distance_mm((0, 350), (10, 350)) is None
    assert SPECTRUM.physical((100, 340)) == pytest.approx((1.0, 20.0))
    assert SPECTRUM.unit_y.symbol == "cm/s"


def test_regions_end_with_their_last_pixel() -> None:
    assert TISSUE.contains((99.5, 50))
    assert not TISSUE.contains((99.4, 50))
    assert TISSUE.contains((299.5, 249.5))
    assert not TISSUE.contains((299.6, 249))


def test_points_in_different_regions_or_none_have_no_scale() -> None:
    assert region_of((TISSUE, SPECTRUM), [(150, 100), (150, 200)]) is TISSUE
    assert region_of((TISSUE, SPECTRUM), [(150, 100), (150, 350)]) is None
    assert region_of((TISSUE, SPECTRUM), [(10, 10)]) is None
    assert region_of((), [(10, 10)]) is None


def test_overlapping_regions_go_by_priority_and_equals_must_agree() -> None:
    other_scale = replace(TISSUE, delta=(0.05, 0.05))
    points = [(150.0, 100.0), (160.0, 110.0)]
    assert region_of((TISSUE, other_scale), points) is None
    assert region_of((replace(other_scale, flags=1), TISSUE), points) is TISSUE
    colour = replace(TISSUE, data_type=2)
    assert region_of((TISSUE, colour), points) is TISSUE
    without_scale = replace(TISSUE, spatial_format=SpatialFormat.NONE, unit_x=Unit.NONE, unit_y=Unit.NONE)
    assert region_of((without_scale, TISSUE), points) is TISSUE
    assert region_of((without_scale, replace(TISSUE, flags=1)), points) is None


@pytest.mark.parametrize("delta", [0.0, math.nan, math.inf])
def test_an_unsound_scale_is_none(delta: float) -> None:
    item = Dataset()
    for keyword, value in {
        "RegionSpatialFormat": 1, "RegionLocationMinX0": 0, "RegionLocationMinY0": 0, "RegionLocationMaxX1": 9,
        "RegionLocationMaxY1": 9, "PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 3, "PhysicalDeltaX": delta,
        "PhysicalDeltaY": 0.1,
    }.items():  # fmt: skip
        setattr(item, keyword, value)
    dataset = Dataset()
    dataset.SequenceOfUltrasoundRegions = Sequence([item, Dataset()])
    (region,) = ultrasound_regions(dataset)
    assert not region.is_length
    assert region.distance_mm((0, 0), (5, 5)) is None


@pytest.mark.real_data
def test_real_regions_follow_the_formula_of_the_standard(shared_data: Path) -> None:
    seen = 0
    for path in sorted((shared_data / "ultrasound-cine").iterdir()):
        dataset = dcmread(path, stop_before_pixels=True)
        regions = ultrasound_regions(dataset)
        items = dataset.get("SequenceOfUltrasoundRegions", [])
        assert len(regions) == len(items)
        for region, item in zip(regions, items, strict=True):
            if item.PhysicalUnitsXDirection == item.PhysicalUnitsYDirection == 3:
                x, y = region.physical((region.min_column + 7, region.min_row + 11))
                offset_x, offset_y = 7 - item.ReferencePixelX0, 11 - item.ReferencePixelY0
                assert x == pytest.approx(item.ReferencePixelPhysicalValueX + item.PhysicalDeltaX * offset_x)
                assert y == pytest.approx(item.ReferencePixelPhysicalValueY + item.PhysicalDeltaY * offset_y)
                seen += 1
    assert seen >= 5


def test_one_scale_of_all_tissue_and_flow_holds_for_the_image() -> None:
    flow = replace(TISSUE, data_type=2, delta=(-0.02, -0.04), flags=1)
    bar = replace(TISSUE, data_type=14, delta=(1.0, 1.0))
    sheet = replace(TISSUE, spatial_format=SpatialFormat.GRAPHICS, delta=(0.5, 0.5))
    for regions in ((TISSUE,), (TISSUE, flow), (flow,), (SPECTRUM, bar, sheet, TISSUE)):
        scale = image_scale(regions, 640, 480)
        assert scale.spacing_mm == pytest.approx((0.4, 0.2))
        assert scale.aspect == scale.spacing_mm
        assert scale.doubt == ""


def test_different_scales_are_none() -> None:
    twice = replace(TISSUE, delta=(0.04, 0.08))
    scale = image_scale((TISSUE, twice), 640, 480)
    assert scale.spacing_mm == ()
    assert "same scale" in scale.doubt
    assert scale.aspect[0] / scale.aspect[1] == pytest.approx(2.0)  # pixels of one shape, if not of one size
    other_shape = image_scale((TISSUE, replace(TISSUE, delta=(0.04, 0.04))), 640, 480)
    assert (other_shape.spacing_mm, other_shape.aspect) == ((), ())
    without_unit = replace(TISSUE, unit_x=Unit.NONE)
    assert image_scale((TISSUE, without_unit), 640, 480).doubt
    assert image_scale((without_unit, SPECTRUM), 640, 480) == ImageScale() == image_scale((), 640, 480)


def test_an_image_made_smaller_than_its_regions_has_no_scale() -> None:
    assert image_scale((TISSUE,), 299, 249).spacing_mm  # the last pixel counted from 1
    assert image_scale((TISSUE,), 298, 249) == ImageScale(doubt="an ultrasound region reaches beyond the image")
