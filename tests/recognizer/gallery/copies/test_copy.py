"""A copy has after each change what the gallery has, and reads no more than what changed."""

import random
from contextlib import closing

import pytest

from recognizer.gallery import Gallery, OtherModelError
from recognizer.gallery.copies import copy as copy_module
from recognizer.gallery.copies.copy import GalleryCopy
from recognizer.gallery.database import Database, Place, open_database
from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.negatives import Negative
from tests.synthetic.shared_gallery import face, unit


def content(index: GalleryIndex) -> list[tuple[str, bytes]]:
    negatives = zip(index.negatives.people, index.negatives.vectors, strict=True)
    return sorted([(n, v.tobytes()) for n, v in (*zip(index.labels, index.vectors, strict=True), *negatives)])


def index_of(copy: GalleryCopy, database: Database) -> GalleryIndex:
    return copy.index("m", database.cipher.open_sound)


def change(gallery: Gallery, draw: random.Random, number: int) -> None:
    """One change by chance of any kind."""
    people = [person.name for person in gallery.people()]
    if len(people) < 4 or draw.random() < 0.3:
        gallery.add(f"p{number % 9}", face(number), model_id="m")
        return
    name, other = draw.sample(people, 2)
    kinds = {
        "rename": lambda: gallery.rename(name, f"{name}x"),
        "merge": lambda: gallery.merge(name, other),
        "erase": lambda: gallery.erase(name),
        "mark": lambda: gallery.mark(name, Negative(unit(number), f"t{number % 5}"), model_id="m"),
        "unmark": lambda: gallery.unmark(name, "t1"),
    }
    kinds[draw.choice(list(kinds))]()


@pytest.mark.parametrize("seed", range(3))
def test_changes_applied_one_by_one_give_what_reading_everything_gives(place: Place, seed: int) -> None:
    draw, copy = random.Random(seed), GalleryCopy()
    with Gallery(place, create=True) as gallery, closing(open_database(place)) as database:
        for number in range(40):
            change(gallery, draw, number)
            if draw.random() < 0.6:  # otherwise several changes at once
                assert copy.follow(database)
                assert not copy.follow(database)
                assert (content(index_of(copy, database)), copy.number) == (
                    content(gallery.index("m")),
                    gallery.version(),
                )


def test_only_those_who_changed_are_read_and_everybody_where_changes_are_missing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, asked = copy_module._read, []
    monkeypatch.setattr(copy_module, "_read", lambda *given: asked.append(len(given[2])) or read(*given))
    copy = GalleryCopy()
    with Gallery(place, create=True) as gallery, closing(open_database(place)) as database:
        gallery.add_all([(f"p{n}", face(n)) for n in range(6)], model_id="m")
        copy.follow(database)
        gallery.rename("p1", "q1")
        copy.follow(database)
        gallery.merge("p2", "p3")
        copy.follow(database)
        assert asked == [0, 1, 2]
        gallery.rename("p4", "q4")
        with database.writing():  # as if the change had been cleared away
            database.change("DELETE FROM changes WHERE number = ?", (gallery.version(),))
        copy.follow(database)
        assert asked == [0, 1, 2, 0]
        assert content(index_of(copy, database)) == content(gallery.index("m"))


def test_a_restored_backup_with_other_changes_of_the_same_numbers_is_read_anew(place: Place) -> None:
    copy = GalleryCopy()
    with Gallery(place, create=True) as gallery, closing(open_database(place)) as database:
        gallery.add("p1", face(1), model_id="m")
        copy.follow(database)
        database.change("DELETE FROM people")
        database.change("UPDATE changes SET at = at - 1000")
        assert copy.follow(database)
        assert index_of(copy, database).people == ()


def test_vectors_of_another_model_are_refused(place: Place) -> None:
    copy = GalleryCopy()
    with Gallery(place, create=True) as gallery, closing(open_database(place)) as database:
        gallery.add("p1", face(1), model_id="other")
        copy.follow(database)
        with pytest.raises(OtherModelError, match="model m, got those of other"):
            index_of(copy, database)
