"""Pages of tracks by every filter, and who was last seen where."""

import pytest

from configs.postgres.address import is_postgres
from pipeline.history.reader import HistoryReader, Place, TrackRow, Wanted
from recognizer.base import State
from tests.synthetic.events import NODE
from tests.synthetic.histories import Location, open_writer
from tests.synthetic.visits import visit

PEOPLE = ("Ada", "Bob", None)


@pytest.fixture
def path(place: Location) -> Place:
    """Thirty visits, a minute apart but for the last ten, which begin together."""
    with open_writer(place) as history:
        for number in range(30):
            at = 1000.0 + 60 * min(number, 20)
            history.add(visit(PEOPLE[number % 3], number=number + 1, first_seq=10 * number, at=at), None)
    return place


def numbers(rows: list[TrackRow]) -> list[int]:
    return [row.track for row in rows]


def pages(reader: HistoryReader, wanted: Wanted, limit: int) -> list[int]:
    """All tracks, page by page."""
    found: list[int] = []
    place: Location | None = None
    while page := reader.tracks(wanted, after=place, limit=limit):
        assert len(page) <= limit
        found += numbers(page)
        place = page[-1].place
    return found


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_have_each_track_once_and_the_newest_first(path: Location, limit: int) -> None:
    with HistoryReader(path) as reader:
        assert pages(reader, Wanted(), limit) == list(range(30, 0, -1))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(person="Bob"), range(29, 0, -3)),
        (Wanted(state=State.UNKNOWN), range(30, 0, -3)),
        (Wanted(person="Ada", state=State.UNKNOWN), ()),
        (Wanted(camera="yard"), ()),
        (Wanted(camera="door", since=1060.0, before=1180.0), (3, 2)),
        (Wanted(min_px=41.0), ()),
        (Wanted(max_px=40.0, person="Ada"), range(28, 0, -3)),
    ],
)
def test_each_filter_holds_on_every_page(path: Location, wanted: Wanted, expected: range) -> None:
    with HistoryReader(path) as reader:
        assert pages(reader, wanted, 4) == list(expected)


def test_everybody_named_was_last_seen_somewhere(path: Location) -> None:
    with HistoryReader(path) as reader:
        assert [(row.person, row.camera, row.last_seen) for row in reader.last_seen()] == [
            ("Ada", "door", 2203.0),
            ("Bob", "door", 2203.0),
        ]


def test_of_an_empty_history_nothing_is_told(place: Location) -> None:
    open_writer(place).close()
    with HistoryReader(place) as reader:
        assert (reader.tracks(), reader.last_seen(), reader.track(1), reader.crop(1)) == ([], [], None, None)
        assert (reader.models(), list(reader.templates("m")), reader.by_id([])) == ({}, [], {})
        assert reader.nodes() == ([NODE] if is_postgres(place) else [])
