"""A gallery in PostgreSQL that is read once: a recording has the same people from its first frame to its last."""

from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.store import Gallery
from recognizer.normalisation import Cohort


class ReadOnce:
    """The people of one gallery, as `FollowedGallery` gives them, but never changed."""

    has_news = False

    def __init__(self, address: str) -> None:
        self._address = address

    def version(self) -> int:
        """Always the same."""
        return 0

    def freshness(self) -> None:
        """Not known: nobody asks."""

    def index(self, model_id: str, cohort: Cohort | None = None) -> GalleryIndex:
        """A search index of all faces. Raises like `Gallery` and `Gallery.index`."""
        with Gallery(self._address, read_only=True) as gallery:
            return gallery.index(model_id).against(cohort)

    def close(self) -> None:
        """Nothing is open."""
