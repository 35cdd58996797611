"""Marks as groups of a measurement report (PS3.16 TID 1410, 1501): regions, numbers, findings, and how to draw anew.

A region has its group's Image Region; what is measured along lines has these beside its number. A number that is
refused is told in words, never written as a number.
"""

import json
import math
import uuid
from collections.abc import Sequence

from viewer.base.errors import RefusedError
from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject, GraphicType
from viewer.dicom.pixel_spacing import SpacingSource
from viewer.dicom.structured_report.measurement_writing import (
    BOTH,
    CALIBRATION,
    COMMENT,
    LEFT,
    MARK,
    NO_VALUE,
    RIGHT,
    MarkedRegion,
    WrittenGroup,
    WrittenNumber,
)
from viewer.measurement.annotation import Annotation, ImageAnchor, PlaneAnchor
from viewer.measurement.kinds.table import is_known, kind_of
from viewer.measurement.private_codes import private_code
from viewer.measurement.reading import Reading
from viewer.measurement.region_mask import MASK
from viewer.measurement.report_groups_regions import FactsOf, ImageFacts, image_of, placed
from viewer.measurement.sides import LATERALITY

MARK_VERSION = 1
STACK = "stack"
"""In place of a kind: a volume whose outlines are marks of their own."""
METHODS = {
    SpacingSource.PATIENT.value: private_code("scale-patient", "Pixel spacing in the patient"),
    SpacingSource.GEOMETRY.value: private_code("scale-geometry", "Calibrated by geometry (cal. geometry)"),
    SpacingSource.FIDUCIAL.value: private_code("scale-fiducial", "Calibrated by fiducial (cal. fiducial)"),
    SpacingSource.CALIBRATED.value: private_code("scale-calibrated", "Calibrated, it is not said how"),
    SpacingSource.DETECTOR.value: private_code("scale-detector", "At detector: magnification not corrected"),
    SpacingSource.ESTIMATED.value: private_code("scale-estimated", "Estimated from magnification"),
    SpacingSource.ISOCENTER.value: private_code("scale-isocenter", "Estimated at isocenter"),
    SpacingSource.US_REGION.value: private_code("scale-us-region", "Calibration of the ultrasound region"),
    SpacingSource.FILM.value: private_code("scale-film", "On film"),
    SpacingSource.UNCERTAIN.value: private_code("scale-uncertain", "Unknown calibration"),
    SpacingSource.UNKNOWN.value: private_code("scale-pixels", "Pixels: no spacing is known"),
}
"""Where a scale comes from, as the method of a measurement."""
_VALUE_MAP = "value-map"
_SIDES = {"R": RIGHT, "L": LEFT, "B": BOTH}
_LONGEST_MEANING = 64
_MOST_POINTS = 8191
"""What an explicit VR of floats holds (PS3.5 7.1.2): a longer one becomes UN, which nobody reads as coordinates."""


def written_group(
    annotation: Annotation, facts_of: FactsOf, *, author: str = "", has_space: bool = True
) -> WrittenGroup:
    """Return a mark as a group.

    Args:
        annotation: Of a kind that this version knows, or not: then it has its numbers alone.
        facts_of: Tells of an image.
        author: Of the report; others are named in their groups.
        has_space: Whether regions in a frame of reference can be written; else they are left out, and that is said.
    """
    anchor = annotation.anchor
    facts = facts_of(anchor) if isinstance(anchor, ImageAnchor) else ImageFacts()
    shapes, remark = _shapes(annotation)
    regions = tuple(placed(each, anchor, facts) for each in shapes)
    if isinstance(anchor, PlaneAnchor) and not has_space:
        regions, remark = (), _("Measured on a plane through the volume: where it lies cannot be written here")
    is_region = len(regions) == 1 and (
        _encloses(annotation) or not any(each.value is not None for each in annotation.readings)
    )
    numbers = _numbers(annotation, () if is_region else regions, facts.aspect)
    if regions and not is_region and not numbers:
        is_region = True  # what else than its first line could stand for it
    return WrittenGroup(
        tracking_id=tracking_id_of(annotation),
        tracking_uid=annotation.tracking_uid or annotation.uid,
        numbers=numbers,
        region=regions[0] if is_region else None,
        image=image_of(anchor, facts) if isinstance(anchor, ImageAnchor) else None,
        finding=annotation.finding,
        site=annotation.site,
        laterality=_SIDES.get(str(annotation.parameter(LATERALITY))),
        observer="" if annotation.provenance.created_by == author else annotation.provenance.created_by,
        observed=_moment(annotation.provenance.changed_at or annotation.provenance.created_at),
        texts=tuple(_texts(annotation, remark, has_regions=bool(regions))),
    )


