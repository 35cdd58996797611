"""Slices into voxels: values turned, moved within their planes and blended into the slices of the upright grid.

Runs between the reading of slices and the finished volume; used from several threads at once.
"""

import threading
from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.modality_lut import apply_modality
from viewer.imaging.padding import Padding, background_mask
from viewer.volume.native_slices import is_native, read_native
from viewer.volume.slice_stack import NOTHING
from viewer.volume.source_slices import SliceKind, SourceSlice
from viewer.volume.stored_type import NOTHING_FLOAT
from viewer.volume.value_range import ValueRange
from viewer.volume.volume_plan import VolumePlan

Array = NDArray[Any]


class VolumeFilling:
    """The voxels of a volume while they are filled.

    Args:
        plan: Of the volume.
        arrays: One for each phase, of the plan's shape and type; their content does not matter.
    """

    def __init__(self, plan: VolumePlan, arrays: tuple[Array, ...]) -> None:
        self.plan = plan
        self.arrays = arrays
        self.range = ValueRange(plan.padding)
        self.is_nothing = [np.array([blend.is_nothing for blend in phase.blends], np.bool_) for phase in plan.phases]
        self.is_written = [places.copy() for places in self.is_nothing]
        self.is_rough = [np.zeros(plan.geometry.dimensions[2], np.bool_) for _phase in plan.phases]
        self._exact: list[dict[int, list[int]]] = []
        self._blended: list[dict[int, list[int]]] = []
        self._waiting: list[dict[int, Array | None]] = [{} for _phase in plan.phases]
        self._lock = threading.Lock()
        for phase in plan.phases:
            exact: defaultdict[int, list[int]] = defaultdict(list)
            blended: defaultdict[int, list[int]] = defaultdict(list)
            for index, blend in enumerate(phase.blends):
                for part in {blend.lower, blend.upper} - {NOTHING.lower}:
                    (exact if blend.is_exact else blended)[part].append(index)
            self._exact.append(dict(exact))
            self._blended.append(dict(blended))
        for array, places in zip(arrays, self.is_nothing, strict=True):
            if plan.padding is not None:
                array[places] = plan.padding.low

    def is_wanted(self, phase: int, index: int) -> bool:
        """Return whether any slice of the grid is made of a given slice."""
        return index in self._exact[phase] or index in self._blended[phase]

    def read_directly(self, phase: int, index: int) -> bool:
        """Read a slice straight into its voxels where that is all it takes; return whether it was.

        Raises:
            ViewerError: If it cannot be read.
        """
        source = self.plan.phases[phase].slices[index]
        if not self._goes_straight(phase, index, source):
            return False
        place = self._exact[phase][index][0]
        out = self.arrays[phase][place]
        self.range.note(*read_native(source, out), out)
        self.is_written[phase][place] = True
        return True

    def put(self, phase: int, index: int, values: Array) -> None:
        """Take the stored values of a slice, (rows, columns)."""
        planned = self.plan.phases[phase]
        voxels = self._prepared(values, planned.slices[index].kind, planned.slides[index])
        lowest, highest = float(voxels.min()), float(voxels.max())
        self.range.note(lowest, highest, voxels)
        for place in self._exact[phase].get(index, ()):
            self.arrays[phase][place] = voxels
            self.is_written[phase][place] = True
        self._blend(phase, index, voxels)

    def put_roughly(self, phase: int, index: int, values: Array) -> None:
        """Take a slice before those it is to be mixed with: shown where it about belongs, and kept for them."""
        self.put(phase, index, values)
        voxels = self._waiting[phase].get(index)
        if voxels is not None:
            places = [place for place in self._blended[phase].get(index, ()) if not self.is_written[phase][place]]
            for place in places:
                self.arrays[phase][place] = voxels
                self.is_rough[phase][place] = True

    def lose(self, phase: int, index: int) -> None:
        """Take note that a slice cannot be had: whatever is made of it stays empty."""
        self._blend(phase, index, None)

    def _goes_straight(self, phase: int, index: int, source: SourceSlice) -> bool:
        plan = self.plan
        across, down, _through = plan.condition.reduction
        return (
            not plan.is_moved
            and not plan.stored.is_modality
            and across == down == 1
            and index not in self._blended[phase]
            and len(self._exact[phase].get(index, ())) == 1
            and is_native(source)
        )

    def _prepared(self, values: Array, kind: SliceKind, slide: tuple[float, float]) -> Array:
        plan = self.plan
        if plan.stored.is_modality:
            voxels = apply_modality(values, kind.transform).astype(np.float32)
            nothing = background_mask(values, kind.padding)
            if nothing is not None:
                voxels[nothing] = NOTHING_FLOAT
        else:
            voxels = values if values.dtype == plan.dtype else _cast(values, plan.dtype)
        if plan.is_moved:
            voxels = moved(voxels, slide, plan.full_shape, plan.padding)
        across, down, _through = plan.condition.reduction
        return voxels[::down, ::across]

    def _blend(self, phase: int, index: int, voxels: Array | None) -> None:
        wanted = self._blended[phase].get(index)
        if not wanted:
            return
        waiting = self._waiting[phase]
        with self._lock:
            waiting[index] = None if voxels is None else np.ascontiguousarray(voxels)
            blends = self.plan.phases[phase].blends
            ready = [place for place in wanted if blends[place].lower in waiting and blends[place].upper in waiting]
            parts = {each: waiting[each] for place in ready for each in (blends[place].lower, blends[place].upper)}
            self._let_go(phase, ready)
        for place in ready:
            blend = blends[place]
            lower, upper = parts[blend.lower], parts[blend.upper]
            if lower is not None and upper is not None:
                self.arrays[phase][place] = blended(lower, upper, blend.weight, self.plan.padding)
                self.is_written[phase][place] = True

    def _let_go(self, phase: int, ready: list[int]) -> None:
        """Forget slices that nothing waits for any more."""
        blended_from = self._blended[phase]
        for place in ready:
            blend = self.plan.phases[phase].blends[place]
            for part in (blend.lower, blend.upper):
                left = [each for each in blended_from[part] if each != place]
                blended_from[part] = left
                if not left:
                    self._waiting[phase].pop(part, None)


