"""What the range map is drawn from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.history.database import Database, open_database
from pipeline.history.face_places import read_places
from pipeline.history.store import HistoryWriter
from tests.pipeline.web.showroom import make_history
from tests.synthetic.events import camera


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    path = make_history(tmp_path / "h.db", visits=12, cameras=("door", "till"))
    with HistoryWriter(path) as history:
        history.add([camera(0, camera="door")], None)
    with open_database(path, create=True) as opened:
        yield opened


def test_tracks_boxes_looks_and_the_frame_of_one_camera(database: Database) -> None:
    places = read_places(database, "door")
    assert len(places.tracks) == 6
    assert len(places.boxes) == 6 * 8
    assert {track.best_state for track in places.tracks} == {"named", "unknown"}
    assert set(places.looks) == {4.5}
    assert (places.width, places.height) == (camera(0).width, camera(0).height)


def test_only_the_newest_tracks_and_events_are_read(database: Database) -> None:
    places = read_places(database, "door", most_tracks=2, most_events=5)
    assert len(places.tracks) == 2
    assert 0 < len(places.boxes) <= 5  # samples and names count too


def test_an_operators_word_comes_with_its_track(database: Database) -> None:
    with database.writing():
        database.change("INSERT INTO verdicts SELECT id, person, 0, 1 FROM tracks WHERE person IS NOT NULL")
    assert {track.verdict for track in read_places(database, "door").tracks if track.best_state == "named"} == {0}


def test_a_camera_that_is_not_there_has_nothing(database: Database) -> None:
    places = read_places(database, "nobody")
    assert (places.tracks, places.boxes, places.width) == ([], [], 0)
