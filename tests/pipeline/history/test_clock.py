"""Ages are counted on evenly where the clock of the machine jumps, and nothing is deleted or kept for it."""

from collections.abc import Iterator

import pytest

from pipeline.history.clock import HistoryClock, seconds_since_boot
from pipeline.history.database import Database, open_database
from pipeline.history.retention import DAY_SECONDS, Limits, Retention
from pipeline.history.store import HistoryWriter
from tests.synthetic.events import NODE
from tests.synthetic.histories import Location
from tests.synthetic.visits import visit

YEARS = 10 * 365 * DAY_SECONDS
NOW = 1.8e9


@pytest.fixture
def database(place: Location) -> Iterator[Database]:
    with open_database(place, create=True) as opened:
        yield opened


class Machine:
    """Two clocks: one that is set, and one that is not."""

    def __init__(self, wall: float = NOW) -> None:
        self.wall, self.steady = wall, 1000.0

    def sleep(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def clock(self, database: Database) -> HistoryClock:
        return HistoryClock(database, wall=lambda: self.wall, steady=lambda: self.steady)


def test_a_clock_that_runs_is_followed(database: Database) -> None:
    machine = Machine()
    clock = machine.clock(database)
    machine.sleep(100)
    assert clock() == NOW + 100
    machine.wall += 59  # a little correction
    assert clock() == NOW + 159


@pytest.mark.parametrize("jump", [-YEARS, YEARS])
def test_a_jump_while_it_runs_does_not_count(jump: float, database: Database) -> None:
    machine = Machine()
    clock = machine.clock(database)
    clock()
    machine.sleep(100)
    machine.wall += jump
    assert clock() == pytest.approx(NOW + 100)
    machine.sleep(50)
    assert machine.clock(database)() == pytest.approx(NOW + 150)  # another run
    machine.wall -= jump


def test_a_machine_that_starts_in_1970_goes_on_where_it_was_and_learns_the_time_later(database: Database) -> None:
    Machine().clock(database)()
    machine = Machine(wall=5.0)
    clock = machine.clock(database)
    assert clock() == pytest.approx(NOW)
    machine.sleep(60)
    machine.wall = NOW + 7200
    assert clock() == pytest.approx(NOW + 60)


@pytest.mark.parametrize("jump", [-YEARS, YEARS])
def test_retention_neither_deletes_everything_nor_keeps_it_for_ever(jump: float, database: Database) -> None:
    machine = Machine()
    clock = machine.clock(database)
    history = HistoryWriter(database, node=NODE, clock=clock)
    retention = Retention(database, Limits(event_days=10), unknowns=True, clock=clock)
    history.add(visit("Ada"), None)
    machine.wall += jump
    retention.step()
    assert database.rows("SELECT count(*) FROM events") == [(5,)]
    history.add(visit("Bob", number=2, first_seq=10), None)
    machine.sleep(11 * DAY_SECONDS)
    while retention.step():
        pass
    assert database.rows("SELECT count(*) FROM events") == [(0,)]


def test_the_real_steady_clock_goes_forward() -> None:
    first = seconds_since_boot()
    assert seconds_since_boot() >= first > 0
