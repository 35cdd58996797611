"""What the functional groups of an enhanced object say of its frames: read once, on a job (PS3.3 C.7.6.16).

Classic headers never come here: reading functional groups needs the whole data set.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.display_set_rules import MOSAIC_ORDER, rule_for
from viewer.workspace.image_facts import NOTHING, ImageFacts, Vector, sound_orientation

if TYPE_CHECKING:
    from viewer.dicom.functional_groups import FrameAttributes, FrameOrder

_POSITION, _ORIENTATION = 0x00200032, 0x00200037
_STACK_ID, _TEMPORAL_INDEX = 0x00209056, 0x00209128
_FRAME_TYPE, _COMPLEX_COMPONENT, _FRAME_LATERALITY = 0x00089007, 0x00089208, 0x00209072
_B_VALUE, _DIRECTION, _ECHO_TIME, _INVERSION_TIMES = 0x00189087, 0x00189089, 0x00189082, 0x00189079
_TRIGGER_TIMES = (0x00209153, 0x00209252)
_SEGMENT = 0x0062000B


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What one frame states.

    Attributes:
        values: By the names of image_facts.ATTRIBUTES.
        rank: Its place in the object's own order: dimensions, stacks, or the file.
    """

    position: Vector | None = None
    orientation: tuple[float, ...] | None = None
    values: Mapping[str, Hashable] = field(default_factory=lambda: NOTHING)
    rank: int = 0


def read_frame_facts(header: InstanceHeader) -> tuple[FrameFacts, ...]:
    """Return the facts of every frame, or of every slice of a mosaic.

    None when the object has no functional groups, is a mosaic that cannot be cut, or cannot be read.
    """
    from viewer.base.errors import ViewerError
    from viewer.dicom.datasets import read_data_set
    from viewer.dicom.functional_groups import FunctionalGroups

    try:
        if rule_for(header).order == MOSAIC_ORDER:
            return _facts_of_mosaic(header)
        groups = FunctionalGroups(read_data_set(header))
        if not groups.is_present:
            return ()
        ranks = _ranks(groups.order())
        return tuple(_facts(frame, ranks[frame.index]) for frame in groups)
    except ViewerError:
        return ()


def _facts_of_mosaic(header: InstanceHeader) -> tuple[FrameFacts, ...]:
    from viewer.imaging.mosaic_frames import mosaic_of

    mosaic = mosaic_of(header)
    return tuple(FrameFacts(mosaic.plane(index).position, rank=index) for index in range(mosaic.tile_count))


def facts_of_tiles(header: InstanceHeader, tiles: Sequence[FrameFacts]) -> list[ImageFacts]:
    """Return the facts of the slices of a mosaic; of the whole image where it could not be cut."""
    orientation = sound_orientation(header.numbers(_ORIENTATION))
    if not tiles:
        return [ImageFacts(ImageRef(header), orientation=orientation, order=(0,))]
    return [
        ImageFacts(ImageRef(header, index, is_tile=True), tile.position, orientation, order=(tile.rank,))
        for index, tile in enumerate(tiles)
    ]


def facts_of_frames(header: InstanceHeader, frames: Sequence[FrameFacts]) -> list[ImageFacts]:
    """Return the facts of a file's frames in the object's own order; frames without groups come last."""
    images = []
    for index in range(header.frame_count):
        frame = frames[index] if index < len(frames) else FrameFacts(rank=header.frame_count + index)
        images.append(
            ImageFacts(ImageRef(header, index), frame.position, frame.orientation, frame.values, (frame.rank, index))
        )
    return sorted(images, key=lambda facts: facts.order)


def _ranks(order: "FrameOrder") -> dict[int, int]:
    return {frame: rank for rank, frame in enumerate(order.frames)}


def _facts(frame: "FrameAttributes", rank: int) -> FrameFacts:
    position = frame.numbers(_POSITION)
    values: dict[str, Hashable] = {
        "stack": frame.text(_STACK_ID) or None,
        "frame_type": frame.texts(_FRAME_TYPE) or None,
        "complex_component": frame.text(_COMPLEX_COMPONENT) or None,
        "segment": frame.number(_SEGMENT),
        "frame_laterality": frame.text(_FRAME_LATERALITY) or None,
        "b_value": frame.number(_B_VALUE),
        "diffusion_direction": frame.numbers(_DIRECTION) or None,
        "echo": frame.number(_ECHO_TIME),
        "inversion_time": frame.numbers(_INVERSION_TIMES) or None,
        "temporal_position": frame.number(_TEMPORAL_INDEX),
        "trigger_time": next((time for tag in _TRIGGER_TIMES if (time := frame.number(tag)) is not None), None),
    }
    return FrameFacts(
        (position[0], position[1], position[2]) if len(position) == 3 else None,
        sound_orientation(frame.numbers(_ORIENTATION)),
        values,
        rank,
    )
