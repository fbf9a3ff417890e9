"""A node follows a gallery in PostgreSQL: at once, without waiting for the server, and never by an outdated copy."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from configs.at_rest import VARIABLE, new_key
from pipeline.tracks.matcher import GalleryMatcher
from recognizer.base import State
from recognizer.calibration import uncalibrated
from recognizer.decide import DecisionRule
from recognizer.evidence import Evidence
from recognizer.gallery import Gallery, OtherModelError
from recognizer.gallery.copies.followed import FollowedGallery, seconds_since_boot
from recognizer.gallery.copies.node_record import read_erasures
from recognizer.gallery.database import open_database
from tests.synthetic.postgres import PostgresServer, postgres_server
from tests.synthetic.shared_gallery import enrol, node, unit, until


class Clock:
    """Monotonic seconds that a test sets forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@contextmanager
def following(
    address: str, *, max_age: float = 30.0, clock: Callable[[], float] = time.monotonic
) -> Iterator[FollowedGallery]:
    with closing(FollowedGallery(address, node="shop", max_age=max_age, clock=clock)) as people:
        yield people


def matcher_of(people: FollowedGallery) -> GalleryMatcher:
    return GalleryMatcher(people, "m", rule=DecisionRule(min_effective=1), calibration=uncalibrated("m"))


def sure_of(seed: int) -> Evidence:
    evidence = Evidence()
    for second in range(4):
        evidence.add(unit(seed), weight=1.0, face_px=64.0, time=float(second))
    return evidence


def erase(address: str, name: str) -> int:
    with Gallery(address) as gallery:
        return gallery.erase(name)


def test_a_change_lies_ready_at_once_and_is_taken_up_when_the_node_says_so(postgres: PostgresServer) -> None:
    address = postgres.new_database()
    enrol(address, "n1")
    with following(address) as people:
        matcher = matcher_of(people)
        assert matcher.decide(sure_of(1), None).person == "n1"
        began = time.monotonic()
        enrol(address, "n2")
        until(lambda: people.has_news)
        assert time.monotonic() - began < 0.9  # told, not looked for: that would take a second
        assert matcher.decide(sure_of(2), None).person is None
        assert matcher.refresh()
        assert not people.has_news
        assert matcher.decide(sure_of(2), None).person == "n2"
        assert people.freshness().number == 2
        assert not matcher.refresh()


def test_an_index_that_lies_ready_confirms_nothing_until_it_is_taken_up(postgres: PostgresServer) -> None:
    address, clock = postgres.new_database(), Clock()
    enrol(address, "n1")
    with following(address, max_age=5, clock=clock) as people:
        matcher = matcher_of(people)
        enrol(address, "n2")
        until(lambda: people.has_news)
        clock.ahead = 6.0
        before = people.freshness()
        time.sleep(1.5)  # the thread has looked again since
        assert before.is_stale
        assert people.freshness().is_stale
        assert matcher.decide(sure_of(1), None).person is None
        matcher.refresh()
        until(lambda: matcher.decide(sure_of(1), None).person == "n1")


@pytest.mark.slow
def test_a_node_names_nobody_while_the_server_is_away_and_catches_up_before_it_names_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with postgres_server() as server:
        address, clock = server.new_database(), Clock()
        enrol(address, "n1", "n2")
        with following(address, max_age=3, clock=clock) as people:
            matcher = matcher_of(people)
            named = matcher.decide(sure_of(1), None)
            assert named.person == "n1"
            server.stop()
            until(lambda: "names are given for at most 3 s more" in caplog.text)
            assert matcher.decide(sure_of(1), None).person == "n1"  # not outdated yet
            clock.ahead = 3.1
            matcher.refresh()
            decision = matcher.decide(sure_of(1), named)
            assert (decision.state, decision.person) == (State.UNKNOWN, None)
            assert decision.reasons == ("nobody is named: the gallery could not be confirmed for more than 3 s",)
            assert (matcher.freshness or people.freshness()).is_stale
            assert "nobody is named: the gallery could not be confirmed for more than 3 s, until" in caplog.text
            server.start()
            with Gallery(address) as gallery:  # waits until the node may name nobody, if it is back
                gallery.erase("n1")
            until(lambda: people.has_news)
            assert matcher.decide(sure_of(1), None).person is None
            assert matcher.decide(sure_of(2), None).person is None  # not before the change is taken up
            assert matcher.refresh()
            until(lambda: matcher.decide(sure_of(2), None).person == "n2")
            assert matcher.decide(sure_of(1), None).person is None
            matcher.refresh()
            assert "the server answers again" in caplog.text
            assert "people are named again" in caplog.text


