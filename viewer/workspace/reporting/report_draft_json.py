"""Drafts as JSON, to the last word; a draft of a newer program is refused, never read in part."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from viewer.dicom.codes import Code
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference
from viewer.workspace.reporting.report_draft import (
    DraftIdentity,
    DraftImage,
    DraftNumber,
    DraftRegion,
    DraftSection,
    ReportDraft,
)

VERSION = 1


def draft_bytes(draft: ReportDraft, revision: int) -> bytes:
    """Return a draft as it is kept.

    Args:
        draft: It.
        revision: How often it was kept: another program that kept it meanwhile has another one.
    """
    table = {"format": VERSION, "revision": revision, "draft": asdict(draft)}
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def draft_of(data: bytes) -> tuple[ReportDraft, int]:
    """Return a draft and its revision.

    Raises:
        ValueError: If it is none, or of a newer program.
    """
    try:
        table = json.loads(data.decode("utf-8", "surrogatepass"))
        if table["format"] != VERSION:
            raise ValueError(f"A draft in format {table['format']}")
        return _draft(table["draft"]), int(table["revision"])
    except (KeyError, TypeError, AttributeError, OverflowError, UnicodeDecodeError) as error:
        raise ValueError(f"No draft: {type(error).__name__}") from error


def _draft(table: Mapping[str, Any]) -> ReportDraft:
    replaces = table["replaces"]
    texts = {name: str(table[name]) for name in ("template", "reason", "organization", "changed_at")}
    return ReportDraft(
        uid=str(table["uid"]),
        study_instance_uid=str(table["study_instance_uid"]),
        identity=DraftIdentity(**{name: str(value) for name, value in table["identity"].items()}),
        title=_code(table["title"]),
        sections=tuple(_section(each) for each in table["sections"]),
        images=tuple(_image(each) for each in table["images"]),
        replaces=None if replaces is None else _reference(replaces),
        version=int(table["version"]),
        left_out=tuple(map(str, table["left_out"])),
        **texts,
    )


def _reference(table: Mapping[str, Any]) -> DocumentReference:
    instance = InstanceReference(**{name: str(value) for name, value in table["instance"].items()})
    return DocumentReference(instance, str(table["study_instance_uid"]), str(table["series_instance_uid"]))


def _section(table: Mapping[str, Any]) -> DraftSection:
    return DraftSection(_code(table["heading"]), str(table["text"]), tuple(_number(each) for each in table["numbers"]))


def _number(table: Mapping[str, Any]) -> DraftNumber:
    return DraftNumber(
        str(table["label"]),
        _code(table["name"]),
        float(table["value"]),
        _code(table["unit"]),
        _some_code(table["derivation"]),
        _some_code(table["method"]),
        str(table["remark"]),
        tuple(_region(each) for each in table["regions"]),
    )


def _region(table: Mapping[str, Any]) -> DraftRegion:
    points = tuple((float(x), float(y)) for x, y in table["points"])
    return DraftRegion(str(table["graphic_type"]), points, _image(table["image"]))


def _image(table: Mapping[str, Any]) -> DraftImage:
    sop_class_uid, uid = map(str, table["presentation"])
    return DraftImage(
        str(table["sop_class_uid"]),
        str(table["sop_instance_uid"]),
        int(table["frame_number"]),
        str(table["caption"]),
        (sop_class_uid, uid),
        tuple((str(name), value if isinstance(value, str) else float(value)) for name, value in table["view"]),
    )


def _code(parts: object) -> Code:
    value, scheme, meaning = map(str, parts)  # type: ignore[call-overload]  # what is no list raises TypeError
    return Code(value, scheme, meaning)


def _some_code(parts: object) -> Code | None:
    return None if parts is None else _code(parts)
