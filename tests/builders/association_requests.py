"""Requests for associations as another implementation writes them, and answers as it reads them (pynetdicom)."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

from pynetdicom import build_context, build_role
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    AsynchronousOperationsWindowNegotiation,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
    SOPClassExtendedNegotiation,
    UserIdentityNegotiation,
)

VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
FIND, MOVE, GET = (f"1.2.840.10008.5.1.4.1.2.2.{number}" for number in (1, 2, 3))
COMMITMENT = "1.2.840.10008.1.20.1"
IMPLICIT, EXPLICIT, BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"

Proposed = Sequence[tuple[str, Sequence[str]]]


def association_request(
    contexts: Proposed = ((VERIFICATION, (IMPLICIT,)),),
    *,
    calling: str = "CALLER",
    called: str = "NEGATOSCOPE",
    maximum_length: int = 16384,
    roles: Mapping[str, tuple[bool, bool]] | None = None,
    extended: Mapping[str, bytes] | None = None,
    has_needless_items: bool = False,
) -> bytes:
    """Return an A-ASSOCIATE-RQ; context IDs are 1, 3, 5 and so on."""
    primitive = A_ASSOCIATE()
    primitive.application_context_name = "1.2.840.10008.3.1.1.1"
    primitive.calling_ae_title, primitive.called_ae_title = calling, called
    proposed = [build_context(abstract, list(syntaxes)) for abstract, syntaxes in contexts]
    for number, context in enumerate(proposed):
        context.context_id = 2 * number + 1
    primitive.presentation_context_definition_list = proposed
    longest = MaximumLengthNotification()
    longest.maximum_length_received = maximum_length
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = "1.2.3.4"
    items: list[Any] = [longest, implementation]
    items += [build_role(uid, scu_role=is_scu, scp_role=is_scp) for uid, (is_scu, is_scp) in (roles or {}).items()]
    for uid, information in (extended or {}).items():
        negotiation = SOPClassExtendedNegotiation()
        negotiation.sop_class_uid, negotiation.service_class_application_information = uid, information
        items.append(negotiation)
    if has_needless_items:
        window = AsynchronousOperationsWindowNegotiation()
        window.maximum_number_operations_invoked = window.maximum_number_operations_performed = 8
        identity = UserIdentityNegotiation()
        identity.user_identity_type, identity.primary_field = 1, b"somebody"
        items += [window, identity]
    primitive.user_information = items
    return bytes(A_ASSOCIATE_RQ(primitive).encode())


def accepted(pdu: bytes) -> A_ASSOCIATE_AC:
    """Return what pynetdicom reads in an A-ASSOCIATE-AC."""
    answer = A_ASSOCIATE_AC()
    answer.decode(pdu)
    return answer


def accepted_roles(pdu: bytes, sop_class_uid: str) -> tuple[bool, bool]:
    """Return whether the caller may be SCU, and SCP, of a class."""
    information = accepted(pdu).user_information
    assert information is not None
    (role,) = [item for uid, item in information.role_selection.items() if uid == sop_class_uid]
    return role.scu_role == 1, role.scp_role == 1


def p_data(context_id: int, control: int, piece: bytes) -> bytes:
    """Return a P-DATA-TF with one fragment."""
    return struct.pack(">BxIIBB", 4, len(piece) + 6, len(piece) + 2, context_id, control) + piece


def echo_command(message_id: int = 1) -> bytes:
    """Return the command set of a C-ECHO-RQ (PS3.7 9.3.5.1), written element by element."""
    uid = VERIFICATION.encode() + b"\0"
    body = b"".join(
        struct.pack("<HHI", 0, element, len(value)) + value
        for element, value in (
            (0x0002, uid),
            (0x0100, struct.pack("<H", 0x30)),
            (0x0110, struct.pack("<H", message_id)),
            (0x0800, struct.pack("<H", 0x0101)),
        )
    )
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


RELEASE_RQ = struct.pack(">BxII", 5, 4, 0)
