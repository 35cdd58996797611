"""What a step in an image is: spacings, ultrasound regions, pixels; and when it is refused."""

import math

import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence as Items

from tests.unit.measurement.measured_images import SIDE, ground_on, image, item, main, state_of, us_region
from viewer.dicom.pixel_spacing import SpacingSource
from viewer.dicom.ultrasound_regions import SpatialFormat
from viewer.measurement.ground import Ground
from viewer.measurement.measuring_ground import ground_of_frame
from viewer.measurement.scales import Scale, angles, lengths, proportions, region_at

HIGH, LOW, PROTECTED = 0, 1, 2
WHOLE = (0, 0, SIDE - 1, SIDE - 1)


def us(*regions: Dataset, **elements: object) -> Ground:
    return ground_on(image("US", SequenceOfUltrasoundRegions=Items(regions), **elements))


def scale(ground: Ground, *points: tuple[float, float]) -> Scale:
    found = lengths(ground, points)
    assert isinstance(found, Scale), found
    return found


def test_a_scale_goes_both_ways() -> None:
    ground = ground_on(image("CT", PixelSpacing=[0.5, 0.25]))
    found = scale(ground, (1, 1))
    assert found.to_units((4, 4)) == (1, 2)
    assert found.to_image((1, 2)) == (4, 4)
    assert found.distance((0, 0), (12, 8)) == 5
    assert found.path([(0, 0), (12, 8), (12, 0)]) == 9


def test_bounds_of_regions_are_inclusive_pixels() -> None:
    """Region Location Min and Max name pixels that belong (C.8.5.5.1.4): 10 to 19 are image points 10.0 to 20.0."""
    ground = us(us_region((10, 10, 19, 19), (0.01, 0.01)))
    assert scale(ground, (10.0, 10.0), (20.0, 20.0)).source == SpacingSource.US_REGION.value
    assert lengths(ground, [(10.0, 10.0), (20.1, 20.0)]) == "The points do not lie in the same ultrasound region"
    assert scale(ground, (9.9, 9.9), (20.1, 20.1)).unit.ucum == "{pixels}"


def test_signed_deltas_are_kept_and_lengths_positive() -> None:
    ground = us(us_region(WHOLE, (0.02, -0.05)))
    assert scale(ground, (0, 0)).step == pytest.approx((0.2, -0.5))
    assert main("length", [(0.0, 0.0), (10.0, 8.0)], ground).value == pytest.approx(math.hypot(2, 4))
    assert main("angle", [(10.0, 0.0), (0.0, 0.0), (0.0, 8.0)], ground).value == pytest.approx(90)
    assert main("rectangle", [(0.0, 0.0), (10.0, 8.0)], ground).value == pytest.approx(8)
    assert proportions(ground, [(0, 0)]) == pytest.approx((0.2, 0.5))


def test_of_overlapping_regions_the_one_of_high_priority_holds() -> None:
    low, high = us_region(WHOLE, (0.1, 0.1), RegionFlags=LOW), us_region((100, 100, 199, 199), (0.02, 0.02))
    ground = us(low, high)
    assert scale(ground, (110, 110), (190, 190)).step == pytest.approx((0.2, 0.2))
    assert scale(ground, (10, 10), (90, 90)).step == pytest.approx((1, 1))
    # One end in the one, one in the other, though both lie in the larger.
    assert lengths(ground, [(10, 10), (150, 150)]) == "The points do not lie in the same ultrasound region"


def test_overlapping_regions_of_equal_scale_are_fine_and_of_different_scales_refused() -> None:
    tissue, flow = us_region(WHOLE, (0.02, 0.02)), us_region((100, 100, 199, 199), (0.02, 0.02), RegionDataType=2)
    assert scale(us(tissue, flow), (10, 10), (150, 150)).step == pytest.approx((0.2, 0.2))
    other = us_region(WHOLE, (0.03, 0.03))
    assert "different scales" in str(lengths(us(tissue, other), [(10, 10), (20, 20)]))


def test_a_low_region_under_a_spectrum_does_not_give_its_lengths() -> None:
    below = us_region(WHOLE, (0.02, 0.02), RegionFlags=LOW)
    spectrum = us_region((0, 300, 511, 511), (0.005, -0.5), (4, 7), RegionSpatialFormat=3)
    ground = us(below, spectrum)
    assert scale(ground, (10, 10), (20, 20)).unit.ucum == "mm"
    assert isinstance(lengths(ground, [(10, 310), (20, 320)]), str)
    assert isinstance(lengths(ground, [(10, 10), (20, 320)]), str)


@pytest.mark.parametrize(
    ("spatial_format", "units", "words"),
    [(2, (4, 3), "s across and cm up"), (3, (4, 7), "s across and cm/s up"), (4, (4, 0), "s across and ? up")],
)
def test_no_length_where_a_direction_is_time(spatial_format: int, units: tuple[int, int], words: str) -> None:
    ground = us(us_region(WHOLE, (0.004, -0.3), units, RegionSpatialFormat=spatial_format))
    for found in (lengths(ground, [(10, 10), (20, 20)]), angles(ground, [(10, 10), (20, 20)])):
        assert words in str(found)
    found_region = region_at(ground, [(10, 10)])
    assert not isinstance(found_region, str)
    assert found_region is not None
    assert found_region.spatial_format is SpatialFormat(spatial_format)


