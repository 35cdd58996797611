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

_PATIENCE_S = 10.0
_VERIFICATION = "1.2.840.10008.1.1"


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
        """Return after how many seconds it answered.

        Raises:
            NetworkError: If it did not, or refused; its words say which.
        """
        from pynetdicom import AE

        entity = AE(self.calling_title)
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = _PATIENCE_S
        entity.connection_timeout = _PATIENCE_S
        entity.add_requested_context(_VERIFICATION)
        began = time.monotonic()
        tls = (self._context(), self.station.host) if self.station.uses_tls else None
        association = entity.associate(
            self.station.host, self.station.port, ae_title=self.station.ae_title, tls_args=tls
        )
        try:
            if association.is_rejected:
                raise NetworkError(
                    _("It is there, and refuses this computer"),
                    subject=str(self.station),
                    advice=_("Have both titles and this computer's address entered there"),
                )
            if not association.is_established:
                raise NetworkError(
                    _("Nobody answers there"),
                    subject=str(self.station),
                    advice=_("Check address, port and firewall, and whether it wants TLS"),
                )
            answer = association.send_c_echo()
            if getattr(answer, "Status", None) != 0:
                raise NetworkError(_("It answered with a failure"), subject=str(self.station))
            return time.monotonic() - began
        finally:
            if association.is_established:
                association.release()

    def _context(self) -> "ssl.SSLContext":
        from viewer.network.serving import TlsFiles
        from viewer.network.tls_context import client_context

        certificate, key, authority = self.tls_files or ("", "", "")
        own = TlsFiles(Path(certificate), Path(key)) if certificate and key else None
        if self.is_ourselves:  # known by its very certificate, whatever that is called
            return client_context(Path(certificate), own, checks_name=False)
        return client_context(Path(authority) if authority else None, own)
