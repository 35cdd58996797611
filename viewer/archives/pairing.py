"""Pairing with an archive whose certificate no authority signed: a person compares its fingerprint, once.

From then on it is that very certificate, or no connection.
"""

import contextlib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from viewer.archives.private_file import write_private
from viewer.base.errors import NetworkError, SettingsError, system_reason
from viewer.base.translation import _
from viewer.network.certificates import CertificateFacts, checked_fingerprint, facts_of
from viewer.network.connecting import reached
from viewer.network.peers import Peer
from viewer.network.tls_failures import PROBE_S, presented_certificate, tls_failure

FOLDER = "certificates"
_HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """What an archive shows; nobody trusts it yet.

    Attributes:
        places: Where it was shown, like pacs.example.org:2762.
        encoded: In DER.
    """

    places: tuple[str, ...]
    facts: CertificateFacts
    encoded: bytes


def safe_places(peer: Peer) -> tuple[tuple[str, int], ...]:
    """Return the hosts and ports at which an archive is called over TLS."""
    places: dict[tuple[str, int], None] = {}
    if peer.station is not None and peer.station.uses_tls:
        places[peer.station.host, peer.station.port] = None
    if peer.web is not None:
        for url in (peer.web.root, peer.web.search_root, peer.web.retrieve_root, peer.web.store_root):
            parts = urlsplit(url)
            if parts.scheme == "https" and parts.hostname:
                places[parts.hostname, parts.port or _HTTPS_PORT] = None
    return tuple(places)


def shown_by(peer: Peer, seconds: float = PROBE_S) -> tuple[ShownCertificate, ...]:
    """Return what an archive shows at its places, each certificate once; nothing but the handshake is sent.

    Raises:
        NetworkError: If it is not called over TLS, or shows nothing.
    """
    places = safe_places(peer)
    if not places:
        raise NetworkError(
            _("It is not called over TLS, so it has no certificate to pair"),
            subject=peer.name,
            advice=_("Enter it with TLS first"),
        )
    own = (peer.tls.certificate, peer.tls.key) if peer.tls.certificate and peer.tls.key else None
    found: dict[bytes, ShownCertificate] = {}
    for host, port in places:
        place = f"{host}:{port}"
        reached(host, port, seconds, place).close()  # what goes wrong before TLS has words of its own
        try:
            encoded = presented_certificate((host, port), seconds, own)
        except (OSError, ValueError) as error:
            raise tls_failure(error, None, (host, port), place) from error
        before = found[encoded].places if encoded in found else ()
        found[encoded] = ShownCertificate((*before, place), facts_of(encoded), encoded)
    return tuple(found.values())


def paired(peer: Peer, shown: Iterable[ShownCertificate], settings_folder: Path) -> Peer:
    """Keep what a person has accepted, and return the archive that is only known by it from now on.

    Raises:
        NetworkError: If a certificate has expired: it would be refused all the same.
        SettingsError: If it cannot be kept.
    """
    accepted = sorted(shown, key=lambda each: each.facts.fingerprint)
    for each in accepted:
        if not each.facts.is_valid():
            raise NetworkError(
                each.facts.trouble(), subject=each.places[0], advice=_("Have the archive's certificate renewed")
            )
    names = [each.facts.fingerprint.replace(":", "").casefold() for each in accepted]
    name = f"{names[0]}.pem" if len(names) == 1 else f"{names[0][:32]}{names[1][:32]}.pem"
    path = settings_folder / FOLDER / name
    text = "".join(ssl.DER_cert_to_PEM_cert(each.encoded) for each in accepted)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, text.encode("ascii"))
    except OSError as error:
        raise SettingsError(
            _("The settings could not be written: {reason}").format(reason=system_reason(error)), subject=str(path)
        ) from error
    return replace(peer, tls=replace(peer.tls, authority=f"{FOLDER}/{name}", is_paired=True))


def check_expected(shown: Iterable[ShownCertificate], expected: Iterable[str], subject: str) -> None:
    """See that an archive shows what a person was told that it does.

    Args:
        shown: By it.
        expected: Fingerprints, however written.
        subject: Its name.

    Raises:
        NetworkError: If it shows anything else; both fingerprints are named.
    """
    wanted = {checked_fingerprint(text) for text in expected}
    for each in shown:
        if each.facts.fingerprint not in wanted:
            raise NetworkError(
                _("At {0} it shows another certificate than the one that was named ({1}): {2}").format(
                    each.places[0], ", ".join(sorted(wanted)), each.facts.fingerprint
                ),
                subject=subject,
                advice=_("Ask the archive's administrator for its fingerprint; it may not be who answers"),
            )


def forget_pairing(peer: Peer, others: Iterable[Peer], settings_folder: Path) -> None:
    """Remove the certificate of an archive that is gone, if no other one is known by it."""
    name = peer.tls.authority
    if peer.tls.is_paired and name.startswith(f"{FOLDER}/") and all(each.tls.authority != name for each in others):
        with contextlib.suppress(OSError):
            (settings_folder / FOLDER / Path(name).name).unlink()
