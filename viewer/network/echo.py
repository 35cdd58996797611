"""Asking another station whether it is there (C-ECHO, PS3.4 A)."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import NetworkError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.network.stations import Station

if TYPE_CHECKING:
    import ssl

    from viewer.network.access import DimseAccess
    from viewer.network.association_request import ProposedContext
    from viewer.network.requesting import RequestedAssociation

_PATIENCE_S = 10.0
_CONTEXT, _MESSAGE = 1, 1
_IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"


@dataclass(frozen=True, slots=True)
class Echo:
    """The job of asking.

    Attributes:
        calling_title: As what we call.
        tls_files: Our certificate, its key, and the authority of others', for a station that is called over TLS; any
            of them may be empty.
        is_ourselves: Whether the station is this computer: then it is known by the certificate itself.
    """

    station: Station
    calling_title: str
    tls_files: tuple[str, str, str] | None = None
    is_ourselves: bool = False

    def run(self, _progress: Progress) -> float:
        """Return after how many seconds it answered, the way there and back alone.

        Raises:
            NetworkError: If it did not, or refused; its words say which.
        """
        from viewer.network.access import DimseAccess

        tls = self._context() if self.station.uses_tls else None
        return echo(DimseAccess(self.station, self.calling_title, tls))

    def _context(self) -> "ssl.SSLContext":
        from viewer.network.serving import TlsFiles
        from viewer.network.tls_context import client_context

        certificate, key, authority = self.tls_files or ("", "", "")
        own = TlsFiles(Path(certificate), Path(key)) if certificate and key else None
        if self.is_ourselves:  # known by its very certificate, whatever that is called
            return client_context(Path(certificate), own, checks_name=False)
        return client_context(Path(authority) if authority else None, own)


def echo(access: "DimseAccess") -> float:
    """Call a station and return after how many seconds it answered, the way there and back alone.

    Raises:
        NetworkError: If it did not, or refused; its words say which.
    """
    from viewer.network.requesting import Patience, RequestedAssociation

    patience = Patience(_PATIENCE_S, _PATIENCE_S, _PATIENCE_S, _PATIENCE_S)
    with RequestedAssociation(
        access.station, access.calling_title, [echo_context(_CONTEXT)], tls=access.tls, patience=patience
    ) as talk:
        return echo_over(talk, _CONTEXT)


def echo_context(number: int) -> "ProposedContext":
    """Return the presentation context in which echoes are asked for."""
    from viewer.network.association_request import ProposedContext
    from viewer.network.dimse_commands import VERIFICATION

    return ProposedContext(number, VERIFICATION, (_IMPLICIT_LITTLE_ENDIAN,))


def echo_over(talk: "RequestedAssociation", context_id: int) -> float:
    """Ask over an association that is open; return after how many seconds the answer came.

    Raises:
        NetworkError: If there is none, or a failure.
    """
    from viewer.network.dimse_commands import C_ECHO_RQ, RESPONSE, SUCCESS, VERIFICATION
    from viewer.network.messages import RESPONDED_TO, STATUS, command_set

    if context_id not in talk.contexts:
        raise NetworkError(_("It does not answer echoes"), subject=str(talk.station))
    began = time.monotonic()
    talk.send(context_id, command_set(C_ECHO_RQ, has_data=False, affected_class=VERIFICATION, message_id=_MESSAGE))
    answer = talk.receive()
    is_answer = answer.number(0x0100) == C_ECHO_RQ | RESPONSE and answer.number(RESPONDED_TO) == _MESSAGE
    if not is_answer or answer.number(STATUS, 0xC000) != SUCCESS:
        raise NetworkError(_("It answered with a failure"), subject=str(talk.station))
    return time.monotonic() - began
