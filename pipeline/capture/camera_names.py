"""Names cameras: in the characters that topics allow, never the same for two scripts, and by a recorder's channel."""

import hashlib
import re
import unicodedata

MAX_NAME_LENGTH = 64
NAME_PATTERN = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_NAME_LENGTH - 1}}}")
"""What a name in topics looks like."""

EXPECTED_NAME = (
    f"expected letters, digits, '.', '_', '-', at most {MAX_NAME_LENGTH}, beginning with a letter or digit; letters may"
    " be of any script"
)
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


def topic_name(name: str) -> str:
    """The name in topics of a camera that a person named: the same, or `make_ascii_name` of one in another script.

    Raises ValueError, which does not repeat the name.
    """
    if NAME_PATTERN.fullmatch(name):
        return name
    letters = unicodedata.normalize("NFC", name)
    if letters.isascii() or len(letters) > MAX_NAME_LENGTH or not letters[0].isalnum():
        raise ValueError(EXPECTED_NAME)
    if not all(map(_is_part_of_name, letters)):
        raise ValueError(EXPECTED_NAME)
    return make_ascii_name(letters)


def _is_part_of_name(character: str) -> bool:
    """Whether it is a letter, a mark on one, a digit or one of `._-`: no space, and nothing that cannot be seen."""
    return character in "._-" or unicodedata.category(character)[0] in "LMN"


def make_ascii_name(text: str, max_length: int = MAX_NAME_LENGTH) -> str:
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
