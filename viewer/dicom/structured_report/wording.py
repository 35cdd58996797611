"""What items, values and headers of a report are called: one wording for text, HTML, tables and the window."""

import datetime as dt
import re
from collections.abc import Iterator

from viewer.base.translation import N_, _
from viewer.dicom.codes import Code
from viewer.dicom.dates_and_times import parse_date, parse_time
from viewer.dicom.person_name import PersonName
from viewer.dicom.sop_classes import sop_class_name
from viewer.dicom.structured_report.values import (
    CodeValue,
    ContentItem,
    MomentsValue,
    NumericValue,
    Position,
    ReferenceValue,
    RegionValue,
    Relationship,
    ReportHeader,
    SpaceRegionValue,
    StructuredReport,
    TableValue,
    TextValue,
    ValueType,
)

_RELATIONSHIPS: dict[str, str] = {
    Relationship.HAS_OBS_CONTEXT: N_("Observation Context"),
    Relationship.HAS_ACQ_CONTEXT: N_("Acquisition Context"),
    Relationship.HAS_CONCEPT_MOD: N_("Concept Modifier"),
    Relationship.HAS_PROPERTIES: N_("Properties"),
    Relationship.INFERRED_FROM: N_("Inferred from"),
    Relationship.SELECTED_FROM: N_("Selected from"),
}
_SEXES = {"M": N_("male"), "F": N_("female"), "O": N_("other")}
_FLAGS = {
    "PARTIAL": N_("PARTIAL"),
    "COMPLETE": N_("COMPLETE"),
    "UNVERIFIED": N_("UNVERIFIED"),
    "VERIFIED": N_("VERIFIED"),
    "PRELIMINARY": N_("PRELIMINARY"),
    "FINAL": N_("FINAL"),
}
_NO_UNITS = frozenset({"1", "{no units}", "no units", ""})
_DATE_TIME = re.compile(r"^(\d{8})(\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?([+\-]\d{4})?$")


def place_text(position: Position) -> str:
    """Return a place in the tree as it is written: 1.2.3."""
    return ".".join(map(str, position))


def relationship_text(item: ContentItem) -> str:
    """Return how an item relates to what it is in; empty for what is simply contained."""
    if not item.relationship or item.relationship == Relationship.CONTAINS:
        return ""
    known = _RELATIONSHIPS.get(item.relationship)
    return _(known) if known else item.relationship


def code_text(code: Code, *, with_code: bool = True) -> str:
    """Return a code as people read it, with what tells it apart in brackets."""
    if not with_code or not code.value:
        return code.meaning or code.value
    return f"{code.meaning or code.value} ({', '.join(part for part in (code.value, code.scheme) if part)})"


def unit_text(unit: Code | None) -> str:
    """Return a unit as it is coded; nothing for none and for a pure number (UCUM 1)."""
    if unit is None:
        return ""
    text = unit.value or unit.meaning
    return "" if text in _NO_UNITS else text


def number_text(value: NumericValue) -> str:
    """Return a number with its unit as coded, and with what qualifies it."""
    number = value.text or ("" if value.value is None else repr(value.value))
    parts = [number or (_("no value") if value.qualifier is None else ""), unit_text(value.unit)]
    if value.qualifier is not None:
        told = value.qualifier.meaning or value.qualifier.value
        parts.append(f"({told})" if number else told)
    return " ".join(part for part in parts if part)


def date_text(text: str) -> str:
    """Return a DA as 2019-03-17; what is no date as it stands."""
    date = parse_date(text)
    return text if date is None else date.isoformat()


def time_text(text: str) -> str:
    """Return a TM as 17:33:15, with its fraction where it has one; what is no time as it stands."""
    time = parse_time(text)
    return text if time is None else _time(time)


def _time(time: dt.time) -> str:
    whole = time.isoformat("seconds")
    return whole if not time.microsecond else f"{whole}.{time.microsecond:06d}".rstrip("0")


def date_time_text(text: str) -> str:
    """Return a DT as 2019-03-17 17:33:15; what is none, or only a year, as it stands."""
    match = _DATE_TIME.match(text.strip())
    if match is None or parse_date(match[1]) is None:
        return text
    return " ".join(part for part in (date_text(match[1]), time_text(match[2] or ""), match[3] or "") if part)


def name_text(text: str, language: str = "en") -> str:
    """Return a person's name in all its writings, the reader's first."""
    return PersonName.parse(text).full(language)


def reference_text(value: ReferenceValue) -> str:
    """Return what is referred to, in words: the kind of object, its frames and segments."""
    name = sop_class_name(value.instance.sop_class_uid) if value.instance.sop_class_uid else ""
    name = name.removesuffix(" Storage").replace(" Image", " image") or _("Unknown image or object")
    parts = [name]
    if value.frames:
        parts.append(_("frame {0}").format(_numbers(value.frames)))
    if value.segments:
        parts.append(_("segment {0}").format(_numbers(value.segments)))
    if value.channels:
        parts.append(_("channel {0}").format(", ".join(f"{group}.{channel}" for group, channel in value.channels)))
    if value.presentation_state is not None:
        parts.append(_("with a presentation state"))
    if value.value_map is not None:
        parts.append(_("with a value map"))
    return ", ".join(parts)


