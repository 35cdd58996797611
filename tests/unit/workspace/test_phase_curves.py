"""Regions over phases: which pixels count, what they come to, and curves of phantoms and real series against numpy."""

import csv
import io
import math
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from tests.builders.phantoms import loaded_volume, upright_stack, write_phases, write_slices
from tests.builders.plain_volumes import plain_volume
from tests.builders.volume_stores import images_of, plain_store
from viewer.base.errors import VolumeError
from viewer.base.jobs import Progress
from viewer.imaging.padding import Padding
from viewer.volume.reslice import warm_up
from viewer.volume.reslice_plane import Projection, ReslicePlane
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.curve_courses import RunImage
from viewer.workspace.curve_reading import ReadRunCurve, ReadVolumeCurve
from viewer.workspace.phase_curves import (
    PhaseCurve,
    Region,
    RegionShape,
    Statistic,
    region_pixels,
    seen_from,
    table_of,
    values_of,
)
from viewer.workspace.volume_planes import acquisition_turn, reslice_plane_of
from viewer.workspace.volume_view import VolumeView

COLUMNS, ROWS, SLICES = 14, 12, 6
TIMES_MS = (0.0, 125.0, 300.0, 850.0, 900.0)
ELLIPSE = Region(RegionShape.ELLIPSE, (2.2, 1.4), (9.7, 10.1))
RECTANGLE = Region(RegionShape.RECTANGLE, (9.0, 8.5), (3.5, 2.0))
POINT = Region(RegionShape.POINT, (4.5, 7.5), (4.5, 7.5))


@pytest.fixture(scope="module", autouse=True)
def _kernels() -> None:
    warm_up()


def brute(region: Region, rows: int, columns: int) -> NDArray[np.bool_]:
    """Return which pixel centres lie in a region, one by one, by the equations of the shapes."""
    left, right = sorted((region.start[0], region.end[0]))
    top, bottom = sorted((region.start[1], region.end[1]))
    mask = np.zeros((rows, columns), bool)
    for row in range(rows):
        for column in range(columns):
            x, y = column + 0.5, row + 0.5
            if region.shape is RegionShape.RECTANGLE:
                mask[row, column] = left <= x <= right and top <= y <= bottom
            else:
                a, b = (right - left) / 2, (bottom - top) / 2
                mask[row, column] = math.hypot((x - left - a) / a, (y - top - b) / b) <= 1
    return mask


@pytest.mark.parametrize("region", [ELLIPSE, RECTANGLE, Region(RegionShape.ELLIPSE, (-5.0, -3.0), (6.0, 30.0))])
def test_a_pixel_counts_when_its_centre_is_inside(region: Region) -> None:
    pixels = region_pixels(region, ROWS, COLUMNS)
    mask = np.zeros((ROWS, COLUMNS), bool)
    mask[pixels.top : pixels.top + pixels.mask.shape[0], pixels.left : pixels.left + pixels.mask.shape[1]] = pixels.mask
    assert np.array_equal(mask, brute(region, ROWS, COLUMNS))
    numbers = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    assert pixels.of(numbers).tolist() == numbers[mask].tolist()


@pytest.mark.parametrize("at", [(-0.1, 3.0), (3.0, float(ROWS)), (float(COLUMNS), 0.0)])
def test_a_point_beside_the_image_has_no_pixel(at: tuple[float, float]) -> None:
    assert region_pixels(Region(RegionShape.POINT, at, at), ROWS, COLUMNS).count == 0


def test_a_region_between_pixel_centres_is_empty() -> None:
    assert region_pixels(Region(RegionShape.RECTANGLE, (2.6, 2.6), (3.4, 3.4)), ROWS, COLUMNS).count == 0
    assert region_pixels(Region(RegionShape.ELLIPSE, (2.6, 2.0), (2.6, 5.0)), ROWS, COLUMNS).count == 0


def test_the_deviation_is_that_of_a_sample() -> None:
    found = values_of(np.array([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0, np.nan]))
    assert (found.count, found.mean, found.minimum, found.maximum) == (8, 5.0, 2.0, 9.0)
    assert found.sd == pytest.approx(math.sqrt(32 / 7))
    assert math.isnan(values_of(np.array([3.0])).sd)
    assert values_of(np.array([np.nan])).count == 0


def test_another_unit_maps_every_number() -> None:
    values = np.array([1.0, 2.0, 6.0])
    mapped, truth = values_of(values).mapped(-2.0, 5.0), values_of(values * -2.0 + 5.0)
    for statistic in Statistic:
        assert mapped.of(statistic) == pytest.approx(truth.of(statistic))


