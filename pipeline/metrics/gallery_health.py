"""Why a node names nobody, in words: for the page, and for whoever asks whether it works."""

from pipeline.events import GalleryHealth


def why_nameless(gallery: GalleryHealth | None) -> str | None:
    """What a node does without a confirmed gallery; None where it names people. gallery: of its newest heartbeat."""
    if gallery is None or not gallery.stale:
        return None
    how_long = "since it started" if gallery.age is None else f"for {gallery.age:.0f} s"
    return f"names nobody: the gallery could not be confirmed {how_long}"
