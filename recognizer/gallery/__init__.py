"""Enrolled people: storage in SQLite, search, enrolment from photographs, export and import."""

from recognizer.gallery.index import GalleryIndex, OtherModelError
from recognizer.gallery.store import Face, Gallery, Person

__all__ = ["Face", "Gallery", "GalleryIndex", "OtherModelError", "Person"]
