"""TLS to one archive: of its authority, of the system's, or paired, and then with that very certificate alone."""

import ssl
from pathlib import Path

from viewer.network.certificates import fingerprint, fingerprint_of
from viewer.network.peers import PeerTls
from viewer.network.serving import TlsFiles
from viewer.network.tls_context import client_context


class OtherCertificateError(ssl.SSLCertVerificationError):
    """The other side is good for the authorities, but is not whom we were paired with."""


class _PairedSocket(ssl.SSLSocket):
    """Ends its handshake only with the certificate of its context, before a byte of ours is sent."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        encoded = self.getpeercert(binary_form=True)
        expected = self.context.fingerprint if isinstance(self.context, PairedContext) else ""
        if encoded is None or fingerprint_of(encoded) != expected:
            raise OtherCertificateError("another certificate than the paired one")


class PairedContext(ssl.SSLContext):
    """Takes one certificate alone; whatever else would pass, also one that it signed, is refused.

    Attributes:
        fingerprint: Of it.
    """

    sslsocket_class = _PairedSocket
    fingerprint: str = ""


def context_of(tls: PeerTls, own: TlsFiles | None = None) -> ssl.SSLContext:
    """Return the context to call an archive with; verification is always on.

    Args:
        tls: What is set of it.
        own: What we show where it names nothing of its own.

    Raises:
        NetworkError: If a file cannot be used; it is named.
    """
    shown = TlsFiles(Path(tls.certificate), Path(tls.key)) if tls.certificate and tls.key else own
    authority = Path(tls.authority) if tls.authority else None
    if not tls.is_paired or authority is None:
        return client_context(authority, shown)
    context = client_context(authority, shown, checks_name=False, kind=PairedContext)
    if isinstance(context, PairedContext):
        context.fingerprint = fingerprint(authority)
    return context
