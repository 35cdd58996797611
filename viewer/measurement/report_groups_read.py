"""A measurement group of a report as it is read: its regions, numbers, findings, author, and how it was drawn."""

import json
import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.dicom.structured_report.concepts import (
    DERIVATION,
    FINDING,
    FINDING_SITE,
    LATERALITY,
    METHOD,
    TRACKING_IDENTIFIER,
    TRACKING_UID,
)
from viewer.dicom.structured_report.measurement_writing import (
    BOTH,
    CALIBRATION,
    COMMENT,
    LEFT,
    MARK,
    NO_VALUE,
    RIGHT,
    MarkedRegion,
)
from viewer.dicom.structured_report.regions import region_of
from viewer.dicom.structured_report.tree import child_named, code_value, concept, resolved, text_value
from viewer.dicom.structured_report.values import (
    ContentItem,
    NumericValue,
    Position,
    ReferenceValue,
    SpaceRegionValue,
    StructuredReport,
    ValueType,
)
from viewer.measurement.annotation import Annotation, ImageAnchor, Provenance
from viewer.measurement.reading import NO_UNIT, Reading, Unit
from viewer.measurement.report_groups import MARK_VERSION, source_of
from viewer.measurement.sides import LATERALITY as LATERALITY_PARAMETER

_PERSON = concept("121008")
_COMMENT, _MARK, _NO_VALUE, _CALIBRATION = (
    concept((each.value, each.scheme)) for each in (COMMENT, MARK, NO_VALUE, CALIBRATION)
)
_SYMBOLS = {
    "mm2": "mm²",
    "mm3": "mm³",
    "cm2": "cm²",
    "cm3": "cm³",
    "um": "µm",
    "um2": "µm²",
    "deg": "°",
    "1": "",
    "{pixels}": "px",
    "{pixels}2": "px²",
    "[hnsf'U]": "HU",
    "cm/s2": "cm/s²",
    "/min": "bpm",
}
_SIDES = ((RIGHT, "R"), (LEFT, "L"), (BOTH, "B"))


class ReadGroup:
    """A measurement group as it is read."""

    def __init__(self, report: StructuredReport, item: ContentItem, positions: dict[Position, ContentItem]) -> None:
        self.item, self._positions = item, positions
        self._header = report.header
        self._author = next(iter(report.header.authors), "") or (
            text_value(child_named(report.root, _PERSON)) if report.root is not None else ""
        )
        self.children = tuple(resolved(item.children, positions))
        self.tracking_id = text_value(child_named(item, TRACKING_IDENTIFIER)) or _("Measurement")
        self.numbers = [each for each in self.children if isinstance(each.value, NumericValue)]

    def regions(self, *items: ContentItem) -> list[MarkedRegion]:
        """Return the regions that items are, or that are right below them."""
        found = []
        for item in items:
            candidates = self._around(item)
            for each in candidates:
                region = region_of(each, self._positions)
                if region is not None:
                    image = next(iter(region.images), None) or self.image
                    found.append(
                        MarkedRegion(region.value, None if isinstance(region.value, SpaceRegionValue) else image)
                    )
        return found

    def _around(self, item: ContentItem) -> tuple[ContentItem, ...]:
        return (item, *resolved(item.children, self._positions)) if item.value_type == ValueType.NUM else (item,)

    @property
    def study(self) -> str:
        """Of the report."""
        return self._header.study_instance_uid

    @property
    def image(self) -> ReferenceValue | None:
        """The image that the group names itself."""
        return next((each.value for each in self.children if isinstance(each.value, ReferenceValue)), None)

    @property
    def is_of_segment(self) -> bool:
        """Whether it was measured on a segment of a segmentation."""
        references = [each.value for each in self.children if isinstance(each.value, ReferenceValue)]
        return any(
            each.segments or sop_kind(each.instance.sop_class_uid) is SopKind.SEGMENTATION for each in references
        )

    @property
    def base(self) -> Annotation:
        """What all marks of the group have in common; it lies nowhere yet."""
        observer = text_value(child_named(self.item, _PERSON)) or self._author
        header = self._header
        at = _iso(self.item.observed) or _iso(header.content_date + header.content_time.split(".")[0])
        site = child_named(self.item, FINDING_SITE)
        side = code_value(child_named(site, LATERALITY)) if site is not None else None
        sides = [(LATERALITY_PARAMETER, each) for code, each in _SIDES if side is not None and side.is_same(code)]
        readings = tuple(reading_of(each) for each in self.numbers)
        scales = (text_value(each) for each in self.children if _is(each, _CALIBRATION))
        methods = (*scales, *(reading.source for reading in readings if reading.source))
        return Annotation(
            "",
            "",
            ImageAnchor("", "", "", ""),
            (),
            text=" ".join(text_value(each) for each in self.children if _is(each, _COMMENT)),
            parameters=tuple(sides),
            group=_("Report of {0}").format(observer or header.manufacturer or "?"),
            is_locked=True,
            finding=code_value(child_named(self.item, FINDING)),
            site=code_value(site),
            tracking_id=text_value(child_named(self.item, TRACKING_IDENTIFIER)),
            tracking_uid=text_value(child_named(self.item, TRACKING_UID)),
            readings=readings + tuple(_refused(each) for each in self.children if _is(each, _NO_VALUE)),
            provenance=Provenance(
                observer, at, calibration=next(iter(methods), ""), program=header.model_name or header.manufacturer
            ),
        )

    @property
    def drawn(self) -> dict[str, Any] | None:
        """How it was drawn, where this program wrote it."""
        told = next((text_value(each) for each in self.children if _is(each, _MARK)), "")
        try:
            found = json.loads(told) if told else None
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) and found.get("v") == MARK_VERSION else None


def reading_of(item: ContentItem) -> Reading:
    """Return a NUM as a reading; why it has no value, where it has none."""
    value = item.value if isinstance(item.value, NumericValue) else NumericValue("")
    unit = value.unit
    number = value.value if value.value is not None and math.isfinite(value.value) else None
    refusal = ""
    if number is None:
        refusal = value.qualifier.meaning if value.qualifier is not None else _("The report gives no value")
    comments = (text_value(each) for each in item.children if _is(each, _COMMENT))
    return Reading(
        item.name or Code("", "", item.title),
        item.title,
        number,
        NO_UNIT if unit is None else Unit(unit.value, _SYMBOLS.get(unit.value, unit.value)),
        source_of(code_value(child_named(item, METHOD))),
        code_value(child_named(item, DERIVATION)),
        refusal,
        "; ".join(comments),
    )


def _refused(item: ContentItem) -> Reading:
    title, _separator, reason = text_value(item).partition(": ")
    return Reading(NO_VALUE, title, None, NO_UNIT, refusal=reason or title)


def _is(item: ContentItem, names: Iterable[tuple[str, str]]) -> bool:
    return item.name is not None and (item.name.value, item.name.scheme) in names


def _iso(moment: str) -> str:
    """Return a DT as ISO 8601; empty where it is none."""
    for form in ("%Y%m%d%H%M%S%z", "%Y%m%d%H%M%S.%f%z", "%Y%m%d%H%M%S", "%Y%m%d"):
        try:
            return datetime.strptime(moment, form).isoformat()  # noqa: DTZ007 - as the file has it
        except ValueError:
            continue
    return ""
