"""Where a login leads to: a page of this site, whatever a link asks for."""

import re
from urllib.parse import urlsplit

_PLAIN = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def safe_next(text: str) -> str:
    """`text` if it is a path of this site, otherwise `/`: no other host, no backslash, no control character."""
    if len(text) > 2048 or not _PLAIN.fullmatch(text):
        return "/"
    parts = urlsplit(text)
    return "/" if parts.scheme or parts.netloc or parts.path in ("/login", "/logout") else text
