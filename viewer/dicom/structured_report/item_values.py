"""Values of content items, out of the items of a file (PS3.3 C.17.3, C.18)."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.structured_report.element_tree import Item
from viewer.dicom.structured_report.references import InstanceReference
from viewer.dicom.structured_report.values import (
    CodeValue,
    ContainerValue,
    MomentsValue,
    NumericValue,
    ReferenceValue,
    RegionValue,
    SpaceRegionValue,
    TableValue,
    TextValue,
    Value,
    ValueType,
)

_CODE_SEQUENCE = 0x0040A168
_SOP_SEQUENCE, _SOP_CLASS, _SOP_INSTANCE = 0x00081199, 0x00081150, 0x00081155
_FRAMES, _SEGMENTS, _CHANNELS, _VALUE_MAPS = 0x00081160, 0x0062000B, 0x0040A0B0, 0x0008114B
_PLANE, _SPACE = 2, 3


@dataclass(frozen=True, slots=True)
class ReadValue:
    """A value, and what is wrong with it in words; raw is what the file says where no value came out."""

    value: Value | None
    problem: str = ""
    raw: str = ""


def code_of(item: Item | None) -> Code | None:
    """Return the code of a code sequence's item (PS3.3 8.8); None when it says nothing.

    The code may be long or a URN, and a meaning without a code is a code too: it is what people read.
    """
    if item is None:
        return None
    value = item.text(0x00080100) or item.text(0x00080119) or item.plain(0x00080120)
    scheme, meaning = item.text(0x00080102), item.text(0x00080104)
    found = Code(value.strip(), scheme.strip(), meaning.strip())
    return found if found.value or found.meaning else None


def codes_of(item: Item, tag: int) -> tuple[Code, ...]:
    """Return the codes of a code sequence."""
    return tuple(code for each in item.items(tag) if (code := code_of(each)) is not None)


def instance_of(item: Item | None) -> InstanceReference | None:
    """Return the instance that an item names; None when it names none."""
    if item is None:
        return None
    found = InstanceReference(item.plain(_SOP_CLASS), item.plain(_SOP_INSTANCE))
    return found if found.sop_instance_uid or found.sop_class_uid else None


def value_of(item: Item, value_type: str) -> ReadValue:
    """Return the value of a content item; a problem in words where there is none though there should be."""
    read = _READERS.get(value_type)
    if read is None:
        told = _("The value type {0} is not known").format(value_type) if value_type else _("It has no value type")
        return ReadValue(None, told, _any_text(item))
    found = read(item)
    if found.value is None and not found.problem:
        return ReadValue(None, _("It has no value"), _any_text(item))
    return found


_TEXT_TAGS = {
    ValueType.TEXT: 0x0040A160,
    ValueType.DATETIME: 0x0040A120,
    ValueType.DATE: 0x0040A121,
    ValueType.TIME: 0x0040A122,
    ValueType.PNAME: 0x0040A123,
    ValueType.UIDREF: 0x0040A124,
}


def _any_text(item: Item) -> str:
    """Return whatever text an item has where a value is looked for in vain."""
    texts = [item.text(tag, is_person_name=tag == _TEXT_TAGS[ValueType.PNAME]) for tag in _TEXT_TAGS.values()]
    texts += [code.meaning for code in codes_of(item, _CODE_SEQUENCE)]
    texts += [each.plain(0x0040A30A) for each in item.items(0x0040A300)]
    return " ".join(text for text in texts if text)


def _text_reader(value_type: ValueType) -> Callable[[Item], ReadValue]:
    tag = _TEXT_TAGS[value_type]
    is_encoded = value_type in {ValueType.TEXT, ValueType.PNAME}

    def read(item: Item) -> ReadValue:
        if tag not in item.values:
            return ReadValue(None)
        if is_encoded:
            return ReadValue(TextValue(item.text(tag, is_person_name=value_type is ValueType.PNAME)))
        return ReadValue(TextValue(item.plain(tag)))

    return read


def _code(item: Item) -> ReadValue:
    codes = codes_of(item, _CODE_SEQUENCE)
    if not codes:
        return ReadValue(None)
    others = "; ".join(_code_text(code) for code in codes[1:])
    problem = _("It has more than one code: {0}").format(others) if others else ""
    return ReadValue(CodeValue(codes[0]), problem)


def _code_text(code: Code) -> str:
    return f"{code.meaning} ({code.value}, {code.scheme})"


def _number(item: Item) -> ReadValue:
    qualifier = code_of(item.first(0x0040A301))
    measured = item.items(0x0040A300)
    if not measured:
        if qualifier is None and 0x0040A300 not in item.values:
            return ReadValue(None)
        return ReadValue(NumericValue("", None, None, qualifier))
    first = measured[0]
    text = first.plain(0x0040A30A)
    doubles = first.numbers(0x0040A161, "d")
    value = doubles[0] if doubles else _float(text)
    problem = ""
    if text and value is None:
        problem = _("{0} is no number").format(text)
    elif len(measured) > 1:
        problem = _("It has more than one value: {0}").format(
            "; ".join(each.plain(0x0040A30A) for each in measured[1:])
        )
    return ReadValue(NumericValue(text, value, code_of(first.first(0x004008EA)), qualifier), problem)


def _float(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _reference(item: Item) -> ReadValue:
    named = item.first(_SOP_SEQUENCE)
    instance = instance_of(named)
    if named is None or instance is None:
        return ReadValue(None)
    pairs = tuple(int(number) for number in named.numbers(_CHANNELS, "H"))
    return ReadValue(
        ReferenceValue(
            instance,
            _whole(named.plains(_FRAMES)),
            tuple(int(number) for number in named.numbers(_SEGMENTS, "H")),
            instance_of(named.first(_SOP_SEQUENCE)),
            instance_of(named.first(_VALUE_MAPS)),
            tuple(zip(pairs[::2], pairs[1::2], strict=False)),
        ),
        "" if instance.sop_instance_uid else _("It does not say which instance"),
    )


def _whole(texts: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(int(text) for text in texts if text.lstrip("+").isdecimal())


def _coordinates(item: Item, dimensions: int) -> tuple[tuple[tuple[float, ...], ...], str]:
    """Return points, and what is wrong with them: half a point, numbers that are none."""
    numbers = item.numbers(0x00700022, "f")
    raw = item.values.get(0x00700022, b"")
    if len(raw) and not numbers:
        return (), _("Its coordinates cannot be read")
    if not all(map(math.isfinite, numbers)):
        return (), _("Its coordinates are no finite numbers")
    count = len(numbers) // dimensions
    points = tuple(tuple(numbers[dimensions * i : dimensions * (i + 1)]) for i in range(count))
    return points, _("It ends in half a point") if len(numbers) % dimensions else "" if points else _(
        "It has no points"
    )


def _region(item: Item) -> ReadValue:
    points, problem = _coordinates(item, _PLANE)
    found = RegionValue(
        item.plain(0x00700023),
        tuple((point[0], point[1]) for point in points),
        item.plain(0x0070031A),
        item.plain(0x00480301) == "VOLUME",
    )
    return ReadValue(found, problem)


def _space_region(item: Item) -> ReadValue:
    points, problem = _coordinates(item, _SPACE)
    found = SpaceRegionValue(
        item.plain(0x00700023),
        tuple((point[0], point[1], point[2]) for point in points),
        item.plain(0x30060024),
        item.plain(0x0070031A),
    )
    return ReadValue(found, problem)


def _moments(item: Item) -> ReadValue:
    offsets = (_float(text) for text in item.plains(0x0040A138))
    return ReadValue(
        MomentsValue(
            item.plain(0x0040A130),
            tuple(int(number) for number in item.numbers(0x0040A132, "I")),
            tuple(offset for offset in offsets if offset is not None),
            item.plains(0x0040A13A),
        )
    )


def _container(item: Item) -> ReadValue:
    return ReadValue(ContainerValue(item.plain(0x0040A050) == "CONTINUOUS", template_of(item)))


def template_of(item: Item) -> str:
    """Return the Template Identifier of an item, with the resource where it is not DCMR; empty for none."""
    named = item.first(0x0040A504)
    if named is None:
        return ""
    identifier, resource = named.plain(0x0040DB00), named.plain(0x00080105)
    return identifier if resource in {"", "DCMR"} else f"{identifier} ({resource})"


def _table(item: Item) -> ReadValue:
    columns = sorted(
        (int(next(iter(each.numbers(0x0040A805, "I")), 0)), code_of(each.first(0x0040A043)))
        for each in item.items(0x0040A807)
    )
    cells: dict[int, dict[int, str]] = {}
    for each in item.items(0x0040A808):
        row, column = (int(next(iter(each.numbers(tag, "I")), 0)) for tag in (0x0040A804, 0x0040A805))
        cells.setdefault(row, {})[column] = _any_text(each)
    width = max([number for number, _name in columns] + [column for row in cells.values() for column in row] + [0])
    titles = {number: name.meaning for number, name in columns if name is not None}
    return ReadValue(
        TableValue(
            tuple(titles.get(column, "") for column in range(1, width + 1)),
            tuple(
                tuple(row.get(column, "") for column in range(1, width + 1)) for _number, row in sorted(cells.items())
            ),
        )
    )


_READERS: dict[str, Callable[[Item], ReadValue]] = {
    **{value_type: _text_reader(value_type) for value_type in _TEXT_TAGS},
    ValueType.CODE: _code,
    ValueType.NUM: _number,
    ValueType.COMPOSITE: _reference,
    ValueType.IMAGE: _reference,
    ValueType.WAVEFORM: _reference,
    ValueType.SCOORD: _region,
    ValueType.SCOORD3D: _space_region,
    ValueType.TCOORD: _moments,
    ValueType.CONTAINER: _container,
    ValueType.TABLE: _table,
}
