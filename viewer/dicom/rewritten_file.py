"""A DICOM file with a few attributes changed and everything else, pixels included, byte for byte what it was.

What was changed is recorded in the file itself, as an item of Original Attributes Sequence (PS3.3 C.12.1.1.9) with a
private element that names the file it was made of.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from viewer.base.byte_source import ByteSource
from viewer.base.errors import DicomError, RefusedError
from viewer.base.translation import _
from viewer.dicom.character_sets import decode_text
from viewer.dicom.deflated import InflatedBytes, inflate
from viewer.dicom.element_walk import (
    ElementWalk,
    Encoding,
    Placed,
    element_bytes,
    group_length,
    item_bytes,
)
from viewer.dicom.header_framing import find_framing
from viewer.dicom.header_scan import FIRST_READ
from viewer.dicom.tag_names import tag_name, tag_text
from viewer.dicom.text_encoding import (
    CHARACTER_SET,
    UTF_8,
    Widening,
    encoded_text,
    padded,
    value_representations,
)

ORIGINAL_ATTRIBUTES = 0x04000561
MODIFIED_ATTRIBUTES = 0x04000550
MADE_BY = "NEGATOSCOPE"
"""Private Creator of what an item of ours says besides the Standard's attributes."""
CREATOR, MADE_OF = 0x04010010, 0x04011001
"""(0401,0010) with MADE_BY; (0401,1001): SHA-256 of the file that this one was made of, in hexadecimal (LO)."""
_MOMENT, _SYSTEM, _SOURCE, _REASON = 0x04000562, 0x04000563, 0x04000564, 0x04000565
_SIGNATURES = 0xFFFAFFFA
_FIRST_PIXELS = 0x7FE00008
_COPIED_AT_ONCE = 1 << 20
_LONGEST_LO = 64
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Modification:
    """What the item of Original Attributes Sequence says of a change.

    Attributes:
        system: Modifying System (0400,0563).
        source: Source of Previous Values (0400,0564): where the file came from; may be empty.
        reason: Reason for the Attribute Modification (0400,0565): "COERCE" or "CORRECT".
        made_of: SHA-256 of the file that is changed, in hexadecimal.
        at: With time zone.
    """

    system: str
    source: str
    reason: str
    made_of: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file that is to be written.

    Attributes:
        pieces: All its bytes, once.
        changed: Tags whose values are others than they were.
        is_widened: Whether its text is in UTF-8 now, and was not before.
        is_signed: Whether it has digital signatures, which cannot hold any more.
    """

    pieces: Iterator[bytes]
    changed: tuple[int, ...]
    is_widened: bool = False
    is_signed: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What a file of ours says of how it was made.

    Attributes:
        made_of: SHA-256 of the file it was made of, in hexadecimal.
        at: Attribute Modification DateTime (0400,0562), as written: the same in all that were made together.
        changed: Tags of the attributes that were changed.
    """

    made_of: str
    at: str
    changed: tuple[int, ...]


def read_made(source: ByteSource) -> Made | None:
    """Return what the last item of Original Attributes Sequence says, when it is ours; None for any other file.

    What a file says of itself can be forged: whoever believes it has to compare the two files.
    """
    try:
        framing = find_framing(source, source.read_at(0, FIRST_READ))
        body = inflate(source, framing.offset) if framing.is_deflated else source
        walk = ElementWalk(body)
        encoding = Encoding(framing.is_implicit_vr, framing.is_big_endian)
        begin = 0 if framing.is_deflated else framing.offset
        for element in walk.elements(begin, walk.size, encoding):
            if element.tag == ORIGINAL_ATTRIBUTES:
                return _made(walk, element)
            if element.tag > ORIGINAL_ATTRIBUTES:
                return None
    except (DicomError, RefusedError):
        return None
    return None


def _made(walk: ElementWalk, sequence: Placed) -> Made | None:
    items = tuple(walk.items(sequence, 1))
    if not items:
        return None
    parts = {each.tag: each for each in walk.elements(items[-1].value, items[-1].value_end, items[-1].inner, 1)}

    def text(tag: int) -> str:
        part = parts.get(tag)
        return "" if part is None else walk.cut(part.value, part.value_end).decode("ascii", "replace").strip(" \0")

    if text(CREATOR) != MADE_BY or not _HASH.fullmatch(text(MADE_OF)):
        return None
    modified = parts.get(MODIFIED_ATTRIBUTES)
    former = tuple(walk.items(modified, 2)) if modified is not None else ()
    changed = tuple(each.tag for item in former for each in walk.elements(item.value, item.value_end, item.inner, 2))
    return Made(text(MADE_OF), text(_MOMENT), changed)


