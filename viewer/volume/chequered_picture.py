"""Two volumes in one picture, by turns in the fields of a chess board: where edges run on, they lie on each other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE_PX = 224
_FIELDS = 8
_PERCENTILES = (1.0, 99.5)


def chequered(fixed: Any, moving: Any, transform: Any) -> NDArray[np.uint8]:  # noqa: ANN401 - images of SimpleITK
    """Return the middle slice of the fixed image, every second field of it from the moving one.

    Args:
        fixed: An image of SimpleITK.
        moving: Another; what of the slice lies outside it stays black in its fields.
        transform: Of SimpleITK, from points of fixed to those of moving.
    """
    import SimpleITK as sitk  # noqa: N813 - as its own documentation has it

    grid = _middle(sitk, fixed)
    slices = []
    for image, way in ((fixed, sitk.Transform(3, sitk.sitkIdentity)), (moving, transform)):
        low, high = np.percentile(sitk.GetArrayViewFromImage(image)[::2, ::2, ::2], _PERCENTILES)
        values = sitk.GetArrayFromImage(sitk.Resample(image, grid, way, sitk.sitkLinear, float(low)))[0]
        scaled = (values - low) * (255.0 / max(float(high - low), 1e-6))
        slices.append(np.clip(scaled, 0, 255).astype(np.uint8))
    rows, columns = slices[0].shape
    side = max(1, max(rows, columns) // _FIELDS)
    is_second = (np.arange(rows)[:, None] // side + np.arange(columns)[None, :] // side) % 2 == 1
    return np.ascontiguousarray(np.where(is_second, slices[1], slices[0]))


def _middle(sitk: Any, fixed: Any) -> Any:  # noqa: ANN401 - of SimpleITK
    """Return an empty image of square pixels over the middle slice."""
    size, spacing = fixed.GetSize(), fixed.GetSpacing()
    width, height = size[0] * spacing[0], size[1] * spacing[1]
    pixel = max(width, height) / SIDE_PX
    grid = sitk.Image([max(1, round(width / pixel)), max(1, round(height / pixel)), 1], sitk.sitkFloat32)
    grid.SetSpacing([pixel, pixel, spacing[2]])
    grid.SetDirection(fixed.GetDirection())
    first = [-0.5 + 0.5 * pixel / spacing[0], -0.5 + 0.5 * pixel / spacing[1], float(size[2] // 2)]
    grid.SetOrigin(fixed.TransformContinuousIndexToPhysicalPoint(first))
    return grid
