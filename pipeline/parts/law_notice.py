"""The first run with a gallery that holds people points to what the law asks of whoever names people."""

from pipeline.documentation import find_page
from recognizer.gallery.database import place_of
from recognizer.gallery.notices import tell_once

LAW = (
    "This gallery names people on camera. Whether you may, and what you must tell them: {page}. "
    "(Said once for each gallery.)"
)


def law_notice(gallery: str) -> str:
    """The sentence, once for each gallery; empty afterwards, and where nobody is enrolled. gallery: as in settings."""
    return LAW.format(page=find_page("legal.md")) if gallery and tell_once(place_of(gallery), "law") else ""
