"""Certificates: one made for this station, and any one told in plain words."""

import contextlib
import datetime as dt
import hashlib
import ipaddress
import os
import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import NetworkError, system_reason
from viewer.base.translation import _

if TYPE_CHECKING:
    from cryptography import x509

_YEARS = 5
_DAYS_A_YEAR = 365
_SOON = dt.timedelta(days=30)
_BACKDATED = dt.timedelta(hours=1)
"""Clocks of modalities are often a little behind."""
_LONGEST_NAME = 64
_ONE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_SHA256 = re.compile("[0-9a-f]{64}")
_BETWEEN = re.compile(r"[\s:=-]")


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a certificate says.

    Attributes:
        subject: Its common name, or its whole subject where it has none.
        issuer: Likewise of who signed it.
        names: Hosts and addresses that it is good for.
        fingerprint: SHA-256 in pairs of hexadecimal digits with colons, as tools and people compare it.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: dt.datetime
    ends: dt.datetime
    fingerprint: str
    is_self_signed: bool

    def trouble(self, now: dt.datetime | None = None) -> str:
        """Return in plain words what is wrong with its dates, or is soon to be; empty if nothing is."""
        now = now or dt.datetime.now(dt.UTC)
        if now < self.begins:
            return _("It is not valid before {0}").format(f"{self.begins:%Y-%m-%d}")
        if now >= self.ends:
            return _("It expired on {0}").format(f"{self.ends:%Y-%m-%d}")
        if self.ends - now < _SOON:
            return _("It expires on {0}").format(f"{self.ends:%Y-%m-%d}")
        return ""

    def is_valid(self, now: dt.datetime | None = None) -> bool:
        """Return whether its dates allow its use."""
        now = now or dt.datetime.now(dt.UTC)
        return self.begins <= now < self.ends


def read_certificates(path: Path) -> tuple[CertificateFacts, ...]:
    """Return what the certificates of a PEM file say, in their order.

    Raises:
        NetworkError: If it cannot be read or holds none.
    """
    from cryptography import x509

    try:
        data = path.read_bytes()
    except OSError as error:
        raise NetworkError(system_reason(error), subject=str(path)) from None
    try:
        return tuple(_facts(certificate) for certificate in x509.load_pem_x509_certificates(data))
    except ValueError:
        raise _no_certificate(path) from None


def read_certificate(path: Path) -> CertificateFacts:
    """Return what the first certificate of a PEM file says: that of the station itself.

    Raises:
        NetworkError: If it cannot be read or holds none.
    """
    return read_certificates(path)[0]


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a PEM file's first certificate, as tools and people compare it.

    Raises:
        NetworkError: If it cannot be read or holds none.
    """
    return fingerprints(path)[0]


def fingerprints(path: Path) -> tuple[str, ...]:
    """Return those of all certificates of a PEM file, in their order; at least one.

    Raises:
        NetworkError: If it cannot be read or holds none.
    """
    try:
        bodies = _ONE.findall(path.read_text("ascii", "replace"))
        found = tuple(fingerprint_of(ssl.PEM_cert_to_DER_cert(body)) for body in bodies)
    except OSError as error:
        raise NetworkError(system_reason(error), subject=str(path)) from None
    except ValueError:
        raise _no_certificate(path) from None
    if not found:
        raise _no_certificate(path)
    return found


def checked_fingerprint(text: str) -> str:
    """Return a SHA-256 fingerprint as it is compared, however it was written.

    Raises:
        NetworkError: If it is none.
    """
    digits = _BETWEEN.sub("", text.strip().casefold().removeprefix("sha256").removeprefix("sha-256"))
    if not _SHA256.fullmatch(digits):
        raise NetworkError(
            _("This is no SHA-256 fingerprint"), advice=_("Give its 64 hexadecimal digits, with colons or without")
        )
    return bytes.fromhex(digits).hex(":").upper()


def facts_of(encoded: bytes) -> CertificateFacts:
    """Return what a certificate in DER says.

    Raises:
        NetworkError: If it is none.
    """
    from cryptography import x509

    try:
        return _facts(x509.load_der_x509_certificate(encoded))
    except ValueError:
        raise NetworkError(_("What it shows is no certificate")) from None


def _no_certificate(path: Path) -> NetworkError:
    return NetworkError(
        _("This is no certificate in PEM form"),
        subject=str(path),
        advice=_("Give a text file that begins with -----BEGIN CERTIFICATE-----"),
    )


def fingerprint_of(encoded: bytes) -> str:
    """Return the SHA-256 of a certificate in DER, as tools and people compare it."""
    return hashlib.sha256(encoded).digest().hex(":").upper()


@dataclass(frozen=True, slots=True)
class MadeCertificate:
    """What was made: two files, and the certificate's fingerprint."""

    certificate: Path
    key: Path
    fingerprint: str


def make_certificate(ae_title: str, folder: Path, hosts: tuple[str, ...] = ()) -> MadeCertificate:
    """Make a key and a certificate signed by itself: key.pem and certificate.pem.

    Args:
        ae_title: Part of its name.
        folder: Where they go; the key can be read by its owner alone.
        hosts: Names and addresses of this computer; without any, those that the system knows.

    Raises:
        NetworkError: If they cannot be written, or are there already: a certificate that others trust is not replaced.
    """
    certificate_path, key_path = folder / "certificate.pem", folder / "key.pem"
    for path in (certificate_path, key_path):
        if path.exists():
            raise NetworkError(
                _("There is one already"), subject=str(path), advice=_("Move it away to have a new one made")
            )
    certificate, key = _made(ae_title, hosts or _own_names())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(key_path, key, 0o600)
        _write_new(certificate_path, certificate, 0o644)
    except OSError as error:
        with contextlib.suppress(OSError):
            key_path.unlink()
        raise NetworkError(system_reason(error), subject=str(folder)) from None
    return MadeCertificate(certificate_path, key_path, fingerprint(certificate_path))


def _made(ae_title: str, hosts: tuple[str, ...]) -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())  # every TLS 1.2 peer that keeps to BCP 195 knows this curve
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{ae_title} {hosts[0]}"[:_LONGEST_NAME])])
    now = dt.datetime.now(dt.UTC)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + dt.timedelta(days=_YEARS * _DAYS_A_YEAR))
        # DCMTK and Java take a certificate as its own authority only where it says that it may be one.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoded_key = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), encoded_key


def _key_usage() -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _general_name(host: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host.encode("idna").decode("ascii"))


def _own_names() -> tuple[str, ...]:
    name = socket.gethostname() or "localhost"
    return tuple(dict.fromkeys((name, socket.getfqdn(name), "localhost", "127.0.0.1", "::1")))


def _write_new(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _facts(certificate: "x509.Certificate") -> CertificateFacts:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    names: tuple[str, ...] = ()
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = tuple(str(name.value) for name in extension.value)
    except (x509.ExtensionNotFound, ValueError):
        pass
    return CertificateFacts(
        _name(certificate.subject),
        _name(certificate.issuer),
        names,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        fingerprint_of(certificate.public_bytes(Encoding.DER)),
        certificate.subject == certificate.issuer,
    )


def _name(name: "x509.Name") -> str:
    from cryptography.x509.oid import NameOID

    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()
