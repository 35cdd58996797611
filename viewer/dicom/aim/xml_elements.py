"""XML without its dangers: no document type, no entities, nothing fetched, and no more than is honest."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from viewer.base.errors import DicomError, RefusedError
from viewer.base.translation import _

MOST_BYTES = 32 << 20
_DEEPEST = 64
_MOST_ELEMENTS = 2_000_000
_FORBIDDEN = frozenset(chr(code) for code in range(32)) - frozenset("\t\n\r")


@dataclass(slots=True, eq=False)
class Element:
    """An element; names and attributes without their namespaces' prefixes.

    Attributes:
        namespace: Of the name.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Element]" = field(default_factory=list)
    namespace: str = ""

    def child(self, *names: str) -> "Element | None":
        """Return the first element down a way of names; None where there is none."""
        found: Element | None = self
        for name in names:
            found = next((each for each in found.children if each.name == name), None) if found is not None else None
        return found

    def below(self, *names: str) -> "list[Element]":
        """Return all elements of the last name, in the first elements of the names before it."""
        holder = self.child(*names[:-1])
        return [] if holder is None else [each for each in holder.children if each.name == names[-1]]

    def value(self, *names: str, attribute: str = "value") -> str:
        """Return an attribute of an element down a way of names; empty where there is none."""
        found = self.child(*names)
        return "" if found is None else found.attributes.get(attribute, "").strip()


def parse_xml(data: bytes) -> Element:
    """Return the root element of a document.

    Raises:
        RefusedError: It declares a document type or entities, or is larger or deeper than any honest document.
        DicomError: It is no XML.
    """
    if len(data) > MOST_BYTES:
        raise RefusedError(_("The document is larger than any honest one"))
    parser = expat.ParserCreate(namespace_separator=" ")
    building = _Building()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.UnparsedEntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    parser.StartElementHandler = building.start
    parser.EndElementHandler = building.end
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat's own
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DicomError(_("This is no XML: {0}").format(error)) from error
    if building.root is None:
        raise DicomError(_("This is no XML: {0}").format(_("it has no content")))
    return building.root


def xml_bytes(root: Element, namespaces: dict[str, str]) -> bytes:
    """Return a document in UTF-8.

    Args:
        root: Names of elements and attributes as they are to be written, prefixes included.
        namespaces: By prefix; the empty one is that of names without any.
    """
    declared = {f"xmlns:{prefix}" if prefix else "xmlns": uri for prefix, uri in namespaces.items()}
    top = Element(root.name, {**declared, **root.attributes}, root.children)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + "".join(_written(top, 0))).encode()


def _written(element: Element, depth: int) -> Iterator[str]:
    attributes = "".join(f" {name}={quoteattr(_clean(value))}" for name, value in element.attributes.items())
    space = " " * depth
    if not element.children:
        yield f"{space}<{escape(element.name)}{attributes}/>\n"
        return
    yield f"{space}<{escape(element.name)}{attributes}>\n"
    for each in element.children:
        yield from _written(each, depth + 1)
    yield f"{space}</{escape(element.name)}>\n"


def _clean(text: str) -> str:
    """Return a text without what XML 1.0 cannot hold."""
    return "".join(letter for letter in text if letter not in _FORBIDDEN and not "\ud800" <= letter <= "\udfff")


def _refuse(*_declared: object) -> int:
    raise RefusedError(_("The document declares types or entities: it is not read"))


class _Building:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= _DEEPEST or self._count > _MOST_ELEMENTS:
            raise RefusedError(_("The document is larger than any honest one"))
        namespace, _space, local = name.rpartition(" ")
        plain = {each.rpartition(" ")[2]: value for each, value in attributes.items()}
        made = Element(local, plain, [], namespace)
        if self._open:
            self._open[-1].children.append(made)
        elif self.root is None:
            self.root = made
        self._open.append(made)

    def end(self, _name: str) -> None:
        self._open.pop()
