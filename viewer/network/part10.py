"""The part of a file that does not come over the network: preamble and File Meta Information (PS3.10 7.1).

What follows it is the data set, byte for byte as it came. The same instance from the same sender makes the same file.
"""

import struct

from viewer.dicom.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from viewer.network.ports import Caller, OfferedInstance

_PREAMBLE = bytes(128) + b"DICM"
_GROUP_LENGTH = struct.Struct("<HH2sHI")
_SHORT = struct.Struct("<HH2sH")
_VERSION = struct.pack("<HH2sHI", 2, 1, b"OB", 0, 2) + b"\x00\x01"
_MEDIA_STORAGE_SOP_CLASS, _MEDIA_STORAGE_SOP_INSTANCE, _TRANSFER_SYNTAX = 0x02, 0x03, 0x10
_IMPLEMENTATION_CLASS, _IMPLEMENTATION_VERSION = 0x12, 0x13
_SOURCE_TITLE, _SENDING_TITLE, _RECEIVING_TITLE = 0x16, 0x17, 0x18


def part10_head(offered: OfferedInstance, caller: Caller) -> bytes:
    """Return what precedes a received data set in its file."""
    group = _VERSION + b"".join(
        (
            _uid(_MEDIA_STORAGE_SOP_CLASS, offered.sop_class_uid),
            _uid(_MEDIA_STORAGE_SOP_INSTANCE, offered.sop_instance_uid),
            _uid(_TRANSFER_SYNTAX, offered.transfer_syntax_uid),
            _uid(_IMPLEMENTATION_CLASS, IMPLEMENTATION_CLASS_UID),
            _text(_IMPLEMENTATION_VERSION, b"SH", IMPLEMENTATION_VERSION_NAME),
            _text(_SOURCE_TITLE, b"AE", caller.ae_title),
            _text(_SENDING_TITLE, b"AE", caller.ae_title),
            _text(_RECEIVING_TITLE, b"AE", caller.called_ae_title),
        )
    )
    return _PREAMBLE + _GROUP_LENGTH.pack(2, 0, b"UL", 4, len(group)) + group


def _uid(element: int, uid: str) -> bytes:
    value = uid.encode("ascii", "replace")
    return _element(element, b"UI", value + b"\0" * (len(value) % 2))


def _text(element: int, vr: bytes, text: str) -> bytes:
    """Return an element of text; nothing where there is no text: all of these are Type 3."""
    value = text.encode("ascii", "replace")
    return _element(element, vr, value + b" " * (len(value) % 2)) if value else b""


def _element(element: int, vr: bytes, value: bytes) -> bytes:
    return _SHORT.pack(2, element, vr, len(value)) + value
