"""What is too old or too much goes, by the clock that is given, in small steps."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.history.retention import DAY_SECONDS, STEP_ROWS, Limits, Retention
from pipeline.history.store import HistoryWriter
from tests.synthetic.events import track
from tests.synthetic.histories import Location, open_writer
from tests.synthetic.visits import visit

TABLES = ("tracks", "events", "crops", "templates")


class Clock:
    """Days since a history began."""

    def __init__(self) -> None:
        self.days = 0.0

    def __call__(self) -> float:
        return 1e9 + self.days * DAY_SECONDS


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def history(place: Location, clock: Clock) -> Iterator[HistoryWriter]:
    with open_writer(place, unknowns=True, clock=clock) as opened:
        yield opened


@pytest.fixture
def in_file(tmp_path: Path, clock: Clock) -> Iterator[HistoryWriter]:
    """A history in SQLite."""
    with open_writer(tmp_path / "h.db", unknowns=True, clock=clock) as opened:
        yield opened


def counts(history: HistoryWriter) -> dict[str, int]:
    return {name: history.database.rows(f"SELECT count(*) FROM {name}")[0][0] for name in TABLES}


def usage(history: HistoryWriter) -> dict[str, int]:
    return dict(history.database.rows("SELECT kind, bytes FROM usage"))


def apply(history: HistoryWriter, clock: Clock, limits: Limits, *, unknowns: bool = True) -> int:
    """Step until nothing more is to do; returns the steps."""
    retention = Retention(history.database, limits, unknowns=unknowns, clock=clock)
    steps = 1
    while retention.step():
        steps += 1
    return steps


def test_each_kind_goes_after_its_days(history: HistoryWriter, clock: Clock) -> None:
    limits = Limits(event_days=10, track_days=40, crop_days=20, template_days=30, unknown_days=5)
    history.add([*visit("Ada"), *visit(None, number=2, first_seq=10)], None)
    seen = []
    for clock.days in (4.9, 5.1, 10.1, 20.1, 30.1, 40.1):
        apply(history, clock, limits)
        seen.append(tuple(counts(history).values()))
    assert seen == [(2, 9, 2, 2), (2, 9, 1, 1), (2, 0, 1, 1), (2, 0, 0, 1), (2, 0, 0, 0), (0, 0, 0, 0)]
    assert set(usage(history).values()) == {0}


def test_a_track_takes_its_crop_and_template_with_it(history: HistoryWriter, clock: Clock) -> None:
    history.add(visit("Ada"), None)
    clock.days = 2
    apply(history, clock, Limits(track_days=1))
    assert counts(history) == {"tracks": 0, "events": 5, "crops": 0, "templates": 0}
    assert usage(history)["crops"] == usage(history)["templates"] == 0


def test_without_unknowns_what_was_kept_of_strangers_goes_at_once(history: HistoryWriter, clock: Clock) -> None:
    history.add([*visit("Ada"), *visit(None, number=2, first_seq=10)], None)
    apply(history, clock, Limits(), unknowns=False)
    assert counts(history) == {"tracks": 2, "events": 9, "crops": 1, "templates": 1}


def test_of_too_many_bytes_the_strangers_and_the_oldest_go_first(history: HistoryWriter, clock: Clock) -> None:
    for clock.days in range(4):
        person = None if clock.days == 2 else "Ada"
        number = int(clock.days)
        history.add(visit(person, number=number + 1, first_seq=10 * number, crop=b"\xff\xd8" + bytes(400_000)), None)
    apply(history, clock, Limits(crop_mb=1))
    left = history.database.rows("SELECT number FROM crops JOIN tracks ON tracks.id = crops.track ORDER BY number")
    assert left == [(2,), (4,)]
    assert usage(history)["crops"] == 2 * 400_002
    assert counts(history)["templates"] == 4


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_events_have_a_limit_of_bytes_too(history: HistoryWriter, clock: Clock) -> None:
    for begin in range(0, 5000, 500):
        history.add([track(seq, track=seq) for seq in range(begin, begin + 500)], None)
    before = usage(history)["events"]
    apply(history, clock, Limits(event_mb=1))
    assert before > 1_000_000 >= usage(history)["events"] > 990_000
    kept = history.database.rows("SELECT min(seq), max(seq), count(*), sum(length(body)) FROM events")[0]
    assert kept[1] == 4999
    assert kept[2] == 5000 - kept[0]
    assert kept[3] == usage(history)["events"]


def test_a_step_is_small_and_the_file_shrinks(in_file: HistoryWriter, clock: Clock) -> None:
    in_file.add([track(seq) for seq in range(5 * STEP_ROWS)], None)
    in_file.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    size = in_file.database.path.stat().st_size
    clock.days = 31
    retention = Retention(in_file.database, Limits(), unknowns=True, clock=clock)
    assert retention.step()
    assert counts(in_file)["events"] == 4 * STEP_ROWS
    assert apply(in_file, clock, Limits()) == 5
    in_file.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert in_file.database.path.stat().st_size < size / 4


def test_the_bytes_of_what_is_deleted_are_gone(in_file: HistoryWriter, clock: Clock) -> None:
    in_file.add(visit("Ada", crop=b"\xff\xd8" + b"a face" * 100), None)
    clock.days = 400
    apply(in_file, clock, Limits())
    in_file.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"a face" not in in_file.database.path.read_bytes()


def test_a_reader_goes_on_meanwhile(in_file: HistoryWriter, clock: Clock) -> None:
    in_file.add(visit("Ada"), None)
    with closing(sqlite3.connect(in_file.database.path, timeout=0, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM tracks").fetchone() == (1,)
        clock.days = 400
        apply(in_file, clock, Limits())
        assert reader.execute("SELECT count(*) FROM tracks").fetchone() == (1,)
    assert counts(in_file)["tracks"] == 0
