"""Takes percent-encoding, HTML entities and backslash escapes off a text, and says where each character stood.

So a secret or a name is found in whatever form a library wrote it, and can be hidden or overwritten in that form.
"""

import html
import re
from collections.abc import Iterator

_MAX_ENCODINGS = 4
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}
_PERCENT = (
    r"(?P<percent>%[0-7][0-9A-F]|%[CD][0-9A-F]%[89AB][0-9A-F]|%E[0-9A-F](?:%[89AB][0-9A-F]){2}"
    r"|%F[0-7](?:%[89AB][0-9A-F]){3})"
)
_HTML = r"(?P<html>&(?:\#[0-9]{1,7}|\#x[0-9A-F]{1,6}|amp|lt|gt|quot|apos);)"
_BACKSLASH = (
    r"\\(?P<escape>u(?P<high>D[89AB][0-9A-F]{2})\\u(?P<low>D[C-F][0-9A-F]{2})"
    r"|x(?P<x>[0-9A-F]{2})|(?-i:u)(?P<u>[0-9A-F]{4})|(?-i:U)(?P<U>[0-9A-F]{8})|(?P<one>[\\'\"/tnrbf]))"
)
# Each alone too: where a secret ends in a backslash or '%', what follows would be taken for the rest of an escape.
_ENCODINGS = [
    re.compile(rule, re.IGNORECASE) for rule in (f"{_PERCENT}|{_HTML}|{_BACKSLASH}", _PERCENT, _HTML, _BACKSLASH)
]


def decodings(text: str) -> Iterator[tuple[str, list[int] | None]]:
    """The text as it is and with one, two … encodings taken off.

    Each with the place in `text` of every character and of the end; None where these are the same.
    """
    yield text, None
    for rule in _ENCODINGS:
        decoded, places = text, None
        for _ in range(_MAX_ENCODINGS):
            decoded, places, changed = _decode_once(rule, decoded, places)
            if not changed:
                break
            yield decoded, places


def _decode_once(rule: re.Pattern[str], text: str, places: list[int] | None) -> tuple[str, list[int] | None, bool]:
    """The text with one encoding taken off, the places of its characters, and whether there was anything to decode."""
    pieces: list[str] = []
    starts: list[int] = []
    end = 0
    for match in rule.finditer(text):
        character = _decode(match.groupdict())
        pieces += text[end : match.start()], character
        starts += [*range(end, match.start()), *[match.start()] * len(character)]
        end = match.end()
    if not end:
        return text, places, False
    starts += range(end, len(text) + 1)
    return "".join([*pieces, text[end:]]), [places[start] for start in starts] if places else starts, True


def _decode(match: dict[str, str | None]) -> str:
    """The character that one escape stands for, by the named groups of the rules."""
    if percent := match.get("percent"):
        return bytes.fromhex(percent.replace("%", "")).decode("utf-8", "replace")
    if entity := match.get("html"):
        return html.unescape(entity)
    if high := match["high"]:
        return bytes.fromhex(f"{high}{match['low']}").decode("utf-16-be")
    if one := match["one"]:
        return _ESCAPES.get(one, one)
    return _character(int(match["x"] or match["u"] or match["U"] or "", 16))


def _character(number: int) -> str:
    return chr(number) if number <= 0x10FFFF else "\ufffd"
