"""Threshold regions through volumes: voxel by voxel those of scipy's labels of the whole, with limits and refusals."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from viewer.base.errors import Cancelled, VolumeError
from viewer.base.jobs import Progress, ProgressReport
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding
from viewer.volume.series_volume import Gap, SeriesVolume, VolumeCondition
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.measuring.threshold_volume import GrowThresholdVolume, ThresholdVolume

if TYPE_CHECKING:
    from viewer.imaging.frame_state import FrameState

SLICES, ROWS, COLUMNS = 17, 23, 29
SPACING = (0.7, 0.9, 2.5)


def volume(array: NDArray[Any], **more: Any) -> SeriesVolume:
    slices, rows, columns = array.shape
    geometry = VolumeGeometry(
        (columns, rows, slices), SPACING, (-30.0, 12.0, 400.0), ((0.0, 1.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    )
    state = cast("FrameState", SimpleNamespace(modality="CT"))
    return SeriesVolume("1", 1, geometry, (array,), Rescale(2.0, -1000.0, "HU"), state, **more)


def noise(number: int) -> NDArray[np.int16]:
    return np.random.default_rng(number).integers(0, 1000, (SLICES, ROWS, COLUMNS)).astype(np.int16)


def grow(
    of: SeriesVolume, index: tuple[int, int, int], low: float | None, high: float | None, **more: Any
) -> ThresholdVolume:
    slice_, row, column = index
    return GrowThresholdVolume(of, of.geometry.point_patient(column, row, slice_), low, high, **more).run(Progress())


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("share", [0.35, 0.5, 0.8])
def test_regions_equal_those_of_labels_of_the_whole_volume(number: int, share: float) -> None:
    array = noise(number)
    low, high = -1000.0, -1000.0 + 2 * 1000 * share
    inside = (array * 2.0 - 1000.0 >= low) & (array * 2.0 - 1000.0 <= high)
    index = tuple(int(at) for at in np.argwhere(inside)[number * 7])
    labels, _count = ndimage.label(inside)
    expected = labels == labels[index]
    found = grow(volume(array), cast("tuple[int, int, int]", index), high, low)  # in either order
    assert np.array_equal(found.over((COLUMNS, ROWS, SLICES)), expected)
    assert found.count == expected.sum()
    assert found.volume_mm3 == pytest.approx(expected.sum() * 0.7 * 0.9 * 2.5)
    values = array[expected] * 2.0 - 1000.0
    assert found.statistics.mean == pytest.approx(values.mean())
    assert found.statistics.median == pytest.approx(np.median(values))
    assert (found.statistics.minimum, found.statistics.maximum) == (values.min(), values.max())
    by_title = {each.title: each for each in found.readings}
    assert by_title["Volume"].unit.ucum == "mm3"
    assert by_title["Mean in 3D"].unit.symbol == "HU"
    assert by_title["Mean in 3D"].code.value == "112031"


def test_padding_never_belongs_and_bounds_are_likely_ones_where_not_given() -> None:
    array = np.full((SLICES, ROWS, COLUMNS), 0, np.int16)
    array[4:9, 5:15, 6:16] = np.random.default_rng(1).integers(500, 520, (5, 10, 10))
    array[6, 10, 12] = -2000
    of = volume(array, padding=Padding(-2000, -2000))
    found = grow(of, (6, 10, 10), None, None)
    near = array[4:9, 8:13, 8:13][array[4:9, 8:13, 8:13] > -2000] * 2.0 - 1000.0
    low, high = near.mean() - 2.5 * near.std(ddof=1), near.mean() + 2.5 * near.std(ddof=1)
    assert found.bounds == pytest.approx((low, high))
    assert found.count == 5 * 10 * 10 - 1
    assert found.start == (4, 5, 6)
    assert found.notes == ()
    with pytest.raises(VolumeError, match="padding"):
        grow(of, (6, 10, 12), None, None)


def test_what_cannot_be_grown_is_refused_with_the_reason() -> None:
    of = volume(noise(3))
    with pytest.raises(VolumeError, match="two values"):
        grow(of, (3, 3, 3), 5000.0, 6000.0)
    with pytest.raises(VolumeError, match="more than 50 voxels"):
        grow(of, (3, 3, 3), -1000.0, 1000.0, most=50)
    with pytest.raises(VolumeError, match="outside"):
        GrowThresholdVolume(of, (9999.0, 0.0, 0.0), 0.0, 1.0).run(Progress())
    with pytest.raises(VolumeError, match="curved"):
        grow(volume(noise(3), condition=VolumeCondition(refusal="curved")), (3, 3, 3), -1000.0, 1000.0)
    with pytest.raises(VolumeError, match="loading"):
        grow(volume(noise(3), loaded=0.5), (3, 3, 3), -1000.0, 1000.0)


def test_growing_can_be_stopped() -> None:
    reports: list[ProgressReport] = []

    def stop(report: ProgressReport) -> None:
        reports.append(report)
        progress.cancel()

    progress = Progress(stop)
    of = volume(np.zeros((SLICES, ROWS, COLUMNS), np.int16))
    with pytest.raises(Cancelled):
        GrowThresholdVolume(of, of.geometry.center_mm, -1000.0, 0.0).run(progress)
    assert len(reports) == 1


def test_the_reader_is_told_what_the_volume_rests_on() -> None:
    array = np.zeros((SLICES, ROWS, COLUMNS), np.int16)
    condition = VolumeCondition((Gap(2, 1, 5.0),), missing_slices=(4,), is_irregular=True, reduction=(2, 2, 1))
    found = grow(volume(array, condition=condition), (3, 3, 3), -1000.0, 0.0)
    assert len(found.notes) == 5
    assert "; ".join(found.notes) == found.readings[0].caution
    (edge,) = grow(volume(array), (3, 3, 3), -1000.0, 0.0).notes
    assert "edge" in edge


def test_a_corkscrew_is_followed_through_all_slices() -> None:
    array = np.zeros((41, 9, 9), np.int16)
    ring = [(1, c) for c in range(1, 8)] + [(r, 7) for r in range(2, 8)] + [(7, c) for c in range(6, 0, -1)]
    for slice_ in range(0, 41, 2):  # up one corner and down the other, with lids between
        for row, column in ring:
            array[slice_, row, column] = 900
        if slice_ + 1 < 41:
            row, column = ring[0] if slice_ % 4 else ring[-1]
            array[slice_ + 1, row, column] = 900
    found = grow(volume(array), (0, 1, 1), 700.0, 900.0)
    assert found.count == (array == 900).sum()
