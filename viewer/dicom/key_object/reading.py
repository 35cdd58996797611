"""Key Object Selection documents read (TID 2010), as far as they can be: what is odd is said, and the rest is there."""

from collections.abc import Iterator

from viewer.base.byte_source import ByteSource
from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.key_object.values import KeyObjects, KeyReference
from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.dicom.structured_report.reading import read_report
from viewer.dicom.structured_report.tree import by_position, code_value, concept, is_concept, resolved, text_value, walk
from viewer.dicom.structured_report.values import (
    ContentItem,
    ReferenceValue,
    ReportHeader,
    StructuredReport,
)

_MODIFIER = concept("113011")
_DESCRIPTION = concept("113012")
_PERSON, _DEVICE = concept("121008"), concept("121013")


def read_key_objects(source: ByteSource, character_set: str = "") -> KeyObjects:
    """Return a document.

    Args:
        source: The file.
        character_set: In place of what the file declares; empty for the file's own.

    Raises:
        DicomError: If it is not DICOM, or no Key Object Selection.
        RefusedError: If it is larger than any honest document.
        MediaError: If the medium fails.
    """
    report = read_report(source, character_set)
    if sop_kind(report.header.instance.sop_class_uid) is not SopKind.KEY_OBJECT:
        raise DicomError(_("This object is no selection of key objects"), subject=source.name)
    return key_objects_of(report)


def key_objects_of(report: StructuredReport) -> KeyObjects:
    """Return what a report of that class selects."""
    header, root = report.header, report.root
    items = () if root is None else tuple(resolved(walk(root), by_position(root)))
    references = tuple(_references(items, header))
    problems = list(report.problems)
    if root is not None and root.name is None:
        problems.append(_("It does not say what the objects are selected for"))
    if not references:
        problems.append(_("It selects nothing"))
    elif strays := sum(not each.study_instance_uid for each in references):
        problems.append(_("{0} of what it selects are not in its list of instances").format(strays))
    texts = (text_value(item) for item in items if is_concept(item.name, _DESCRIPTION))
    return KeyObjects(
        header.instance,
        header.patient.patient_id,
        header.study_instance_uid,
        header.series_instance_uid,
        header.series_description,
        root.name if root is not None else None,
        tuple(code for item in items if is_concept(item.name, _MODIFIER) and (code := code_value(item)) is not None),
        "\n".join(text for text in texts if text),
        tuple(dict.fromkeys((*_named(items, _PERSON), *header.authors, *_named(items, _DEVICE)))),
        " ".join(part for part in (header.manufacturer, header.model_name) if part),
        header.content_date,
        header.content_time,
        references,
        header.identical,
        header.predecessors,
        tuple(problems),
    )


def _named(items: tuple[ContentItem, ...], what: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(text for item in items if is_concept(item.name, what) and (text := text_value(item)))


def _references(items: tuple[ContentItem, ...], header: ReportHeader) -> Iterator[KeyReference]:
    """Yield what is selected, each object once for the same frames."""
    evidence = {each.instance.sop_instance_uid: each for each in header.evidence}
    seen = set()
    for item in items:
        value = item.value
        if not isinstance(value, ReferenceValue) or not value.instance.sop_instance_uid:
            continue
        listed = evidence.get(value.instance.sop_instance_uid)
        reference = KeyReference(
            value.instance,
            item.value_type,
            listed.study_instance_uid if listed is not None else "",
            listed.series_instance_uid if listed is not None else "",
            value.frames,
            value.segments,
            value.channels,
            value.presentation_state,
        )
        if reference not in seen:
            seen.add(reference)
            yield reference
