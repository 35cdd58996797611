"""Real-world values are highdicom's, of mappings that it writes itself, and pydicom's in real files."""

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from highdicom.pm import RealWorldValueMapping
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.sr.codedict import codes

from tests.unit.measurement.measured_images import ground_with, image, item
from viewer.imaging.stored_frame import StoredFrame
from viewer.measurement.measuring_ground import in_real_world
from viewer.measurement.real_world_values import RealWorldMapping, real_world_mappings
from viewer.measurement.regions import Polygon, pixels_of
from viewer.measurement.roi_statistics import Statistics, statistics_of

STORED = np.random.default_rng(3).integers(0, 300, (16, 20)).astype(np.uint16)
CORNERS = ((2.0, 3.0), (10.0, 3.0), (10.0, 9.0), (2.0, 9.0))


def written(value_range: tuple[float, float], **more: Any) -> RealWorldValueMapping:
    return RealWorldValueMapping(
        lut_label="ADC",
        lut_explanation="apparent diffusion",
        unit=codes.UCUM.SquareMillimeterPerSecond,
        value_range=value_range,
        quantity_definition=codes.DCM.ApparentDiffusionCoefficient,
        **more,
    )


def read(mapping: Dataset, **elements: object) -> RealWorldMapping:
    (found,) = real_world_mappings(image("MR", RealWorldValueMappingSequence=Items([mapping]), **elements), 1)
    return found


def assert_highdicoms(found: RealWorldMapping, mapping: RealWorldValueMapping, stored: NDArray[np.uint16]) -> None:
    """Assert that inside the range both come to the same."""
    inside = (stored >= found.first) & (stored <= found.last)
    values = found.apply(stored)
    assert np.isnan(values[~inside]).all()
    np.testing.assert_allclose(values[inside], mapping.apply(stored[inside]))


def test_slope_and_intercept() -> None:
    mapping = written((50, 250), slope=1.5e-6, intercept=-3e-5)
    found = read(mapping)
    assert_highdicoms(found, mapping, STORED)
    assert (found.label, found.unit.ucum, found.first, found.last) == ("ADC", "mm2/s", 50, 250)
    assert found.quantity is not None
    assert found.quantity[:2] == ("113041", "DCM")


def test_a_table() -> None:
    table = np.random.default_rng(5).normal(size=201)
    mapping = written((50, 250), lut_data=table.tolist())
    assert_highdicoms(read(mapping), mapping, STORED)


def test_floats() -> None:
    mapping = written((0.25, 200.5), slope=2.0, intercept=1.0)
    assert_highdicoms(read(mapping), mapping, STORED)


def test_ends_of_signed_pixels_are_signed_whatever_they_were_read_as() -> None:
    mapping = written((0, 10), slope=2.0, intercept=1.0)
    mapping.RealWorldValueFirstValueMapped = 65436  # -100 as a reader without a sign has it
    found = read(mapping, PixelRepresentation=1)
    assert (found.first, found.last) == (-100, 10)
    assert found.apply(np.array([-101, -100, 10, 11], np.int16)).tolist()[1:3] == [-199.0, 21.0]


def test_statistics_leave_out_what_is_not_mapped_and_padding() -> None:
    stated = image("MR", RealWorldValueMappingSequence=Items([written((50, 250), slope=0.5, intercept=1.0)]))
    stated.add_new(0x00280120, "US", int(STORED[4, 4]))
    ground = in_real_world(
        ground_with(STORED, stated), stored_of(STORED), read(stated.RealWorldValueMappingSequence[0])
    )
    part = STORED[3:9, 2:10]
    kept = part[(part >= 50) & (part <= 250) & (part != STORED[4, 4])] * 0.5 + 1
    found = statistics_of(ground, pixels_of(Polygon(CORNERS), 16, 20))
    assert isinstance(found, Statistics)
    assert (found.count, found.excluded) == (kept.size, part.size - kept.size)
    assert found.mean == pytest.approx(kept.mean())
    assert (found.unit.ucum, found.source) == ("mm2/s", "ADC")
    assert found.concept is not None
    assert found.concept.value == "113041"


def stored_of(values: NDArray[np.uint16]) -> StoredFrame:
    return StoredFrame(values, "MONOCHROME2")


def test_mappings_that_are_not_sound_are_passed_over() -> None:
    good = written((50, 250), slope=0.5, intercept=1.0)
    for spoil in ("RealWorldValueSlope", "MeasurementUnitsCodeSequence", "RealWorldValueLastValueMapped"):
        bad = written((50, 250), slope=0.5, intercept=1.0)
        delattr(bad, spoil)
        stated = image("MR", RealWorldValueMappingSequence=Items([bad, good]))
        assert len(real_world_mappings(stated, 1)) == 1
    short = written((50, 250), lut_data=[0.0] * 201)
    short.RealWorldValueLUTData = [0.0] * 5
    assert real_world_mappings(image("MR", RealWorldValueMappingSequence=Items([short])), 1) == ()


def test_each_frame_has_its_own() -> None:
    frames = [written((0, 100), slope=float(number), intercept=0.0) for number in (1, 2)]
    groups = [item(RealWorldValueMappingSequence=Items([each]))[0] for each in frames]
    stated = image("MR", PerFrameFunctionalGroupsSequence=Items(groups), NumberOfFrames=2)
    assert [real_world_mappings(stated, number)[0].slope for number in (1, 2)] == [1.0, 2.0]
    assert real_world_mappings(stated, 3) == ()


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["parametric_map_float.dcm", "parametric_map_double_float.dcm"])
def test_real_parametric_maps(shared_data: Path, name: str) -> None:
    path = shared_data / "colour-and-frames" / name
    data_set = pydicom.dcmread(path)
    (stated,) = data_set.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence
    found = real_world_mappings(data_set, 1)[0]
    values = data_set.pixel_array
    values = values[0] if values.ndim == 3 else values
    inside = (values >= found.first) & (values <= found.last)
    expected = values * stated.RealWorldValueSlope + stated.RealWorldValueIntercept
    assert inside.any()
    np.testing.assert_allclose(found.apply(values)[inside], expected[inside])
