"""Tracks that are not a person: kept in the gallery with the person, and searched beside the photographs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Float64
from recognizer.gallery.database import Place
from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.negatives import Negative, Negatives
from recognizer.gallery.store import Face, Gallery

AXES = np.eye(4, dtype=np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "g.db"


@pytest.fixture
def gallery(path: Path) -> Iterator[Gallery]:
    with filled(path) as opened:
        yield opened


@pytest.fixture
def kept(place: Place) -> Iterator[Gallery]:
    """The same people, in both databases."""
    with filled(place) as opened:
        yield opened


def filled(place: Place) -> Gallery:
    gallery = Gallery(place, create=True)
    for number, name in enumerate(("ann", "bob", "bob")):
        gallery.add(name, Face(AXES[number], f"{number}.jpg", f"digest{number}"), model_id="m")
    gallery.mark("ann", Negative(AXES[3], "track 1"), model_id="m")
    return gallery


def sources(gallery: Gallery) -> list[tuple[str, str]]:
    return [(name, one.source) for name, one in gallery.negatives()]


def test_an_index_says_how_near_a_template_is_to_them(kept: Gallery) -> None:
    index = kept.index("m")
    assert index.search_negatives(AXES[3]).tolist() == [1, -np.inf]
    assert index.against(None).search_negatives(AXES[0]).tolist() == [0, -np.inf]


def test_negatives_of_people_who_are_not_in_an_index_are_left_out() -> None:
    index = GalleryIndex("m", AXES[:1], ["ann"], negatives=Negatives(AXES[:2], ("bob", "ann")))
    assert index.negatives.people == ("ann",)
    assert index.search_negatives(AXES[1]).tolist() == [1]


def test_one_source_is_kept_once_and_can_be_taken_back(kept: Gallery) -> None:
    kept.mark("ann", Negative(AXES[2], "track 1"), model_id="m")
    [(_, one)] = kept.negatives()
    assert one.vector.tolist() == AXES[2].tolist()
    assert (kept.unmark("ann", "track 1"), kept.unmark("ann", "track 1")) == (True, False)
    assert sources(kept) == []


@pytest.mark.parametrize("vector", [np.zeros(4), np.full(4, np.nan), np.eye(5)[0]])
def test_a_vector_that_does_not_fit_is_refused(kept: Gallery, vector: Float64) -> None:
    with pytest.raises(ValueError, match="vector: expected"):
        kept.mark("ann", Negative(vector.astype(np.float32), "track 2"), model_id="m")
    with pytest.raises(KeyError):
        kept.mark("cid", Negative(AXES[0], "track 2"), model_id="m")


def test_they_follow_rename_merge_and_split(kept: Gallery) -> None:
    kept.rename("ann", "amy")
    assert sources(kept) == [("amy", "track 1")]
    kept.mark("bob", Negative(AXES[3], "track 1"), model_id="m")
    kept.merge("amy", "bob")
    assert sources(kept) == [("bob", "track 1")]
    assert kept.split("bob", "amy", faces=["digest0"], negatives=["track 1"]) == 1
    assert (sources(kept), kept.digests("bob")) == ([("amy", "track 1")], ["digest1", "digest2"])
    with pytest.raises(ValueError, match="some faces to go and some to stay"):
        kept.split("amy", "zoe", faces=["digest0"])


def test_erasing_a_person_erases_them(gallery: Gallery, path: Path) -> None:
    marked = AXES[3].astype("<f4").tobytes()
    assert marked in gallery.stored_bytes("ann")
    gallery.erase("ann")
    gallery.close()
    assert marked not in path.read_bytes()


def test_a_damaged_one_is_left_out(gallery: Gallery, path: Path) -> None:
    gallery.mark("bob", Negative(AXES[3], "track 2"), model_id="m")
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE negatives SET vector = zeroblob(16) WHERE source = 'track 1'")
        database.execute("UPDATE negatives SET vector = x'00' WHERE source = 'track 2'")
        database.commit()
    assert sources(gallery) == []
    assert len(gallery.index("m").negatives.people) == 0


def test_those_of_another_model_wait(gallery: Gallery, path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE negatives SET model_id = 'old'")
        database.commit()
    assert sources(gallery) == []


def test_a_gallery_of_schema_2_has_none_until_it_is_written(gallery: Gallery, path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript("DROP TABLE negatives; DROP TABLE changes; PRAGMA user_version = 2")
    with Gallery(path, read_only=True) as reader:
        assert (reader.negatives(), len(reader.index("m")), len(list(reader.stored_bytes("ann")))) == ([], 3, 2)
    gallery.mark("ann", Negative(AXES[3], "track 9"), model_id="m")
    assert sources(gallery) == [("ann", "track 9")]
