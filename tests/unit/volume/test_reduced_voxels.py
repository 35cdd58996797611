"""Volumes in blocks, and the quick pictures of deep slabs that are made of them."""

import gc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.builders.plain_volumes import geometry_of, plain_volume, sampled
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding
from viewer.volume import reduced_voxels as reduced
from viewer.volume import reslice
from viewer.volume.kernel_parts import HIGHEST, LOWEST, TOTAL
from viewer.volume.reduced_voxels import block_edges, reduced_voxels
from viewer.volume.reslice import modality_of, sample_affine
from viewer.volume.reslice_plane import Projection
from viewer.volume.voxel_grid import Slab

NOWHERE = (np.inf, -np.inf)
CUBES = (4, 4, 4)


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.float32])
def test_blocks_are_what_numpy_makes_of_them(dtype: Any) -> None:
    array = np.random.default_rng(2).integers(0, 60_000, (12, 20, 28)).astype(dtype)
    parts = array.reshape(3, 4, 5, 4, 7, 4)
    np.testing.assert_array_equal(reduced_voxels(array, CUBES, HIGHEST, NOWHERE), parts.max(axis=(1, 3, 5)))
    np.testing.assert_array_equal(reduced_voxels(array, CUBES, LOWEST, NOWHERE), parts.min(axis=(1, 3, 5)))
    means = reduced_voxels(array, CUBES, TOTAL, NOWHERE)
    np.testing.assert_allclose(means, parts.mean(axis=(1, 3, 5), dtype=np.float64), atol=0.51)


def test_blocks_are_nearly_cubes() -> None:
    assert block_edges((0.7, 0.7, 0.7)) == CUBES
    assert block_edges((0.45, 0.45, 5.0)) == (4, 4, 1)
    assert block_edges((1.0, 1.0, 0.5)) == (2, 2, 4)
    array = np.random.default_rng(2).integers(0, 600, (6, 8, 12)).astype(np.int16)
    parts = array.reshape(6, 4, 2, 3, 4).max(axis=(2, 4))
    np.testing.assert_array_equal(reduced_voxels(array, (4, 2, 1), HIGHEST, NOWHERE), parts)


def test_padding_is_in_no_block_and_the_last_ones_may_be_small() -> None:
    array = np.full((5, 6, 9), 10, np.int16)
    array[0, 0, :8] = -2000
    array[4, 4:, 8] = -2000
    for mode in (HIGHEST, LOWEST, TOTAL):
        blocks = reduced_voxels(array.copy(), CUBES, mode, (-2000.0, -1990.0))
        assert blocks.shape == (2, 2, 3)
        assert blocks[1, 1, 2] == -2000
        assert (np.delete(blocks.ravel(), -1) == 10).all()


def test_blocks_live_as_long_as_their_array() -> None:
    array = np.zeros((4, 4, 4), np.int16)
    kept = reduced._kept
    first = reduced_voxels(array, CUBES, HIGHEST, NOWHERE)
    assert reduced_voxels(array, CUBES, HIGHEST, NOWHERE) is first
    key = (id(array), HIGHEST, CUBES)
    assert key in kept
    del array
    gc.collect()
    assert key not in kept


def test_deep_quick_slabs_look_like_the_exact_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reslice, "_QUICK_SAMPLES", 20_000)
    geometry = geometry_of((80, 96, 96))

    def ball(points: Any) -> Any:
        distance = np.linalg.norm(points - np.array([50.0, 40.0, 45.0]), axis=-1)
        return np.clip(1000 - 30 * distance, -200, 1000)

    array = sampled(geometry, ball).astype(np.int16)
    array[:, :, :6] = -2000
    volume = plain_volume(array, geometry, padding=Padding(-2000, -2000))
    for projection in (Projection.MAXIMUM, Projection.MINIMUM, Projection.MEAN):
        slab = Slab(300.0, projection)
        exact, quick = (
            sample_affine(
                volume, (48.0, 8.0, 8.0), (-0.6, 0.8, 0.0), (0.0, 0.0, 1.0), 80, 60, deep_ijk=(0.8, 0.6, 0.0),
                slab=slab, is_quick=is_quick,
            )
            for is_quick in (False, True)
        )  # fmt: skip
        both = np.ones((60, 80), np.bool_)
        for each in (exact, quick):
            both &= True if each.keep is None else each.keep > 0
        assert both.mean() > 0.8
        assert np.abs(exact.values - quick.values)[both].mean() < 60
    assert reduced_voxels(array, CUBES, HIGHEST, (-2000.0, -2000.0)).shape == (20, 24, 24)


def test_what_is_still_being_loaded_is_not_kept_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reslice, "_QUICK_SAMPLES", 100)
    monkeypatch.setattr(reslice, "reduced_voxels", None)
    volume = replace(plain_volume(np.zeros((20, 20, 20), np.int16)), loaded=0.5)
    cut = sample_affine(
        volume, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 20, 20, deep_ijk=(0.0, 0.0, 1.0),
        slab=Slab(40.0, Projection.MAXIMUM), is_quick=True,
    )  # fmt: skip
    assert cut.values.shape == (20, 20)


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (1.0, 1.0, 4.0)])
def test_sums_of_blocks_count_the_voxels_of_the_volume(monkeypatch: pytest.MonkeyPatch, spacing_mm: Any) -> None:
    geometry = geometry_of((40, 40, 40), spacing_mm)
    volume = plain_volume(np.full((40, 40, 40), 100, np.int16), geometry, rescale=Rescale(1.0, -50.0, "HU"))
    deep = (0.0, 0.0, 1.0 / spacing_mm[2])
    monkeypatch.setattr(reslice, "_QUICK_SAMPLES", 1000)
    exact, quick = (
        modality_of(
            sample_affine(
                volume, (4.0, 4.0, 19.5), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 32, 32, deep_ijk=deep,
                slab=Slab(24.0 * spacing_mm[2], Projection.SUM), is_quick=is_quick,
            ),
            volume,
        )
        for is_quick in (False, True)
    )  # fmt: skip
    np.testing.assert_allclose(exact, 24 * 50.0, rtol=1e-5)
    np.testing.assert_allclose(quick, exact, rtol=1e-5)
