"""Journeys of a real history, on SQLite and PostgreSQL: its names, its times, its overlapping cameras."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pipeline.events import Event
from pipeline.history.database import Database, open_database
from pipeline.history.journeys.find import find_journeys
from pipeline.history.journeys.passage import read_passages
from pipeline.settings.rooms.history import JourneySettings
from tests.synthetic.histories import open_writer
from tests.synthetic.strangers import MODEL, face, links
from tests.synthetic.visits import visit

PEOPLE = 24


def walks() -> Iterator[Event]:
    """Each person comes past two cameras, half a minute apart; every fourth is enrolled."""
    for person in range(PEOPLE):
        for step, camera in enumerate(("gate", "hall")):
            number = 2 * person + step + 1
            seen = visit(
                f"Person {person}" if person % 4 == 0 else None,
                number=number,
                first_seq=10 * number,
                at=1000.0 + 300 * person + 30 * step,
                template=face(person, number).astype("<f2").tobytes(),
                model_id=MODEL,
                looks=1.0,
            )
            yield from (msgspec.structs.replace(event, camera=camera) for event in seen)


@pytest.fixture
def database(place: Path | str) -> Iterator[Database]:
    with open_writer(place, unknowns=True) as writer:
        writer.add(list(walks()), None)
    with open_database(place) as opened:
        yield opened


def test_people_are_followed_from_camera_to_camera(database: Database) -> None:
    found = [journey for journey in find_journeys(database, links(), JourneySettings()) if len(journey.passages) > 1]
    assert len(found) >= PEOPLE - 4
    for journey in found:
        assert [passage.camera.camera for passage in journey.passages] == ["gate", "hall"]
    assert {journey.person for journey in found} >= {"Person 4", None}


def test_a_time_and_a_limit_choose_the_tracks(database: Database) -> None:
    assert len(read_passages(database, MODEL, limit=1000)) == 2 * PEOPLE
    some = read_passages(database, MODEL, since=1300.0, before=1630.0, limit=1000)
    assert [round(passage.begin) for passage in some] == [1300, 1330, 1600]
    assert [passage.begin for passage in read_passages(database, MODEL, limit=2)] == [
        pytest.approx(1000 + 300 * (PEOPLE - 1) + 30 * step) for step in range(2)
    ]


def test_templates_of_another_recogniser_are_left_out(database: Database) -> None:
    assert read_passages(database, "another", limit=1000) == []


@pytest.mark.parametrize(
    "damaged",
    [b"abc", *(np.full(len(face(0, 1)), value, "<f2").tobytes() for value in (0.0, np.nan, np.inf)), b"\0<" * 9],
    ids=["odd", "zero", "nan", "inf", "other length"],
)
def test_a_damaged_template_costs_its_own_track_alone(database: Database, place: Path | str, damaged: bytes) -> None:
    with open_database(place, create=True) as opened:
        [(track,)] = opened.rows("SELECT min(track) FROM templates")
        opened.change("UPDATE templates SET data = ? WHERE track = ?", (damaged, track))
    found = find_journeys(database, links(), JourneySettings())
    tracks = {passage.track for journey in found for passage in journey.passages}
    assert len(tracks) == 2 * PEOPLE - 1
    assert track not in tracks


def test_a_chance_of_0_is_the_surest_and_not_none(database: Database, place: Path | str) -> None:
    with open_database(place, create=True) as opened:
        opened.change("UPDATE tracks SET false_alarm = 0")
    assert {passage.false_alarm for passage in read_passages(database, MODEL, limit=1000)} == {0.0}
