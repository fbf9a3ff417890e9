"""The tap notes what a node sends, and waits for one event or for silence."""

from contextlib import closing

from pipeline.bus.publisher import Publisher
from pipeline.events import HealthEvent
from tests.endurance.tap import Tap
from tests.synthetic.events import EPOCH, NODE, health, track, until


def test_events_are_noted_in_order() -> None:
    with closing(Publisher("tcp://127.0.0.1:*", node=NODE, epoch=EPOCH)) as publisher, Tap(publisher.address) as tap:
        until(lambda: bool(tap.events), poke=lambda: publisher.on_event(health(0)))
        tap.drain()
        before = len(tap.events)
        sent = [track(0), health(1), track(1)]
        for event in sent:
            publisher.on_event(event)
        until(lambda: len(tap.events) == before + 3)
        assert tap.events[before:] == sent


def test_only_what_comes_from_now_on_is_waited_for() -> None:
    with closing(Publisher("tcp://127.0.0.1:*", node=NODE, epoch=EPOCH)) as publisher, Tap(publisher.address) as tap:
        until(lambda: bool(tap.events), poke=lambda: publisher.on_event(health(0)))
        tap.drain()
        assert tap.wait_for(lambda event: isinstance(event, HealthEvent), 0.01) is None
