"""Statistics of regions are numpy's over the pixels of the stated rule; padding and what never arrived is left out."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from tests.unit.measurement.measured_images import ground_with, image, readings
from viewer.base.byte_source import FileBytes
from viewer.dicom.header_scan import scan_header
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.frame_state import read_frame_states
from viewer.imaging.stored_frame import FrameWarning
from viewer.measurement.body_measures import suv_type
from viewer.measurement.ground import Ground
from viewer.measurement.measuring_ground import ground_of_frame, in_suv
from viewer.measurement.regions import Polygon, pixels_of
from viewer.measurement.roi_statistics import Statistics, histogram_of, statistics_of
from viewer.measurement.suv_result import SuvFactor

BOX = ((2.0, 3.0), (10.0, 9.0))
VALUES = np.random.default_rng(7).integers(0, 4000, (16, 20)).astype(np.uint16)
CORNERS = ((2.0, 3.0), (10.0, 3.0), (10.0, 9.0), (2.0, 9.0))


def of_box(ground: Ground) -> Statistics:
    found = statistics_of(ground, pixels_of(Polygon(CORNERS), ground.rows, ground.columns))
    assert isinstance(found, Statistics)
    return found


def assert_numpys(found: Statistics, values: NDArray[Any]) -> None:
    """Assert that statistics are numpy's."""
    assert found.count == values.size
    assert found.mean == pytest.approx(np.mean(values), rel=1e-12)
    assert found.sd == pytest.approx(np.std(values, ddof=1), rel=1e-12)
    assert (found.minimum, found.maximum) == (values.min(), values.max())
    assert found.median == np.median(values)
    assert found.total == pytest.approx(values.sum(), rel=1e-12)
    assert sum(found.histogram.counts) == values.size


def test_modality_values_are_rescaled_ones() -> None:
    ground = ground_with(VALUES, image("CT", RescaleSlope=2.0, RescaleIntercept=-1024.0, RescaleType="HU"))
    found = of_box(ground)
    assert_numpys(found, VALUES[3:9, 2:10].astype(float) * 2 - 1024)
    assert (found.unit.ucum, found.excluded) == ("[hnsf'U]", 0)


def test_padding_is_left_out() -> None:
    values = VALUES.copy()
    values[4, 3:6] = 63000
    values[5, 3] = 63005
    values[5, 4] = 62999
    stated = image("CT", RescaleSlope=1.0, RescaleIntercept=0.0, PixelRepresentation=0)
    stated.add_new(0x00280120, "US", 63000)
    stated.add_new(0x00280121, "US", 63010)
    found = of_box(ground_with(values, stated))
    part = values[3:9, 2:10].astype(float)
    assert_numpys(found, part[(part < 63000) | (part > 63010)])
    assert found.excluded == 4


def test_nothing_but_padding_has_no_statistics() -> None:
    stated = image("CT")
    stated.add_new(0x00280120, "US", 5)
    ground = ground_with(np.full((16, 20), 5, np.uint16), stated)
    found = statistics_of(ground, pixels_of(Polygon(CORNERS), 16, 20))
    assert found == "All pixels of the region are padding or missing"


def test_what_is_no_number_is_left_out() -> None:
    values = VALUES.astype(np.float32)
    values[4, 4], values[5, 5] = np.nan, np.inf
    part = values[3:9, 2:10].astype(float)
    found = of_box(ground_with(values, image("MR")))
    assert_numpys(found, part[np.isfinite(part)])
    assert found.excluded == 2


def test_missing_rows_are_left_out_and_nothing_is_measured_there() -> None:
    ground = ground_with(VALUES, image("CT"), warnings=frozenset({FrameWarning.TRUNCATED}), missing_rows=9)
    found = of_box(ground)
    assert_numpys(found, VALUES[3:7, 2:10].astype(float))
    assert found.excluded == 16
    assert any("missing rows" in text for text in ground.value_cautions)
    area, *_rest = readings("rectangle", BOX, ground)
    assert (area.value, area.refusal) == (None, "Pixels here never arrived: the image is truncated")
    assert readings("length", ((1.0, 1.0), (9.0, 7.0)), ground)[0].value == pytest.approx(10.0)
    assert readings("length", ((1.0, 1.0), (9.0, 7.1)), ground)[0].value is None


def test_truncated_pixels_of_unknown_place_refuse_everything() -> None:
    ground = ground_with(VALUES, image("CT"), warnings=frozenset({FrameWarning.TRUNCATED}))
    assert {each.refusal for each in readings("rectangle", BOX, ground)} == {ground.refusal}
    assert "truncated" in ground.refusal


def test_pixels_of_another_size_than_the_headers_refuse_everything() -> None:
    stated, other = ground_with(VALUES), ground_with(VALUES[:8])
    assert not stated.refusal
    from viewer.imaging.frame_state import frame_states
    from viewer.imaging.stored_frame import PixelDescription, StoredFrame

    state = frame_states(image("CT", PixelSpacing=[1, 1]), PixelDescription(16, 20)).state(0)
    assert other.rows == 8
    assert "as many" in ground_of_frame(state, StoredFrame(VALUES[:8], "MONOCHROME2")).refusal


