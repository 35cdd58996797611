"""Items that are parts of one text: those of a continuous container (PS3.3 C.18.8)."""

from collections.abc import Iterable

from viewer.dicom.structured_report.values import ContainerValue, ContentItem, Relationship, ValueType


def is_run_on(item: ContentItem) -> bool:
    """Whether the parts of a container are to be read as one text.

    Only where it begins with a text that goes on after something else: measurement reports call all their containers
    continuous, and their items make no sentence.
    """
    if not (isinstance(item.value, ContainerValue) and item.value.is_continuous):
        return False
    contained = [child for child in item.children if child.relationship == Relationship.CONTAINS]
    if not contained or any(child.value_type == ValueType.CONTAINER for child in contained):
        return False
    first = contained[0]
    texts = [child for child in contained if child.value_type == ValueType.TEXT and child.name == first.name]
    return first.value_type == ValueType.TEXT and 1 < len(texts) < len(contained)


def run_on_pieces(item: ContentItem) -> tuple[ContentItem, ...]:
    """Return the parts, in order: what has more below it, or a problem, is told apart as well."""
    return tuple(
        child
        for child in item.children
        if child.relationship == Relationship.CONTAINS
        and not child.children
        and child.reference is None
        and not child.problem
    )


def joined(texts: Iterable[str]) -> str:
    """Return the parts as one text: a space between two of them, except before what ends a sentence."""
    whole = ""
    for text in texts:
        whole += text if not whole or text.startswith((".", ",", ";", ":", ")")) else f" {text}"
    return whole
