"""Hashes and checks passwords with argon2id, in the same time for accounts that exist and those that do not."""

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH, MAX_LENGTH = 12, 1024  # characters


class Passwords:
    """hasher: by default argon2-cffi's parameters, which are RFC 9106's for little memory: 64 MiB, 3 passes."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def make_hash(self, password: str) -> str:
        """The hash to store."""
        return self._hasher.hash(_normalise(password))

    def is_right(self, stored: str | None, password: str) -> bool:
        """Whether the password has this hash. None, for an account that does not exist, takes as long."""
        try:
            return self._hasher.verify(stored or self._nobody, _normalise(password)[:MAX_LENGTH]) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than a new one."""
        return self._hasher.check_needs_rehash(stored)


def check_new_password(name: str, password: str) -> None:
    """Raise ValueError, which does not repeat the password, for one that must not be used."""
    text = _normalise(password)  # what is hashed: one character may become eighteen, and four may become one
    for length in (len(password), len(text)):
        if not MIN_LENGTH <= length <= MAX_LENGTH:
            raise ValueError(f"password: expected {MIN_LENGTH} to {MAX_LENGTH} characters, got {length}")
    if text.casefold().strip() == _normalise(name).casefold():
        raise ValueError("password: expected another text than the name of the account")
    if len(set(text)) < 4:
        raise ValueError("password: expected four different characters or more")


def _normalise(text: str) -> str:
    """One form of characters that keyboards write in several (NFKC); lone surrogates of broken input are replaced."""
    return unicodedata.normalize("NFKC", text).encode("utf-8", "replace").decode()
