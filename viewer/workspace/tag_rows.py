"""The rows of the tag browser: one file's elements, or two files' side by side, filtered as one types. Without Qt."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from viewer.base.byte_source import ByteSource
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.data_set_listing import DataSetListing, ListedElement, list_data_set, same_value, stored_bytes
from viewer.dicom.tag_names import tag_text

HEX_LIMIT = 64 << 10
"""Bytes of a value that the hex view shows."""


@dataclass(frozen=True, slots=True)
class TagRow:
    """One row: an element, or an item of a sequence.

    Attributes:
        element: In the first file; None for an item, and where only the second has it.
        other: In the second file of a comparison.
        item: Number of the item from 1; 0 for an element.
        differs: Whether the two files differ here, or somewhere below.
    """

    element: ListedElement | None = None
    other: ListedElement | None = None
    item: int = 0
    differs: bool = False
    children: tuple["TagRow", ...] = ()

    @property
    def shown(self) -> ListedElement | None:
        """The element that names the row."""
        return self.element or self.other

    @property
    def tag(self) -> str:
        """(gggg,eeee), or which item it is."""
        shown = self.shown
        return _("Item {0}").format(self.item) if shown is None else tag_text(shown.tag)

    @property
    def name(self) -> str:
        """What the dictionaries call it, with the creator of a private one."""
        shown = self.shown
        if shown is None:
            return ""
        return f"{shown.name} [{shown.creator}]" if shown.creator else shown.name

    @property
    def vr(self) -> str:
        """The VR, both where two files differ in it."""
        both = dict.fromkeys(each.vr for each in (self.element, self.other) if each is not None)
        return " / ".join(both)

    def matches(self, words: Sequence[str]) -> bool:
        """Return whether every word is in the tag, name, keyword or a value; words are casefolded."""
        shown = self.shown
        if shown is None:
            return False
        digits = f"{shown.tag:08x}"
        values = " ".join(each.value for each in (self.element, self.other) if each is not None)
        text = f"{self.tag} {digits} {self.name} {shown.keyword} {values}".casefold()
        return all(word in text for word in words)


@dataclass(frozen=True, slots=True)
class TagTable:
    """What the tag browser shows.

    Attributes:
        listing: Of the first file.
        other: Of the second; None without a comparison.
        differences: Elements in which the two differ.
    """

    rows: tuple[TagRow, ...]
    listing: DataSetListing
    other: DataSetListing | None = None
    differences: int = 0

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read of either file."""
        return tuple(dict.fromkeys((*self.listing.problems, *(self.other.problems if self.other else ()))))


@dataclass(frozen=True, slots=True)
class ReadTags:
    """The job that reads one file, or two for a comparison.

    Attributes:
        source: The file.
        other: The file to compare with; None for none.
        character_set: In place of the files' own; empty for those.
    """

    source: ByteSource
    other: ByteSource | None = None
    character_set: str = ""

    def run(self, progress: Progress) -> TagTable:
        """Return the rows.

        Raises:
            ViewerError: If a file cannot be read.
        """
        listing = list_data_set(self.source, self.character_set, progress)
        if self.other is None:
            return TagTable(tuple(map(_row, listing.elements)), listing)
        other = list_data_set(self.other, self.character_set, progress)
        comparison = _Comparison(listing, other, progress)
        rows = comparison.rows(listing.elements, other.elements)
        return TagTable(rows, listing, other, comparison.differences)


@dataclass(frozen=True, slots=True)
class FilterTags:
    """The job that keeps the rows that match what was typed, and those above them."""

    rows: tuple[TagRow, ...]
    typed: str = ""
    only_differences: bool = False

    def run(self, progress: Progress) -> tuple[TagRow, ...]:
        """Return the rows that are left."""
        words = self.typed.casefold().split()
        if not words and not self.only_differences:
            return self.rows
        progress.check()
        return tuple(_filtered(self.rows, words, only_differences=self.only_differences, check=progress.check))


@dataclass(frozen=True, slots=True)
class ReadBytes:
    """The job that reads the bytes of an element for the hex view."""

    listing: DataSetListing
    element: ListedElement

    def run(self, progress: Progress) -> bytes:
        """Return the first bytes of the value.

        Raises:
            MediaError: If the medium fails.
        """
        progress.check()
        return stored_bytes(self.listing, self.element, HEX_LIMIT)


def as_text(rows: Sequence[TagRow], depth: int = 0) -> Iterator[str]:
    """Yield rows and all below them as lines for the clipboard, columns divided by tabs."""
    for row in rows:
        values = [each.value if each is not None else "" for each in (row.element, row.other)]
        columns = [row.tag, row.vr, row.name, *(values if row.other is not None else values[:1])]
        yield "  " * depth + "\t".join(columns).rstrip()
        yield from as_text(row.children, depth + 1)


def hex_lines(data: bytes, across: int) -> Iterator[str]:
    """Yield a hex dump: offset, bytes, and what they are in ASCII."""
    for begin in range(0, len(data), across):
        part = data[begin : begin + across]
        letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in part)
        yield f"{begin:05X}  {part.hex(' '):<{3 * across - 1}}  {letters}"


def _row(element: ListedElement) -> TagRow:
    items = (TagRow(item=number, children=tuple(map(_row, item))) for number, item in enumerate(element.items, 1))
    return TagRow(element, children=tuple(items))


def _filtered(
    rows: Sequence[TagRow], words: Sequence[str], *, only_differences: bool, check: Callable[[], None]
) -> Iterator[TagRow]:
    check()
    for row in rows:
        if only_differences and not row.differs:
            continue
        if row.matches(words) and not (only_differences and row.children):
            yield row
            continue
        below = tuple(_filtered(row.children, words, only_differences=only_differences, check=check))
        if below:
            yield replace(row, children=below)
        elif only_differences and row.children and row.matches(words):
            yield row


class _Comparison:
    """Lays two files beside each other."""

    def __init__(self, first: DataSetListing, second: DataSetListing, progress: Progress) -> None:
        self._first, self._second = first, second
        self._progress = progress
        self.differences = 0

    def rows(self, ones: Sequence[ListedElement], others: Sequence[ListedElement]) -> tuple[TagRow, ...]:
        """Return the rows of both, each element once, by tag."""
        self._progress.check()
        left = {element.key: element for element in ones}
        right = {element.key: element for element in others}
        keys = sorted(left.keys() | right.keys())
        return tuple(self._row(left.get(key), right.get(key)) for key in keys)

    def _row(self, one: ListedElement | None, other: ListedElement | None) -> TagRow:
        ones, others = one.items if one else (), other.items if other else ()
        children = tuple(
            self._item(number + 1, ones[number : number + 1], others[number : number + 1])
            for number in range(max(len(ones), len(others)))
        )
        is_own = one is None or other is None or not same_value(self._first, one, self._second, other)
        if is_own:
            self.differences += 1
        return TagRow(one, other, differs=is_own or any(child.differs for child in children), children=children)

    def _item(
        self,
        number: int,
        one: tuple[tuple[ListedElement, ...], ...],
        other: tuple[tuple[ListedElement, ...], ...],
    ) -> TagRow:
        children = self.rows(one[0] if one else (), other[0] if other else ())
        differs = len(one) != len(other) or any(child.differs for child in children)
        return TagRow(item=number, differs=differs, children=children)
