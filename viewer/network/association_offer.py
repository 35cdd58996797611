"""A-ASSOCIATE-RQ of ours: what we ask another station for (PS3.8 9.3.2, PS3.7 D.3.3)."""

import struct
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from viewer.dicom.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from viewer.network.association_request import (
    ABSTRACT_SYNTAX,
    APPLICATION_CONTEXT,
    EXTENDED,
    IMPLEMENTATION_CLASS,
    IMPLEMENTATION_VERSION,
    MAXIMUM_LENGTH,
    PROPOSED_CONTEXT,
    ROLE_SELECTION,
    TRANSFER_SYNTAX,
    USER_INFORMATION,
    ProposedContext,
    ProposedRoles,
)

OUR_PDU_BYTES = 131072
_DICOM_CONTEXT = b"1.2.840.10008.3.1.1.1"


def offered(
    called: str,
    calling: str,
    contexts: Sequence[ProposedContext],
    roles: Mapping[str, ProposedRoles],
    extended: Mapping[str, bytes] = MappingProxyType({}),
) -> bytes:
    """Return the PDU of a request."""
    items = [_item(APPLICATION_CONTEXT, _DICOM_CONTEXT)]
    for context in contexts:
        body = bytes((context.context_id, 0, 0, 0)) + _item(ABSTRACT_SYNTAX, context.abstract_syntax.encode())
        body += b"".join(_item(TRANSFER_SYNTAX, syntax.encode()) for syntax in context.transfer_syntaxes)
        items.append(_item(PROPOSED_CONTEXT, body))
    user = _item(MAXIMUM_LENGTH, OUR_PDU_BYTES.to_bytes(4, "big"))
    user += _item(IMPLEMENTATION_CLASS, IMPLEMENTATION_CLASS_UID.encode())
    for uid, role in roles.items():
        user += _item(ROLE_SELECTION, struct.pack(">H", len(uid)) + uid.encode() + bytes((role.is_scu, role.is_scp)))
    for uid, information in extended.items():
        user += _item(EXTENDED, struct.pack(">H", len(uid)) + uid.encode() + information)
    user += _item(IMPLEMENTATION_VERSION, IMPLEMENTATION_VERSION_NAME.encode())
    items.append(_item(USER_INFORMATION, user))
    titles = called.encode("ascii", "replace").ljust(16)[:16] + calling.encode("ascii", "replace").ljust(16)[:16]
    body = struct.pack(">Hxx", 1) + titles + bytes(32) + b"".join(items)
    return struct.pack(">BxI", 1, len(body)) + body


def _item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(body)) + body
