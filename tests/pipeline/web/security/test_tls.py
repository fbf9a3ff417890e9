"""Certificate and key: what is wrong with them is said at start."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pipeline.web.security.tls import TlsFiles


def make_certificate(folder: Path, name: str = "page", *, days: float = 30, password: bytes = b"") -> tuple[Path, Path]:
    """A self-signed certificate for this machine that ends after so many days, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    cipher = BestAvailableEncryption(password) if password else NoEncryption()
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, cipher))
    paths[1].chmod(0o600)
    return paths


def test_the_files_are_taken_and_taken_again(tmp_path: Path) -> None:
    files = TlsFiles(*make_certificate(tmp_path))
    assert files.context.minimum_version.name == "TLSv1_2"
    make_certificate(tmp_path)
    files.reload()


def test_a_wrong_pair_does_not_replace_the_one_in_use(tmp_path: Path) -> None:
    files = TlsFiles(*make_certificate(tmp_path))
    (tmp_path / "page.key").write_text("half a ke")
    with pytest.raises(ValueError, match="expected a PEM file with a private key"):
        files.reload()


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        ("other key", "does not belong to the certificate"),
        ("expired", "expired on "),
        ("readable", "every user of this machine can open it"),
        ("password", "expected a key without a password"),
        ("no certificate", "expected a PEM file with certificates"),
        ("swapped", "expected a PEM file with"),
    ],
)
def test_a_mistake_is_a_sentence(tmp_path: Path, mistake: str, sentence: str) -> None:
    days = -1 if mistake == "expired" else 30
    certificate, key = make_certificate(tmp_path, days=days, password=b"x" * 12 if mistake == "password" else b"")
    if mistake == "other key":
        _, key = make_certificate(tmp_path, "other")
    elif mistake == "readable":
        key.chmod(0o644)
    elif mistake == "no certificate":
        certificate.write_text("")
    elif mistake == "swapped":
        certificate, key = key, certificate
    with pytest.raises(ValueError, match=sentence):
        TlsFiles(certificate, key)


def test_a_certificate_of_the_future_is_not_valid_yet(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not yet"):
        TlsFiles(*make_certificate(tmp_path), clock=lambda: 1_000_000_000.0)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        TlsFiles(tmp_path / "none.crt", tmp_path / "none.key")
