"""Volumes of phantoms known by a formula: positions, values, tilt, gaps, orders and orientations."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.phantoms import (
    AXIAL,
    Field,
    all_orientations,
    loaded_volume,
    ramp,
    rod,
    spheres,
    turned,
    upright_stack,
    write_phantom,
    write_slices,
)
from viewer.volume.series_volume import SeriesVolume

GRADIENT = (2.0, -1.0, 3.0)


def places(volume: SeriesVolume) -> NDArray[np.float64]:
    """Return the place of every voxel by the affine; (slices, rows, columns, 3)."""
    k, j, i = np.meshgrid(*(np.arange(count) for count in volume.geometry.dimensions[::-1]), indexing="ij")
    affine = volume.geometry.affine
    return np.asarray(np.stack([i, j, k], -1) @ affine[:3, :3].T + affine[:3, 3])


def errors(volume: SeriesVolume, field: Field) -> NDArray[np.float64]:
    """Return how far voxels that hold something are from a field."""
    array = volume.array()
    off = np.abs(volume.modality_values() - field(places(volume)))
    there = np.ones(array.shape, bool)
    if volume.padding is not None:
        there = ~((array >= volume.padding.low) & (array <= volume.padding.high))
    return np.asarray(off[there])


@pytest.mark.parametrize("spacing", [0.3, 1.0, 2.5, 10.0])
def test_an_upright_stack_is_itself(tmp_path: Path, spacing: float) -> None:
    stack = upright_stack((20, 16, 12), (0.7, 1.3, spacing), center_mm=(12.5, -40, 100))
    write_phantom(tmp_path, stack, ramp(GRADIENT))
    volume = loaded_volume(tmp_path)
    assert volume.geometry.dimensions == (20, 16, 12)
    assert volume.geometry.spacing_mm == pytest.approx((0.7, 1.3, spacing), abs=1e-9)
    assert volume.geometry.origin_mm == pytest.approx(tuple(stack.positions_mm[0]), abs=1e-9)
    assert volume.condition.is_plain
    assert volume.array().dtype == np.int16
    assert errors(volume, ramp(GRADIENT)).max() <= 0.5 + 1e-3
    low, high = volume.value_range
    assert (low, high) == (volume.modality_values().min(), volume.modality_values().max())


def test_all_48_orientations_put_every_voxel_where_its_pixel_lies(tmp_path: Path) -> None:
    field = ramp((7.0, 31.0, 131.0))
    for number, (orientation, way) in enumerate(all_orientations()):
        folder = tmp_path / str(number)
        stack = upright_stack((5, 4, 3), (1.0, 2.0, 3.0 * way), orientation=orientation)
        write_phantom(folder, stack, field)
        volume = loaded_volume(folder)
        assert errors(volume, field).max() <= 0.5 + 1e-3, orientation
        assert volume.geometry.axes[0] == pytest.approx(orientation[:3])
        assert volume.geometry.axes[1] == pytest.approx(orientation[3:])
        assert np.linalg.det(volume.geometry.direction) == pytest.approx(1)
    assert number == 47


def test_oblique_slices_in_any_order_of_files(tmp_path: Path) -> None:
    orientation = turned(turned(AXIAL, 33, (1, 0.2, 0)), -21, (0, 0.1, 1))
    stack = upright_stack((20, 16, 12), (0.7, 1.3, 2.1), orientation=orientation)
    write_phantom(tmp_path, stack.in_order(np.random.default_rng(1).permutation(12).tolist()), ramp(GRADIENT))
    assert errors(loaded_volume(tmp_path), ramp(GRADIENT)).max() <= 0.5 + 1e-2


@pytest.mark.parametrize("degrees", [-30.0, -7.5, 3.0, 15.0, 18.5, 30.0])
def test_a_tilted_stack_is_sheared_upright(tmp_path: Path, degrees: float) -> None:
    stack = upright_stack((24, 40, 16), (0.8, 0.9, 2.0)).tilted(degrees)
    write_phantom(tmp_path, stack, ramp(GRADIENT))
    volume = loaded_volume(tmp_path)
    assert volume.condition.tilt_deg == pytest.approx(abs(degrees), abs=1e-6)
    assert volume.condition.is_tilted
    assert not volume.condition.is_irregular
    assert volume.geometry.axes[2] == pytest.approx((0, 0, 1))
    off = errors(volume, ramp(GRADIENT))
    # Rounded once when written and once when moved; the outer half pixel of a slice repeats its edge.
    assert np.quantile(off, 0.9) <= 1.0 + 1e-3
    assert off.max() <= 1.0 + 0.5 * 0.9 * 1.0 + 1e-3
    assert 24 * 40 * 16 <= off.size <= 24 * 41 * 16


def test_slices_shifted_against_each_other_are_put_right(tmp_path: Path) -> None:
    stack = upright_stack((24, 40, 9), (0.8, 0.9, 2.0))
    shifts = np.array([0, 1.3, -0.4, 2.2, 0, 0.7, -1.1, 0.3, 0])
    moved = replace(stack, positions_mm=stack.positions_mm + np.outer(shifts, [1, 0, 0]))
    write_phantom(tmp_path, moved, ramp(GRADIENT))
    volume = loaded_volume(tmp_path)
    assert not volume.condition.is_plain
    assert any("shifted" in note for note in volume.condition.notes)
    assert np.quantile(errors(volume, ramp(GRADIENT)), 0.9) <= 1.0 + 1e-3


def test_a_rod_stays_straight_under_tilt(tmp_path: Path) -> None:
    through, along = (1.0, 0.5, 0.0), (0.2, -0.35, 1.0)
    stack = upright_stack((48, 64, 24), (0.8, 0.8, 2.0)).tilted(20)
    write_phantom(tmp_path, stack, rod(through, along, 5.0))
    volume = loaded_volume(tmp_path)
    values, where = volume.modality_values(), places(volume)
    assert volume.padding is not None
    values[volume.array() == volume.padding.low] = 0
    for index in range(4, 20):
        weights = values[index][..., None]
        center = (weights * where[index]).sum((0, 1)) / weights.sum()
        wanted = np.array(through) + (center[2] - through[2]) / along[2] * np.array(along)
        assert np.abs(center - wanted)[:2].max() < 0.08


def test_a_ball_keeps_its_volume_under_tilt(tmp_path: Path) -> None:
    stack = upright_stack((40, 64, 30), (1.0, 1.0, 1.0)).tilted(15)
    write_phantom(tmp_path, stack, spheres([(0, 0, 0)], 10.0))
    volume = loaded_volume(tmp_path)
    assert volume.padding is not None
    inside = (volume.modality_values() > 500) & (volume.array() != volume.padding.low)
    assert inside.sum() == pytest.approx(4 / 3 * np.pi * 1000, rel=0.01)


def test_missing_slices_are_told_and_interpolated(tmp_path: Path) -> None:
    stack = upright_stack((12, 10, 20), (1.0, 1.0, 2.0)).without(7, 8, 14)
    write_phantom(tmp_path, stack, ramp(GRADIENT))
    volume = loaded_volume(tmp_path)
    assert volume.geometry.dimensions == (12, 10, 20)
    assert [(gap.after_slice, gap.missing) for gap in volume.condition.gaps] == [(6, 2), (11, 1)]
    assert errors(volume, ramp(GRADIENT)).max() <= 1.0 + 1e-3
    assert len(volume.images[0]) == 17


def test_double_slices_are_told_and_the_first_is_taken(tmp_path: Path) -> None:
    stack = upright_stack((12, 10, 9), (1.0, 1.0, 2.0))
    write_phantom(tmp_path, stack.with_double(4), ramp(GRADIENT))
    volume = loaded_volume(tmp_path)
    assert volume.geometry.dimensions == (12, 10, 9)
    assert len(volume.phases) == 1
    assert volume.condition.duplicates == pytest.approx((0.0,))
    assert errors(volume, ramp(GRADIENT)).max() <= 0.5 + 1e-3


def test_uneven_slices_are_resampled(tmp_path: Path) -> None:
    distances = np.cumsum([0, 2, 2, 2, 2.7, 2, 2, 1.2, 2, 2, 3.1, 2, 2])
    write_phantom(tmp_path, upright_stack((12, 10, 13)).spaced(distances.tolist()), ramp(GRADIENT))
    volume = loaded_volume(tmp_path)
    assert volume.condition.is_irregular
    assert volume.geometry.spacing_mm[2] == pytest.approx(25 / 12)
    assert errors(volume, ramp(GRADIENT)).max() <= 1.0 + 1e-3


def test_uneven_and_tilted_at_once(tmp_path: Path) -> None:
    distances = np.cumsum([0, 2, 2, 2, 2.7, 2, 2, 1.2, 2, 2, 3.1, 2, 2])
    stack = upright_stack((12, 30, 13), orientation=turned(AXIAL, 30, (1, 1, 0))).spaced(distances.tolist()).tilted(12)
    write_phantom(tmp_path, stack, ramp(GRADIENT))
    volume = loaded_volume(tmp_path)
    assert volume.condition.is_irregular
    assert volume.condition.tilt_deg == pytest.approx(12)
    off = errors(volume, ramp(GRADIENT))
    assert np.quantile(off, 0.85) <= 1.5
    assert off.max() <= 4.1


def test_slopes_that_differ_make_modality_values(tmp_path: Path) -> None:
    stack = upright_stack((12, 10, 8))
    slopes = [0.01 * (index + 1) for index in range(8)]
    write_phantom(tmp_path, stack, ramp(GRADIENT), slope=slopes, intercept=0.0, elements={"Modality": "PT"})
    volume = loaded_volume(tmp_path)
    assert volume.array().dtype == np.float32
    assert volume.rescale.is_identity
    assert volume.rescale.unit == "HU"
    assert errors(volume, ramp(GRADIENT)).max() <= 0.04 + 1e-4


def test_padding_stays_padding_and_is_no_value(tmp_path: Path) -> None:
    stack = upright_stack((12, 30, 13)).tilted(20)
    values = np.full((13, 30, 12), 100.0)
    values[:, :8, :5] = -2000
    elements = {"PixelPaddingValue": -2000}
    write_slices(tmp_path, stack, values, intercept=0.0, elements=elements)
    volume = loaded_volume(tmp_path)
    assert volume.padding is not None
    assert volume.padding.low == -2000
    assert set(np.unique(volume.array()).tolist()) == {-2000, 100}
    assert volume.value_range == (100.0, 100.0)


@pytest.mark.parametrize(("dtype", "bits"), [("uint8", 8), ("uint16", 12), ("uint16", 16), ("int16", 12)])
def test_every_stored_type_can_be_tilted(tmp_path: Path, dtype: str, bits: int) -> None:
    stack = upright_stack((12, 30, 13)).tilted(10)
    write_phantom(tmp_path, stack, ramp((1.0, 1.0, 1.0), 100.0), dtype=dtype, bits_stored=bits, intercept=0.0)
    volume = loaded_volume(tmp_path)
    assert errors(volume, ramp((1.0, 1.0, 1.0), 100.0)).max() <= 1.5 + 1e-3
