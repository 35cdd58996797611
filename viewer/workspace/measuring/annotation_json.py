"""Annotations as plain tables of a JSON line, and back: every number comes back exactly as it was.

What a table holds beyond what is written here belongs to a newer VERSION, which journal_lines refuses.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from viewer.base.errors import DicomError
from viewer.dicom.codes import Code
from viewer.dicom.image_plane import ImagePlane, Vector
from viewer.measurement.annotation import Anchor, Annotation, ImageAnchor, Parameter, PlaneAnchor, Provenance
from viewer.measurement.reading import Reading, Unit
from viewer.workspace.measuring.json_values import Table, count, flag, number, plain, text

_TEXTS = ("text", "colour", "group", "tracking_id", "tracking_uid")
_FLAGS = ("is_locked", "is_hidden")
_CODES = ("finding", "site")
_PROVENANCE = ("created_by", "created_at", "changed_by", "changed_at", "calibration", "program")
_READING_TEXTS = ("source", "refusal", "caution")
_IMAGE_UIDS = ("study_instance_uid", "series_instance_uid", "sop_class_uid", "sop_instance_uid")
_PLANE_UIDS = ("study_instance_uid", "series_instance_uid", "frame_of_reference_uid")


def annotation_table(annotation: Annotation) -> Table:
    """Return an annotation as a table of what JSON can hold; what is empty is left out."""
    table: Table = {
        "uid": annotation.uid,
        "kind": annotation.kind,
        "anchor": _anchor_table(annotation.anchor),
        "points": [[plain(x), plain(y)] for x, y in annotation.points],
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
        provenance = {name: text(table.get("provenance", {}).get(name, "")) for name in _PROVENANCE}
        fields: Table = {name: text(table.get(name, "")) for name in _TEXTS}
        fields |= {name: flag(table.get(name, False)) for name in _FLAGS}
        fields |= {name: _code(table[name]) for name in _CODES if name in table}
        return Annotation(
            text(table["uid"]),
            text(table["kind"]),
            _anchor(table["anchor"]),
            tuple((number(x), number(y)) for x, y in table["points"]),
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
        table["frame_number"] = int(anchor.frame_number)
        if anchor.tile:
            table["tile"] = int(anchor.tile)
        if anchor.frame_of_reference_uid:
            table["frame_of_reference_uid"] = anchor.frame_of_reference_uid
        return table
    table = {name: getattr(anchor, name) for name in _PLANE_UIDS}
    plane = anchor.plane
    return table | {
        "plane": [
            [plain(each) for each in values]
            for values in (
                plane.position,
                plane.row_direction,
                plane.column_direction,
                (plane.row_spacing_mm, plane.column_spacing_mm),
            )
        ],
        "size": [int(anchor.rows), int(anchor.columns)],
        "thickness_mm": plain(anchor.thickness_mm),
        "projection": anchor.projection,
        "is_deep": anchor.is_deep,
        "phase": int(anchor.phase),
    }


def _anchor(table: Mapping[str, Any]) -> Anchor:
    if "plane" not in table:
        fields: Table = {name: text(table[name]) for name in _IMAGE_UIDS}
        fields["frame_of_reference_uid"] = text(table.get("frame_of_reference_uid", ""))
        return ImageAnchor(frame_number=count(table["frame_number"]), tile=count(table.get("tile", 0)), **fields)
    fields = {name: text(table[name]) for name in _PLANE_UIDS}
    rows, columns = map(count, table["size"])
    return PlaneAnchor(
        plane=_plane(table["plane"]),
        rows=rows,
        columns=columns,
        thickness_mm=number(table["thickness_mm"]),
        projection=text(table["projection"]),
        is_deep=flag(table["is_deep"]),
        phase=count(table["phase"]),
        **fields,
    )


def _plane(values: Sequence[Sequence[float]]) -> ImagePlane:
    """Return the plane of its numbers, to the last bit: what made them orthonormal once does not do so again."""
    position, row, column, (row_mm, column_mm) = values
    made = ImagePlane(_vector(position), _vector(row), _vector(column), number(row_mm), number(column_mm))
    object.__setattr__(made, "row_direction", _vector(row))
    object.__setattr__(made, "column_direction", _vector(column))
    return made


def _vector(values: Sequence[float]) -> Vector:
    x, y, z = map(number, values)
    return x, y, z


def _parameter_row(parameter: Parameter) -> list[Any]:
    name, value = parameter
    return [name, value] if isinstance(value, str) else [name, plain(value), "number"]


def _parameter(row: Sequence[Any]) -> Parameter:
    if len(row) == 2:
        return text(row[0]), text(row[1])
    name, value, kind = row
    if kind != "number":
        raise ValueError("A parameter of an unknown kind")
    return text(name), number(value)


def _reading_table(reading: Reading) -> Table:
    table: Table = {
        "code": list(reading.code),
        "title": reading.title,
        "value": None if reading.value is None else plain(reading.value),
        "unit": [reading.unit.ucum, reading.unit.symbol],
    }
    if reading.derivation is not None:
        table["derivation"] = list(reading.derivation)
    return table | {name: said for name in _READING_TEXTS if (said := getattr(reading, name))}


def _reading(table: Mapping[str, Any]) -> Reading:
    ucum, symbol = map(text, table["unit"])
    return Reading(
        _code(table["code"]),
        text(table["title"]),
        None if table["value"] is None else number(table["value"]),
        Unit(ucum, symbol),
        derivation=_code(table["derivation"]) if "derivation" in table else None,
        **{name: text(table.get(name, "")) for name in _READING_TEXTS},
    )


def _code(values: Sequence[str]) -> Code:
    value, scheme, meaning = map(text, values)
    return Code(value, scheme, meaning)
