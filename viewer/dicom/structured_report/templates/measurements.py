"""Measurements as tables: TID 1500 groups, and sections of ultrasound, echocardiography and other reports.

TID 300 makes every measurement alike: a number with its unit, modified by derivation, method, site and the like. So
one view serves TID 1410, 1411, 1501, 5000 to 5300, 3500 and those of vendors: a section for each container that holds
numbers, under the names of what it is in.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from viewer.base.translation import _
from viewer.dicom.structured_report.concepts import (
    DERIVATION,
    FINDING,
    FINDING_SITE,
    IMAGE_LIBRARY,
    LATERALITY,
    MEASUREMENT_GROUP,
    METHOD,
    TRACKING_IDENTIFIER,
)
from viewer.dicom.structured_report.regions import target_of
from viewer.dicom.structured_report.run_on import is_run_on
from viewer.dicom.structured_report.templates.sections import Cell, Fact, Section, Table
from viewer.dicom.structured_report.templates.units import converted_text
from viewer.dicom.structured_report.tree import (
    Concept,
    child_named,
    children_named,
    concept,
    is_concept,
    text_value,
    walk,
)
from viewer.dicom.structured_report.values import (
    ContainerValue,
    ContentItem,
    NumericValue,
    Position,
    Relationship,
    ValueType,
)
from viewer.dicom.structured_report.wording import number_text, unit_text, value_text

Positions = dict[Position, ContentItem]
_ABOUT: tuple[Concept, ...] = (FINDING_SITE, LATERALITY, concept(("11951-1", "LN")))
"""What tells sections of one name apart: site, side, Fetus ID."""
_APART = 2
_MOST_COLUMNS = 8
_SHORT_VALUE = 9
_TITLED_PARENTS = 2
"""Names of containers that stand before that of a section."""


def measurement_sections(root: ContentItem) -> tuple[Section, ...]:
    """Return a section for each container that holds numbers."""
    positions = {item.position: item for item in walk(root)}
    holders = [
        item
        for item in positions.values()
        if isinstance(item.value, ContainerValue)
        and has_numbers(item)
        and not is_run_on(item)
        and not _is_in_library(item, positions)
    ]
    groups = [item for item in holders if is_concept(item.name, MEASUREMENT_GROUP)]
    overview = (_overview(groups, positions),) if len(groups) > 1 else ()
    return (*overview, *(container_section(item, positions) for item in holders))


def _overview(groups: Sequence[ContentItem], positions: Positions) -> Section:
    """Return all groups of TID 1500 as one table: what each tracks, its finding and site, its values, its region."""
    found = [[(_column(number), number) for number in _numbers_of(group)] for group in groups]
    columns = list(dict.fromkeys(column for numbers in found for column, _number in numbers))[:_MOST_COLUMNS]
    rows = []
    for group, numbers in zip(groups, found, strict=True):
        values = ([number for name, number in numbers if name == column] for column in columns)
        rows.append(
            (
                *_what(group, positions),
                *(
                    Cell("; ".join(map(_short, each)), each[0].position, is_number=True) if each else Cell()
                    for each in values
                ),
            )
        )
    titles = (_("Tracking"), _("Finding"), _("Site"), *columns)
    return Section(_("Measurement groups"), tables=(Table(titles, tuple(rows)),))


def _short(number: ContentItem) -> str:
    """Return a value for a table of many: six digits of it; its own table has them all."""
    value = number.value
    if isinstance(value, NumericValue) and value.value is not None and len(value.text) > _SHORT_VALUE:
        return number_text(NumericValue(f"{value.value:.6g}", value.value, value.unit, value.qualifier))
    return value_text(number)


def _what(group: ContentItem, positions: Positions) -> Iterator[Cell]:
    """Yield what a group is about; the first cell leads to its region."""
    tracking = text_value(child_named(group, TRACKING_IDENTIFIER)) or group.title
    is_link = any(target_of(child, positions) for child in group.children if child.value_type != ValueType.NUM)
    yield Cell(tracking, group.position, is_link=is_link)
    for each in (FINDING, FINDING_SITE):
        found = child_named(group, each)
        yield Cell("" if found is None else told_with_modifiers(found), group.position)


def _numbers_of(group: ContentItem) -> list[ContentItem]:
    return [child for child in group.children if child.value_type == ValueType.NUM]


def _column(number: ContentItem) -> str:
    """Return what numbers have in common that stand in one column: name and derivation."""
    derivation = _joined(children_named(number, DERIVATION))
    return f"{number.title} ({derivation})" if derivation else number.title


def _is_in_library(item: ContentItem, positions: Positions) -> bool:
    """Whether an item only describes images (TID 1600)."""
    around = (positions[item.position[:length]] for length in range(1, len(item.position) + 1))
    return any(is_concept(each.name, IMAGE_LIBRARY) for each in around)


def has_numbers(item: ContentItem) -> bool:
    """Whether an item directly contains measurements."""
    return any(child.value_type == ValueType.NUM for child in item.children)


def container_section(item: ContentItem, positions: Positions, *, with_conversions: bool = False) -> Section:
    """Return a container as a section: what is said of it as facts, its numbers as a table."""
    numbers = [child for child in item.children if child.value_type == ValueType.NUM]
    others = [
        child
        for child in item.children
        if child.value_type not in {ValueType.NUM, ValueType.CONTAINER} and child.reference is None
    ]
    facts = [_fact(child, positions) for child in others]
    table = number_table(numbers, positions, with_conversions=with_conversions)
    return Section(section_title(item, positions), _counted(facts), (table,), position=item.position)


def _fact(item: ContentItem, positions: Positions) -> Fact:
    is_link = bool(target_of(item, positions))
    return Fact(item.title or item.value_type.capitalize(), told_with_modifiers(item), item.position, is_link)


def _counted(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return facts with the same words told once, with how many they are: hundreds of images would bury the rest."""
    counts = Counter((fact.label, fact.text) for fact in facts)
    firsts = {(fact.label, fact.text): fact for fact in reversed(facts)}
    told = []
    for key in dict.fromkeys((fact.label, fact.text) for fact in facts if fact.text):
        count = counts[key]
        told.append(firsts[key]._replace(text=f"{key[1]} × {count}" if count > 1 else key[1]))
    return tuple(told)


