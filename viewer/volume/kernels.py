"""Machine code of the loops over voxels: made by numba when a volume is first cut, kept from one start to the next."""

import functools
import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

from viewer.volume import kernel_parts, linear_kernels, other_kernels

# Without nnan: padding of float volumes is told by being unlike itself.
_FAST_MATH = {"contract", "nsz", "arcp", "reassoc"}

_PARTS: tuple[Callable[..., Any], ...] = (
    kernel_parts.pieces,
    kernel_parts.piece_part,
    kernel_parts.row_part,
    kernel_parts.span,
    kernel_parts.mend,
    kernel_parts.guarded_trilinear,
    kernel_parts.share,
    kernel_parts.counts,
    kernel_parts.mix,
    kernel_parts.mixed,
    linear_kernels.find_places,
    linear_kernels.fetch_pairs,
    linear_kernels.word,
    linear_kernels.blend_pairs,
    linear_kernels.find_padding,
    linear_kernels.fetch_floats,
    linear_kernels.blend_floats,
    linear_kernels.trilinear,
    linear_kernels.touches,
    other_kernels.cubic_weights,
    other_kernels.tricubic,
)


@functools.cache
def compiled(function: Callable[..., None], parts: tuple[Callable[..., Any], ...] = ()) -> Callable[..., None]:
    """Return a kernel as machine code that runs without the interpreter's lock; made once for each type of voxel.

    Args:
        function: The kernel.
        parts: Functions that it calls, beside those that all share.
    """
    import numba
    from numba.extending import register_jitable

    _register(register_jitable, _PARTS)
    _register(register_jitable, parts)
    named = _named_by_source(function, (*_PARTS, *parts))
    options = {"nogil": True, "fastmath": _FAST_MATH, "error_model": "numpy"}
    try:
        kernel: Callable[..., None] = numba.njit(cache=True, **options)(named)
    except RuntimeError:  # nowhere to keep compiled code: it is compiled again at every start
        kernel = numba.njit(**options)(named)
    return kernel


@functools.cache
def _register(register_jitable: Callable[..., object], parts: tuple[Callable[..., Any], ...]) -> None:
    for part in parts:
        register_jitable(part)


def _named_by_source(function: Callable[..., None], parts: tuple[Callable[..., Any], ...]) -> Callable[..., None]:
    """Return a function under a name that tells all sources: numba looks for changes in its own file alone."""
    assert isinstance(function, FunctionType)  # noqa: S101 - a def
    digest = hashlib.sha256()
    functions: tuple[Callable[..., Any], ...] = (function, *parts)
    for path in sorted({inspect.getfile(each) for each in functions}):
        digest.update(Path(path).read_bytes() if Path(path).is_file() else path.encode())
    name = f"{function.__name__}_{digest.hexdigest()[:16]}"
    return FunctionType(function.__code__, function.__globals__, name)
