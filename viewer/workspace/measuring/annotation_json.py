"""Annotations as plain tables of a JSON line, and back: every number comes back exactly as it was.

What a table holds beyond what is written here belongs to a newer VERSION, which journal_lines refuses.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from viewer.base.errors import DicomError
from viewer.dicom.codes import Code
from viewer.dicom.image_plane import ImagePlane, Vector
from viewer.measurement.annotation import Anchor, Annotation, ImageAnchor, Parameter, PlaneAnchor, Provenance
from viewer.measurement.reading import Reading, Unit

Table = dict[str, Any]

_TEXTS = ("text", "colour", "group", "tracking_id", "tracking_uid")
_FLAGS = ("is_locked", "is_hidden")
_CODES = ("finding", "site")
_PROVENANCE = ("created_by", "created_at", "changed_by", "changed_at", "calibration", "program")
_IMAGE_UIDS = ("study_instance_uid", "series_instance_uid", "sop_class_uid", "sop_instance_uid")
_PLANE_UIDS = ("study_instance_uid", "series_instance_uid", "frame_of_reference_uid")


def annotation_table(annotation: Annotation) -> Table:
    """Return an annotation as a table of what JSON can hold; what is empty is left out."""
    table: Table = {
        "uid": annotation.uid,
        "kind": annotation.kind,
        "anchor": _anchor_table(annotation.anchor),
        "points": [[_plain(x), _plain(y)] for x, y in annotation.points],
    }
    optional: Table = {name: getattr(annotation, name) for name in (*_TEXTS, *_FLAGS)}
    optional |= {name: list(code) for name in _CODES if (code := getattr(annotation, name)) is not None}
    optional["parameters"] = [_parameter_row(each) for each in annotation.parameters]
    optional["readings"] = [_reading_table(each) for each in annotation.readings]
    provenance = {name: getattr(annotation.provenance, name) for name in _PROVENANCE}
    optional["provenance"] = {name: value for name, value in provenance.items() if value}
    return table | {name: value for name, value in optional.items() if value}


def annotation_of(table: Mapping[str, Any]) -> Annotation:
    """Return the annotation of a table.

    Raises:
        ValueError: If it is none.
    """
    try:
        provenance = {name: _text(table.get("provenance", {}).get(name, "")) for name in _PROVENANCE}
        fields: Table = {name: _text(table.get(name, "")) for name in _TEXTS}
        fields |= {name: _flag(table.get(name, False)) for name in _FLAGS}
        fields |= {name: _code(table[name]) for name in _CODES if name in table}
        return Annotation(
            _text(table["uid"]),
            _text(table["kind"]),
            _anchor(table["anchor"]),
            tuple((_number(x), _number(y)) for x, y in table["points"]),
            parameters=tuple(_parameter(each) for each in table.get("parameters", ())),
            readings=tuple(_reading(each) for each in table.get("readings", ())),
            provenance=Provenance(**provenance),
            **fields,
        )
    except (KeyError, TypeError, AttributeError, OverflowError, DicomError) as error:
        raise ValueError(f"No annotation: {type(error).__name__}") from error


def _anchor_table(anchor: Anchor) -> Table:
    if isinstance(anchor, ImageAnchor):
        table: Table = {name: getattr(anchor, name) for name in _IMAGE_UIDS}
        table["frame_number"] = anchor.frame_number
        if anchor.tile:
            table["tile"] = anchor.tile
        if anchor.frame_of_reference_uid:
            table["frame_of_reference_uid"] = anchor.frame_of_reference_uid
        return table
    table = {name: getattr(anchor, name) for name in _PLANE_UIDS}
    plane = anchor.plane
    return table | {
        "plane": [
            list(plane.position),
            list(plane.row_direction),
            list(plane.column_direction),
            [plane.row_spacing_mm, plane.column_spacing_mm],
        ],
        "size": [anchor.rows, anchor.columns],
        "thickness_mm": anchor.thickness_mm,
        "projection": anchor.projection,
        "is_deep": anchor.is_deep,
        "phase": anchor.phase,
    }


def _anchor(table: Mapping[str, Any]) -> Anchor:
    if "plane" not in table:
        fields: Table = {name: _text(table[name]) for name in _IMAGE_UIDS}
        fields["frame_of_reference_uid"] = _text(table.get("frame_of_reference_uid", ""))
        return ImageAnchor(frame_number=_count(table["frame_number"]), tile=_count(table.get("tile", 0)), **fields)
    fields = {name: _text(table[name]) for name in _PLANE_UIDS}
    rows, columns = map(_count, table["size"])
    return PlaneAnchor(
        plane=_plane(table["plane"]),
        rows=rows,
        columns=columns,
        thickness_mm=_number(table["thickness_mm"]),
        projection=_text(table["projection"]),
        is_deep=_flag(table["is_deep"]),
        phase=_count(table["phase"]),
        **fields,
    )


def _plane(values: Sequence[Sequence[float]]) -> ImagePlane:
    """Return the plane of its numbers, to the last bit: what made them orthonormal once does not do so again."""
    position, row, column, (row_mm, column_mm) = values
    made = ImagePlane(_vector(position), _vector(row), _vector(column), _number(row_mm), _number(column_mm))
    object.__setattr__(made, "row_direction", _vector(row))
    object.__setattr__(made, "column_direction", _vector(column))
    return made


def _vector(values: Sequence[float]) -> Vector:
    x, y, z = map(_number, values)
    return x, y, z


def _parameter_row(parameter: Parameter) -> list[Any]:
    name, value = parameter
    return [name, value] if isinstance(value, str) else [name, _plain(value), "number"]


def _parameter(row: Sequence[Any]) -> Parameter:
    if len(row) == 2:
        return _text(row[0]), _text(row[1])
    name, value, kind = row
    if kind != "number":
        raise ValueError("A parameter of an unknown kind")
    return _text(name), _number(value)


def _reading_table(reading: Reading) -> Table:
    table: Table = {
        "code": list(reading.code),
        "title": reading.title,
        "value": None if reading.value is None else _plain(reading.value),
        "unit": [reading.unit.ucum, reading.unit.symbol],
    }
    if reading.derivation is not None:
        table["derivation"] = list(reading.derivation)
    return table | {name: text for name in ("source", "refusal") if (text := getattr(reading, name))}


def _reading(table: Mapping[str, Any]) -> Reading:
    ucum, symbol = map(_text, table["unit"])
    return Reading(
        _code(table["code"]),
        _text(table["title"]),
        None if table["value"] is None else _number(table["value"]),
        Unit(ucum, symbol),
        _text(table.get("source", "")),
        _code(table["derivation"]) if "derivation" in table else None,
        _text(table.get("refusal", "")),
    )


def _code(values: Sequence[str]) -> Code:
    value, scheme, meaning = map(_text, values)
    return Code(value, scheme, meaning)


def _plain(value: float) -> float | str:
    """Return a number as JSON has it; what is none there is written as a word."""
    return float(value) if math.isfinite(value) else repr(float(value))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError("No number")
    if isinstance(value, str) and value not in {"nan", "inf", "-inf"}:
        raise ValueError("No number")
    return float(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("No whole number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("No text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("Neither true nor false")
    return value