def section_title(item: ContentItem, positions: Positions) -> str:
    """Return what a container is called: by what it tracks, else by its names from the outside in."""
    tracking = text_value(child_named(item, TRACKING_IDENTIFIER))
    if tracking and is_concept(item.name, MEASUREMENT_GROUP):
        return tracking
    names = [positions[item.position[:length]].title for length in range(_APART, len(item.position) + 1)]
    names = [name for name in names if name][-_TITLED_PARENTS - 1 :]
    about = ", ".join(text for each in _ABOUT if (text := _inherited(item, each, positions)))
    title = " › ".join(names) or item.title or _("Measurements")
    return f"{title}: {about}" if about else title


def _inherited(item: ContentItem, concept_name: Concept, positions: Positions) -> str:
    """Return what is said of a container, or else of the nearest that it is in: context holds for all that is below."""
    around = (positions[item.position[:length]] for length in range(len(item.position), 0, -1))
    told = (text_value(child_named(each, concept_name)) for each in around)
    return next((text for text in told if text), "")


def number_table(
    numbers: Sequence[ContentItem], positions: Positions, *, with_conversions: bool = False, title: str = ""
) -> Table:
    """Return numbers as a table: name, value, unit, derivation, method, what else qualifies them, where they are.

    Columns that nothing is in are left out; units stand as they are coded.
    """
    rows = [_row(number, positions, with_conversions=with_conversions) for number in numbers]
    columns = (
        _("Measurement"),
        _("Value"),
        _("Unit"),
        _("Converted"),
        _("Derivation"),
        _("Method"),
        _("Qualifiers"),
        _("Region"),
    )
    kept = [index for index in range(len(columns)) if index <= _APART or any(row[index].text for row in rows)]
    return Table(
        tuple(columns[index] for index in kept), tuple(tuple(row[index] for index in kept) for row in rows), title
    )


def _row(item: ContentItem, positions: Positions, *, with_conversions: bool) -> tuple[Cell, ...]:
    value = item.value if isinstance(item.value, NumericValue) else NumericValue("")
    target = target_of(item, positions)
    shown = number_text(NumericValue(value.text, value.value, None, value.qualifier)) if item.value else item.problem
    where = ", ".join(_target_words(item, positions)) or (_("Show") if target else "")
    return (
        Cell(item.title, item.position),
        Cell(shown, item.position, is_number=True),
        Cell(unit_text(value.unit)),
        Cell(converted_text(value) if with_conversions else "", is_number=True),
        Cell(_joined(children_named(item, DERIVATION))),
        Cell(_joined(children_named(item, METHOD))),
        Cell("; ".join(_qualifiers(item))),
        Cell(where, item.position, is_link=bool(target)),
    )


def _target_words(item: ContentItem, positions: Positions) -> Iterator[str]:
    target = target_of(item, positions)
    yield from dict.fromkeys(region.value.graphic_type.capitalize() for region in target.regions)


def _joined(items: Sequence[ContentItem]) -> str:
    return ", ".join(value_text(item, with_code=False) for item in items)


def _qualifiers(item: ContentItem) -> Iterator[str]:
    """Yield what else modifies a number, its properties and context."""
    for child in item.children:
        is_told = is_concept(child.name, DERIVATION) or is_concept(child.name, METHOD)
        is_pointer = child.relationship in {Relationship.INFERRED_FROM, Relationship.SELECTED_FROM}
        if not is_told and not is_pointer and child.reference is None:
            text = told_with_modifiers(child)
            yield f"{child.title}: {text}" if child.title else text


def told_with_modifiers(item: ContentItem) -> str:
    """Return the value of an item with what modifies it in brackets: Kidney (Laterality: Left)."""
    text = value_text(item, with_code=False)
    modifiers = [
        f"{child.title}: {value_text(child, with_code=False)}"
        for child in item.children
        if child.relationship == Relationship.HAS_CONCEPT_MOD and child.reference is None
    ]
    return f"{text} ({'; '.join(modifiers)})" if modifiers and text else text or "; ".join(modifiers)
