"""A node that names nobody says so, and for how long; any other says nothing."""

import pytest

from pipeline.events import GalleryHealth
from pipeline.metrics.gallery_health import why_nameless

NAMELESS = "names nobody: the gallery could not be confirmed"


@pytest.mark.parametrize(
    ("gallery", "words"),
    [
        (None, None),
        (GalleryHealth(change=3, age=99.0, stale=False), None),
        (GalleryHealth(change=3, age=41.6, stale=True), "names nobody: the gallery could not be confirmed for 42 s"),
        (
            GalleryHealth(change=0, age=None, stale=True),
            "names nobody: the gallery could not be confirmed since it started",
        ),
    ],
)
def test_it_says_why_a_node_names_nobody(gallery: GalleryHealth | None, words: str | None) -> None:
    assert why_nameless(gallery) == words
