"""Attributes of one frame of a multi-frame object: its own, the shared, the top level (PS3.3 C.7.6.16, C.7.6.17).

Frames are counted from 0 here; references in data sets count from 1.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.data_elements import (
    element_items,
    element_number,
    element_numbers,
    element_text,
    element_texts,
    element_value,
)
from viewer.dicom.header_checks import MAX_FRAMES
from viewer.dicom.image_plane import ImagePlane, plane_from

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_SHARED_FUNCTIONAL_GROUPS = 0x52009229
_PER_FRAME_FUNCTIONAL_GROUPS = 0x52009230
_NUMBER_OF_FRAMES = 0x00280008
_FRAME_CONTENT = 0x00209111
_DIMENSION_INDEX_SEQUENCE = 0x00209222
_DIMENSION_INDEX_VALUES = 0x00209157
_DIMENSION_INDEX_POINTER = 0x00209165
_STACK_ID = 0x00209056
_IN_STACK_POSITION = 0x00209057
_TEMPORAL_POSITION_INDEX = 0x00209128
_CONCATENATION_FRAME_OFFSET = 0x00209228
_IMAGE_POSITION_PATIENT = 0x00200032
_IMAGE_ORIENTATION_PATIENT = 0x00200037
_PIXEL_SPACING = 0x00280030

# Where the attributes lie that are wanted of every frame, so that a look-up touches one macro and not all twelve.
_MACRO_OF: dict[int, int] = {
    _PIXEL_SPACING: 0x00289110,
    0x00180050: 0x00289110,  # Slice Thickness
    0x00180088: 0x00289110,  # Spacing Between Slices
    _IMAGE_POSITION_PATIENT: 0x00209113,
    _IMAGE_ORIENTATION_PATIENT: 0x00209116,
    0x00281050: 0x00289132,  # Window Center
    0x00281051: 0x00289132,  # Window Width
    0x00281055: 0x00289132,  # Window Center & Width Explanation
    0x00281056: 0x00289132,  # VOI LUT Function
    0x00281052: 0x00289145,  # Rescale Intercept
    0x00281053: 0x00289145,  # Rescale Slope
    0x00281054: 0x00289145,  # Rescale Type
    _STACK_ID: _FRAME_CONTENT,
    _IN_STACK_POSITION: _FRAME_CONTENT,
    _TEMPORAL_POSITION_INDEX: _FRAME_CONTENT,
    _DIMENSION_INDEX_VALUES: _FRAME_CONTENT,
    0x00189074: _FRAME_CONTENT,  # Frame Acquisition DateTime
    0x00209156: _FRAME_CONTENT,  # Frame Acquisition Number
    0x00189082: 0x00189114,  # Effective Echo Time
    0x00189087: 0x00189117,  # Diffusion b-value
    0x00209072: 0x00209071,  # Frame Laterality
    0x0062000B: 0x0062000A,  # Referenced Segment Number
}


class FrameAttributes:
    """What holds for one frame, looked up as if it were one flat data set.

    A macro stands in the frame's own item or in the shared one, never in both; where a file has both, the frame's wins.
    """

    __slots__ = ("_data_set", "_own", "_shared", "index")

    def __init__(self, data_set: "Dataset", own: "Dataset | None", shared: "Dataset | None", index: int) -> None:
        self._data_set = data_set
        self._own = own
        self._shared = shared
        self.index = index

    def macro(self, sequence_tag: int) -> "Dataset | None":
        """Return the first item of a functional group macro or, failing that, of a top-level sequence."""
        items = self.items(sequence_tag)
        return items[0] if items else None

    def items(self, sequence_tag: int) -> "tuple[Dataset, ...]":
        """Return all items of a functional group macro or, failing that, of a top-level sequence."""
        for group in (self._own, self._shared, self._data_set):
            found = element_items(group, sequence_tag) if group is not None else ()
            if found:
                return found
        return ()

    def holder(self, tag: int) -> "Dataset":
        """Return the item that holds an element for this frame; the data set itself when no group does."""
        for group in (self._own, self._shared):
            if group is not None:
                for item in _candidates(group, tag):
                    if tag in item:
                        return item
        return self._data_set

    def value(self, tag: int) -> Any:  # noqa: ANN401 - elements hold anything
        """Return the value that holds for the frame; None when absent, empty or unreadable."""
        return element_value(self.holder(tag), tag)

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Return the finite numbers that hold for the frame; none when absent or unsound."""
        return element_numbers(self.holder(tag), tag)

    def number(self, tag: int) -> float | None:
        """Return the first number that holds for the frame."""
        return element_number(self.holder(tag), tag)

    def text(self, tag: int) -> str:
        """Return the text that holds for the frame; empty when absent."""
        return element_text(self.holder(tag), tag)

    def texts(self, tag: int) -> tuple[str, ...]:
        """Return the texts that hold for the frame; none when absent."""
        return element_texts(self.holder(tag), tag)

    @property
    def plane(self) -> ImagePlane | None:
        """Where the frame lies in the patient; None when it is not, or not soundly, stated."""
        try:
            return plane_from(
                self.numbers(_IMAGE_POSITION_PATIENT),
                self.numbers(_IMAGE_ORIENTATION_PATIENT),
                self.numbers(_PIXEL_SPACING),
            )
        except DicomError:
            return None


