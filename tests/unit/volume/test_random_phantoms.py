"""Random series with known geometry: wherever a voxel lies by the affine, it shows what lies there.

Three fields that grow along x, y and z make of every voxel's value the place it was taken from.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.phantoms import AXIAL, SliceStack, ramp, turned, upright_stack, write_phantom
from tests.builders.volume_stores import images_of, plain_store
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.volume_loading import load_volume
from viewer.volume.volume_plan import plan_volume

UNITS_A_MM = 40
A_TENTH = 0.1


@dataclass(frozen=True)
class Made:
    """A random series and what is known of it."""

    stack: SliceStack
    tilt: float
    missing: int
    doubles: int
    is_uneven: bool


def made(number: int) -> Made:
    rng = np.random.default_rng(number)
    orientation: tuple[float, ...] = AXIAL
    for _turn in range(2):
        x, y, z = rng.normal(size=3).tolist()
        orientation = turned(orientation, float(rng.uniform(0, 360)), (x, y, z))
    across, down = rng.uniform(0.3, 3, 2)
    through = float(rng.uniform(0.3, 10)) * rng.choice([-1, 1])
    count = int(rng.integers(8, 24))
    center = tuple(rng.uniform(-50, 50, 3).tolist())
    stack = upright_stack(
        (int(rng.integers(12, 40)), int(rng.integers(12, 40)), count),
        (float(across), float(down), float(through)),
        orientation=orientation,
        center_mm=(center[0], center[1], center[2]),
    )
    is_uneven = rng.random() < 0.25
    if is_uneven:
        steps = rng.uniform(0.6, 1.4, count - 1) * through
        stack = stack.spaced([0.0, *np.cumsum(steps).tolist()])
    tilt = float(rng.choice([0, 0, rng.uniform(-30, 30)]))
    stack = stack.tilted(tilt)
    gone = [] if is_uneven or rng.random() < 0.5 else [int(rng.integers(2, count - 3))]
    stack = stack.without(*gone)
    doubles = 0 if rng.random() < 0.7 else 1
    if doubles:
        stack = stack.with_double(int(rng.integers(0, len(stack.positions_mm))))
    order = rng.permutation(len(stack.positions_mm)).tolist()
    return Made(stack.in_order(order), tilt, len(gone), doubles, is_uneven)


def loaded(folder: Path) -> SeriesVolume:
    store = plain_store()
    return load_volume(plan_volume([images_of(folder)], store), store)


def inner(volume: SeriesVolume) -> NDArray[np.bool_]:
    """Return the voxels that hold something and whose neighbours in the plane do: the rim repeats the edge."""
    array = volume.array()
    there = np.ones(array.shape, bool)
    if volume.padding is not None:
        there = ~((array >= volume.padding.low) & (array <= volume.padding.high))
    framed = np.pad(there, ((0, 0), (1, 1), (1, 1)), constant_values=False)
    return np.asarray(
        framed[:, 1:-1, 1:-1] & framed[:, :-2, 1:-1] & framed[:, 2:, 1:-1] & framed[:, 1:-1, :-2] & framed[:, 1:-1, 2:]
    )


def check(number: int, folder: Path) -> None:
    phantom = made(number)
    for axis in range(3):
        gradient = [0.0, 0.0, 0.0]
        gradient[axis] = UNITS_A_MM
        field = ramp((gradient[0], gradient[1], gradient[2]), -UNITS_A_MM * float(phantom.stack.center_mm[axis]))
        place = folder / "xyz"[axis]
        write_phantom(place, phantom.stack, field, intercept=0.0)
        volume = loaded(place)
        geometry = volume.geometry
        k, j, i = np.meshgrid(*(np.arange(size) for size in geometry.dimensions[::-1]), indexing="ij")
        points = np.stack([i, j, k], -1) @ geometry.affine[:3, :3].T + geometry.affine[:3, 3]
        off_mm = np.abs(volume.modality_values() - field(points))[inner(volume)] / UNITS_A_MM
        # Two roundings of half a unit; the rest is where the voxel really lies.
        assert off_mm.max() - 1.5 / UNITS_A_MM <= A_TENTH * geometry.finest_mm, (number, axis)
    condition = volume.condition
    assert bool(condition.is_irregular) is phantom.is_uneven
    assert sum(gap.missing for gap in condition.gaps) == phantom.missing or phantom.is_uneven
    assert len(condition.duplicates) == phantom.doubles
    if condition.is_tilted:
        assert condition.tilt_deg == pytest.approx(abs(phantom.tilt), abs=1e-3)
    else:
        assert abs(phantom.tilt) < 1


@pytest.mark.parametrize("number", range(10))
def test_voxels_show_what_lies_where_they_lie(tmp_path: Path, number: int) -> None:
    check(number, tmp_path)


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_300_phantoms_show_what_lies_where_they_lie(tmp_path: Path) -> None:
    for number in range(300):
        check(number, tmp_path / str(number))


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_every_slice_that_is_missing_or_double_is_told(tmp_path: Path) -> None:
    told = 0
    for number in range(50):
        rng = np.random.default_rng(number)
        count = int(rng.integers(6, 16))
        spacing = (1.0, 1.0, float(rng.uniform(0.3, 10)))
        orientation = turned(AXIAL, float(rng.uniform(0, 360)), (1.0, float(rng.normal()), 0.5))
        stack = upright_stack((6, 5, count), spacing, orientation=orientation).tilted(float(rng.choice([0, 12])))
        for index in range(1, count - 1):
            missing, double = tmp_path / f"{number} without {index}", tmp_path / f"{number} twice {index}"
            write_phantom(missing, stack.without(index), ramp((1, 1, 1)))
            write_phantom(double, stack.with_double(index), ramp((1, 1, 1)))
            gaps = plan_volume([images_of(missing)], plain_store()).condition.gaps
            assert [(gap.after_slice, gap.missing) for gap in gaps] == [(gaps[0].after_slice, 1)]
            assert gaps[0].after_slice in {index - 1, count - 2 - index}
            assert len(plan_volume([images_of(double)], plain_store()).condition.duplicates) == 1
            told += 2
    print(f"\n{told} of {told} told")
