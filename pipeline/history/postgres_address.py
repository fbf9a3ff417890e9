"""The address of a history in PostgreSQL, postgresql://USER:PASSWORD@HOST/DATABASE, and what of it may be shown."""

from urllib.parse import SplitResult, urlsplit

EXPECTED = (
    "expected postgresql://HOST/DATABASE, as in PostgreSQL's documentation of connection URIs; characters of the"
    " password other than letters and digits are written as %XX"
)


def check_address(address: str) -> None:
    """Raise ValueError, without the address, for one that would be read in another way than it was meant.

    A password with an unquoted '@', '/', '?' or '#' would end up in the name of the host, and so in messages.
    """
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise ValueError(f"history: {EXPECTED}") from None
    rest = f"{parts.path}{parts.query}"
    if parts.netloc.count("@") > 1 or parts.fragment or "@" in rest or parts.path.count("/") > 1 or len(parts.path) < 2:
        raise ValueError(f"history: {EXPECTED}")


def show(address: str) -> str:
    """The address without user, password and parameters, which may hold a password too."""
    parts = urlsplit(address)
    return f"postgresql://{_place(parts)}{parts.path}"


def _place(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]
