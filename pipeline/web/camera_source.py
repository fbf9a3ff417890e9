"""The source of a camera in a form: passwords stay in the file, and `${env:NAME}` stays as it is."""

import re
from typing import Any

from pipeline.capture.sources import parse_source, show_source

MASK = "***"
_ENV = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_LOGIN = re.compile(r"^([a-z][a-z0-9+.-]*://)[^/@:]*:\$\{env:\w+\}@")


def shown_source(raw: Any) -> str:
    """A source as it stands in the file, without a password that stands in it."""
    text = str(raw)
    rest = _ENV.sub("", _LOGIN.sub(r"\1", text))
    return text if show_source(rest) == rest else show_source(text)


def check_source(text: str, *, file_text: str) -> None:
    """Raise ValueError with a sentence for a source that a page must not set.

    Only live cameras: a page must open no files. Only variables that the file names already: others would be sent to
    whatever host the address names.
    """
    if MASK in text:
        raise ValueError(f"expected a whole address, and {MASK} stands for a password; write ${{env:NAME}} for it")
    if unknown := set(_ENV.findall(text)) - set(_ENV.findall(file_text)):
        raise ValueError(f"expected a variable that the file names already, not {', '.join(sorted(unknown))}")
    if "://" not in text or text.lower().startswith("file:"):
        raise ValueError("expected the address of a live camera, such as rtsp://host/path")
    try:
        [source] = parse_source(_ENV.sub("x", text))
    except (ValueError, OSError) as error:
        raise ValueError(str(error)) from None
    if not source.live:
        raise ValueError("expected the address of a live camera, not of a recording")