def test_colour_has_areas_and_no_values() -> None:
    ground = ground_with(np.zeros((16, 20, 3), np.uint8), image("US"))
    found = readings("rectangle", BOX, ground)
    assert found[0].value == 48
    assert found[-1].refusal == "A colour image has no values that could be measured"
    assert [each.value for each in found[2:]] == [None]


def test_one_pixel_has_no_deviation() -> None:
    found = readings("rectangle", ((2.0, 3.0), (3.0, 4.0)), ground_with(VALUES))
    by_title = {each.title: each for each in found}
    assert by_title["Mean"].value == VALUES[3, 2]
    assert by_title["SD"].value is None
    assert by_title["SD"].refusal == "One pixel has no standard deviation"
    assert by_title["Pixels"].value == 1


def test_a_region_without_a_centre_has_an_area_and_no_values() -> None:
    found = readings("rectangle", ((2.1, 3.1), (2.4, 3.4)), ground_with(VALUES))
    assert found[0].value == pytest.approx(0.0225)
    assert found[-1].refusal == "No pixel has its centre in the region"


def test_suv_is_a_factor_and_an_offset_away() -> None:
    kind = suv_type("bw")
    assert kind is not None
    ground = in_suv(ground_with(VALUES, image("PT", RescaleSlope=0.5, RescaleIntercept=0)), SuvFactor(kind, 3e-4, 0.25))
    found = of_box(ground)
    assert_numpys(found, VALUES[3:9, 2:10].astype(float) * (0.5 * 3e-4) + 0.25)
    assert (found.unit.ucum, found.source) == ("g/ml{SUVbw}", "SUVbw")
    assert ground.read_values is not None
    np.testing.assert_allclose(ground.read_values().values, VALUES * 0.5 * 3e-4 + 0.25)


def test_histograms_are_numpys() -> None:
    few = np.array([1.0, 1.0, 3.0, 2.0])
    assert histogram_of(few).counts == (2, 1, 1)
    assert histogram_of(few).edges == (0.5, 1.5, 2.5, 3.5)
    assert histogram_of(np.full(4, 0.3)).counts == (4,)
    many = np.random.default_rng(1).normal(size=5000)
    counts, edges = np.histogram(many, 256)
    assert histogram_of(many).counts == tuple(counts)
    assert histogram_of(many).edges == pytest.approx(tuple(edges))


REAL = (
    "ct-tilted-28/05.dcm",
    "ct-philips-28/I100",
    "segmentation-and-sr/ct_image.dcm",
    "segmentation-and-sr/dx_image.dcm",
    "pet-ct-mr-rt/STS_001/PET/000005.dcm",
    "pet-ct-mr-rt/STS_002/MR_T1/000003.dcm",
    "colour-and-frames/emri_small.dcm",
    "colour-and-frames/MR2_UNCR.dcm",
)
OUTLINE = ((10.25, 8.0), (41.5, 14.125), (55.0, 50.5), (30.5, 29.5), (12.0, 58.75))


def in_the_middle(rows: int, columns: int) -> tuple[tuple[float, float], ...]:
    """Return an outline in the middle of an image, at most 128 pixels wide."""
    size = min(rows, columns, 128) // 8 * 8
    left, top = (columns - size) // 2, (rows - size) // 2
    return tuple((left + x * size / 64, top + y * size / 64) for x, y in OUTLINE)


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_real_files_have_the_statistics_that_pydicom_and_opencv_give(shared_data: Path, name: str) -> None:
    path = shared_data / name
    if not path.is_file():
        pytest.skip(f"{name} is not there")
    data_set = pydicom.dcmread(path)
    pixels = data_set.pixel_array
    frame = pixels[0] if pixels.ndim == 3 else pixels
    values = frame * float(data_set.get("RescaleSlope", 1)) + float(data_set.get("RescaleIntercept", 0))
    points = in_the_middle(*frame.shape)
    outline = np.array(points, np.float32).reshape(-1, 1, 2)
    inside = np.zeros(frame.shape, bool)
    left, top = (int(end) - 1 for end in np.min(points, axis=0))
    for row in range(top, min(top + 130, frame.shape[0])):
        for column in range(left, min(left + 130, frame.shape[1])):
            inside[row, column] = cv2.pointPolygonTest(outline, (column + 0.5, row + 0.5), False) >= 0
    if "PixelPaddingValue" in data_set:
        inside &= frame != data_set.PixelPaddingValue
    header = scan_header(FileBytes(path))
    with DecoderPool(workers=1) as pool:
        stored = FrameSource(header, pool).stored_frame(0)
    ground = ground_of_frame(read_frame_states(header).state(0), stored)
    found = statistics_of(ground, pixels_of(Polygon(points), *frame.shape))
    assert isinstance(found, Statistics)
    assert_numpys(found, values[inside].astype(float))


@pytest.mark.parametrize("values", [[1e17], [1e17, 1e17], [3e16, 3e16 + 4.0], [-1e20, 1e20]])
def test_a_histogram_counts_every_value_however_great(values: list[float]) -> None:
    assert sum(histogram_of(np.array(values)).counts) == len(values)
