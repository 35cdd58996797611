"""What is compiled ahead is what planes and slabs ask for later: then nothing is compiled while somebody waits."""

import itertools

import numpy as np
import pytest

from tests.builders.plain_volumes import plain_volume
from viewer.volume import kernels, linear_kernels, other_kernels
from viewer.volume.kernel_variants import VOXELS, compile_all
from viewer.volume.reslice import sample_affine
from viewer.volume.reslice_plane import Projection, VolumeInterpolation
from viewer.volume.voxel_grid import Slab


def _signatures() -> int:
    """Return how many types the kernels have been compiled for."""
    functions = [
        getattr(module, name) for module in (linear_kernels, other_kernels) for name in dir(module) if _is_kernel(name)
    ]
    return sum(len(getattr(kernels.compiled(function), "signatures")) for function in functions)  # noqa: B009 - numba's


def _is_kernel(name: str) -> bool:
    return name.endswith("_rows")


@pytest.mark.campaign
@pytest.mark.timeout(300)
def test_nothing_is_left_to_compile() -> None:
    compile_all()
    before = _signatures()
    assert before > 0
    slabs = (Slab(), Slab(3.0, Projection.MEAN), Slab(3.0, Projection.MAXIMUM), Slab(3.0, Projection.SUM))
    for voxels, slab, interpolation in itertools.product(VOXELS, slabs, VolumeInterpolation):
        volume = plain_volume(np.zeros((6, 6, 6), voxels))
        right, down, deep = (0.7, 0.1, 0.0), (0.0, 0.8, 0.2), (0.0, 0.0, 1.0)
        sample_affine(volume, (1.0, 1.0, 1.0), right, down, 4, 4, deep_ijk=deep, slab=slab, interpolation=interpolation)
    assert _signatures() == before
