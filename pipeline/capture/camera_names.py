"""Names cameras: in the characters that topics allow, never the same for two scripts, and by a recorder's channel."""

import hashlib
import re
import unicodedata

NAMELESS = "source"
SUFFIX_DIGITS = 8

_CHANNEL_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"/streaming/(?:channels|tracks)/(?P<channel>\d{1,3})(?P<stream>0\d)(?!\d)",  # Hikvision: 101, 102, 1601
        r"[?&/_]channel=(?P<channel>\d{1,4})(?:.*?[&_](?:subtype|stream)=(?P<stream_from_0>\d{1,4}))?",  # Dahua, XMeye
        r"/(?:h26[45])?preview_(?P<channel>\d{1,4})_(?P<kind>\w+)",  # Reolink
        r"/unicast/c(?P<channel>\d{1,4})/s(?P<stream_from_0>\d{1,4})",  # Uniview
        r"/(?:h26[45]|mpeg4)/ch(?P<channel>\d{1,4})/(?P<kind>[a-z]+)",  # Hikvision before 2012
        r"[?&]camera=(?P<channel>\d{1,4})",  # Axis
    )
)


def make_ascii_name(text: str, max_length: int) -> str:
    """A name of letters, digits, '.', '_' and '-' that starts with a letter or digit.

    Accents are dropped. Where other characters beyond ASCII stood, a digest of the text follows, so that names of two
    scripts differ and are the same on every run.
    """
    composed = unicodedata.normalize("NFC", text)
    plain = unicodedata.normalize("NFKD", composed).encode("ascii", "ignore").decode()
    digest = hashlib.sha256(composed.encode("utf-8", "surrogateescape")).hexdigest()[:SUFFIX_DIGITS]
    suffix = "" if composed.isascii() else f"-{digest}"
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).lstrip("._-")[: max_length - len(suffix)].rstrip("._-")
    return (name or NAMELESS) + suffix


def channel_name(path_and_query: str) -> str:
    """`channel-3`, `channel-3-sub` or `channel-3-stream-4` of a recorder's URL; empty where none is known.

    path_and_query: as in the URL; nothing else of it is repeated, so that credentials in it cannot be.
    """
    for pattern in _CHANNEL_PATTERNS:
        if found := pattern.search(path_and_query):
            return f"channel-{int(found['channel'])}{_stream_suffix(found.groupdict())}"
    return ""


def _stream_suffix(found: dict[str, str | None]) -> str:
    """Nothing for a main stream, `-sub` for the second one."""
    if kind := found.get("kind"):
        return "" if kind.lower() == "main" else f"-{kind.lower()}" if kind.lower() in ("sub", "ext") else "-other"
    if found.get("stream"):
        number = int(found["stream"] or 0)
    else:
        number = int(found.get("stream_from_0") or 0) + 1
    return {1: "", 2: "-sub"}.get(number, f"-stream-{number}")
