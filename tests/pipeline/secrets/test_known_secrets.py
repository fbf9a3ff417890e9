"""A known secret is found in whatever form a library may write it."""

import html
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from pipeline.secrets.known_secrets import KnownSecrets
from pipeline.secrets.redact import redact


def hidden(secret: str, text: str) -> str:
    known = KnownSecrets()
    known.add([secret])
    for first, last in sorted(set(known.spans(text)), reverse=True):
        text = f"{text[:first]}***{text[last:]}"
    return text


SECRET = "pä ss'\"&<w\\örd😀?"


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        quote(quote(SECRET)),
        json.dumps(SECRET)[1:-1],
        repr(SECRET)[1:-1],
        ascii(SECRET)[1:-1],
        html.escape(SECRET),
        json.dumps({"page": html.escape(SECRET)})[10:-2],
        repr(quote(SECRET).encode())[2:-1],
        repr(SECRET.encode())[2:-1],
    ],
)
def test_every_encoding_is_found(written: str) -> None:
    assert hidden(SECRET, f"open {written} now") == "open *** now"


def test_a_secret_that_is_encoded_is_found_decoded() -> None:
    assert hidden("p%40ss", "p@ss and p%40ss") == "*** and ***"


def test_short_texts_and_parts_of_numbers_stay() -> None:
    assert hidden("abc", "abc") == "abc"
    assert hidden("1234", "track 12345, pin 1234") == "track 12345, pin ***"


def test_text_without_secrets_stays() -> None:
    assert redact("50%25 of &amp; \\n 'C:\\new'") == "50%25 of &amp; \\n 'C:\\new'"


@pytest.mark.parametrize("secret", ["hunter2\n", "  hunter2 ", "/hunter2/", "hunter2//door/./x"])
def test_a_secret_is_found_without_spaces_around_it_and_as_a_path(secret: str) -> None:
    """Variables often end in a line break; a text that was meant as a path loses its last slash."""
    for written in (secret.strip(), str(Path(secret.strip()))):
        assert "hunter2" not in hidden(secret, f"no such file: {written}")
