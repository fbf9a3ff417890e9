"""The address of a store in PostgreSQL, postgresql://USER:PASSWORD@HOST/DATABASE, and what of it may be shown."""

from pathlib import Path
from typing import TypeGuard
from urllib.parse import SplitResult, urlsplit

POSTGRES = ("postgresql://", "postgres://")
EXPECTED = (
    "expected postgresql://HOST/DATABASE, as in PostgreSQL's documentation of connection URIs; characters of the"
    " password other than letters and digits are written as %XX"
)


def is_postgres(place: Path | str) -> TypeGuard[str]:
    """Whether this is the address of a PostgreSQL database rather than the path of a file."""
    return isinstance(place, str) and place.startswith(POSTGRES)


def check_address(address: str, kind: str) -> None:
    """Raise ValueError, without the address, for one that would be read in another way than it was meant.

    kind: of store, for the message.

    A password with an unquoted '@', '/', '?' or '#' would end up in the name of the host, and so in messages.
    """
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise ValueError(f"{kind}: {EXPECTED}") from None
    rest = f"{parts.path}{parts.query}"
    if parts.netloc.count("@") > 1 or parts.fragment or "@" in rest or parts.path.count("/") > 1 or len(parts.path) < 2:
        raise ValueError(f"{kind}: {EXPECTED}")


def show(address: str) -> str:
    """The address without user, password and parameters, which may hold a password too."""
    parts = urlsplit(address)
    return f"postgresql://{_place(parts)}{parts.path}"


def _place(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]
