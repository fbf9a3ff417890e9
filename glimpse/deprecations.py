"""Public names of `glimpse` that have another name now. Each works until the next minor version, with a warning."""

from typing import NamedTuple

__all__ = ["OLD_NAMES", "OldName"]


class OldName(NamedTuple):
    """instead: the public name to use; its object is given for the old one.  since: the first version that warns."""

    instead: str
    since: str

    def warning(self, name: str) -> str:
        """What is said to whoever uses the old name."""
        old = f"glimpse.{name} is deprecated since {self.since} and goes with the next minor version"
        return f"{old}; use glimpse.{self.instead}"


OLD_NAMES: dict[str, OldName] = {}