def test_an_outline_is_found_again_on_a_plane_that_is_seen_otherwise() -> None:
    volume = plain_volume(np.zeros((SLICES, ROWS, COLUMNS), np.int16))
    plane = plane_of(volume).plane
    points, away = seen_from(RECTANGLE, plane, plane)
    assert away == pytest.approx(0.0, abs=1e-9)
    assert np.allclose(points, RECTANGLE.outline)
    _points, away = seen_from(RECTANGLE, plane, plane.moved_to((0.0, 0.0, 99.0)))
    assert away > 90


# Volumes


def plane_of(volume: SeriesVolume, slice_index: int = 2, thickness_mm: float = 0.0) -> ReslicePlane:
    """Return the plane as acquired through the middle of a slice; its grid is the slice's."""
    geometry = volume.geometry
    columns, rows, _slices = geometry.dimensions
    x, y, z = (float(each) for each in (geometry.affine @ np.array([columns / 2, rows / 2, slice_index, 1.0]))[:3])
    view = VolumeView(turn=acquisition_turn(geometry), center_mm=(x, y, z), thickness_mm=thickness_mm)
    return reslice_plane_of(view, geometry)


def wave(phase: int) -> NDArray[np.float64]:
    """Return a phase of the phantom: every voxel has a curve of its own."""
    slices, rows, columns = np.meshgrid(np.arange(SLICES), np.arange(ROWS), np.arange(COLUMNS), indexing="ij")
    time = TIMES_MS[phase] / 1000
    rise = 1 - np.exp(-time / (0.1 + 0.05 * columns))
    return np.asarray(np.rint(40.0 * slices + 10.0 * rows + 300.0 * rise))


@pytest.fixture(scope="module")
def beating(tmp_path_factory: pytest.TempPathFactory) -> SeriesVolume:
    folder = tmp_path_factory.mktemp("beating") / "ct"
    stack = upright_stack((COLUMNS, ROWS, SLICES), (0.8, 1.1, 3.0))
    elements = [{"TriggerTime": f"{time:g}"} for time in TIMES_MS]
    write_phases(folder, stack, np.stack([wave(phase) for phase in range(len(TIMES_MS))]), elements)
    return loaded_volume(folder)


def read(volume: SeriesVolume, plane: ReslicePlane, region: Region) -> PhaseCurve:
    return ReadVolumeCurve(volume, plane, region).run(Progress())


def numbers(curve: PhaseCurve) -> NDArray[np.float64]:
    return np.array([(each.count, each.mean, each.sd, each.minimum, each.maximum) for each in curve.values])