def rewrite(
    source: ByteSource, values: Mapping[int, str], taken_out: Mapping[int, int], modification: Modification
) -> Rewritten | None:
    """Return a file with other values; None when it says so already.

    Args:
        source: A Part 10 file.
        values: Text by tag, of top-level attributes whose VR is text or a date. Absent ones are put in, unless the text
            is empty.
        taken_out: Sequences that do not hold any more when an attribute changes: sequence by attribute.
        modification: What is recorded.

    Raises:
        DicomError: If the file is not understood to its last element, or a text of it cannot be written again.
        RefusedError: If it is deeper or larger than quotas allow.
        MediaError: If it cannot be read.
    """
    return _Rewriting(source, modification).rewritten(values, taken_out)


class _Rewriting:
    """One file being written anew."""

    def __init__(self, source: ByteSource, modification: Modification) -> None:
        framing = find_framing(source, source.read_at(0, FIRST_READ))
        if source.read_at(128, 4) != b"DICM" or 0x00020010 not in framing.meta:
            raise DicomError(_("The file has no meta information: it cannot be written anew"), subject=source.name)
        self._source = source
        self._modification = modification
        self._data_set_at = framing.offset
        self._is_deflated = framing.is_deflated
        self._encoding = Encoding(framing.is_implicit_vr, framing.is_big_endian)
        body, begin = source, framing.offset
        if framing.is_deflated:
            inflated = inflate(source, framing.offset)
            if not inflated.is_complete:
                raise DicomError(_("The deflated data set breaks off"), subject=source.name)
            body, begin = inflated, 0
        self._walk = ElementWalk(body)
        self._elements = self._all_elements(begin)
        self._by_tag = {element.tag: element for element in self._elements}
        if len(self._by_tag) != len(self._elements):
            raise DicomError(_("An element comes twice: the file cannot be written anew"), subject=source.name)
        self._character_set = self._raw(CHARACTER_SET).decode("ascii", "replace").strip(" \0")

    def rewritten(self, values: Mapping[int, str], taken_out: Mapping[int, int]) -> Rewritten | None:
        """Return the new file; None when nothing of it is new."""
        changed = {tag: text for tag, text in values.items() if self._text(tag) != text}
        if not changed:
            return None
        is_widened = any(encoded_text(text, _vr(tag), self._character_set) is None for tag, text in changed.items())
        character_set = UTF_8 if is_widened else self._character_set
        gone = {tag for attribute, tag in taken_out.items() if attribute in changed and tag in self._by_tag}
        new: dict[int, bytes] = dict.fromkeys(gone, b"")
        if is_widened:
            new.update(self._widened({*changed, *gone}))
            new[CHARACTER_SET] = element_bytes(CHARACTER_SET, "CS", UTF_8.encode("ascii"), self._encoding)
        for tag, text in changed.items():
            new[tag] = self._encoded(tag, text, character_set)
        recorded = {*changed, *gone, *((CHARACTER_SET,) if is_widened else ())}
        new[ORIGINAL_ATTRIBUTES] = self._originals(new.get(ORIGINAL_ATTRIBUTES), recorded, character_set)
        pieces = self._pieces(new)
        return Rewritten(pieces, tuple(sorted({*changed, *gone})), is_widened, _SIGNATURES in self._by_tag)

    def _all_elements(self, begin: int) -> tuple[Placed, ...]:
        found: list[Placed] = []
        try:
            for element in self._walk.elements(begin, self._walk.size, self._encoding):
                found.append(element)  # noqa: PERF402 - what came before a failure is wanted
        except DicomError:
            if not found or found[-1].tag < _FIRST_PIXELS:
                raise  # padding behind the pixels stays as it is
        return tuple(found)

    def _raw(self, tag: int) -> bytes:
        element = self._by_tag.get(tag)
        return b"" if element is None else self._walk.cut(element.value, element.value_end)

    def _text(self, tag: int) -> str:
        return decode_text(self._raw(tag), self._character_set, is_person_name=_vr(tag) == "PN").strip(" \0")

    def _encoded(self, tag: int, text: str, character_set: str) -> bytes:
        raw = encoded_text(text, _vr(tag), character_set)
        if raw is None:
            raise DicomError(
                _("The new value of {tag} cannot be written").format(tag=tag_text(tag)), subject=self._source.name
            )
        return element_bytes(tag, _vr(tag), raw, self._encoding)

    def _widened(self, besides: set[int]) -> dict[int, bytes]:
        """Return the elements whose bytes are others in UTF-8, but for those that get other values."""
        widening = Widening(self._walk, self._character_set)
        found = {}
        vrs = value_representations(self._walk, self._elements)
        for element, vr in zip(self._elements, vrs, strict=True):
            if element.tag not in besides and (new := widening.widened(element, vr)) is not None:
                found[element.tag] = new
        return found

    def _originals(self, widened: bytes | None, recorded: set[int], character_set: str) -> bytes:
        """Return Original Attributes Sequence with another item behind those that it has."""
        items = b""
        if (held := self._by_tag.get(ORIGINAL_ATTRIBUTES)) is not None:
            element = widened if widened is not None else self._walk.cut(held.start, held.end)
            (placed,) = ElementWalk(InflatedBytes("", element)).elements(0, len(element), self._encoding)
            items = element[placed.value : placed.value_end]
        items += item_bytes(self._item(recorded, character_set), self._encoding)
        return element_bytes(ORIGINAL_ATTRIBUTES, "SQ", items, self._encoding)

    def _item(self, recorded: set[int], character_set: str) -> bytes:
        # The former values stay in the bytes that they were in: with their character set, where that is another now.
        former = b"".join(
            self._walk.cut(held.start, held.end)
            if (held := self._by_tag.get(tag)) is not None
            else element_bytes(tag, _vr(tag), b"", self._encoding)
            for tag in sorted(recorded)
        )
        said = self._modification
        texts = {
            _MOMENT: said.at.astimezone(UTC).strftime("%Y%m%d%H%M%S.%f+0000"),
            _SYSTEM: said.system,
            _SOURCE: said.source,
            _REASON: said.reason,
            CREATOR: MADE_BY,
            MADE_OF: said.made_of,
        }
        parts = [element_bytes(MODIFIED_ATTRIBUTES, "SQ", item_bytes(former, self._encoding), self._encoding)]
        for tag, text in texts.items():
            vr = "LO" if tag in {CREATOR, MADE_OF} else _vr(tag)
            kept = text.replace("\\", "/")[:_LONGEST_LO]
            raw = encoded_text(kept, vr, character_set)
            if raw is None:
                raw = padded(kept.encode("ascii", "replace"), vr)
            parts.append(element_bytes(tag, vr, raw, self._encoding))
        return b"".join(parts)

    def _pieces(self, new: Mapping[int, bytes]) -> Iterator[bytes]:
        yield from _copied(self._source, 0, self._data_set_at)
        data_set = self._data_set(new)
        if not self._is_deflated:
            yield from data_set
            return
        deflating = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        length = 0
        for piece in data_set:
            deflated = deflating.compress(piece)
            length += len(deflated)
            yield deflated
        rest = deflating.flush()
        yield rest + bytes((length + len(rest)) % 2)  # PS3.5 A.5

    def _data_set(self, new: Mapping[int, bytes]) -> Iterator[bytes]:
        """Yield the data set, what is new in its place and the rest copied."""
        inserted = sorted(new.keys() - self._by_tag.keys(), reverse=True)
        parts: list[tuple[int, bytes | Placed]] = []
        for element in self._elements:
            while inserted and inserted[-1] < element.tag:
                tag = inserted.pop()
                parts.append((tag, new[tag]))
            parts.append((element.tag, new.get(element.tag, element)))
        parts += [(tag, new[tag]) for tag in reversed(inserted)]
        for _tag, part in self._with_group_lengths(parts):
            if isinstance(part, Placed):
                yield from self._walk.pieces(part.start, part.end)
            else:
                yield part
        yield from self._walk.pieces(self._elements[-1].end, self._walk.size)

    def _with_group_lengths(self, parts: list[tuple[int, bytes | Placed]]) -> Iterator[tuple[int, bytes | Placed]]:
        """Yield the elements with the lengths of groups that old files have made true where they are no more."""
        lengths: dict[int, int] = {}
        changed: set[int] = set()
        for tag, part in parts:
            if tag & 0xFFFF:
                length = part.end - part.start if isinstance(part, Placed) else len(part)
                lengths[tag >> 16] = lengths.get(tag >> 16, 0) + length
                if not isinstance(part, Placed):
                    changed.add(tag >> 16)
        for tag, part in parts:
            if not tag & 0xFFFF and tag >> 16 in changed:
                yield tag, group_length(tag, lengths[tag >> 16], self._encoding)
            else:
                yield tag, part


def _copied(source: ByteSource, start: int, end: int) -> Iterator[bytes]:
    for position in range(start, end, _COPIED_AT_ONCE):
        yield source.read_at(position, min(_COPIED_AT_ONCE, end - position))


def _vr(tag: int) -> str:
    return tag_name(tag).vr