class FrameOrderBasis(enum.Enum):
    """What the order of frames rests on."""

    DIMENSIONS = "dimension indices"
    STACK = "stack and temporal position"
    POSITION = "position along the normal"
    STORED = "order in the file"


@dataclass(frozen=True, slots=True)
class FrameOrder:
    """The frames in the order to show them, and what that order rests on."""

    frames: tuple[int, ...]
    basis: FrameOrderBasis


class FunctionalGroups:
    """The frames of one object; for an object without functional groups, each frame has the top level's attributes."""

    def __init__(self, data_set: "Dataset") -> None:
        self._data_set = data_set
        self._own = element_items(data_set, _PER_FRAME_FUNCTIONAL_GROUPS)
        shared = element_items(data_set, _SHARED_FUNCTIONAL_GROUPS)
        self._shared = shared[0] if shared else None
        stated = element_number(data_set, _NUMBER_OF_FRAMES)
        is_stated = stated is not None and stated <= MAX_FRAMES
        self.frame_count = max(1, int(stated or 0) if is_stated else len(self._own))

    @property
    def is_present(self) -> bool:
        """Whether the object has functional groups at all."""
        return bool(self._own) or self._shared is not None

    @property
    def problem(self) -> str:
        """What is wrong with the groups, in plain English; empty when nothing is."""
        if self._own and len(self._own) != self.frame_count:
            return _("{groups} per-frame functional groups for {frame_count} frames").format(
                groups=len(self._own), frame_count=self.frame_count
            )
        return ""

    @property
    def concatenation_offset(self) -> int:
        """Frames of the whole concatenation that come before this instance's first (C.7.6.16.2.2.4)."""
        return max(0, int(element_number(self._data_set, _CONCATENATION_FRAME_OFFSET) or 0))

    @property
    def dimensions(self) -> tuple[int, ...]:
        """The tags that Dimension Index Pointer names, the slowest varying first."""
        items = element_items(self._data_set, _DIMENSION_INDEX_SEQUENCE)
        pointers = (element_value(item, _DIMENSION_INDEX_POINTER) for item in items)
        return tuple(int(pointer) for pointer in pointers if isinstance(pointer, int))

    def frame(self, index: int) -> FrameAttributes:
        """Return what holds for a frame, counted from 0.

        Raises:
            DicomError: There is no such frame.
        """
        if not 0 <= index < self.frame_count:
            raise DicomError(
                _("There is no frame {number} among {frame_count}").format(
                    number=index + 1, frame_count=self.frame_count
                )
            )
        own = self._own[index] if index < len(self._own) else None
        return FrameAttributes(self._data_set, own, self._shared, index)

    def __iter__(self) -> Iterator[FrameAttributes]:
        return map(self.frame, range(self.frame_count))

    def order(self) -> FrameOrder:
        """Return the frames in the order of their dimension indices, else stacks, else positions, else as stored."""
        as_stored = FrameOrder(tuple(range(self.frame_count)), FrameOrderBasis.STORED)
        if len(self._own) < self.frame_count:  # frames without a group have no key of any kind
            return as_stored
        for basis, keys in (
            (FrameOrderBasis.DIMENSIONS, self._dimension_keys),
            (FrameOrderBasis.STACK, self._stack_keys),
            (FrameOrderBasis.POSITION, self._position_keys),
        ):
            found = keys()
            if found is not None:
                # Stable: frames of equal keys stay as stored, and none is dropped.
                return FrameOrder(tuple(sorted(range(self.frame_count), key=found.__getitem__)), basis)
        return as_stored

    def _dimension_keys(self) -> list[tuple[float, ...]] | None:
        """Return the index tuples; None when they are absent, of unequal length or not distinct."""
        keys = [frame.numbers(_DIMENSION_INDEX_VALUES) for frame in self] if self._own else []
        length = len(self.dimensions) or (len(keys[0]) if keys else 0)
        is_sound = bool(keys) and length > 0 and all(len(key) == length for key in keys)
        return keys if is_sound and len(set(keys)) == len(keys) else None

    def _stack_keys(self) -> list[tuple[float | str, ...]] | None:
        if not self._own:
            return None
        keys: list[tuple[float | str, ...]] = []
        for frame in self:
            position = frame.number(_IN_STACK_POSITION)
            if position is None:
                return None
            stack = frame.text(_STACK_ID)
            number = float(stack) if stack.isdecimal() else float("inf")
            keys.append((number, stack, position, frame.number(_TEMPORAL_POSITION_INDEX) or 0.0))
        return keys if len(set(keys)) == len(keys) else None

    def _position_keys(self) -> list[float] | None:
        if not self._own:
            return None
        planes = [frame.plane for frame in self]
        first = planes[0]
        if first is None:
            return None
        keys = [plane.distance_along_normal for plane in planes if plane is not None and plane.is_parallel_to(first)]
        return keys if len(keys) == len(planes) else None


def _candidates(group: "Dataset", tag: int) -> "Iterator[Dataset]":
    """Yield the macro items of a group that may hold an element: the one the Standard names, else all."""
    macro = _MACRO_OF.get(tag)
    if macro is not None:
        yield from element_items(group, macro)[:1]
        return
    yield group
    for element_tag in list(group.keys()):
        yield from element_items(group, int(element_tag))[:1]
