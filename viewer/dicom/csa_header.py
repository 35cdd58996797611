"""The CSA header: Siemens' own list of names and values inside one private element (creator SIEMENS CSA HEADER)."""

import struct

from viewer.base.errors import DicomError
from viewer.base.translation import _

_MAGIC = b"SV10"
_FIRST_TAG = 16
_TAG = struct.Struct("<64si4siii")
_ITEM = struct.Struct("<4i")
# Real headers have about a hundred tags of some dozen items: more than this is damage.
_MOST_TAGS = 1024
_MOST_ITEMS = 4096


def csa_header(raw: bytes) -> dict[str, tuple[str, ...]]:
    """Return the tags of a CSA header with the texts of their values, empty ones left out.

    Returns:
        Nothing for a header of the older form without the mark "SV10".

    Raises:
        DicomError: The header ends before it should, or claims more than any real one holds.
    """
    if not raw.startswith(_MAGIC):
        return {}
    try:
        return _tags(raw)
    except struct.error as error:
        raise DicomError(_("The CSA header is cut off")) from error


def _tags(raw: bytes) -> dict[str, tuple[str, ...]]:
    (count,) = struct.unpack_from("<I", raw, 8)
    if count > _MOST_TAGS:
        raise DicomError(_("The CSA header claims {count} tags").format(count=count))
    found: dict[str, tuple[str, ...]] = {}
    position = _FIRST_TAG
    for _index in range(count):
        name, _vm, _vr, _syngo_type, items, _mark = _TAG.unpack_from(raw, position)
        position += _TAG.size
        if not 0 <= items <= _MOST_ITEMS:
            raise DicomError(_("The CSA header claims {items} items in one tag").format(items=items))
        values: list[str] = []
        for _item in range(items):
            length = _ITEM.unpack_from(raw, position)[1]
            position += _ITEM.size
            if not 0 <= length <= len(raw) - position:
                raise DicomError(_("The CSA header is cut off"))
            values.append(_text(raw[position : position + length]))
            position += (length + 3) // 4 * 4
        found[_text(name)] = tuple(value for value in values if value)
    return found


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("latin_1").strip()