def stack_group(
    stack: Sequence[Annotation], readings: Sequence[Reading], facts_of: FactsOf, title: str
) -> WrittenGroup:
    """Return outlines that together are a volume as one group (TID 1411), beside the groups that each of them has.

    Args:
        stack: On images or planes.
        readings: The volume, or why there is none.
        facts_of: Tells of an image.
        title: What the whole is called.
    """
    outlines = []
    for each in stack:
        anchor = each.anchor
        facts = facts_of(anchor) if isinstance(anchor, ImageAnchor) else ImageFacts()
        outlines += [placed(shape, anchor, facts) for shape in _shapes(each)[0]]
    first = stack[0]
    texts = [(NO_VALUE, f"{each.name}: {each.refusal}") for each in readings if not _has_value(each)]
    return WrittenGroup(
        title,
        _stack_uid(first),
        tuple(_number(each, ()) for each in readings if _has_value(each)),
        finding=first.finding,
        site=first.site,
        laterality=_SIDES.get(str(first.parameter(LATERALITY))),
        texts=(*texts, (MARK, json.dumps({"v": MARK_VERSION, "kind": STACK}))),
        outlines=tuple(outlines),
    )


def _stack_uid(annotation: Annotation) -> str:
    """Return what tracks the stack that an outline belongs to: the same whenever it is written."""
    name = f"stack/{annotation.anchor.series_instance_uid}/{annotation.group}"
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, name).int}"


def tracking_id_of(annotation: Annotation) -> str:
    """Return what a mark is called in reports: its own tracking identifier, or words, or its kind."""
    kind = kind_of(annotation.kind).title if is_known(annotation.kind) else annotation.kind
    return annotation.tracking_id or (annotation.text.split("\n")[0].strip() or kind)


def _texts(annotation: Annotation, remark: str, *, has_regions: bool) -> list[tuple[Code, str]]:
    found = [(COMMENT, each) for each in (annotation.text.strip(), remark) if each]
    if annotation.provenance.calibration not in {"", *(each.source for each in annotation.readings)}:
        found.append((CALIBRATION, annotation.provenance.calibration))
    found += [
        (NO_VALUE, f"{each.name}: {each.refusal or _('no value')}")
        for each in annotation.readings
        if not _has_value(each)
    ]
    return [*found, (MARK, mark_text(annotation, has_pixels=not has_regions))]


def mark_text(annotation: Annotation, *, has_pixels: bool = True) -> str:
    """Return how a mark is drawn again, to the last bit: its kind, points, parameters, and plane.

    Args:
        annotation: The mark.
        has_pixels: Whether those of a region of single pixels are told; its outlines tell them as well.
    """
    anchor = annotation.anchor
    told = {
        "v": MARK_VERSION,
        "kind": annotation.kind,
        "points": [[float(x), float(y)] for x, y in annotation.points],
        "parameters": [list(each) for each in annotation.parameters if has_pixels or each[0] != MASK],
        "text": annotation.text,
        "colour": annotation.colour,
    }
    if isinstance(anchor, ImageAnchor):
        told["tile"] = anchor.tile
    else:
        plane = anchor.plane
        told["plane"] = {
            "series": anchor.series_instance_uid,
            "frame_of_reference": anchor.frame_of_reference_uid,
            "position": list(plane.position),
            "row": list(plane.row_direction),
            "column": list(plane.column_direction),
            "spacing": [plane.row_spacing_mm, plane.column_spacing_mm],
            "size": [anchor.rows, anchor.columns],
            "thickness": anchor.thickness_mm,
            "projection": anchor.projection,
            "is_deep": anchor.is_deep,
            "phase": anchor.phase,
        }
    return json.dumps({name: value for name, value in told.items() if value not in ("", [], 0)}, separators=(",", ":"))


