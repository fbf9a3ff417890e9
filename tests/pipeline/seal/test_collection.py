"""A stream of many nodes that was gathered before there was a key is sealed, and its key is changed."""

from pathlib import Path

import pytest

from configs.at_rest import VARIABLE, KeyNeededError, at_rest, is_sealed, new_key
from pipeline.collect.database import open_collection
from pipeline.collect.reader import StreamReader
from pipeline.events import encode
from pipeline.history.database import Database
from pipeline.seal.run import kinds_at, seal_store
from recognizer.gallery import Gallery
from tests.synthetic.alerts import alert
from tests.synthetic.collection import add
from tests.synthetic.erasable_site import chip
from tests.synthetic.events import identity, sample
from tests.synthetic.history_places import NewPlace

PLAIN = [identity(0), sample(1, crop=b"\xff\xd8" + chip(40)), alert(2, at=5.0, crop=b"\xff\xd8" + chip(41))]
BODIES = [encode(event) for event in PLAIN]


def gather(place: Path | str) -> None:
    with open_collection(str(place), create=True) as database:
        add(database, PLAIN)


def stored(database: Database) -> list[bytes]:
    return [bytes(body) for (body,) in database.rows("SELECT body FROM events ORDER BY id")]


def read(place: Path | str) -> list[bytes]:
    with open_collection(str(place)) as database:
        return [entry.body for entry in StreamReader(database).entries(after=0, limit=9)]


def test_what_was_gathered_before_there_was_a_key_is_sealed_once(
    place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    gather(place)
    monkeypatch.setenv(VARIABLE, new_key())
    assert kinds_at(str(place)) == ["collection"]
    assert seal_store(str(place), new=at_rest(), old=at_rest()).values == 2
    assert seal_store(str(place), new=at_rest(), old=at_rest()).values == 0
    with open_collection(str(place)) as database:
        assert [is_sealed(body) for body in stored(database)] == [False, True, True]
        [(counted,)] = database.rows("SELECT value FROM figures WHERE name = 'bytes'")
        assert counted == sum(map(len, stored(database)))
    assert read(place) == BODIES
    if isinstance(place, Path):
        assert BODIES[1] not in b"".join(path.read_bytes() for path in place.parent.iterdir())


def test_the_key_is_changed_and_the_old_one_opens_nothing(place: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, new_key())
    gather(place)
    old = at_rest()
    monkeypatch.setenv(VARIABLE, new_key())
    with pytest.raises(KeyNeededError, match=VARIABLE):
        seal_store(str(place), new=at_rest(), old=at_rest())
    done = seal_store(str(place), new=at_rest(), old=old)
    assert (done.values, done.damaged) == (2, 0)
    assert read(place) == BODIES
    with open_collection(str(place)) as database:
        assert not any(map(old.has_sealed, stored(database)))


def test_a_damaged_entry_is_left_and_told(place: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, new_key())
    gather(place)
    old = at_rest()
    with open_collection(str(place), create=True) as database:
        [broken] = [body[:-1] + bytes([body[-1] ^ 1]) for body in stored(database)[1:2]]
        database.change("UPDATE events SET body = ? WHERE seq = ?", (broken, PLAIN[1].seq))
    monkeypatch.setenv(VARIABLE, new_key())
    done = seal_store(str(place), new=at_rest(), old=old)
    assert (done.values, done.damaged) == (1, 1)


def test_a_gallery_in_the_same_database_is_sealed_too(new_place: NewPlace) -> None:
    place = new_place("shared")
    if isinstance(place, Path):
        pytest.skip("a file is one store")
    gather(place)
    assert kinds_at(place) == ["collection"]
    Gallery(place, create=True).close()
    assert kinds_at(place) == ["gallery", "collection"]