def moved(values: Array, slide: tuple[float, float], shape: tuple[int, int], padding: Padding | None) -> Array:
    """Return a slice on a larger grid, moved by whole and broken pixels; linear in between, padding elsewhere.

    Args:
        values: (rows, columns).
        slide: Column and row of the grid at which the first pixel comes to lie.
        shape: Rows and columns of the grid.
        padding: What stands for nothing, also among the values; it is not mixed with them.
    """
    nothing = 0.0 if padding is None else padding.low
    out = np.full(shape, nothing, values.dtype)
    (left, across), (top, down) = (_parted(each) for each in slide)
    for axis, share in ((1, across), (0, down)):
        if share:
            values = _between(values, axis, share, padding)
    rows, columns = values.shape
    out[top : top + rows, left : left + columns] = values[: shape[0] - top, : shape[1] - left]
    return out


def blended(lower: Array, upper: Array, weight: float, padding: Padding | None) -> Array:
    """Return (1 − weight) × lower + weight × upper, and nothing where either has nothing."""
    out = _mixed(lower, upper, weight)
    for values in (lower, upper):
        mask = None if padding is None else padding.mask(values)
        if mask is not None:
            out[mask] = values[mask]
    return out


def _nearly(lower: Array, upper: Array, weight: float, padding: Padding | None) -> Array:
    """Return (1 − weight) × lower + weight × upper; where either has nothing, the nearer of the two decides."""
    out = _mixed(lower, upper, weight)
    nearer = lower if weight < 0.5 else upper
    for values in (lower, upper):
        mask = None if padding is None else padding.mask(values)
        if mask is not None:
            out[mask] = nearer[mask]
    return out


def _mixed(lower: Array, upper: Array, weight: float) -> Array:
    """Return the weighted sum in the arrays' type, rounded to the nearest."""
    import cv2

    return np.asarray(cv2.addWeighted(lower, 1.0 - weight, upper, weight, 0.0))


def _parted(place: float) -> tuple[int, float]:
    """Return the whole pixel at which the first made sample lies, and how far beyond a pixel each sample is read."""
    whole = int(np.floor(place + 1e-3))
    share = place - whole
    return whole, 0.0 if share < 1e-3 else share


def _between(values: Array, axis: int, share: float, padding: Padding | None) -> Array:
    """Return samples that lie `share` of a pixel before each pixel: one more than pixels, the outer ones as they are.

    A slice that begins at column 3.25 of the grid has at column 4 what lies 0.75 pixels into it, and at column 3 its
    first pixel's outer half where that reaches so far.
    """
    pad = [(0, 0), (0, 0)]
    pad[axis] = (1, 1)
    framed = np.pad(values, pad, mode="edge")
    before = framed[:-1] if axis == 0 else framed[:, :-1]
    after = framed[1:] if axis == 0 else framed[:, 1:]
    # Sample m of the grid lies at m − share: between pixels m − 1 and m.
    out = _nearly(before, after, 1 - share, padding)
    if padding is not None:
        edge_first, edge_last = share > 0.5, share < 0.5  # beyond half a pixel there is nothing
        edges = [out[0], out[-1]] if axis == 0 else [out[:, 0], out[:, -1]]
        for edge, is_outside in zip(edges, (edge_first, edge_last), strict=True):
            if is_outside:
                edge[...] = padding.low
    return out


def _cast(values: Array, dtype: np.dtype[Any]) -> Array:
    """Return values in the volume's type; a codec that says otherwise than the header is believed as far as it fits."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        values = np.clip(values, limits.min, limits.max)
    return values.astype(dtype)