def truth(phases: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Return count, mean, sd, lowest and highest of each phase's pixels."""
    return np.array([(each.size, np.mean(each), np.std(each, ddof=1), np.min(each), np.max(each)) for each in phases])


@pytest.mark.parametrize("region", [ELLIPSE, RECTANGLE])
def test_a_region_of_a_plane_as_acquired_has_the_pixels_of_the_slice(beating: SeriesVolume, region: Region) -> None:
    curve = read(beating, plane_of(beating), region)
    mask = brute(region, ROWS, COLUMNS)
    assert np.allclose(numbers(curve), truth([wave(phase)[2][mask] for phase in range(len(TIMES_MS))]))
    assert curve.times is not None
    assert curve.times.seconds == pytest.approx([time / 1000 for time in TIMES_MS])
    assert curve.unit == "HU"
    assert curve.notes == ()
    assert curve.places(by_time=False) == (1.0, 2.0, 3.0, 4.0, 5.0)


def test_a_point_at_a_voxel_has_its_value_and_no_deviation(beating: SeriesVolume) -> None:
    curve = read(beating, plane_of(beating, 4), POINT)
    assert [each.mean for each in curve.values] == pytest.approx([wave(phase)[4, 7, 4] for phase in range(5)])
    assert all(each.count == 1 and math.isnan(each.sd) for each in curve.values)


def test_a_point_between_voxels_is_mixed_linearly(beating: SeriesVolume) -> None:
    between = Region(RegionShape.POINT, (4.5, 8.0), (4.5, 8.0))
    curve = read(beating, plane_of(beating, 4), between)
    truth_there = [(wave(phase)[4, 7, 4] + wave(phase)[4, 8, 4]) / 2 for phase in range(5)]
    assert [each.mean for each in curve.values] == pytest.approx(truth_there, abs=1e-3)


def test_a_slab_is_told_and_measured_as_it_is_shown(beating: SeriesVolume) -> None:
    plane = replace(plane_of(beating, 2, 6.0), projection=Projection.MAXIMUM)
    curve = read(beating, plane, POINT)
    # 6 mm about slice 2 reach half a slice beyond its neighbours' near faces: to the middle between 2 and 3 and so on.
    assert [each.mean for each in curve.values] == pytest.approx([wave(phase)[3, 7, 4] for phase in range(5)], abs=1e-2)
    assert any("6.0 mm" in note for note in curve.notes)


def test_padding_is_left_out_of_every_phase() -> None:
    generator = np.random.default_rng(4)
    arrays = tuple(generator.integers(0, 500, (SLICES, ROWS, COLUMNS)).astype(np.int16) for _phase in range(3))
    for array in arrays:
        array[:, :, :4] = -2000
    one = plain_volume(arrays[0], padding=Padding(-2000, -2000))
    volume = replace(one, phases=arrays, phase_names=("1", "2", "3"))
    curve = read(volume, plane_of(volume), ELLIPSE)
    mask = brute(ELLIPSE, ROWS, COLUMNS)
    mask[:, :4] = False
    assert np.allclose(numbers(curve), truth([array[2][mask] for array in arrays]))
    assert curve.times is None
    assert curve.places(by_time=True) == (1.0, 2.0, 3.0)


def test_a_region_without_a_pixel_is_refused(beating: SeriesVolume) -> None:
    with pytest.raises(VolumeError, match="No pixel"):
        read(beating, plane_of(beating), Region(RegionShape.RECTANGLE, (2.6, 2.6), (3.4, 3.4)))


def test_phases_that_lack_slices_are_told(tmp_path: Path) -> None:
    stack = upright_stack((COLUMNS, ROWS, SLICES), (1.0, 1.0, 3.0))
    values = np.stack([wave(phase) for phase in range(3)])
    paths = write_phases(tmp_path / "ct", stack, values, [{"TriggerTime": str(time)} for time in (10, 20, 30)])
    paths[SLICES + 2].unlink()
    volume = loaded_volume(tmp_path / "ct")
    curve = read(volume, plane_of(volume), POINT)
    assert any("lacks 1 slices" in note for note in curve.notes)
    # What is not there is interpolated: the neighbours' mean.
    assert curve.values[1].mean == pytest.approx((wave(1)[1, 7, 4] + wave(1)[3, 7, 4]) / 2, abs=0.51)
    assert curve.values[2].mean == pytest.approx(wave(2)[2, 7, 4])


# Images of one place


def run_of_folder(folder: Path) -> tuple[RunImage, ...]:
    return tuple(RunImage(image, number, "set", number) for number, image in enumerate(images_of(folder)))


def test_every_image_of_a_run_has_its_own_slope_and_padding(tmp_path: Path) -> None:
    generator = np.random.default_rng(7)
    stack = upright_stack((COLUMNS, ROWS, 4), (1.0, 1.0, 1.0))
    one_place = stack.in_order([0, 0, 0, 0])
    values = generator.integers(0, 900, (4, ROWS, COLUMNS)).astype(float)
    values[:, 3:5, 4:8] = -1024.0
    slopes = (1.0, 2.0, 0.5, 4.0)
    # Stored as (value + 1024) / slope: the padding is 0 whatever the slope.
    write_slices(tmp_path / "run", one_place, values, slope=slopes, elements={"PixelPaddingValue": 0})
    curve = ReadRunCurve(plain_store(), run_of_folder(tmp_path / "run"), ELLIPSE).run(Progress())
    mask = brute(ELLIPSE, ROWS, COLUMNS)
    mask[3:5, 4:8] = False
    cells = [np.rint((each[mask] + 1024) / slope) * slope - 1024 for each, slope in zip(values, slopes, strict=True)]
    assert np.allclose(numbers(curve), truth(cells))


def test_images_of_another_size_are_refused(tmp_path: Path) -> None:
    for number, size in enumerate(((8, 8, 1), (9, 8, 1))):
        stack = upright_stack(size, (1.0, 1.0, 1.0))
        write_phases(
            tmp_path / "run", stack, np.zeros((1, 1, size[1], size[0])), [{}], label=f"s{number}", name=f"s{number}"
        )
    with pytest.raises(VolumeError, match="one size"):
        ReadRunCurve(plain_store(), run_of_folder(tmp_path / "run"), POINT_OF_8).run(Progress())


POINT_OF_8 = Region(RegionShape.POINT, (4.5, 4.5), (4.5, 4.5))


def test_the_table_reads_back(beating: SeriesVolume) -> None:
    curve = read(beating, plane_of(beating), ELLIPSE)
    text = io.StringIO()
    csv.writer(text).writerows(table_of([("1 Ellipse", curve)]))
    lines = list(csv.DictReader(io.StringIO(text.getvalue())))
    assert [line["phase"] for line in lines] == ["1", "2", "3", "4", "5"]
    assert [float(line["time (s)"]) for line in lines] == pytest.approx([time / 1000 for time in TIMES_MS])
    assert [float(line["mean"]) for line in lines] == pytest.approx([each.mean for each in curve.values])
    assert {line["unit"] for line in lines} == {"HU"}


# Real series


@pytest.mark.real_data
def test_a_mosaic_in_time_equals_its_raw_tiles(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "mr-mosaic").glob("IM-0001-*.dcm"))
    for path in files:
        shutil.copy(path, tmp_path)
    volume = loaded_volume(tmp_path)
    assert len(volume.phases) == len(files)
    slice_index, region = 17, Region(RegionShape.ELLIPSE, (20.3, 18.1), (47.7, 40.9))
    plane = plane_of(volume, slice_index)
    curve = read(volume, plane, region)
    mask = brute(region, 64, 64)
    raw = [pydicom.dcmread(path).pixel_array for path in files]
    candidates = []
    for row, column in np.ndindex(6, 6):
        tiles = [each[row * 64 : (row + 1) * 64, column * 64 : (column + 1) * 64] for each in raw]
        candidates.append(truth([tile[mask] for tile in tiles]))
    # The slice is one of the tiles: the 18th, or as many from the end where slices are turned round.
    assert any(np.allclose(numbers(curve), candidates[at]) for at in (slice_index, 35 - slice_index))
    assert curve.times is not None
    assert curve.times.seconds == pytest.approx([3.2 * number for number in range(6)])


