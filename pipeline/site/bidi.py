"""Names in pages: each in an element of its own, so that one that runs from right to left turns nothing beside it.

Without that, a browser shows `Ada 0.53` as written, and puts the number after a Hebrew name before it (Unicode UAX 9;
HTML, 4.5.24 The bdi element).
"""

from markupsafe import Markup, escape


def isolate(name: str | None) -> Markup:
    """A name as an element of its own; one of ASCII alone, which turns nothing, as it is."""
    if not name or name.isascii():
        return escape(name or "")
    return Markup("<bdi>{}</bdi>").format(name)


def isolating(text: str, *names: str | None) -> Markup:
    """A sentence, escaped, with these names in it isolated."""
    found = escape(text)
    for name in sorted({name for name in names if name and not name.isascii()}, key=len, reverse=True):
        found = found.replace(escape(name), isolate(name))
    return found