@pytest.mark.slow
def test_a_node_that_starts_without_the_server_names_nobody_until_it_is_there() -> None:
    with postgres_server() as server:
        address = server.new_database()
        enrol(address, "n1")
        server.stop()
        with following(address) as people:
            matcher = matcher_of(people)
            assert matcher.decide(sure_of(1), None).reasons[0].startswith("nobody is named: the gallery")
            server.start()
            until(lambda: matcher.refresh() and matcher.people == 1)
            assert matcher.decide(sure_of(1), None).person == "n1"


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_an_erasure_reaches_nodes_in_other_processes_within_a_second_and_each_signs(postgres: PostgresServer) -> None:
    address = postgres.new_database()
    enrol(address, "n1", "n2")
    with node(address, "door", max_age=30) as door, node(address, "yard", max_age=30) as yard:
        assert [door.next_said()[1], yard.next_said()[1]] == ["n1", "n1"]
        with Gallery(address) as gallery:
            began = time.time()
            gallery.erase("n1")
            ended = time.time()
        said = [door.next_said(), yard.next_said()]
        assert "n1" not in [who for _, who in said]
        assert max(at for at, _ in said) - began < 1.0
        with closing(open_database(address)) as database:
            [erasure] = read_erasures(database)
        assert [receipt.node for receipt in erasure.receipts] == ["door", "yard"]
        times = [receipt.at for receipt in erasure.receipts]
        assert all(at is not None and began - 0.1 <= at <= ended + 0.1 for at in times)  # waited for both


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_killed_node_owes_its_receipt_until_it_is_back_and_is_waited_for_while_it_may_name(
    postgres: PostgresServer,
) -> None:
    address = postgres.new_database()
    enrol(address, "n1", "n2")
    with node(address, "door", max_age=4) as door:
        assert door.next_said()[1] == "n1"
    with Gallery(address) as gallery:
        began = time.monotonic()
        gallery.erase("n1")
        assert 1.0 < time.monotonic() - began < 8.0  # until its last word is four seconds old
    with closing(open_database(address)) as database:
        [erasure] = read_erasures(database)
        assert [(receipt.node, receipt.at) for receipt in erasure.receipts] == [("door", None)]
        with node(address, "door", max_age=4) as door:
            assert door.next_said()[1] != "n1"
            until(lambda: read_erasures(database)[0].receipts[0].at is not None)


def test_a_node_that_has_left_is_not_waited_for(postgres: PostgresServer) -> None:
    address = postgres.new_database()
    enrol(address, "n1", "n2")
    with following(address) as people:
        matcher = matcher_of(people)
        with ThreadPoolExecutor() as other:
            erased = other.submit(erase, address, "n2")
            until(lambda: matcher.refresh() and matcher.people == 1)
            assert erased.result() == 1
    with closing(open_database(address)) as database:
        [erasure] = read_erasures(database)
        assert [receipt.node for receipt in erasure.receipts] == ["shop"]
        assert erasure.receipts[0].at is not None
        assert erasure.receipts[0].may_name_until is None  # it has left


def test_sealed_faces_are_followed_with_their_key_alone(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, new_key())
    address = postgres.new_database()
    enrol(address, "n1")
    with following(address) as people:
        assert matcher_of(people).decide(sure_of(1), None).person == "n1"
    monkeypatch.delenv(VARIABLE)
    with following(address) as people, pytest.raises(ValueError, match="sealed; expected the key"):
        matcher_of(people)


def test_a_gallery_of_another_model_and_what_is_none_are_refused(postgres: PostgresServer) -> None:
    address = postgres.new_database()
    enrol(address, "n1")
    with following(address) as people, pytest.raises(OtherModelError):
        people.index("another")
    with following("postgresql://ada:sesame@127.0.0.1:1/none?colour=sesame") as people:
        with pytest.raises(ValueError, match="gallery") as caught:
            people.index("m")
        assert "sesame" not in str(caught.value)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="the system has no clock that counts suspension")
def test_a_copy_ages_while_the_machine_is_suspended(monkeypatch: pytest.MonkeyPatch) -> None:
    awake = time.clock_gettime

    def asleep_for_an_hour(clock: int) -> float:
        return awake(clock) + 3600 * (clock == time.CLOCK_BOOTTIME)

    before = seconds_since_boot()
    monkeypatch.setattr(time, "clock_gettime", asleep_for_an_hour)
    assert seconds_since_boot() - before >= 3600
