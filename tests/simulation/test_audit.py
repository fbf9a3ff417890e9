"""Every promise can be broken: each mutation of Glimpse is found, by the promise that it breaks."""

from collections.abc import Iterator
from itertools import count

import pytest

from detectors.base import Detections
from pipeline.bus.outbox import Outbox, SentRecord
from pipeline.bus.reorder import ReorderBuffer
from pipeline.events import Event, TrackAction, TrackEvent, decode
from pipeline.tracks.camera import CameraTracks
from pipeline.tracks.matcher import GalleryMatcher
from pipeline.types import Frame
from recognizer.base import Decision, State
from recognizer.evidence import Evidence
from tests.simulation import simulation
from tests.simulation.promises import Promise
from tests.simulation.run import broken_promise, quiet
from tests.simulation.script import Action, Kind, Script

SCRIPT = (
    Action(Kind.WALK, 6.0, target="door", seconds=8.0, who="Ada"),
    Action(Kind.WALK, 25.0, target="yard", seconds=8.0, who="stranger"),
)


KILLED_ON_A_FULL_DISK = (
    Action(Kind.WALK, 3.0, target="door", seconds=40.0, who="Ada"),
    Action(Kind.DISK_FULL, 8.0, seconds=30.0),
    Action(Kind.KILL, 30.0, number=5),
)


def found(script: Script = SCRIPT) -> Promise | None:
    """The promise that a script finds broken."""
    with quiet():
        error = broken_promise(script)
    return error.promise if error else None


def test_nothing_is_found_where_nothing_is_broken() -> None:
    assert found() is None


def test_an_event_that_the_client_loses_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    push, calls = ReorderBuffer.push, count()

    def lose(buffer: ReorderBuffer, event: Event) -> Iterator[Event]:
        released = list(push(buffer, event))
        yield from [] if next(calls) == 30 else released

    monkeypatch.setattr(ReorderBuffer, "push", lose)
    assert found() is Promise.IN_ORDER


def test_the_last_events_that_the_client_loses_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    push, calls = ReorderBuffer.push, count()

    def lose(buffer: ReorderBuffer, event: Event) -> Iterator[Event]:
        released = list(push(buffer, event))
        yield from [] if next(calls) > 30 else released

    monkeypatch.setattr(ReorderBuffer, "push", lose)
    assert found() is Promise.NONE_LOST


def test_an_event_that_comes_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    push = ReorderBuffer.push

    def double(buffer: ReorderBuffer, event: Event) -> Iterator[Event]:
        released = list(push(buffer, event))
        yield from (*released, *released)

    monkeypatch.setattr(ReorderBuffer, "push", double)
    assert found() is Promise.NONE_TWICE


def test_an_event_that_changes_on_its_way_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.bus.client.decode", lambda body: decode(body.replace(b"0.9", b"0.8")))
    assert found() is Promise.UNCHANGED


def test_a_track_without_an_end_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    frame_events = CameraTracks.frame_events

    def keep_ends(camera: CameraTracks) -> Iterator[Event]:
        for event in frame_events(camera):
            # an event that is not published must not be counted either, or it would be found as a loss
            if isinstance(event, TrackEvent) and event.action is TrackAction.END:
                camera._events._next["v1/track/door/"] -= 1
            else:
                yield event

    monkeypatch.setattr(CameraTracks, "frame_events", keep_ends)
    assert found() is Promise.EVERY_END


def test_an_event_that_the_outbox_loses_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    put, calls = Outbox.put, count()

    def forget(outbox: Outbox, topic: str, event: Event, body: bytes) -> None:
        if next(calls) != 30:
            put(outbox, topic, event, body)

    monkeypatch.setattr(Outbox, "put", forget)
    assert found() is Promise.KEPT


def test_a_number_that_is_given_to_two_events_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(KILLED_ON_A_FULL_DISK) is None
    monkeypatch.setattr(SentRecord, "write", lambda record, runs: None)
    assert found(KILLED_ON_A_FULL_DISK) is Promise.NONE_TWICE


def test_a_wrong_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def name_everybody(matcher: GalleryMatcher, evidence: Evidence, previous: Decision | None) -> Decision:
        return Decision(State.NAMED, "Grace", 0.9, 0.5, 0.3, evidence.faces, evidence.effective, 40.0, ("as it likes",))

    monkeypatch.setattr(GalleryMatcher, "decide", name_everybody)
    assert found() is Promise.RIGHT_NAMES


def test_memory_that_grows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    push = ReorderBuffer.push

    def hoard(buffer: ReorderBuffer, event: Event) -> Iterator[Event]:
        buffer.hoard = [*getattr(buffer, "hoard", []), event]  # type: ignore[attr-defined]
        return push(buffer, event)

    assert found() is None
    monkeypatch.setattr(simulation, "MAX_OBJECTS", 1200)
    assert found() is None
    monkeypatch.setattr(ReorderBuffer, "push", hoard)
    assert found() is Promise.BOUNDED


def test_a_crash_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    follow, calls = CameraTracks.follow, count()

    def crash(camera: CameraTracks, frame: Frame, detections: Detections) -> None:
        if next(calls) == 9:
            raise ZeroDivisionError
        follow(camera, frame, detections)

    monkeypatch.setattr(CameraTracks, "follow", crash)
    assert found() is Promise.NO_CRASH