def _numbers(numbers: tuple[int, ...]) -> str:
    """Return numbers with runs drawn together: 1–5, 8."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    return ", ".join("–".join(map(str, run)) for run in runs)


def value_text(item: ContentItem, *, with_code: bool = True, language: str = "en") -> str:
    """Return the value of an item in words; empty for a container and for an item without a value."""
    value = item.value
    if isinstance(value, TextValue):
        return _text(item.value_type, value.text, language)
    if isinstance(value, CodeValue):
        return code_text(value.code, with_code=with_code)
    if isinstance(value, NumericValue):
        return number_text(value)
    if isinstance(value, ReferenceValue):
        return reference_text(value)
    if isinstance(value, RegionValue | SpaceRegionValue):
        return region_text(value)
    if isinstance(value, MomentsValue):
        return _moments(value)
    if isinstance(value, TableValue):
        return _table(value)
    return item.raw


def _text(value_type: str, text: str, language: str) -> str:
    if value_type == ValueType.PNAME:
        return name_text(text, language) or text
    if value_type == ValueType.DATE:
        return date_text(text)
    if value_type == ValueType.TIME:
        return time_text(text)
    if value_type == ValueType.DATETIME:
        return date_time_text(text)
    return text


def observed_text(item: ContentItem) -> str:
    """Return when an item was observed, where it says so of itself."""
    return _("observed: {0}").format(date_time_text(item.observed)) if item.observed else ""


def region_text(value: RegionValue | SpaceRegionValue) -> str:
    """Return a region's shape and how many points it has."""
    shape = value.graphic_type.capitalize() or _("Region")
    return f"{shape} ({_('{0} points').format(len(value.points))})" if len(value.points) != 1 else shape


def _moments(value: MomentsValue) -> str:
    samples = ", ".join(map(str, value.samples))
    offsets = ", ".join(f"{offset:g} s" for offset in value.offsets_s)
    moments = ", ".join(map(date_time_text, value.moments))
    return " ".join(part for part in (value.range_type.capitalize(), samples, offsets, moments) if part)


def _table(value: TableValue) -> str:
    return "\n".join(" | ".join(row) for row in (value.columns, *value.rows))


def flag_text(flag: str) -> str:
    """Return a completion, verification or preliminary flag in the reader's language."""
    return _(_FLAGS[flag]) if flag in _FLAGS else flag


def flags_of(header: ReportHeader) -> tuple[str, ...]:
    """Return what a reader must see before the content: PRELIMINARY, PARTIAL, UNVERIFIED, or that it is not said."""
    completion = flag_text(header.completion) if header.completion else _("completion not stated")
    verification = flag_text(header.verification) if header.verification else _("verification not stated")
    return tuple(part for part in (flag_text(header.preliminary), completion, verification) if part)


def document_title(report: StructuredReport) -> str:
    """Return what a report calls itself."""
    root = report.root
    return (root.title if root is not None else "") or kind_of_document(report.header)


def kind_of_document(header: ReportHeader) -> str:
    """Return the name of a report's SOP Class."""
    return sop_class_name(header.instance.sop_class_uid).removesuffix(" Storage")


def patient_text(header: ReportHeader, language: str = "en") -> str:
    """Return whom the report is about, on one line."""
    patient = header.patient
    sex = _(_SEXES[patient.sex]) if patient.sex in _SEXES else patient.sex
    born = f"*{date_text(patient.birth_date)}" if patient.birth_date else ""
    number = f"#{patient.patient_id}" if patient.patient_id else ""
    facts = ", ".join(part for part in (sex, born, number) if part)
    name = name_text(patient.name, language)
    return f"{name} ({facts})" if facts else name


def header_lines(report: StructuredReport, language: str = "en") -> Iterator[tuple[str, str]]:
    """Yield what stands before the content, as labels and texts."""
    header = report.header
    number = f"#{header.series_number}" if header.series_number else ""
    study = (header.study_description, f"#{header.study_id}" if header.study_id else "")
    serial_number = f"#{header.device_serial_number}" if header.device_serial_number else ""
    device = ", ".join(part for part in (header.model_name, serial_number) if part)
    moment = (date_text(header.content_date), time_text(header.content_time))
    rows = (
        (_("Document"), kind_of_document(header)),
        (_("Patient"), patient_text(header, language)),
        (_("Referring Physician"), name_text(header.referring_physician, language)),
        (_("Institution"), header.institution),
        (_("Study"), _with_bracket(*study)),
        (_("Accession number"), header.accession_number),
        (_("Study date"), date_text(header.study_date)),
        (_("Series"), _with_bracket(header.series_description, number)),
        (_("Protocol"), header.protocol_name),
        (_("Manufacturer"), _with_bracket(header.manufacturer, device)),
        (_("Preliminary Flag"), flag_text(header.preliminary)),
        (_("Completion Flag"), flag_text(header.completion)),
        (_("Completion"), header.completion_description),
        (_("Verification Flag"), flag_text(header.verification)),
        (_("Content Date/Time"), " ".join(part for part in moment if part)),
        (_("Template"), report.template),
    )
    yield from ((label, text) for label, text in rows if text)
    for author in header.authors:
        yield _("Author"), name_text(author, language)
    for verified in header.verifications:
        facts = (name_text(verified.observer, language), verified.organization, date_time_text(verified.at))
        yield _("Verifying Observer"), ", ".join(part for part in facts if part)
    for order in header.orders:
        facts = (order.accession_number, order.requested_procedure, order.reason)
        if any(facts):
            yield _("Order"), ", ".join(part for part in facts if part)
    for document in header.predecessors:
        yield _("Amends"), document.instance.sop_instance_uid


def _with_bracket(text: str, number: str) -> str:
    return f"{text} ({number})" if text and number else text or number
