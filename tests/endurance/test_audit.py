"""The audit finds each kind of fault in a record that has it."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from pipeline.client import Gap
from pipeline.events import TrackAction, topic
from tests.endurance.audit import RECORDING, Record, judge
from tests.synthetic.events import EPOCH, camera, health, identity, track

NEW = track(0, action=TrackAction.NEW)
UPDATES = [track(1), track(2)]
END = track(3, action=TrackAction.END)
EVENTS = [health(0), camera(0), NEW, *UPDATES, identity(0), END]
NAME = topic(NEW)
GOOD = Record(sent=EVENTS[2:], kept=EVENTS, received=EVENTS)


def without(*missing: object) -> list[Any]:
    return [event for event in EVENTS if event not in missing]


def test_all_received_is_no_fault() -> None:
    verdict = judge(GOOD)
    assert verdict.faults == []
    assert (verdict.runs, verdict.emitted, verdict.kept, verdict.received) == (1, 7, 7, 7)
    assert (verdict.tracks, verdict.heard_only) == (1, 0)


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (replace(GOOD, received=without(UPDATES[0])), "1 kept events were lost without a Gap"),
        (replace(GOOD, received=[*without(UPDATES[0]), Gap(NAME, EPOCH, 1, 1)]), "1 kept events were reported as lost"),
        (replace(GOOD, received=[*EVENTS, UPDATES[1]]), "1 events came twice"),
        (
            replace(GOOD, received=[NEW, UPDATES[1], UPDATES[0], *without(NEW, *UPDATES)]),
            "1 events came after a later one of their topic",
        ),
        (
            replace(GOOD, received=[*without(UPDATES[0]), msgspec.structs.replace(UPDATES[0], score=0.1)]),
            "1 events were sent or received otherwise than they were kept",
        ),
        (
            replace(GOOD, sent=[msgspec.structs.replace(UPDATES[0], score=0.1)]),
            "1 events were sent or received otherwise than they were kept",
        ),
        (replace(GOOD, kept=without(END), received=without(END)), "1 tracks that were new never ended"),
        (
            replace(GOOD, sent=[*EVENTS, track(4, track=2, action=TrackAction.NEW)]),
            "1 tracks that were new never ended",
        ),
    ],
    ids=["lost", "given up", "twice", "disordered", "received changed", "sent changed", "endless", "endless unkept"],
)
def test_each_fault_is_found(record: Record, fault: str) -> None:
    assert fault in judge(record).faults


@pytest.mark.parametrize(
    "gap",
    [
        Gap(NAME, EPOCH, 2, 2),
        Gap(NAME, "e0", 1, 1),
        Gap("v1/track/", EPOCH, 1, 1),
        Gap(NAME, EPOCH, 2, 2, open_end=True),
    ],
    ids=["another number", "another run", "a prefix", "an end after it"],
)
def test_a_gap_of_something_else_tells_no_loss(gap: Gap) -> None:
    assert judge(replace(GOOD, received=[*without(UPDATES[0]), gap])).lost_untold == 1


def test_an_open_end_tells_the_loss_of_all_that_follows() -> None:
    told = [Gap("v1/", EPOCH, 0, 0, open_end=True)]
    assert judge(replace(GOOD, received=told)).lost_told == len(EVENTS)


def test_an_event_that_was_sent_and_not_kept_is_counted() -> None:
    verdict = judge(replace(GOOD, kept=without(UPDATES[0])))
    assert (verdict.emitted, verdict.kept, verdict.heard_only) == (7, 6, 1)


@pytest.mark.parametrize(("run", "counts"), [("e2-resumed", (1, 0)), ("e2", (0, 1))])
def test_what_a_resumed_recording_repeats_must_say_so(run: str, counts: tuple[int, int]) -> None:
    first, other, again = (track(seq, camera=RECORDING, epoch=epoch) for seq, epoch in ((0, "e1"), (1, "e1"), (0, run)))
    later = track(7, camera=RECORDING, epoch=run)
    verdict = judge(Record(sent=[], kept=[first, other], received=[first, other, again, later]))
    assert (verdict.repeated_told, verdict.repeated_untold) == counts
    assert bool(verdict.faults) == bool(counts[1])


def test_a_live_camera_that_begins_again_repeats_nothing() -> None:
    again = [track(0), track(0, epoch="e2")]
    verdict = judge(Record(sent=again, kept=again, received=again))
    assert (verdict.repeated_told, verdict.repeated_untold) == (0, 0)
