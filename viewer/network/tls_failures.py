"""Why a TLS handshake failed, in plain words: OpenSSL tells only those who know it."""

import contextlib
import socket
import ssl
from collections.abc import Mapping

from viewer.base.errors import NetworkError, system_reason
from viewer.base.translation import N_, _
from viewer.network.certificates import fingerprint_of
from viewer.network.peer_tls import PairedContext

PROBE_S = 5.0
_BY_VERIFY_CODE: Mapping[int, tuple[str, str]] = {
    9: (N_("Its certificate is not valid yet"), N_("Check the clocks of both computers")),
    10: (N_("Its certificate has expired"), N_("Have the archive's certificate renewed")),
    18: (N_("Its certificate is signed by itself"), N_("Compare its fingerprint with the archive's and pair them")),
    19: (N_("Its certificate is of an authority that is not known"), N_("Give the authority's certificate, or pair")),
    20: (N_("Its certificate is of an authority that is not known"), N_("Give the authority's certificate, or pair")),
    21: (N_("Its certificate is of an authority that is not known"), N_("Give the authority's certificate, or pair")),
    26: (N_("Its certificate is not made for servers"), N_("Have one made with the purpose of server authentication")),
    62: (N_("Its certificate is that of another computer"), N_("Use the name that is in the certificate, or pair")),
    64: (N_("Its certificate is that of another computer"), N_("Use the name that is in the certificate, or pair")),
    66: (N_("Its certificate or key is too weak"), N_("Have one made with 2048 bits of RSA or more, or a curve")),
    67: (N_("Its certificate or key is too weak"), N_("Have one made with 2048 bits of RSA or more, or a curve")),
    68: (
        N_("Its certificate or key is too weak"),
        N_("Have one made with 2048 bits of RSA or more, signed with SHA-256"),
    ),
}
"""By X509_V_ERR of OpenSSL's x509_vfy.h."""
_NO_TLS = (N_("What answers there does not speak TLS"), N_("Check the port, or call it without TLS"))
_TOO_OLD = (
    N_("It only speaks versions of TLS or ciphers that are not safe any more"),
    N_("Have TLS 1.2 or later with forward secrecy allowed there (BCP 195)"),
)
_OURS_MISSING = (N_("It wants a certificate of ours"), N_("Give certificate and key; the archive must know them"))
_OURS_BAD = (N_("It does not accept our certificate"), N_("Have our certificate entered there, or check its dates"))
_BY_REASON: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"), _NO_TLS
    ),
    **dict.fromkeys(
        (
            "UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "DH_KEY_TOO_SMALL",
            "NO_SHARED_CIPHER", "NO_CIPHERS_AVAILABLE", "WRONG_SIGNATURE_TYPE", "TLSV1_ALERT_INSUFFICIENT_SECURITY",
            "UNSAFE_LEGACY_RENEGOTIATION_DISABLED", "BAD_ECPOINT", "WRONG_CURVE",
        ),
        _TOO_OLD,
    ),
    **dict.fromkeys(("TLSV13_ALERT_CERTIFICATE_REQUIRED", "PEER_DID_NOT_RETURN_A_CERTIFICATE"), _OURS_MISSING),
    "SSLV3_ALERT_HANDSHAKE_FAILURE": (
        N_("It refuses the handshake: it only speaks what is not safe any more, or wants a certificate of ours"),
        N_("Have TLS 1.2 or later allowed there (BCP 195), or give certificate and key"),
    ),
    **dict.fromkeys(
        (
            "TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_BAD_CERTIFICATE", "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
            "SSLV3_ALERT_CERTIFICATE_EXPIRED", "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "TLSV1_ALERT_ACCESS_DENIED",
            "TLSV1_ALERT_DECRYPT_ERROR", "SSLV3_ALERT_CERTIFICATE_REVOKED",
        ),
        _OURS_BAD,
    ),
    **dict.fromkeys(
        ("EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"), _BY_VERIFY_CODE[66]
    ),
}  # fmt: skip


class UnsafeConnectionError(NetworkError):
    """A safe connection could not be made.

    Attributes:
        presented: Fingerprint of the certificate that the other side showed; empty where it is not known.
    """

    def __init__(self, message: str, *, subject: str = "", advice: str = "", presented: str = "") -> None:
        super().__init__(message, subject=subject, advice=advice)
        self.presented = presented


def tls_failure(
    error: OSError | ValueError, tls: ssl.SSLContext | None, address: tuple[str, int], subject: str
) -> UnsafeConnectionError:
    """Return what a failed handshake means.

    Args:
        error: What was raised.
        tls: With what it was tried; a paired one is told with both fingerprints.
        address: Of whom was called; it is called once more where only that tells what it shows.
        subject: Whom the error is about.
    """
    words, advice = _meaning(error)
    presented = ""
    if isinstance(error, ssl.SSLCertVerificationError):
        presented = getattr(error, "presented", "") or presented_fingerprint(address)
        if isinstance(tls, PairedContext) and presented and presented not in tls.fingerprints:
            words = _("It shows another certificate than the one it was paired with ({0}): {1}").format(
                ", ".join(tls.fingerprints), presented
            )
            advice = _("Ask the archive's administrator whether it was renewed; only then pair again")
    message = _("A safe connection could not be made: {0}").format(words)
    return UnsafeConnectionError(message, subject=subject, advice=advice, presented=presented)


def presented_certificate(
    address: tuple[str, int], seconds: float = PROBE_S, own: tuple[str, str] | None = None
) -> bytes:
    """Return the certificate (DER) that a server shows, without trusting it: nothing is sent but the handshake.

    Args:
        address: Host and port.
        seconds: How long to wait.
        own: Our certificate and its key, for servers that show nothing to those who have none.

    Raises:
        OSError: If there is no handshake.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is only looked at: a person, or a fingerprint, decides
    if own is not None:
        context.load_cert_chain(*own, password=lambda: "")
    with (
        socket.create_connection(address, timeout=seconds) as plain,
        context.wrap_socket(plain, server_hostname=address[0]) as safe,
    ):
        return safe.getpeercert(binary_form=True) or b""


def presented_fingerprint(address: tuple[str, int], seconds: float = PROBE_S) -> str:
    """Return the fingerprint of what a server shows; empty where it shows nothing."""
    with contextlib.suppress(OSError, ValueError):
        return fingerprint_of(presented_certificate(address, seconds))
    return ""


def _reason(error: ssl.SSLError) -> str:
    return getattr(error, "reason", None) or ""  # OpenSSL's own errors alone have one


def _meaning(error: OSError | ValueError) -> tuple[str, str]:
    if isinstance(error, ssl.SSLCertVerificationError) and getattr(error, "verify_code", 0) in _BY_VERIFY_CODE:
        words, advice = _BY_VERIFY_CODE[error.verify_code]
        return _(words), _(advice)
    if isinstance(error, ssl.SSLError) and (known := _BY_REASON.get(_reason(error))):
        return _(known[0]), _(known[1])
    if isinstance(error, (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return (
            _("it hung up during the handshake"),
            _("It may not speak TLS at this port, or may want a certificate of ours"),
        )
    if isinstance(error, TimeoutError):
        return _("it did not answer the handshake"), _("It may not speak TLS at this port: try it without")
    if isinstance(error, ssl.SSLError):
        return (_reason(error) or "TLS").replace("_", " ").lower(), _("Check the certificates of both sides")
    if isinstance(error, OSError):
        return system_reason(error), _("Check the certificates of both sides")
    return str(error), _("Check the name of the computer")
