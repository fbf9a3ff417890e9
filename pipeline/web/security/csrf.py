"""Shows that a request comes from a page of this site: a token that another site cannot read, and what the browser says
of where it comes from."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping


class BrowserCookies:
    """Signed cookies of browsers that are not logged in, so that their forms have a token too.

    The key is made anew at each start: a page that was open before is loaded again.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def make(self) -> str:
        """A new cookie."""
        number = secrets.token_urlsafe(32)
        return f"{number}.{self._sign(number)}"

    def is_own(self, cookie: str) -> bool:
        """Whether this process made the cookie."""
        number, _, signature = cookie.partition(".")
        return is_equal(signature, self._sign(number))

    def _sign(self, number: str) -> str:
        return hmac.new(self._key, number.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def csrf_token(cookie: str) -> str:
    """The token of a session or browser cookie: only who has the cookie can make it, and it does not show it."""
    return hmac.new(cookie.encode("utf-8", "replace"), b"glimpse csrf", hashlib.sha256).hexdigest()


def is_equal(first: str, second: str) -> bool:
    """Compare in a time that does not depend on where they differ."""
    return hmac.compare_digest(first.encode("utf-8", "replace"), second.encode("utf-8", "replace"))


def is_own_origin(headers: Mapping[str, str], own: str) -> bool:
    """Whether Origin and Sec-Fetch-Site of a change, where the browser sent them, say that it comes from `own`.

    With `Referrer-Policy: no-referrer` browsers send `Origin: null` with forms of the same site too (Fetch standard,
    "append a request Origin header"): then Sec-Fetch-Site must say it.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if site not in (None, "same-origin", "none"):
        return False
    return site == "same-origin" if origin == "null" else origin in (None, own)


def is_embedded_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether another site asks for this other than by a link to it: as a picture, script, frame or by fetch."""
    foreign = headers.get("sec-fetch-site") in ("cross-site", "same-site")
    is_link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return foreign and not is_link
