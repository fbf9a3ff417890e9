"""The first run with a gallery that holds people points to what the law asks of whoever names people."""

from recognizer.gallery.database import place_of
from recognizer.gallery.notices import tell_once

LAW = (
    "This gallery names people on camera. Whether you may, and what you must tell them: docs/legal.md of Glimpse. "
    "(Said once for each gallery.)"
)


def law_notice(gallery: str) -> str:
    """The sentence, once for each gallery; empty afterwards, and where nobody is enrolled. gallery: as in settings."""
    return LAW if gallery and tell_once(place_of(gallery), "law") else ""
