"""Roles of users of the page."""

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """What a user may do; each may do what those before may."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The role in settings and commands."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class User:
    """Who makes a request."""

    name: str
    role: Role


LOCAL_USER = User("local", Role.ADMIN)
"""Who uses a page without login: somebody at this machine."""


def role_of(word: str) -> Role:
    """The role of this word. Raises ValueError."""
    for role in Role:
        if role.word == word:
            return role
    raise ValueError(f"role {word!r}: expected viewer, operator or admin")
