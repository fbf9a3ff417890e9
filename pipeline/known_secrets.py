"""Remembers the secrets of this process, so that they are hidden in whatever form and wherever they turn up.

A URL hides its password by its form, but only as long as it is whole. A value from `${env:NAME}` may be used anywhere,
an error may quote half a URL, and a library may encode what it quotes.
"""

import html
import re
import threading
from collections.abc import Iterable, Iterator

MIN_SECRET_LENGTH = 4
"""A shorter text is part of too many words to be replaced wherever it stands."""
MASK = "***"

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


class KnownSecrets:
    """Texts to hide. All methods are thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: frozenset[str] = frozenset()

    def add(self, texts: Iterable[str]) -> None:
        """Hide these texts from now on, however they are encoded; texts that are too short are left out."""
        forms = {form for text in texts for form in _forms(text)}
        with self._lock:
            self._forms |= forms

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._forms = frozenset()

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where in `text` a secret stands, in any encoding: pairs of first and last position, the last exclusive."""
        forms = self._forms
        if not forms:
            return []
        return [span for decoded, places in _decodings(text) for form in forms for span in _find(form, decoded, places)]


KNOWN_SECRETS = KnownSecrets()


def _forms(text: str) -> set[str]:
    """The text, decoded step by step, and as it looks where its bytes were taken for Latin-1."""
    found = {decoded for decoded, _ in _decodings(text)} | {text.replace(" ", "+")}
    found |= {form.encode("utf-8", "surrogatepass").decode("latin-1") for form in found}
    return {form for form in found if len(form.strip()) >= MIN_SECRET_LENGTH and form != MASK}


def _find(form: str, text: str, places: list[int] | None) -> Iterator[tuple[int, int]]:
    at = text.find(form)
    while at >= 0:
        end = at + len(form)
        if not (form.isdigit() and (text[at - 1 : at].isdigit() or text[end : end + 1].isdigit())):
            yield (places[at], places[end]) if places else (at, end)  # a PIN is not hidden within a longer number
        at = text.find(form, at + 1)


def _decodings(text: str) -> Iterator[tuple[str, list[int] | None]]:
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
