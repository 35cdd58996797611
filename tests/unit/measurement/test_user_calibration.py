"""A scale that the reader sets: of one image alone, and never where the device or the data forbid it."""

import math
from dataclasses import replace

import pytest
from pydicom.sequence import Sequence as Items

from tests.unit.measurement.measured_images import ANCHOR, ground_on, image, main, state_of, us_region
from viewer.dicom.pixel_spacing import SpacingSource
from viewer.measurement.ground import Ground
from viewer.measurement.measuring_ground import ground_of_frame
from viewer.measurement.user_calibration import UserCalibration, calibrated

LINE = ((10.0, 10.0), (110.0, 10.0))


def made(
    ground: Ground, known_mm: float = 25.0, points: tuple[tuple[float, float], tuple[float, float]] = LINE
) -> UserCalibration:
    found = calibrated(ground, ANCHOR, points, known_mm, by="reader", at="2026-01-02T03:04:05+09:00")
    assert isinstance(found, UserCalibration), found
    return found


def test_a_known_length_gives_a_fiducial_scale() -> None:
    state = state_of(image("DX", ImagerPixelSpacing=[0.2, 0.2]))
    calibration = made(ground_of_frame(state, None))
    ground = ground_of_frame(state, None, calibration=calibration)
    found = main("length", [(0.0, 0.0), (0.0, 200.0)], ground)
    assert found.value == pytest.approx(50)
    assert found.source == SpacingSource.FIDUCIAL.value
    assert ground.spacing.description == "known length 25 mm"
    assert (calibration.by, calibration.at) == ("reader", "2026-01-02T03:04:05+09:00")
    assert state.spacing is not None
    assert state.spacing.source is SpacingSource.DETECTOR  # the image itself stays as it is


def test_the_shape_of_pixels_is_kept() -> None:
    """Twice as high as wide: (30, 40) pixels are (30, 80) widths."""
    state = state_of(image("CR", ImagerPixelSpacing=[0.4, 0.2]))
    calibration = made(ground_of_frame(state, None), 50.0, ((0.0, 0.0), (30.0, 40.0)))
    ground = ground_of_frame(state, None, calibration=calibration)
    column = 50.0 / math.hypot(30, 80)
    assert main("length", [(0.0, 0.0), (10.0, 0.0)], ground).value == pytest.approx(10 * column)
    assert main("length", [(0.0, 0.0), (0.0, 10.0)], ground).value == pytest.approx(20 * column)
    assert ground.aspect == pytest.approx(2)


def test_it_holds_on_its_image_and_frame_alone() -> None:
    state = state_of(image("DX", ImagerPixelSpacing=[0.2, 0.2]))
    calibration = made(ground_of_frame(state, None))
    other = replace(calibration, sop_instance_uid="1.2.9")
    assert ground_of_frame(state, None, calibration=other).spacing.source is SpacingSource.DETECTOR
    of_second = replace(calibration, frame_number=2)
    assert ground_of_frame(state, None, calibration=of_second).spacing.source is SpacingSource.DETECTOR
    assert ground_of_frame(replace(state, frame_number=2), None, calibration=of_second).spacing.is_known


@pytest.mark.parametrize("known", [0.0, -5.0, math.nan, math.inf, 1e6])
def test_lengths_that_are_none_are_refused(known: float) -> None:
    assert isinstance(calibrated(ground_on(image("DX")), ANCHOR, LINE, known), str)


def test_short_lines_are_refused() -> None:
    assert "short" in str(calibrated(ground_on(image("DX")), ANCHOR, ((1.0, 1.0), (2.0, 2.0)), 10.0))


def test_protected_regions_are_refused_and_others_replaced() -> None:
    bounds = (0, 0, 511, 511)
    protected = ground_on(
        image("US", SequenceOfUltrasoundRegions=Items([us_region(bounds, (0.02, 0.02), RegionFlags=2)]))
    )
    assert "protects" in str(calibrated(protected, ANCHOR, LINE, 10.0))
    state = state_of(image("US", SequenceOfUltrasoundRegions=Items([us_region(bounds, (0.02, 0.02))])))
    ground = ground_of_frame(state, None, calibration=made(ground_of_frame(state, None), 10.0))
    found = main("length", list(LINE), ground)
    assert found.value == pytest.approx(10)
    assert found.source == SpacingSource.FIDUCIAL.value


def test_spectra_keep_their_own_scales() -> None:
    regions = [
        us_region((0, 0, 511, 255), (0.02, 0.02)),
        us_region((0, 256, 511, 511), (0.004, -0.5), (4, 7), RegionSpatialFormat=3),
    ]
    state = state_of(image("US", SequenceOfUltrasoundRegions=Items(regions)))
    plain = ground_of_frame(state, None)
    assert isinstance(calibrated(plain, ANCHOR, ((10.0, 300.0), (90.0, 300.0)), 10.0), str)
    ground = ground_of_frame(state, None, calibration=made(plain, 10.0))
    assert main("length", [(10.0, 300.0), (90.0, 310.0)], ground).value is None


def test_nothing_is_calibrated_where_nothing_may_be_measured() -> None:
    distorted = ground_on(image("MR", PixelSpacing=[1, 1], VolumetricProperties="DISTORTED"))
    assert calibrated(distorted, ANCHOR, LINE, 10.0) == distorted.refusal
    broken = ground_on(image("DX", ImagerPixelSpacing=[0.0, 0.2]))
    assert "shape of a pixel" in str(calibrated(broken, ANCHOR, LINE, 10.0))
