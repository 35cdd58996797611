"""Certificates made and read; what is read is compared with OpenSSL."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.certificates import issued
from viewer.base.errors import NetworkError
from viewer.network.certificates import fingerprint, make_certificate, read_certificate, read_certificates
from viewer.network.serving import TlsFiles
from viewer.network.tls_context import client_context, server_context

OPENSSL = "/usr/bin/openssl"


def test_a_certificate_is_made_with_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    made = make_certificate("CT 1", tmp_path / "new", ("host.example", "10.0.0.7"))
    facts = read_certificate(made.certificate)
    assert facts.subject == facts.issuer == "CT 1 host.example"
    assert facts.names == ("host.example", "10.0.0.7")
    assert facts.is_self_signed
    assert facts.fingerprint == made.fingerprint == fingerprint(made.certificate)
    assert dt.timedelta(days=1800) < facts.ends - facts.begins < dt.timedelta(days=1900)
    assert facts.is_valid()
    assert facts.trouble() == ""
    if sys.platform != "win32":
        assert made.key.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform != "linux" or not Path(OPENSSL).exists(), reason="needs OpenSSL's own command")
def test_openssl_reads_the_same(tmp_path: Path) -> None:
    made = make_certificate("NEGATOSCOPE", tmp_path)
    command = [OPENSSL, "x509", "-in", str(made.certificate), "-noout", "-fingerprint", "-sha256"]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert said.strip().rpartition("=")[2] == made.fingerprint
    command = [OPENSSL, "verify", "-CAfile", str(made.certificate), "-x509_strict", str(made.certificate)]
    assert subprocess.run(command, capture_output=True).returncode == 0


def test_one_that_others_may_trust_is_not_replaced(tmp_path: Path) -> None:
    made = make_certificate("A", tmp_path)
    before = made.certificate.read_bytes(), made.key.read_bytes()
    with pytest.raises(NetworkError, match="already") as refused:
        make_certificate("A", tmp_path)
    assert refused.value.subject == str(made.certificate)
    assert (made.certificate.read_bytes(), made.key.read_bytes()) == before


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NetworkError) as refused:
        make_certificate("A", tmp_path / "file" / "below")
    assert refused.value.subject == str(tmp_path / "file" / "below")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((-10, -1), "It expired on "),
        ((2, 400), "It is not valid before "),
        ((-1, 10), "It expires on "),
        ((-1, 90), ""),
    ],
)
def test_dates_are_told_in_words(tmp_path: Path, days: tuple[int, int], words: str) -> None:
    facts = read_certificate(issued(tmp_path, "one", days=days).certificate)
    assert facts.trouble().startswith(words)
    assert bool(facts.trouble()) is bool(words)
    assert facts.is_valid() is (words in {"", "It expires on "})


def test_all_of_a_file_are_read(tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    authority = issued(tmp_path, "authority", is_authority=True)
    child = issued(tmp_path, "child", authority)
    both.write_bytes(child.certificate.read_bytes() + authority.certificate.read_bytes())
    assert [(facts.subject, facts.issuer) for facts in read_certificates(both)] == [
        ("child", "authority"),
        ("authority", "authority"),
    ]
    assert not read_certificates(both)[0].is_self_signed


@pytest.mark.parametrize(
    "content", [None, b"", b"\x30\x82\xff", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_what_is_no_certificate_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NetworkError) as refused:
        read_certificate(path)
    assert refused.value.subject == str(path)
    if content is None or b"BEGIN" not in content:
        with pytest.raises(NetworkError) as refused:
            fingerprint(path)
        assert refused.value.subject == str(path)


def test_six_ciphers_of_tls_1_2_and_nothing_before_it(tmp_path: Path) -> None:
    import ssl

    made = make_certificate("A", tmp_path)
    files = TlsFiles(made.certificate, made.key, made.certificate)
    for context in (server_context(files), client_context(made.certificate, files)):
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert context.verify_mode is ssl.CERT_REQUIRED
        older = {row["name"] for row in context.get_ciphers() if not row["name"].startswith("TLS_")}
        assert older == {
            f"ECDHE-{signed}-{cipher}"
            for signed in ("ECDSA", "RSA")
            for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
        }
    assert client_context(None).check_hostname