def _has_value(reading: Reading) -> bool:
    return reading.value is not None and math.isfinite(reading.value)


def _encloses(annotation: Annotation) -> bool:
    return is_known(annotation.kind) and kind_of(annotation.kind).is_region


def _shapes(annotation: Annotation) -> tuple[tuple[GraphicObject, ...], str]:
    """Return what is written of a mark's drawing, and what is to be said of it."""
    points = annotation.points
    if not points or not all(math.isfinite(part) for point in points for part in point):
        return (), _("Where it lies is not known")
    if not is_known(annotation.kind):
        return (GraphicObject(GraphicType.POLYLINE if len(points) > 1 else GraphicType.POINT, points),), ""
    if _is_coarse(annotation):
        return (), _("The region is too ragged for an outline: only its numbers are written")
    drawn = tuple(each for each in kind_of(annotation.kind).drawing(annotation) if each.points)
    if any(len(each.points) > _MOST_POINTS for each in drawn):
        return (), _("The region is too ragged for an outline: only its numbers are written")
    solid = tuple(each for each in drawn if not each.style.is_dashed)
    return solid or drawn or (GraphicObject(GraphicType.POINT, points[:1]),), ""


def _is_coarse(annotation: Annotation) -> bool:
    from viewer.measurement.kinds.mask_kind import MaskKind
    from viewer.measurement.region_mask import is_coarse

    kind = kind_of(annotation.kind)
    if not isinstance(kind, MaskKind):
        return False
    try:
        return is_coarse(kind.mask(annotation))
    except RefusedError:
        return True


def _numbers(annotation: Annotation, regions: tuple[MarkedRegion, ...], aspect: float) -> tuple[WrittenNumber, ...]:
    """Return the numbers; lines stand at the first of them, both axes each at its own."""
    told = [each for each in annotation.readings if _has_value(each)]
    if annotation.kind == "bidirectional" and len(told) == len(regions) == 2:
        ends = [annotation.points[:2], annotation.points[2:4]]
        spans = [math.hypot(b[0] - a[0], (b[1] - a[1]) * _aspect(annotation, aspect)) for a, b in ends]
        ordered = regions if spans[0] >= spans[1] else regions[::-1]
        return tuple(_number(each, (line,)) for each, line in zip(told, ordered, strict=True))
    return tuple(_number(each, () if place else regions) for place, each in enumerate(told))


def _aspect(annotation: Annotation, aspect: float) -> float:
    anchor = annotation.anchor
    if isinstance(anchor, PlaneAnchor):
        return anchor.plane.row_spacing_mm / anchor.plane.column_spacing_mm
    return aspect


def _number(reading: Reading, regions: tuple[MarkedRegion, ...]) -> WrittenNumber:
    assert reading.value is not None  # noqa: S101 - only those that have one are written
    unit = Code(reading.unit.ucum, "UCUM", reading.unit.symbol or "no units")
    return WrittenNumber(
        reading.code, reading.value, unit, reading.derivation, method_of(reading.source), reading.caution, regions
    )


def method_of(source: str) -> Code | None:
    """Return where a scale or value comes from as the method of a measurement; None where that is nowhere."""
    if not source:
        return None
    return METHODS.get(source) or private_code(_VALUE_MAP, source[:_LONGEST_MEANING])


def source_of(method: Code | None) -> str:
    """Return what method_of was made of; the words of a method of others."""
    if method is None:
        return ""
    return next((source for source, each in METHODS.items() if each.is_same(method)), method.meaning)


def _moment(iso: str) -> str:
    """Return a moment in ISO 8601 as a DT; empty where it is none."""
    from datetime import datetime

    try:
        found = datetime.fromisoformat(iso)
    except ValueError:
        return ""
    return found.strftime("%Y%m%d%H%M%S%z")
