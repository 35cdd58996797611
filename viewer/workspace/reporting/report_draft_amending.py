"""A saved report as a draft of its next version; what cannot be taken over is told, never dropped in silence."""

from collections.abc import Iterator
from dataclasses import replace

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.structured_report.diagnostic_codes import (
    ADDENDUM,
    AMENDMENT_VERSION,
    FINDINGS,
    IMAGE_CAPTION,
    KEY_IMAGES,
    TITLES,
    heading_now,
)
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference
from viewer.dicom.structured_report.tree import walk
from viewer.dicom.structured_report.values import (
    CodeValue,
    ContentItem,
    NumericValue,
    ReferenceValue,
    RegionValue,
    Relationship,
    StructuredReport,
    TextValue,
)
from viewer.dicom.structured_report.wording import value_text
from viewer.measurement.reading import Reading, Unit
from viewer.workspace.measuring.reading_texts import reading_text
from viewer.workspace.reporting.report_draft import (
    DraftIdentity,
    DraftImage,
    DraftNumber,
    DraftRegion,
    DraftSection,
    ReportDraft,
)

CLASSES = frozenset(f"1.2.840.10008.5.1.4.1.1.88.{suffix}" for suffix in ("11", "22", "33", "34"))
TEMPLATES = frozenset({"2000", "2005", "2006", ""})
_METHOD, _DERIVATION, _COMMENT = "370129005", "121401", "121106"
_CONTEXT = {Relationship.HAS_OBS_CONTEXT, Relationship.HAS_CONCEPT_MOD, Relationship.HAS_ACQ_CONTEXT}


def refusal(report: StructuredReport) -> str:
    """Return why a report cannot be amended here, translated; empty where it can."""
    if report.root is None or report.header.instance.sop_class_uid not in CLASSES:
        return _("Only diagnostic reports can be amended here")
    is_diagnostic = any(each.is_same(report.root.name) for each in TITLES) if report.root.name is not None else False
    if report.template not in TEMPLATES or not (report.template or is_diagnostic):
        return _("Only diagnostic reports can be amended here")
    return ""


def amended(report: StructuredReport, identity: DraftIdentity, uid: str) -> ReportDraft:
    """Return the draft of a report's next version.

    Args:
        report: As it was saved.
        identity: Of its study.
        uid: Of the draft.

    Raises:
        DicomError: If it is no diagnostic report.
    """
    if reason := refusal(report):
        raise DicomError(reason)
    root, header = report.root, report.header
    assert root is not None  # noqa: S101 - refused else
    taken = _Taken()
    taken.take(root, FINDINGS)
    instance = InstanceReference(header.instance.sop_class_uid, header.instance.sop_instance_uid)
    return ReportDraft(
        uid=uid,
        study_instance_uid=header.study_instance_uid,
        identity=identity,
        title=root.name or TITLES[0],
        sections=tuple(taken.sections),
        images=tuple(taken.images),
        replaces=DocumentReference(instance, header.study_instance_uid, header.series_instance_uid),
        version=version_of(report) + 1,
        organization=next((each.organization for each in header.verifications), ""),
        left_out=tuple(dict.fromkeys(taken.left_out)),
    )


def version_of(report: StructuredReport) -> int:
    """Return which version a report is: as it says itself; by its predecessors where it does not."""
    if report.root is not None:
        for item in walk(report.root):
            if item.name is not None and item.name.is_same(AMENDMENT_VERSION) and isinstance(item.value, TextValue):
                told = item.value.text.strip()
                if told.isascii() and told.isdecimal():
                    return int(told[:6])
    return 2 if report.header.predecessors else 1


