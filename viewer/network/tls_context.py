"""TLS as PS3.15 B.12 asks (BCP 195: RFC 8996, RFC 9325): 1.2 or later, forward secrecy, authenticated ciphers.

There is no way to weaken it: who can only speak less is spoken to in the clear, knowingly, or not at all.
"""

import ssl
from pathlib import Path

from viewer.base.errors import NetworkError, system_reason
from viewer.base.translation import _
from viewer.network.serving import TlsFiles

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2"
"""For TLS 1.2; 1.3 has only such. Level 2: no RSA key below 2048 bits, no SHA-1 in a chain (RFC 9325 4.2, 4.5)."""


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Return the context of our server; with an authority, callers must have a certificate of it.

    Raises:
        NetworkError: If a file cannot be used; it is named.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _restrict(context)
    _load_own(context, files.certificate, files.key)
    if files.authority is not None:
        _load_authority(context, files.authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(
    authority: Path | None,
    own: TlsFiles | None = None,
    *,
    checks_name: bool = True,
    kind: type[ssl.SSLContext] = ssl.SSLContext,
) -> ssl.SSLContext:
    """Return the context to call other stations with; their certificates are always verified.

    Args:
        authority: Of which their certificates must be, or the certificates themselves; None for the system's own.
        own: What we show when we are asked.
        checks_name: Whether a certificate must name the host that is called. Only where the authority file holds the
            very certificates of the stations may it be left out: they often name no host.
        kind: Of context; one that asks for more.

    Raises:
        NetworkError: If a file cannot be used; it is named.
    """
    context = kind(ssl.PROTOCOL_TLS_CLIENT)
    _restrict(context)
    context.check_hostname = checks_name
    if authority is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        _load_authority(context, authority)
    if own is not None:
        _load_own(context, own.certificate, own.key)
    return context


def _restrict(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE


def _load_own(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    for path in (certificate, key):
        _check_readable(path)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise NetworkError(
                _("The key does not belong to the certificate"),
                subject=str(key),
                advice=_("Give the key that was made with {0}").format(certificate),
            ) from None
        raise _unusable(certificate, key, error) from None
    except ValueError as error:  # raised by _no_password
        raise NetworkError(
            _("The key is protected by a password"),
            subject=str(key),
            advice=_("Give a key without a password, in a file that only you can read"),
        ) from error


def _no_password() -> str:
    raise ValueError("encrypted")  # without this OpenSSL would ask on the terminal


def _unusable(certificate: Path, key: Path, error: ssl.SSLError) -> NetworkError:
    names = (error.reason or "").upper()
    if names in {"EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"}:
        return NetworkError(
            _("The certificate or its key is too weak for secure connections"),
            subject=str(certificate),
            advice=_("Make a new one with at least 2048 bits of RSA, or an elliptic curve, signed with SHA-256"),
        )
    is_certificate = "-----BEGIN CERTIFICATE-----" in _text(certificate)
    path = key if is_certificate else certificate
    message = _("This is no key in PEM form") if is_certificate else _("This is no certificate in PEM form")
    return NetworkError(message, subject=str(path), advice=_("Give text files that begin with -----BEGIN"))


def _load_authority(context: ssl.SSLContext, authority: Path) -> None:
    _check_readable(authority)
    try:
        context.load_verify_locations(authority)
    except ssl.SSLError:
        raise NetworkError(
            _("This is no certificate in PEM form"),
            subject=str(authority),
            advice=_("Give the certificate of the authority, or those of the stations, one after another"),
        ) from None
    # A station's own certificate in the file is trusted as it is, though no authority signed it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise NetworkError(system_reason(error), subject=str(path)) from None


def _text(path: Path) -> str:
    return path.read_text("ascii", "replace")
