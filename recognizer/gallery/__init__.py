"""Enrolled people: a SQLite file, the matrix it is searched as, enrolment and transfer."""

from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.store import Face, Gallery, Person

__all__ = ["Face", "Gallery", "GalleryIndex", "Person"]