class _Taken:
    """What was taken over so far."""

    def __init__(self) -> None:
        self.sections: list[DraftSection] = []
        self.images: list[DraftImage] = []
        self.left_out: list[str] = []

    def take(self, container: ContentItem, heading: Code) -> None:
        caption, texts, numbers = "", [], []
        place = len(self.sections)
        for item in container.children:
            if item.relationship in _CONTEXT:
                continue
            if item.value_type == "CONTAINER" and item.reference is None:
                self._container(item)
            elif isinstance(item.value, TextValue) and item.value_type == "TEXT":
                if item.name is not None and item.name.is_same(IMAGE_CAPTION):
                    caption = _plain(item.value.text)
                else:
                    texts.append(_plain(item.value.text))
                    self._below(item)
            elif isinstance(item.value, NumericValue) and item.value.value is not None and item.name is not None:
                numbers.append(self._number(item, item.name, item.value))
            elif isinstance(item.value, ReferenceValue) and item.value_type == "IMAGE":
                self.images += [replace(each, caption=caption) for each in _images(item.value)]
                caption = ""
                self._below(item)
            else:
                self._lost(item)
        if caption:
            texts.append(caption)
        if texts or numbers:
            section = DraftSection(heading, "\n\n".join(texts), tuple(numbers))
            self.sections.insert(place, section)

    def _container(self, item: ContentItem) -> None:
        heading = heading_now(item.name) if item.name is not None else FINDINGS
        if heading.is_same(ADDENDUM) and any(
            each.name is not None and each.name.is_same(AMENDMENT_VERSION) for each in item.children
        ):
            return  # of the version before: the next one says its own
        self.take(item, FINDINGS if heading.is_same(KEY_IMAGES) else heading)

    def _number(self, item: ContentItem, name: Code, value: NumericValue) -> DraftNumber:
        codes: dict[str, Code] = {}
        regions, remark = [], ""
        for child in item.children:
            if isinstance(child.value, CodeValue) and child.name is not None and child.name.value in _QUALIFIERS:
                codes[child.name.value] = child.value.code
            elif isinstance(child.value, TextValue) and child.name is not None and child.name.value == _COMMENT:
                remark = _plain(child.value.text)
            elif isinstance(child.value, RegionValue) and (image := _below_image(child)) is not None:
                regions.append(DraftRegion(child.value.graphic_type, child.value.points, image))
            else:
                self._lost(child)
        if value.qualifier is not None:
            self.left_out.append(value.qualifier.meaning)
        assert value.value is not None  # noqa: S101 - asked before
        unit = value.unit or Code("1", "UCUM", "no units")
        reading = Reading(name, item.title, value.value, Unit(unit.value, "" if unit.value == "1" else unit.meaning))
        label = f"{item.title} {reading_text(reading)}"
        return DraftNumber(
            label, name, value.value, unit, codes.get(_DERIVATION), codes.get(_METHOD), remark, tuple(regions)
        )

    def _below(self, item: ContentItem) -> None:
        for child in item.children:
            if isinstance(child.value, ReferenceValue) and child.value_type == "IMAGE":
                self.images += _images(child.value)
            else:
                self._lost(child)

    def _lost(self, item: ContentItem) -> None:
        words = value_text(item, with_code=False).replace("\n", " ") if item.reference is None else ""
        self.left_out.append(": ".join(part for part in (item.title or item.value_type, words) if part))


_QUALIFIERS = {_METHOD, _DERIVATION}


def _below_image(item: ContentItem) -> DraftImage | None:
    images: Iterator[ContentItem] = (each for each in item.children if isinstance(each.value, ReferenceValue))
    found = next(images, None)
    return None if found is None or not isinstance(found.value, ReferenceValue) else _images(found.value)[0]


def _images(value: ReferenceValue) -> list[DraftImage]:
    """Return what a reference names, an image for each frame."""
    state = value.presentation_state
    presentation = ("", "") if state is None else (state.sop_class_uid, state.sop_instance_uid)
    named = value.instance.sop_class_uid, value.instance.sop_instance_uid
    return [DraftImage(*named, frame, presentation=presentation) for frame in value.frames or (0,)]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def pictures_named(report: StructuredReport) -> tuple[DraftImage, ...]:
    """Return the images that a report shows, each with its caption; not those that numbers were measured on."""
    found: list[DraftImage] = []
    for item in walk(report.root) if report.root is not None else ():
        caption = ""
        for child in item.children:
            if isinstance(child.value, TextValue) and child.name is not None and child.name.is_same(IMAGE_CAPTION):
                caption = _plain(child.value.text)
            elif isinstance(child.value, ReferenceValue) and child.value_type == "IMAGE":
                if child.relationship == Relationship.CONTAINS:
                    found += [replace(each, caption=caption) for each in _images(child.value)]
                caption = ""
    return tuple(dict.fromkeys(found))
