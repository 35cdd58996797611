"""Dose reports as tables: CT (TID 10011), projection X-ray (TID 10001), radiopharmaceuticals (TID 10021)."""

from collections.abc import Sequence

from viewer.base.translation import _
from viewer.dicom.structured_report.concepts import (
    ACCUMULATED_DOSE,
    CT_ACCUMULATED_DOSE,
    CT_ACQUISITION,
    DOSE_REPORT,
    IRRADIATION_EVENT,
    RADIOPHARMACEUTICAL_REPORT,
)
from viewer.dicom.structured_report.templates.measurements import container_section, has_numbers
from viewer.dicom.structured_report.templates.sections import Cell, Section, Table
from viewer.dicom.structured_report.templates.units import converted_text
from viewer.dicom.structured_report.tree import Concept, concept, is_concept, named, walk
from viewer.dicom.structured_report.values import ContainerValue, ContentItem, NumericValue
from viewer.dicom.structured_report.wording import value_text

_CT_COLUMNS: tuple[Concept, ...] = (
    concept("125203"),  # Acquisition Protocol
    concept("123014"),  # Target Region
    concept("113820"),  # CT Acquisition Type
    concept("113830"),  # Mean CTDIvol
    concept("113835"),  # CTDIw Phantom Type
    concept("113838"),  # DLP
    concept("113825"),  # Scanning Length
    concept("113733"),  # KVP
    concept("113734"),  # X-Ray Tube Current
    concept("113824"),  # Exposure Time
    concept("113828"),  # Pitch Factor
)
_PROJECTION_COLUMNS: tuple[Concept, ...] = (
    concept("111526"),  # DateTime Started
    concept("113764"),  # Acquisition Plane
    concept("113721"),  # Irradiation Event Type
    concept("125203"),  # Acquisition Protocol
    concept("122130"),  # Dose Area Product
    concept("113738"),  # Dose (RP)
    concept("113733"),  # KVP
    concept("113734"),  # X-Ray Tube Current
    concept("113768"),  # Number of Pulses
    concept("113742"),  # Irradiation Duration
    concept("112011"),  # Positioner Primary Angle
    concept("112012"),  # Positioner Secondary Angle
)
_MOST_VALUES = 4
"""Different ones of an event that stand in one cell; all stand among the items."""


def dose_sections(root: ContentItem) -> tuple[Section, ...]:
    """Return the view of a dose report; none for any other."""
    if is_concept(root.name, RADIOPHARMACEUTICAL_REPORT):
        return _of_radiopharmaceutical(root)
    if not is_concept(root.name, DOSE_REPORT):
        return ()
    positions = {item.position: item for item in walk(root)}
    totals = [*named(root, CT_ACCUMULATED_DOSE), *named(root, ACCUMULATED_DOSE)]
    sections = [container_section(item, positions, with_conversions=True) for item in totals]
    for title, kind, columns in (
        (_("CT acquisitions"), CT_ACQUISITION, _CT_COLUMNS),
        (_("Irradiation events"), IRRADIATION_EVENT, _PROJECTION_COLUMNS),
    ):
        events = tuple(named(root, kind))
        if events:
            sections.append(Section(title, tables=(_event_table(events, columns),), position=events[0].position))
    return tuple(sections)


def _of_radiopharmaceutical(root: ContentItem) -> tuple[Section, ...]:
    positions = {item.position: item for item in walk(root)}
    return tuple(
        container_section(item, positions, with_conversions=True)
        for item in positions.values()
        if isinstance(item.value, ContainerValue) and has_numbers(item)
    )


def _event_table(events: Sequence[ContentItem], concepts: Sequence[Concept]) -> Table:
    """Return events as rows; a column that no event fills is left out, and titles are the report's own."""
    found = [[tuple(named(event, each)) for each in concepts] for event in events]
    kept = [index for index in range(len(concepts)) if any(row[index] for row in found)]
    titles = tuple(next(row[index][0].title for row in found if row[index]) for index in kept)
    rows = tuple(
        (Cell(str(number), event.position, is_number=True), *(_cell(row[index]) for index in kept))
        for number, (event, row) in enumerate(zip(events, found, strict=True), start=1)
    )
    return Table((_("No."), *titles), rows)


def _cell(items: Sequence[ContentItem]) -> Cell:
    """Return what items say, each value once: two tubes have a voltage each, and a run one for each pulse."""
    texts = list(dict.fromkeys(_told(item) for item in items))
    if not texts:
        return Cell()
    more = len(texts) - _MOST_VALUES
    told = "\n".join(texts if more <= 0 else [*texts[:_MOST_VALUES], _("… and {0} more").format(more)])
    return Cell(told, items[0].position, is_number=isinstance(items[0].value, NumericValue))


def _told(item: ContentItem) -> str:
    text = value_text(item, with_code=False)
    converted = converted_text(item.value) if isinstance(item.value, NumericValue) else ""
    return f"{text}\n{converted}" if converted else text
