"""The page's certificate and key: checked at start, so that a mistake is a sentence and not a browser's warning."""

import ssl
import stat
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509 import Certificate, load_pem_x509_certificates


class TlsFiles:
    """A certificate with its chain, and its key, as PEM files. Serves TLS 1.2 and later.

    Raises OSError, and ValueError for files that are not these, that do not belong together, that have expired, and for
    a key that every user of the machine may read.
    """

    def __init__(self, certificate: Path, key: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._certificate = certificate
        self._key = key
        self._clock = clock
        self._check()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        self.context.load_cert_chain(certificate, key)

    def reload(self) -> None:
        """Take up changed files for connections from now on. Raises as above; then those before stay in use."""
        self._check()
        self.context.load_cert_chain(self._certificate, self._key)

    def _check(self) -> None:
        certificate = self._read_certificate()
        if stat.S_IMODE(self._key.stat().st_mode) & 0o007:
            raise ValueError(f"web.key {self._key}: every user of this machine can open it; run `chmod o= FILE`")
        try:
            key = load_pem_private_key(self._key.read_bytes(), None)
        except TypeError:
            raise ValueError(f"web.key {self._key}: expected a key without a password") from None
        except ValueError:
            raise ValueError(f"web.key {self._key}: expected a PEM file with a private key") from None
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
            raise ValueError(f"web.key {self._key}: does not belong to the certificate {self._certificate}")

    def _read_certificate(self) -> Certificate:
        try:
            certificate = load_pem_x509_certificates(self._certificate.read_bytes())[0]
        except ValueError:
            raise ValueError(f"web.certificate {self._certificate}: expected a PEM file with certificates") from None
        begin, end, now = certificate.not_valid_before_utc, certificate.not_valid_after_utc, self._clock()
        if now >= end.timestamp():
            raise ValueError(f"web.certificate {self._certificate}: expired on {end:%Y-%m-%d}")
        if now < begin.timestamp():
            raise ValueError(f"web.certificate {self._certificate}: is valid from {begin:%Y-%m-%d} on, not yet")
        return certificate
