"""Answers the challenge of a camera: Digest (RFC 7616, with MD5) and Basic (RFC 7617), for RTSP and HTTP alike."""

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Sequence
from urllib.parse import unquote

_FIELD = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


def asks_only_basic(challenges: Sequence[str]) -> bool:
    """Whether the only way to log in is Basic, which sends the password as it is."""
    schemes = {challenge.split(" ", 1)[0].lower() for challenge in challenges}
    return schemes == {"basic"}


def answer_challenge(challenges: Sequence[str], login: str, method: str, uri: str) -> str:
    """The header `Authorization` for the strongest challenge that is understood; empty where none is.

    challenges: values of `WWW-Authenticate`.  login: `user:password`, percent-encoded.  uri: as in the request.
    """
    user, _, password = (unquote(part) for part in login.partition(":"))
    for challenge in sorted(challenges, key=lambda text: not text.lower().startswith("digest")):
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "digest":
            fields = {key.lower(): quoted or bare for key, quoted, bare in _FIELD.findall(rest)}
            if fields.get("algorithm", "MD5").upper() == "MD5":
                return _digest(fields, user, password, method, uri)
        elif scheme.lower() == "basic":
            return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
    return ""


def _digest(fields: dict[str, str], user: str, password: str, method: str, uri: str) -> str:
    realm, nonce = fields.get("realm", ""), fields.get("nonce", "")
    ha1, ha2 = _md5(f"{user}:{realm}:{password}"), _md5(f"{method}:{uri}")
    parts = [f"username={_quote(user)}", f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
    if "auth" in re.split(r"[\s,]+", fields.get("qop", "")):
        client_nonce = secrets.token_hex(8)
        response = _md5(f"{ha1}:{nonce}:00000001:{client_nonce}:auth:{ha2}")
        parts += ["qop=auth", "nc=00000001", f'cnonce="{client_nonce}"']
    else:
        response = _md5(f"{ha1}:{nonce}:{ha2}")
    parts.append(f'response="{response}"')
    if "opaque" in fields:
        parts.append(f'opaque="{fields["opaque"]}"')
    return f"Digest {', '.join(parts)}"


def _quote(text: str) -> str:
    """A quoted string (RFC 7230, 3.2.6), which ends neither itself nor the line."""
    visible = re.sub(r"[\x00-\x1f\x7f]", "", text)
    return '"' + re.sub(r'(["\\])', r"\\\1", visible) + '"'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
