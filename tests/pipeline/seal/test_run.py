"""A site of before there was a key is sealed, its key is changed, and no file holds a face as it is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from configs.at_rest import VARIABLE, AtRest, KeyNeededError, at_rest, new_key
from pipeline.bus.outbox import Outbox
from pipeline.history.reader import HistoryReader
from pipeline.history.store import HistoryWriter
from pipeline.seal import run
from pipeline.seal.run import seal_store
from recognizer.gallery import Gallery
from tests.synthetic.erasable_site import chip
from tests.synthetic.events import identity, sample, track
from tests.synthetic.sealed_site import FACES, FILES, raw_faces, read_faces, write_site

KEY, OTHER_KEY = new_key(), new_key()


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> AtRest:
    monkeypatch.setenv(VARIABLE, KEY)
    return at_rest()


@pytest.fixture
def plain_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(VARIABLE, raising=False)
    return write_site(tmp_path)


def test_no_file_of_a_site_with_a_key_holds_a_face_as_it_is_and_all_can_be_read(key: AtRest, tmp_path: Path) -> None:
    write_site(tmp_path)
    assert not raw_faces(tmp_path)
    assert read_faces(tmp_path) == FACES


def test_without_a_key_the_same_search_finds_them(plain_site: Path) -> None:
    assert raw_faces(plain_site) == set(FACES)
    assert read_faces(plain_site) == FACES


def test_what_was_stored_before_can_be_read_with_a_key(plain_site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    assert read_faces(plain_site) == FACES


def test_a_site_of_before_is_sealed_once(plain_site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    done = [seal_store(str(plain_site / name), new=at_rest(), old=at_rest()) for name in FILES]
    assert all(sealed.values for sealed in done)
    assert not raw_faces(plain_site)
    assert read_faces(plain_site) == FACES
    again = [seal_store(str(plain_site / name), new=at_rest(), old=at_rest()).values for name in FILES]
    assert again == [0] * len(FILES)


def test_the_key_is_changed(key: AtRest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_site(tmp_path)
    monkeypatch.setenv(VARIABLE, OTHER_KEY)
    for name in FILES:
        with pytest.raises(KeyNeededError, match=VARIABLE):
            seal_store(str(tmp_path / name), new=at_rest(), old=at_rest())
        assert seal_store(str(tmp_path / name), new=at_rest(), old=key).values
    assert read_faces(tmp_path) == FACES
    assert not raw_faces(tmp_path)


class KillError(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


@pytest.mark.parametrize("name", ["people.db", "history.db"])
def test_after_a_kill_a_second_call_goes_on(plain_site: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setattr(run, "ROWS_AT_ONCE", 1)
    with monkeypatch.context() as patched:
        real, calls = AtRest.seal, iter(range(10))

        def dying(self: AtRest, data: bytes, purpose: str) -> bytes:
            if next(calls) == 1:
                raise KillError
            return real(self, data, purpose)

        patched.setattr(AtRest, "seal", dying)
        with pytest.raises(KillError):
            seal_store(str(plain_site / name), new=at_rest(), old=at_rest())
    assert read_faces(plain_site) == FACES
    for each in FILES:
        seal_store(str(plain_site / each), new=at_rest(), old=at_rest())
    assert not raw_faces(plain_site)


def test_a_history_counts_the_bytes_that_are_stored(place: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    looks = sample(1, track=1, crop=b"\xff\xd8" + chip(10))
    with HistoryWriter(place, node="node") as history:
        history.add([track(0), identity(1), looks], None)
    monkeypatch.setenv(VARIABLE, KEY)
    assert seal_store(str(place), new=at_rest(), old=at_rest()).values == 2
    with HistoryReader(place) as reader:
        assert reader.crop(1) == b"\xff\xd8" + chip(10)
        assert len(next(reader.templates("m")).vectors) == 1
        database = reader._database
        used = dict(database.rows("SELECT kind, bytes FROM usage"))
        for table in ("crops", "templates"):
            assert used[table] == database.rows(f"SELECT sum(length(data)) FROM {table}")[0][0]


def test_another_file_is_refused(key: AtRest, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as database:
        database.execute("CREATE TABLE t (a)")
    with pytest.raises(ValueError, match="expected a gallery"):
        seal_store(str(tmp_path / "x.db"), new=key, old=key)


@pytest.mark.parametrize("environment", [{}, {VARIABLE: OTHER_KEY}])
def test_without_the_key_one_sentence_names_the_file_and_the_variable(
    key: AtRest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    write_site(tmp_path)
    monkeypatch.delenv(VARIABLE)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    with Gallery(tmp_path / "people.db") as gallery:
        with pytest.raises(KeyNeededError, match=rf"^gallery .*people\.db: sealed.*{VARIABLE}$"):
            gallery.index("m")
        assert len(gallery.people()) == 2
    with HistoryReader(tmp_path / "history.db") as history:
        assert len(history.tracks()) == 2
        with pytest.raises(KeyNeededError, match=rf"^history .*history\.db: sealed.*{VARIABLE}$"):
            list(history.templates("m"))
    with pytest.raises(KeyNeededError, match=rf"^outbox .*outbox\.db: sealed.*{VARIABLE}$"):
        Outbox(tmp_path / "outbox.db")
