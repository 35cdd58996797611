"""Walking a report's tree: any depth without recursion, references followed with care (PS3.3 C.17.3)."""

from collections.abc import Iterable, Iterator

from viewer.dicom.codes import Code
from viewer.dicom.structured_report.values import (
    CodeValue,
    ContentItem,
    NumericValue,
    Position,
    Relationship,
    TextValue,
)

Concept = frozenset[tuple[str, str]]
"""All (code, scheme) that mean one thing: the current one and those it replaced."""


def walk(root: ContentItem) -> Iterator[ContentItem]:
    """Yield an item and all below it in the order of the document; items by reference as they stand."""
    waiting = [root]
    while waiting:
        item = waiting.pop()
        yield item
        waiting += item.children[::-1]


def walk_around(root: ContentItem) -> Iterator[tuple[ContentItem, bool]]:
    """Yield each item twice: when it begins (True), and when all below it is done (False)."""
    waiting = [(root, True)]
    while waiting:
        item, is_begin = waiting.pop()
        yield item, is_begin
        if is_begin:
            waiting.append((item, False))
            waiting += ((child, True) for child in item.children[::-1])


def by_position(root: ContentItem) -> dict[Position, ContentItem]:
    """Return all items by where they stand."""
    return {item.position: item for item in walk(root)}


def is_concept(code: Code | None, concept: Concept) -> bool:
    """Whether a code means a concept, whatever its meaning says."""
    return code is not None and (code.value, code.scheme) in concept


def children_named(item: ContentItem, concept: Concept) -> tuple[ContentItem, ...]:
    """Return the children whose concept name is one of those."""
    return tuple(child for child in item.children if is_concept(child.name, concept))


def child_named(item: ContentItem, concept: Concept) -> ContentItem | None:
    """Return the first such child; None when there is none."""
    return next(iter(children_named(item, concept)), None)


def named(root: ContentItem, concept: Concept) -> Iterator[ContentItem]:
    """Yield all items below, and the item itself, of a concept name."""
    return (item for item in walk(root) if is_concept(item.name, concept))


def by_relationship(item: ContentItem, *relationships: Relationship) -> tuple[ContentItem, ...]:
    """Return the children that relate to an item in one of some ways."""
    return tuple(child for child in item.children if child.relationship in relationships)


def code_value(item: ContentItem | None) -> Code | None:
    """Return the code of a CODE item; None for any other."""
    return item.value.code if item is not None and isinstance(item.value, CodeValue) else None


def text_value(item: ContentItem | None) -> str:
    """Return the text of an item that is a text or a code; empty for any other."""
    if item is None:
        return ""
    if isinstance(item.value, TextValue):
        return item.value.text
    return item.value.code.meaning if isinstance(item.value, CodeValue) else ""


def number_value(item: ContentItem | None) -> NumericValue | None:
    """Return the value of a NUM item; None for any other."""
    return item.value if item is not None and isinstance(item.value, NumericValue) else None


def concept(*codes: tuple[str, str] | str) -> Concept:
    """Return a concept of codes; those without a scheme are of DCM."""
    return frozenset((code, "DCM") if isinstance(code, str) else code for code in codes)


def resolved(items: Iterable[ContentItem], positions: dict[Position, ContentItem]) -> Iterator[ContentItem]:
    """Yield items with those by reference replaced by what they mean; those that mean nothing are left out."""
    for item in items:
        if item.reference is None:
            yield item
        elif (target := positions.get(item.reference)) is not None:
            yield target
