"""The lines of the journal of segments: what was done, as JSON, and what they come to when they are read again."""

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import Rgb
from viewer.dicom.segmentation.values import Segment
from viewer.imaging.segmentation.packed_slices import BITS, PackedSlice
from viewer.imaging.segmentation.shapes import SegmentShape
from viewer.workspace.segmenting.held_segmentation import HeldSegmentation

VERSION = 1
_LARGEST = 1 << 28

Slices = dict[int, PackedSlice]


@dataclass(slots=True)
class KeptSegment:
    """A segment as the journal knows it."""

    number: int
    label: str
    rgb: Rgb | None
    info: Segment | None
    slices: Slices = field(default_factory=dict)


@dataclass(slots=True)
class KeptSegmentation:
    """A segmentation as the journal knows it.

    Attributes:
        images: SOP Instance UID, frame from 0, and whether it is a tile, of each slice.
        is_saved: Whether all of it was saved.
    """

    uid: str
    title: str
    images: tuple[tuple[str, int, bool], ...]
    segments: dict[int, KeptSegment] = field(default_factory=dict)
    is_saved: bool = False


# Writing


def slices_line(uid: str, number: int, changes: Mapping[int, PackedSlice | None]) -> bytes:
    """Return the line of a stroke."""
    return _line({"k": "slices", "uid": uid, "n": number, "s": {str(k): _encoded(v) for k, v in changes.items()}})


def gone_line(uid: str) -> bytes:
    """Return the line of a segmentation that was removed."""
    return _line({"k": "gone", "uid": uid})


def saved_line(uid: str) -> bytes:
    """Return the line of a segmentation that was saved."""
    return _line({"k": "saved", "uid": uid})


def segments_line(held: HeldSegmentation, known: Iterable[int]) -> bytes:
    """Return the line of a segmentation that was begun, or whose segments are other ones.

    Args:
        held: With its own facts and shapes.
        known: Numbers of segments whose slices stand in the journal already.
    """
    assert held.own is not None  # noqa: S101 - only what is made here is kept
    assert held.shapes is not None  # noqa: S101
    images = [[each.header.sop_instance_uid, each.frame_index, each.is_tile] for each in held.own.images]
    segments = [_segment(shape, is_known=shape.number in set(known)) for shape in held.shapes.shapes]
    return _line({"k": "segments", "uid": held.uid, "title": held.title, "images": images, "segments": segments})


def _segment(shape: SegmentShape, *, is_known: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"n": shape.number, "label": shape.label, "rgb": shape.rgb}
    if shape.info is not None:
        info = shape.info
        told["info"] = {
            "description": info.description,
            "algorithm": [info.algorithm_type, info.algorithm_name],
            "category": info.category,
            "type": info.type,
            "modifiers": info.modifiers,
            "regions": info.regions,
            "tracking": [info.tracking_id, info.tracking_uid],
        }
    if not is_known:
        told["s"] = {str(place): _encoded(packed) for place, packed in shape.slices.items()}
    return told


def _line(told: Mapping[str, Any]) -> bytes:
    return json.dumps({"v": VERSION, **told}, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _encoded(packed: PackedSlice | None) -> list[object] | None:
    if packed is None:
        return None
    rows, octets = packed.bits.shape
    data = base64.b64encode(zlib.compress(packed.bits.tobytes(), 1)).decode("ascii")
    return [packed.row, packed.column, rows, octets, data]


# Reading


def read_lines(data: bytes) -> tuple[dict[str, KeptSegmentation], int]:
    """Return the segmentations that lines come to, by UID, and how many lines could not be read."""
    found: dict[str, KeptSegmentation] = {}
    damaged = 0
    for each in data.split(b"\n"):
        if not each.strip():
            continue
        try:
            _apply(found, json.loads(each))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, zlib.error):
            damaged += 1
    return found, damaged


def _apply(found: dict[str, KeptSegmentation], told: Any) -> None:  # noqa: ANN401 - whatever stands in the file
    if told["v"] != VERSION:
        raise ValueError(told["v"])
    uid, kind = str(told["uid"]), told["k"]
    if kind == "gone":
        found.pop(uid, None)
    elif kind == "saved":
        found[uid].is_saved = True
    elif kind == "slices":
        slices = found[uid].segments[int(told["n"])].slices
        changes = {int(place): _decoded(value) for place, value in told["s"].items()}
        for place, packed in changes.items():
            slices.pop(place, None) if packed is None else slices.__setitem__(place, packed)
        found[uid].is_saved = False
    elif kind == "segments":
        _put_segments(found, uid, told)
    else:
        raise ValueError(kind)


def _put_segments(found: dict[str, KeptSegmentation], uid: str, told: Any) -> None:  # noqa: ANN401 - as above
    images = tuple((str(sop), int(frame), bool(tile)) for sop, frame, tile in told["images"])
    before = found[uid].segments if uid in found else {}
    segments: dict[int, KeptSegment] = {}
    for each in told["segments"]:
        number, rgb = int(each["n"]), each["rgb"]
        slices = before[number].slices if "s" not in each else {}
        for place, value in each.get("s", {}).items():
            packed = _decoded(value)
            if packed is not None:
                slices[int(place)] = packed
        color = (int(rgb[0]), int(rgb[1]), int(rgb[2])) if rgb is not None else None
        info = _info(number, str(each["label"]), each["info"]) if "info" in each else None
        segments[number] = KeptSegment(number, str(each["label"]), color, info, slices)
    found[uid] = KeptSegmentation(uid, str(told["title"]), images, segments)


def _info(number: int, label: str, told: Any) -> Segment:  # noqa: ANN401 - as above
    category, kind = (Code(*told[name]) if told[name] else None for name in ("category", "type"))
    return Segment(
        number,
        label,
        str(told["description"]),
        str(told["algorithm"][0]),
        str(told["algorithm"][1]),
        category,
        kind,
        tuple(Code(*each) for each in told["modifiers"]),
        tuple(Code(*each) for each in told["regions"]),
        tracking_id=str(told["tracking"][0]),
        tracking_uid=str(told["tracking"][1]),
    )


def _decoded(told: Any) -> PackedSlice | None:  # noqa: ANN401 - as above
    if told is None:
        return None
    row, column, rows, octets = (int(part) for part in told[:4])
    if min(row, column) < 0 or column % BITS or min(rows, octets) < 1 or rows * octets > _LARGEST:
        raise ValueError(told[:4])
    data = zlib.decompressobj().decompress(base64.b64decode(told[4], validate=True), rows * octets)
    bits = np.frombuffer(data, np.uint8).reshape(rows, octets)
    return PackedSlice(row, column, bits)


def rewritten(found: Mapping[str, KeptSegmentation]) -> bytes:
    """Return lines that come to the same, the shortest way."""
    lines = []
    for kept in found.values():
        segments = [
            _segment(
                SegmentShape(each.number, each.label, each.rgb, each.slices, None, 0, 0, info=each.info), is_known=False
            )
            for each in kept.segments.values()
        ]
        images = [list(image) for image in kept.images]
        lines.append(
            _line({"k": "segments", "uid": kept.uid, "title": kept.title, "images": images, "segments": segments})
        )
    return b"".join(lines)
