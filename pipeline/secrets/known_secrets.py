"""Remembers the secrets of this process, so that they are hidden in whatever form and wherever they turn up.

A URL hides its password by its form, but only as long as it is whole. A value from `${env:NAME}` may be used anywhere,
an error may quote half a URL, and a library may encode what it quotes.
"""

import threading
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from configs.mask import MASK
from pipeline.secrets.escapes import decodings

MIN_SECRET_LENGTH = 4
"""A shorter text is part of too many words to be replaced wherever it stands."""


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
        return [span for decoded, places in decodings(text) for form in forms for span in _find(form, decoded, places)]


KNOWN_SECRETS = KnownSecrets()


def _forms(text: str) -> set[str]:
    """The text, decoded step by step, without spaces around it, as a path, and with its bytes taken for Latin-1."""
    written = {decoded for decoded, _ in decodings(text)} | {text.replace(" ", "+"), text.strip()}
    found = written | {str(PurePath(form)) for form in written}
    found |= {form.encode("utf-8", "surrogatepass").decode("latin-1") for form in found}
    return {form for form in found if len(form.strip()) >= MIN_SECRET_LENGTH and form != MASK}


def _find(form: str, text: str, places: list[int] | None) -> Iterator[tuple[int, int]]:
    at = text.find(form)
    while at >= 0:
        end = at + len(form)
        if not (form.isdigit() and (text[at - 1 : at].isdigit() or text[end : end + 1].isdigit())):
            yield (places[at], places[end]) if places else (at, end)  # a PIN is not hidden within a longer number
        at = text.find(form, at + 1)
