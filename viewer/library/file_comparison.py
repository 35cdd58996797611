"""Two files of one UID beside each other: which attributes differ, and whether their pixels do."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from viewer.base.byte_source import ByteSource
from viewer.dicom.data_set_listing import DataSetListing, ListedElement, list_data_set, same_value
from viewer.dicom.instance_header import PixelDataLocation
from viewer.dicom.tag_names import tag_text
from viewer.dicom.transfer_syntaxes import transfer_syntax

_PIXEL_TAGS = frozenset({0x7FE00010, 0x7FE00008, 0x7FE00009})
_FRAGMENT = b"\xfe\xff\x00\xe0"
_AT_ONCE = 1 << 20
_LONGEST_TEXT = 1024


def compare_files(held: ByteSource, arrived: ByteSource) -> tuple[tuple[tuple[str, str, str], ...], bool | None]:
    """Return keyword, held and arrived text of each attribute that differs, and whether the encoded pixels differ.

    Raises:
        ViewerError: If one of them cannot be read.
    """
    one, other = list_data_set(held), list_data_set(arrived)
    differing = []
    ones, others = _by_key(one.elements), _by_key(other.elements)
    for key in sorted(ones.keys() | others.keys()):
        first, second = ones.get(key), others.get(key)
        if key[0] in _PIXEL_TAGS or (first and second and _same(one, first, other, second)):
            continue
        known = first or second
        if known is not None:
            texts = tuple(each.value[:_LONGEST_TEXT] if each is not None else "" for each in (first, second))
            differing.append((known.keyword or tag_text(known.tag), texts[0], texts[1]))
    return tuple(differing), _do_pixels_differ(one, other)


def _by_key(elements: Iterable[ListedElement]) -> dict[tuple[int, str], ListedElement]:
    found: dict[tuple[int, str], ListedElement] = {}
    for element in elements:
        found.setdefault(element.key, element)
    return found


def _same(one: DataSetListing, first: ListedElement, other: DataSetListing, second: ListedElement) -> bool:
    if not (first.items or second.items):
        return same_value(one, first, other, second)
    return len(first.items) == len(second.items) and all(
        _same_item(one, _by_key(item), other, _by_key(beside))
        for item, beside in zip(first.items, second.items, strict=True)
    )


def _same_item(
    one: DataSetListing, item: dict[tuple[int, str], ListedElement],
    other: DataSetListing, beside: dict[tuple[int, str], ListedElement],
) -> bool:  # fmt: skip
    return item.keys() == beside.keys() and all(_same(one, item[key], other, beside[key]) for key in item)


def _do_pixels_differ(one: DataSetListing, other: DataSetListing) -> bool | None:
    places = [_pixels(listing) for listing in (one, other)]
    if places[0] is None or places[1] is None:
        return None if places[0] is places[1] else True
    pieces = [_pieces(listing, place) for listing, place in zip((one, other), places, strict=True) if place is not None]
    return any(first != second for first, second in zip_longest(*pieces))


def _pixels(listing: DataSetListing) -> PixelDataLocation | None:
    return next((each.place for each in listing.elements if each.tag in _PIXEL_TAGS and each.place is not None), None)


def _pieces(listing: DataSetListing, place: PixelDataLocation) -> Iterator[bytes]:
    """Yield a pixel element's value: of fragments, each with its length before it."""
    if transfer_syntax(listing.transfer_syntax_uid).is_deflated:
        from viewer.dicom.datasets import inflated

        data = inflated(listing.source)
        yield data[place.offset : place.offset + place.length]
        return
    if not place.is_encapsulated:
        yield from _run(listing.source, place.offset, place.length)
        return
    position = place.offset
    while (head := listing.source.read_at(position, 8))[:4] == _FRAGMENT and len(head) == 8:
        yield head
        length = int.from_bytes(head[4:], "little")
        yield from _run(listing.source, position + 8, length)
        position += 8 + length


def _run(source: ByteSource, offset: int, length: int) -> Iterator[bytes]:
    for start in range(0, length, _AT_ONCE):
        yield source.read_at(offset + start, min(_AT_ONCE, length - start))