@pytest.mark.real_data
def test_enhanced_files_in_time_equal_their_raw_frames(shared_data: Path, tmp_path: Path) -> None:
    found = []
    for path in sorted((shared_data / "mr-enhanced").glob("000*.dcm")):
        data_set = pydicom.dcmread(path, stop_before_pixels=True)
        if data_set.get("SeriesDescription") == "asl_2d_tra":
            shutil.copy(path, tmp_path)
            found.append(path)
    volume = loaded_volume(tmp_path)
    assert len(volume.phases) == len(found) == 7
    region = Region(RegionShape.ELLIPSE, (12.0, 15.5), (50.5, 52.0))
    curve = read(volume, plane_of(volume, 5), region)
    mask = brute(region, 64, 64)
    by_time = sorted(map(pydicom.dcmread, found), key=_moment)
    frames = [each.pixel_array[_frame_at(each, 5)] for each in by_time]
    assert np.allclose(numbers(curve), truth([frame[mask] for frame in frames]))
    assert curve.times is not None
    assert curve.times.seconds == pytest.approx([4.8 * number for number in range(7)], abs=1e-3)


@pytest.mark.real_data
def test_an_angiogram_equals_its_raw_frames(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "ultrasound-cine" / "I_000000.dcm"
    shutil.copy(path, tmp_path)
    data_set = pydicom.dcmread(path)
    frames = data_set.pixel_array
    rows, columns = frames.shape[1:]
    region = Region(RegionShape.RECTANGLE, (columns * 0.4, rows * 0.3), (columns * 0.5, rows * 0.45))
    curve = ReadRunCurve(plain_store(1 << 26), run_of_folder(tmp_path)[:12], region).run(Progress())
    mask = brute(region, rows, columns)
    found, wanted = numbers(curve), truth([frame[mask].astype(float) for frame in frames[:12]])
    assert np.allclose(found[:, 0], wanted[:, 0])
    assert np.allclose(found[:, 1], wanted[:, 1], atol=1.0)  # the image is JPEG: decoders differ by a grey level
    assert curve.times is not None
    assert curve.times.seconds == pytest.approx([0.066666667 * number for number in range(12)])


def _moment(data_set: pydicom.Dataset) -> str:
    content = data_set.PerFrameFunctionalGroupsSequence[0].FrameContentSequence[0]
    return str(content.FrameReferenceDateTime)


def _frame_at(data_set: pydicom.Dataset, slice_index: int) -> int:
    heights = [
        float(frame.PlanePositionSequence[0].ImagePositionPatient[2])
        for frame in data_set.PerFrameFunctionalGroupsSequence
    ]
    return int(np.argsort(heights)[slice_index])
