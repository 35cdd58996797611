"""Where the voxels of a volume live: in memory, beside it in a file nobody else sees, or thinned out until they fit."""

import enum
import errno
import math
import mmap
import os
import shutil
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError, system_reason
from viewer.base.translation import _
from viewer.volume.volume_plan import VolumePlan

_SHARE_OF_DISK = 0.5
"""Of the free room beside memory that one volume may take."""
_LARGEST_FACTOR = 8
_FALLBACK_BYTES = 1 << 31
_PERSISTENT = "/var/tmp"  # noqa: S108 - the file has no name there


class VoxelPlace(enum.Enum):
    """Where voxels live."""

    MEMORY = "memory"
    FILE = "file"


def plan_within(plan: VolumePlan, budget_bytes: int | None) -> tuple[VolumePlan, VoxelPlace]:
    """Return the plan of what fits a budget, thinned out if it must be, and where its voxels are to live.

    Raises:
        VolumeError: If it does not fit however it is thinned out.
    """
    if budget_bytes is None or plan.byte_count <= budget_bytes:
        return plan, VoxelPlace.MEMORY
    if plan.byte_count <= _room_beside_memory():
        return plan, VoxelPlace.FILE
    for factors in _reductions():
        reduced = plan.reduced(factors)
        if reduced.byte_count <= budget_bytes:
            return reduced, VoxelPlace.MEMORY
    raise VolumeError(
        _("The volume takes {0} MB and does not fit into memory").format(plan.byte_count >> 20),
        advice=_("Close other studies, or choose fewer slices"),
    )


def allocated(plan: VolumePlan, place: VoxelPlace) -> tuple[NDArray[Any], ...]:
    """Return arrays for the phases of a plan, (slices, rows, columns); their content does not matter.

    Raises:
        VolumeError: If there is no room.
    """
    columns, rows, slices = plan.geometry.dimensions
    shape = (slices, rows, columns)
    try:
        if place is VoxelPlace.MEMORY:
            return tuple(np.empty(shape, plan.dtype) for _phase in plan.phases)
        return tuple(_mapped(shape, plan.dtype) for _phase in plan.phases)
    except (MemoryError, OSError) as error:
        reason = system_reason(error) if isinstance(error, OSError) else _("there is not enough memory")
        raise VolumeError(
            _("There is no room for the volume of {0} MB: {1}").format(plan.byte_count >> 20, reason),
            advice=_("Close other studies, or choose fewer slices"),
        ) from error


def half_of_memory() -> int:
    """Return the bytes of half of this computer's memory; 2 GB where it does not say how much it has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return _FALLBACK_BYTES


def _reductions() -> list[tuple[int, int, int]]:
    """Return what may be thinned out, the least first: within the slices, then the slices too."""
    factors = []
    factor = 2
    while factor <= _LARGEST_FACTOR:
        factors += [(factor, factor, factor // 2), (factor, factor, factor)]
        factor *= 2
    return factors


def _folder_on_disk() -> str:
    """Return where temporary files lie on a disk: what others call temporary is often memory itself on Linux."""
    return _PERSISTENT if os.access(_PERSISTENT, os.W_OK | os.X_OK) else tempfile.gettempdir()


def _room_beside_memory() -> int:
    try:
        return int(shutil.disk_usage(_folder_on_disk()).free * _SHARE_OF_DISK)
    except OSError:
        return 0


def _mapped(shape: tuple[int, int, int], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return an array in a file without a name that only this process can read, gone with the array."""
    size = math.prod(shape) * dtype.itemsize
    with tempfile.TemporaryFile(
        prefix="negatoscope-volume-", dir=_folder_on_disk()
    ) as file:  # mode 0600, unlinked where systems can
        _reserve(file.fileno(), size)
        memory = mmap.mmap(file.fileno(), size)
    return np.frombuffer(memory, dtype).reshape(shape)


def _reserve(descriptor: int, size: int) -> None:
    """Make a file so long, with its room on the disk taken where the system can: none may be missing while we write."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS}:
                raise
        else:
            return
    os.ftruncate(descriptor, size)
