"""TLS to one archive: by its authority, by the system's, or paired, and then with that very certificate alone."""

import ssl
from pathlib import Path

from viewer.network.certificates import fingerprint_of, fingerprints
from viewer.network.peers import PeerTls
from viewer.network.serving import TlsFiles
from viewer.network.tls_context import client_context


class OtherCertificateError(ssl.SSLCertVerificationError):
    """The other side shows what the paired one signed, but not the paired one.

    Attributes:
        presented: The fingerprint of what it shows.
    """

    def __init__(self, presented: str) -> None:
        super().__init__("another certificate than the paired one")
        self.presented = presented


class _PairedSocket(ssl.SSLSocket):
    """Ends its handshake only with the certificate of its context, before a byte of ours is sent."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        presented = fingerprint_of(self.getpeercert(binary_form=True) or b"")
        if not isinstance(self.context, PairedContext) or presented not in self.context.fingerprints:
            raise OtherCertificateError(presented)


class PairedContext(ssl.SSLContext):
    """Takes the paired certificate alone; whatever else would pass, also what it signed, is refused.

    Attributes:
        fingerprints: Of it; several where the archive shows another one on the web.
    """

    sslsocket_class = _PairedSocket
    fingerprints: tuple[str, ...] = ()


def context_of(tls: PeerTls, own: TlsFiles | None = None) -> ssl.SSLContext:
    """Return the context to call an archive with; verification is always on.

    Args:
        tls: What is set of it.
        own: What we show where it names nothing of its own, and of whom it must be where nothing is said.

    Raises:
        NetworkError: If a file cannot be used; it is named.
    """
    shown = TlsFiles(Path(tls.certificate), Path(tls.key)) if tls.certificate and tls.key else own
    authority = Path(tls.authority) if tls.authority else own.authority if own is not None else None
    if authority is None or not (tls.is_paired and tls.authority):
        return client_context(authority, shown)
    context = client_context(authority, shown, checks_name=False, kind=PairedContext)
    if isinstance(context, PairedContext):
        context.fingerprints = fingerprints(authority)
    return context
