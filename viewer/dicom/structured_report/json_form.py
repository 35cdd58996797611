"""A report in the form programs read; written piece by piece, for trees may be deeper than json can nest."""

import json
from collections.abc import Iterator
from typing import Any

from viewer.dicom.codes import Code
from viewer.dicom.structured_report.references import InstanceReference
from viewer.dicom.structured_report.retired_codes import current_code
from viewer.dicom.structured_report.tree import walk_around
from viewer.dicom.structured_report.values import (
    CodeValue,
    ContainerValue,
    ContentItem,
    MomentsValue,
    NumericValue,
    ReferenceValue,
    RegionValue,
    ReportHeader,
    SpaceRegionValue,
    StructuredReport,
    TableValue,
    TextValue,
    Value,
)
from viewer.dicom.structured_report.wording import document_title, place_text, value_text


def report_json(report: StructuredReport, language: str = "en") -> Iterator[str]:
    """Yield one JSON value in pieces, a line an item."""
    head = {
        "title": document_title(report),
        **_header(report.header),
        "template": report.template,
        "problems": list(report.problems),
    }
    yield json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ","
    if report.root is None:
        yield ' "content": null'
    else:
        yield ' "content":'
        yield from _content(report.root, language)
    yield "}"


def _content(root: ContentItem, language: str) -> Iterator[str]:
    is_after = False  # whether the next item follows another one in the same list
    for item, is_begin in walk_around(root):
        indent = " " * min(len(item.position), 40)
        if is_begin:
            told = json.dumps(item_json(item, language), ensure_ascii=False)[:-1]
            yield f'{indent}{"," if is_after else ""}{told}, "items": ['
            is_after = False
        else:
            yield f"{indent}]}}"
            is_after = True


def item_json(item: ContentItem, language: str = "en") -> dict[str, Any]:
    """Return one content item without those below it."""
    told: dict[str, Any] = {"position": place_text(item.position), "relationship": item.relationship}
    if item.reference is not None:
        return {**told, "by_reference": place_text(item.reference)}
    told |= {
        "value_type": item.value_type,
        "name": _code(item.name),
        "text": value_text(item, language=language),
        "value": _value(item.value),
    }
    optional = {
        "observation_datetime": item.observed,
        "observation_uid": item.observation_uid,
        "problem": item.problem,
    }
    return told | {key: value for key, value in optional.items() if value}


def _code(code: Code | None) -> dict[str, str] | None:
    """Return a code as it stands in the file; a retired one with what took its place."""
    if code is None:
        return None
    told = {"value": code.value, "scheme": code.scheme, "meaning": code.meaning}
    current = current_code(code)
    return told if current.is_same(code) else {**told, "current_value": current.value, "current_scheme": current.scheme}


def _instance(instance: InstanceReference | None) -> dict[str, str] | None:
    if instance is None:
        return None
    return {"sop_class_uid": instance.sop_class_uid, "sop_instance_uid": instance.sop_instance_uid}


def _value(value: Value | None) -> Any:  # noqa: ANN401 - texts, numbers or objects, as the value type has them
    if isinstance(value, TextValue):
        return value.text
    if isinstance(value, CodeValue):
        return _code(value.code)
    if isinstance(value, NumericValue):
        return {"value": value.value, "unit": _code(value.unit), "qualifier": _code(value.qualifier)}
    if isinstance(value, ReferenceValue):
        return {
            **(_instance(value.instance) or {}),
            "frames": list(value.frames),
            "segments": list(value.segments),
            "channels": [list(pair) for pair in value.channels],
            "presentation_state": _instance(value.presentation_state),
            "value_map": _instance(value.value_map),
        }
    return None if value is None else _geometry(value)


def _geometry(
    value: RegionValue | SpaceRegionValue | MomentsValue | ContainerValue | TableValue,
) -> dict[str, Any]:
    if isinstance(value, RegionValue):
        return {"graphic_type": value.graphic_type, "points": value.points, "is_of_volume": value.is_of_volume}
    if isinstance(value, SpaceRegionValue):
        frame = value.frame_of_reference_uid
        return {"graphic_type": value.graphic_type, "points_mm": value.points, "frame_of_reference_uid": frame}
    if isinstance(value, MomentsValue):
        return {
            "range_type": value.range_type,
            "samples": value.samples,
            "offsets_s": value.offsets_s,
            "moments": value.moments,
        }
    if isinstance(value, ContainerValue):
        return {"continuity": "CONTINUOUS" if value.is_continuous else "SEPARATE", "template": value.template}
    return {"columns": value.columns, "rows": value.rows}


def _header(header: ReportHeader) -> dict[str, Any]:
    patient = header.patient
    return {
        **(_instance(header.instance) or {}),
        "patient": {
            "name": patient.name,
            "id": patient.patient_id,
            "birth_date": patient.birth_date,
            "sex": patient.sex,
        },
        "study_instance_uid": header.study_instance_uid,
        "study_date": header.study_date,
        "study_description": header.study_description,
        "accession_number": header.accession_number,
        "referring_physician": header.referring_physician,
        "series_instance_uid": header.series_instance_uid,
        "series_description": header.series_description,
        "series_number": header.series_number,
        "manufacturer": header.manufacturer,
        "completion_flag": header.completion,
        "preliminary_flag": header.preliminary,
        "verification_flag": header.verification,
        "content_date": header.content_date,
        "content_time": header.content_time,
        "authors": list(header.authors),
        "verifying_observers": [
            {"name": each.observer, "organization": each.organization, "datetime": each.at}
            for each in header.verifications
        ],
        "predecessors": [_instance(each.instance) for each in header.predecessors],
        "identical_documents": [_instance(each.instance) for each in header.identical],
        "evidence": [_instance(each.instance) for each in header.evidence],
    }
