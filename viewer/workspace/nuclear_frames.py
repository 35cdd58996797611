"""The order of nuclear medicine frames: by the vectors that Frame Increment Pointer names, the last fastest (C.8.4.8).

Frames of one detector and energy window stand together, so that what is played is one camera's course in time.
"""

import struct
from collections.abc import Hashable

from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.image_facts import ImageFacts

_POINTER = 0x00280009
_ENERGY_WINDOW, _DETECTOR = 0x00540010, 0x00540020
TIME_VECTORS = frozenset({0x00540030, 0x00540060, 0x00540070, 0x00540100})
_APART = {_ENERGY_WINDOW: "energy_window", _DETECTOR: "detector"}


def facts_of_nuclear_frames(header: InstanceHeader) -> list[ImageFacts]:
    """Return the frames in the order of their vectors, with the values that set them apart."""
    vectors = vectors_of(header)
    has_time = not TIME_VECTORS.isdisjoint(vectors)
    images = []
    for index in range(header.frame_count):
        place = tuple(numbers[index] for numbers in vectors.values())
        values: dict[str, Hashable] = {
            name: vectors[tag][index] if has_time and tag in vectors else None for tag, name in _APART.items()
        }
        images.append(ImageFacts(ImageRef(header, index), values=values, order=(*place, index)))
    return sorted(images, key=lambda facts: facts.order)


def vectors_of(header: InstanceHeader) -> dict[int, tuple[int, ...]]:
    """Return the vectors that Frame Increment Pointer names and that tell of every frame, by tag."""
    found = {tag: _vector(header, tag) for tag in _pointed(header)}
    return {tag: numbers for tag, numbers in found.items() if len(numbers) == header.frame_count}


def _pointed(header: InstanceHeader) -> list[int]:
    raw = header.elements.get(_POINTER, b"")
    halves = struct.unpack(f"<{len(raw) // 2}H", raw[: len(raw) // 2 * 2])
    return [group << 16 | element for group, element in zip(halves[::2], halves[1::2], strict=False)]


def _vector(header: InstanceHeader, tag: int) -> tuple[int, ...]:
    raw = header.elements.get(tag, b"")
    return struct.unpack(f"<{len(raw) // 2}H", raw[: len(raw) // 2 * 2])
