"""Query (C-FIND, PS3.4 C.4.1): what the archive answers, one response a match."""

from collections.abc import Iterator, Mapping

from viewer.dicom.transfer_syntaxes import IMPLICIT_VR_LITTLE_ENDIAN
from viewer.network.identifiers import Identifier, read_identifier, write_identifier
from viewer.network.messages import C_FIND_RQ, MESSAGE_ID, RESPONSE, Channel, Message, command_set
from viewer.network.negotiation import FIND_CLASSES
from viewer.network.ports import Archive, QueryRefused

PATIENT_ROOT_PREFIX = "1.2.840.10008.5.1.4.1.2.1."
SUCCESS, PENDING, PENDING_WITHOUT_OPTIONAL, CANCELLED, NOT_AUTHORIZED = 0x0000, 0xFF00, 0xFF01, 0xFE00, 0x0124
_ANSWERED_HERE = frozenset({"RetrieveAETitle"})


def serve_find(channel: Channel, archive: Archive, request: Message) -> None:
    """Answer one C-FIND request to its end.

    Raises:
        NetworkError: If the caller is gone.
    """
    context = channel.contexts[request.context_id]
    is_implicit = context.transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    message_id = request.number(MESSAGE_ID)

    def respond(status: int, identifier: bytes = b"", comment: str = "") -> None:
        command = command_set(
            C_FIND_RQ | RESPONSE,
            has_data=bool(identifier),
            affected_class=context.abstract_syntax,
            responded_to=message_id,
            status=status,
            comment=comment,
        )
        channel.send(request.context_id, command, (identifier,) if identifier else ())

    if context.abstract_syntax not in FIND_CLASSES or not channel.caller.is_known:
        respond(NOT_AUTHORIZED)
        return
    try:
        asked = read_identifier(request.data, is_implicit=is_implicit)
        is_patient_root = context.abstract_syntax.startswith(PATIENT_ROOT_PREFIX)
        for answer in _answers(archive, asked, channel.caller.called_ae_title, is_patient_root=is_patient_root):
            if channel.is_cancelled(message_id):
                respond(CANCELLED)
                return
            if not channel.is_open:
                return
            is_all_supported = not asked.unknown_count and asked.keys.keys() <= answer.keys()
            status = PENDING if is_all_supported else PENDING_WITHOUT_OPTIONAL
            respond(status, write_identifier(answer, is_implicit=is_implicit))
    except QueryRefused as error:
        respond(error.status, comment=str(error) if str(error).isascii() else "")
        return
    respond(CANCELLED if channel.is_cancelled(message_id) else SUCCESS)


def _answers(
    archive: Archive, asked: Identifier, ae_title: str, *, is_patient_root: bool
) -> Iterator[Mapping[str, str]]:
    keys = {keyword: value for keyword, value in asked.keys.items() if keyword not in _ANSWERED_HERE}
    for found in archive.find(asked.level, keys, is_patient_root=is_patient_root):
        yield {"QueryRetrieveLevel": asked.level.value, "RetrieveAETitle": ae_title, **found}
