"""Outlines that are a volume are one group more; regions too ragged for outlines are written by their numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from highdicom.sr import ComprehensiveSR, MeasurementReport

from tests.builders.ct_series import write_ct_series
from tests.unit.measurement.report.marked import (
    READER,
    anchor_of,
    complaints,
    dumped,
    ground_of,
    groups_of,
    header_of,
    mark,
    write,
)
from tests.unit.measurement.report.test_report_taking import essence, take
from viewer.base.jobs import Progress
from viewer.dicom.instance_header import InstanceHeader
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.table import kind_of
from viewer.measurement.region_mask import is_coarse, outlines, trimmed, with_mask
from viewer.measurement.report_groups_masks import mask_within
from viewer.workspace.reporting.measurement_saving import MakeMeasurementReport, ReportWording

SQUARE = ((2.0, 2.0), (10.0, 2.0), (10.0, 8.0), (2.0, 8.0))
SPACING = (0.75, 0.5)
STEP_MM = 2.5


@pytest.fixture(scope="module")
def headers(tmp_path_factory: pytest.TempPathFactory) -> list[InstanceHeader]:
    folder = tmp_path_factory.mktemp("images")
    return [header_of(path) for path in write_ct_series(folder, 4, 16, pixel_spacing_mm=SPACING, slice_step_mm=STEP_MM)]


def outline(header: InstanceHeader, number: int) -> Annotation:
    kind, ground = kind_of("stacked_volume"), ground_of(header)
    made = Annotation(f"1.2.{number}", kind.id, anchor_of(header), SQUARE, group="Cyst")
    return replace(made, readings=kind.readings(made, ground))


def test_a_stack_is_a_volumetric_group(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    stack = tuple(outline(headers[number], number) for number in (1, 2))
    (path,) = MakeMeasurementReport(stack, tuple(headers), ReportWording(READER))(tmp_path, Progress())
    assert complaints(path) == []
    content = ComprehensiveSR.from_dataset(pydicom.dcmread(path)).content
    assert isinstance(content, MeasurementReport)
    (volume,) = content.get_volumetric_roi_measurement_groups()
    (measured,) = volume.get_measurements()
    # 8 columns by 6 rows, on two slices of 2.5 mm
    assert measured.value == pytest.approx(8 * 0.5 * 6 * 0.75 * 2 * STEP_MM, rel=1e-9)
    assert (measured.unit.value, measured.name.value) == ("mm3", "121218")
    assert volume.tracking_identifier == "Cyst"
    taken = take(path, headers)
    assert taken.left_out == ()
    assert [each.points for each in taken.annotations] == [SQUARE, SQUARE]
    again = MakeMeasurementReport(stack, tuple(headers), ReportWording(READER)).data_set(Progress())
    assert volume.tracking_uid in {str(item.value) for item in again.iterall() if item.keyword == "UID"}


def test_pixels_with_holes_come_back_pixel_by_pixel(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    made = mark("brush", anchor_of(headers[0]), ground_of(headers[0]))
    path = write(tmp_path, headers[:1], groups_of([made]))
    assert '"mask"' not in dumped(path)
    (back,) = take(path, headers).annotations
    assert essence(back) == essence(made)


@pytest.mark.parametrize("seed", range(20))
def test_any_pixels_are_those_inside_their_outlines(seed: int) -> None:
    pixels = np.random.default_rng(seed).random((1 + seed, 23)) < 0.5
    mask = trimmed(pixels, 7, 3)
    if not mask.count:
        return
    back = mask_within(outlines(mask))
    assert (back.column, back.row) == (mask.column, mask.row)
    assert np.array_equal(back.pixels, mask.pixels)


@pytest.mark.parametrize("line", [[(0.5, 0), (2, 0), (2, 2)], [(0, 0), (2, 2), (0, 2)], [(0, 0), (1e6, 0), (1e6, 1e6)]])
def test_lines_that_go_across_pixels_are_refused(line: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="pixel"):
        mask_within([line])


@pytest.mark.parametrize("kind", ["freehand", "polyline"])
def test_outlines_of_very_many_points_are_written_by_their_numbers(
    kind: str, tmp_path: Path, headers: list[InstanceHeader]
) -> None:
    angles = np.linspace(0.0, 2 * np.pi, 8300, endpoint=False)
    points = tuple((30.0 + 20.0 * float(np.cos(each)), 30.0 + 20.0 * float(np.sin(each))) for each in angles)
    made = replace(mark(kind, anchor_of(headers[0]), ground_of(headers[0])), points=points)
    path = write(tmp_path, headers[:1], groups_of([made]))
    assert complaints(path) == []
    assert "SCOORD" not in dumped(path)
    assert "only its numbers are written" in dumped(path)


def test_ragged_pixels_are_written_by_their_numbers_and_said_so(tmp_path: Path, headers: list[InstanceHeader]) -> None:
    rows, columns = np.indices((256, 256))
    mask = trimmed((rows + columns) % 2 == 0)
    assert is_coarse(mask)
    made = replace(mark("brush", anchor_of(headers[0]), ground_of(headers[0])), points=((0.0, 0.0),))
    made = with_mask(made, mask)
    path = write(tmp_path, headers[:1], groups_of([made]))
    assert complaints(path) == []
    assert "SCOORD" not in dumped(path)
    assert "too ragged for an outline: only its numbers are written" in dumped(path)
    (back,) = take(path, headers).annotations
    assert back.parameters == made.parameters
