"""Verification and storage in an association that also speaks other services (other_services)."""

import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import replace

from viewer.network.limits import Limits
from viewer.network.negotiation import FIND_CLASSES, GET_CLASSES, MOVE_CLASSES, STORAGE_COMMITMENT_PUSH, Negotiated
from viewer.network.pdu_stream import (
    ABORT,
    LAST_BIT,
    P_DATA,
    ConnectionEndedError,
    PduStream,
    ProtocolError,
    fragments,
)
from viewer.network.ports import Storage
from viewer.network.serving import Told
from viewer.network.storage_association import StorageAssociation

_PDU, _PDV = struct.Struct(">BxI"), struct.Struct(">IBB")
_OTHER_CLASSES = FIND_CLASSES | MOVE_CLASSES | GET_CLASSES | {STORAGE_COMMITMENT_PUSH}


def p_data(context_id: int, control: int, piece: bytes | memoryview) -> bytes:
    """Return a P-DATA PDU with one fragment."""
    return b"".join((_PDU.pack(P_DATA, len(piece) + _PDV.size), _PDV.pack(len(piece) + 2, context_id, control), piece))


class StorageBranch:
    """Serves them as if they were alone, at the other end of a pair of sockets, from the first message that needs it.

    Nothing of a data set is held here either.
    """

    def __init__(self, negotiated: Negotiated, storage: Storage, limits: Limits) -> None:
        contexts = {
            number: context
            for number, context in negotiated.contexts.items()
            if context.abstract_syntax not in _OTHER_CLASSES
        }
        self._negotiated = replace(negotiated, contexts=contexts, accept_pdu=b"")
        # How long the peer may be silent is watched at this end.
        self._storage, self._limits = storage, replace(limits, idle_s=limits.message_s, pdu_s=limits.message_s)
        self._near: tuple[socket.socket, PduStream] | None = None
        self._thread: threading.Thread | None = None
        self._counts = (0, 0)

    def serves(self, context_id: int) -> bool:
        """Return whether a context is for verification or storage by the caller."""
        return context_id in self._negotiated.contexts

    def pass_on(self, pdu: bytes) -> None:
        """Pass a P-DATA PDU on.

        Raises:
            ConnectionEndedError: If the branch has ended.
        """
        try:
            self._begun()[0].sendall(pdu)
        except OSError as error:
            raise ConnectionEndedError("storing ended in the middle") from error

    def answers(self) -> list[bytes]:
        """Return the PDUs of the answer to the message that was passed on.

        Raises:
            ConnectionEndedError: If the branch has ended.
            ProtocolError: If it has found that the message breaks the protocol.
        """
        answers: list[bytes] = []
        while True:
            kind, field = self._begun()[1].next()
            if kind == ABORT:
                raise ProtocolError(field[3], "what was to be stored breaks the protocol")
            if kind != P_DATA:
                raise ConnectionEndedError("storing ended in the middle")
            answers.append(_PDU.pack(kind, len(field)) + field)
            if any(control & LAST_BIT for _context, control, _piece in fragments(field)):
                return answers

    def close(self) -> tuple[int, int]:
        """End it; return how many instances were received and refused."""
        if self._near is not None and self._thread is not None:
            self._near[0].close()
            self._thread.join()
        return self._counts

    def _begun(self) -> tuple[socket.socket, PduStream]:
        if self._near is None:
            near, far = socket.socketpair()
            patience_s = self._limits.message_s
            self._near = near, PduStream(near, self._limits.pdu_bytes, patience_s, patience_s)
            association = StorageAssociation(far, self._negotiated, self._storage, self._limits, self._closed)
            self._thread = threading.Thread(target=association.serve, name="storing beside services", daemon=True)
            self._thread.start()
        return self._near

    def _closed(self, _event: str, details: Mapping[str, Told]) -> None:
        self._counts = (int(details.get("received") or 0), int(details.get("refused") or 0))