def test_where_no_region_is_pixels_are_counted() -> None:
    ground = us(us_region((10, 10, 99, 99), (0.02, 0.02)), PixelSpacing=[3, 3])
    found = main("length", [(200.0, 200.0), (203.0, 204.0)], ground)
    assert (found.value, found.unit.ucum, found.source) == (5, "{pixels}", "pixels")


def test_regions_without_units_do_not_count() -> None:
    nothing = us_region(WHOLE, (1.0, 1.0), (0, 0), RegionSpatialFormat=0)
    tissue = us_region((10, 10, 99, 99), (0.02, 0.02), RegionFlags=LOW)
    assert scale(us(nothing), (20, 20)).unit.ucum == "{pixels}"
    assert isinstance(lengths(us(nothing, tissue), [(20, 20), (200, 200)]), str)


def test_a_spacing_is_the_fallback_of_ultrasound_without_regions() -> None:
    ground = ground_on(image("US", PixelSpacing=[0.3, 0.3]))
    found = main("length", [(0.0, 0.0), (30.0, 40.0)], ground)
    assert found.value == pytest.approx(15)
    assert found.source == SpacingSource.UNCERTAIN.value


def test_regions_beyond_the_image_do_not_count_and_are_told() -> None:
    ground = us(us_region((0, 0, 999, 999), (0.02, 0.02)))
    assert scale(ground, (10, 10)).unit.ucum == "{pixels}"
    assert any("beyond the image" in text for text in ground.cautions)


def test_microscopes_measure_in_micrometres() -> None:
    slide = image("SM", SharedFunctionalGroupsSequence=item(PixelMeasuresSequence=item(PixelSpacing=[0.0005, 0.00025])))
    found = main("length", [(0.0, 0.0), (40.0, 0.0)], ground_on(slide))
    assert found.value == pytest.approx(10)
    assert found.unit.ucum == "um"
    assert main("rectangle", [(0.0, 0.0), (40.0, 20.0)], ground_on(slide)).value == pytest.approx(100)


@pytest.mark.parametrize(("modality", "plane"), [("MG", 0x00209116), ("XA", 0x00209116), ("US", 0x0020930F)])
def test_slices_of_projecting_modalities_are_measured_in_the_patient(modality: str, plane: int) -> None:
    """Tomosynthesis, X-ray 3D and ultrasound volumes: Pixel Measures of a plane need no calibration."""
    shared = item(PixelMeasuresSequence=item(PixelSpacing=[0.2, 0.1]))
    stated = image(modality, SharedFunctionalGroupsSequence=shared)
    projected = main("length", [(0.0, 0.0), (40.0, 0.0)], ground_on(stated))
    assert projected.source == SpacingSource.UNCERTAIN.value
    shared[0].add_new(plane, "SQ", item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0]))
    found = main("length", [(0.0, 0.0), (40.0, 0.0)], ground_on(stated))
    assert found.value == pytest.approx(4)
    assert found.source == SpacingSource.PATIENT.value


def test_points_that_are_no_places_are_refused() -> None:
    for bad in (math.nan, math.inf):
        assert main("length", [(0.0, 0.0), (bad, 1.0)], ground_on(image("CT", PixelSpacing=[1, 1]))).refusal
        assert main("polygon", [(0.0, 0.0), (bad, 1.0), (3.0, 3.0)], ground_on(image("CT"))).refusal


def test_distorted_planes_refuse_everything_and_sampled_ones_are_told() -> None:
    distorted = ground_on(image("MR", PixelSpacing=[1, 1], VolumetricProperties="DISTORTED"))
    assert "curved" in main("length", [(0.0, 0.0), (1.0, 1.0)], distorted).refusal
    assert "curved" in main("angle", [(0.0, 0.0), (1.0, 1.0), (5.0, 1.0)], distorted).refusal
    sampled = ground_on(image("MR", PixelSpacing=[1, 1], VolumetricProperties="SAMPLED"))
    assert main("length", [(0.0, 0.0), (3.0, 4.0)], sampled).value == 5
    assert any("projection" in text.lower() for text in sampled.cautions)


def test_lossy_images_are_told() -> None:
    ground = ground_on(image("CT", PixelSpacing=[1, 1], LossyImageCompression="01"))
    assert any("Lossy" in text for text in ground.value_cautions)


def test_an_angle_without_arms_is_refused() -> None:
    ground = ground_on(image("CT", PixelSpacing=[1, 1]))
    assert main("angle", [(1.0, 1.0), (1.0, 1.0), (3.0, 3.0)], ground).refusal == "An arm has no length"
    assert main("open_angle", [(1.0, 1.0), (1.0, 1.0), (3.0, 3.0), (4.0, 4.0)], ground).refusal
    assert main("cobb", [(1.0, 1.0), (1.0, 1.0), (3.0, 3.0), (4.0, 4.0)], ground).refusal
    assert main("perpendicular_distance", [(1.0, 1.0), (1.0, 1.0), (3.0, 3.0)], ground).refusal


def test_regions_may_be_handed_in() -> None:
    """A state that a presentation state made keeps its image's regions, which whoever measures may give."""
    with_regions = state_of(image("US", SequenceOfUltrasoundRegions=Items([us_region(WHOLE, (0.02, 0.02))])))
    bare = state_of(image("US"))
    ground = ground_of_frame(bare, None, regions=with_regions.regions)
    assert scale(ground, (1, 1)).source == SpacingSource.US_REGION.value
