"""Each event once and in order, whatever is lost. No sockets: a simulated node with random losses."""

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipeline.bus.catchup import PATIENCE_SECONDS, SubscriptionState
from pipeline.bus.latest_events import LatestEvents
from pipeline.bus.messages import AnyAnswer, ErrorAnswer, ReplayAnswer, ReplayRequest, Request, SnapshotAnswer
from pipeline.bus.position import Item, Position, StartFrom
from pipeline.bus.reorder import Gap
from pipeline.events import Event, encode, topic
from tests.synthetic.events import health, track


class Node:
    """Publishes tracks of two cameras and heartbeats, stores them if told to, and answers like a real node."""

    def __init__(self, *, has_outbox: bool = True) -> None:
        self.stored: list[Event] = []
        self.has_outbox = has_outbox
        self.restart("e1")

    def restart(self, epoch: str) -> None:
        self.epoch = epoch
        self.latest = LatestEvents()
        self.next: dict[str, int] = {}

    def publish(self, camera: str = "") -> Event:
        name = f"v1/track/{camera}/" if camera else "v1/health/node/"
        seq = self.next.setdefault(name, 0)
        last = {key: count - 1 for key, count in self.next.items() if count}
        event = track(seq, camera=camera, epoch=self.epoch) if camera else health(seq, last, epoch=self.epoch)
        self.next[name] += 1
        self.stored.append(event)
        self.latest.update(name, event, encode(event))
        return event

    def answer(self, request: Request) -> AnyAnswer:
        common: dict[str, Any] = {"id": request.id, "node": "node", "epoch": self.epoch}
        if not isinstance(request, ReplayRequest):
            bodies, last = self.latest.snapshot(request.topic)
            return SnapshotAnswer(**common, events=[msgspec.Raw(body) for body in bodies], last_seq=last)
        if not self.has_outbox:
            return ErrorAnswer(**common, error="no outbox")
        rows = [(row, event) for row, event in enumerate(self.stored, 1) if self._selects(request, row, event)]
        page = rows[:2]
        events = [msgspec.Raw(encode(event)) for _, event in page]
        return ReplayAnswer(**common, events=events, more=len(rows) > 2, cursor=page[-1][0] if page else 0)

    def _selects(self, request: ReplayRequest, row: int, event: Event) -> bool:
        name, since = topic(event), request.since
        past = max((number for number, stored in enumerate(self.stored, 1) if stored.epoch == since), default=0)
        return (
            name.startswith(request.topic)
            and row > request.after
            and event.epoch == (request.epoch or event.epoch)
            and request.first <= event.seq
            and (request.last is None or event.seq <= request.last)
            and (not since or (event.epoch == since and event.seq > request.seen.get(name, -1)) or row > past)
            and (
                not since
                or row < min(number for number, stored in enumerate(self.stored, 1) if stored.epoch == request.before)
            )
        )


class Client:
    """A SubscriptionState whose requests are answered in `settle`."""

    def __init__(self, node: Node, start: StartFrom = "snapshot", *, topics: tuple[str, ...] = ("v1/",)) -> None:
        self.node = node
        self.requests: list[Request] = []
        self.now = 0.0
        self.state = SubscriptionState(topics, start, send=self.requests.append)

    def live(self, *events: Event) -> None:
        for event in events:
            self.state.on_event(event, self.now)

    def settle(self) -> None:
        while self.requests:
            self.state.on_answer(self.node.answer(self.requests.pop(0)), self.now)

    def items(self) -> list[Item]:
        ready = [item for item in self.state.ready if not isinstance(item, Position)]
        self.state.ready.clear()
        return ready


def keys(items: list[Item], camera: str = "a") -> list[tuple[str, int]]:
    """Run and seq of one camera's events; fails on a Gap in them."""
    name = f"v1/track/{camera}/"
    assert not [item for item in items if isinstance(item, Gap) and item.topic == name]
    return [(item.epoch, item.seq) for item in items if not isinstance(item, Gap) and topic(item) == name]


def test_a_lost_event_is_requested_and_released_in_order() -> None:
    client = Client(node := Node())
    client.settle()
    events = [node.publish("a") for _ in range(4)]
    client.live(events[0], events[3])
    assert keys(client.items()) == [("e1", 0)]
    client.settle()
    assert keys(client.items()) == [("e1", seq) for seq in (1, 2, 3)]


def test_a_position_stands_for_everything_before_it_only_once_all_is_received() -> None:
    client = Client(node := Node(), "replay")
    node.publish("a")
    assert not client.state.is_settled  # earlier runs are asked for
    client.settle()
    assert not client.state.is_settled  # and wait to be received
    assert keys(client.items()) == [("e1", 0)]
    assert client.state.is_settled
    node.restart("e2")
    client.live(node.publish("a"))
    assert not client.state.is_settled
    client.settle()
    client.items()
    assert client.state.is_settled


def test_a_heartbeat_reveals_a_lost_last_event() -> None:
    client = Client(node := Node())
    client.settle()
    node.publish("a")
    client.live(node.publish())
    client.settle()
    assert keys(client.items()) == [("e1", 0)]


def test_kinds_of_a_later_version_are_neither_requested_nor_missed(caplog: pytest.LogCaptureFixture) -> None:
    """Such a node's heartbeat counts topics, and its outbox replays events, that this client does not know."""
    client = Client(node := Node(), "replay")
    client.settle()
    node.next["v1/gait/a/"] = 3
    client.live(node.publish("a"), node.publish())
    assert client.requests == []
    later = msgspec.Raw(encode(track(0)).replace(b'"kind":"track"', b'"kind":"gait"'))
    client.state = SubscriptionState(("v1/",), "replay", send=client.requests.append)
    [request] = client.requests
    ends = {"e0": {"v1/gait/a/": 5}}
    answer = ReplayAnswer(id=request.id, node="node", epoch="e1", events=[later], more=False, cursor=1, ends=ends)
    client.state.on_answer(answer, 0.0)
    assert (client.items(), caplog.records) == ([], [])


def test_a_gap_does_not_hold_back_other_topics() -> None:
    client = Client(node := Node())
    client.settle()
    node.publish("a")
    client.live(node.publish("a"), node.publish("b"))
    assert keys(client.items(), "b") == [("e1", 0)]


def test_without_an_outbox_there_is_one_gap() -> None:
    client = Client(node := Node(has_outbox=False))
    client.settle()
    events = [node.publish("a") for _ in range(5)]
    client.live(events[0], events[3], events[4])
    client.settle()
    first, gap, *rest = client.items()
    assert (first, gap, rest) == (events[0], Gap("v1/track/a/", "e1", 1, 2), events[3:])


def test_a_silent_node_is_given_up_and_the_loss_becomes_a_gap() -> None:
    client = Client(node := Node(), "live")
    events = [node.publish("a") for _ in range(3)]
    client.live(events[0], events[2])
    client.state.expire(2.9)
    assert client.items() == [events[0]]
    assert client.state.deadline == 3.0
    client.state.expire(PATIENCE_SECONDS - 0.1)
    assert client.items() == []
    client.state.expire(client.state.deadline + PATIENCE_SECONDS)
    assert client.items() == [Gap("v1/track/a/", "e1", 1, 1), events[2]]
    client.settle()
    assert client.items() == [], "an answer after that is ignored"


def test_nothing_is_given_up_while_the_node_is_heard() -> None:
    client = Client(node := Node(), "live")
    events = [node.publish("a") for _ in range(4)]
    client.live(events[0], events[3])
    limits = []
    for _ in range(600):
        client.now += 1.0
        client.live(node.publish())
        client.state.expire(client.now)
        limits += [request.limit for request in client.requests if isinstance(request, ReplayRequest)]
        answerable, client.requests[:] = client.requests[-1:], []
    assert keys(client.items()) == [("e1", 0)]
    assert limits[:4] == [500, 250, 125, 62]
    assert min(limits) == 1, "pages shrink"
    assert len(limits) < 40, "and requests become rare"
    client.state.expire(client.now + 30.0)
    client.settle()
    assert keys(client.items()) == [("e1", seq) for seq in (1, 2, 3)]
    assert not answerable or client.requests == []


def test_a_late_answer_to_the_first_attempt_counts() -> None:
    client = Client(node := Node(), "live")
    events = [node.publish("a") for _ in range(3)]
    client.live(events[0], events[2])
    late = node.answer(client.requests.pop(0))
    client.state.expire(3.0)
    client.state.on_answer(late, 20.0)
    assert keys(client.items()) == [("e1", seq) for seq in (0, 1, 2)]


def test_an_error_that_passes_is_asked_again() -> None:
    client = Client(node := Node(), "live")
    events = [node.publish("a") for _ in range(3)]
    client.live(events[0], events[2])
    busy = ErrorAnswer(id=client.requests.pop(0).id, node="node", epoch="e1", error="locked", retry=True)
    client.state.on_answer(busy, 1.0)
    client.state.expire(4.0)
    client.settle()
    assert keys(client.items()) == [("e1", seq) for seq in (0, 1, 2)]


@pytest.mark.parametrize("has_topic", [True, False])
def test_the_end_of_a_run_that_vanished_is_told(has_topic: bool) -> None:
    client = Client(node := Node(has_outbox=False), topics=("v1/track/",))
    client.settle()
    client.live(node.publish("a") if has_topic else node.publish())
    node.restart("e2")
    client.live(event := node.publish("a"))
    client.settle()
    name, seq = ("v1/track/a/", 1) if has_topic else ("v1/track/", 0)
    assert client.items()[has_topic:] == [Gap(name, "e1", seq, seq, open_end=True), event]


def test_a_part_of_an_answer_that_is_no_event_does_not_take_the_others_with_it() -> None:
    client = Client(node := Node(), "live")
    events = [node.publish("a") for _ in range(4)]
    client.live(events[0], events[3])
    answer = node.answer(client.requests.pop(0))
    assert isinstance(answer, ReplayAnswer)
    later = [msgspec.Raw(b'{"kind": "later"}'), answer.events[1]]
    client.state.on_answer(msgspec.structs.replace(answer, events=later), client.now)
    assert client.items() == [events[0], Gap("v1/track/a/", "e1", 1, 1), events[2], events[3]]


def test_a_node_whose_answers_cannot_be_read_is_not_asked_for_ever() -> None:
    client = Client(node := Node(), "live")
    events = [node.publish("a") for _ in range(3)]
    client.live(events[0], events[2])
    for _ in range(13):
        client.state.on_invalid_answer(client.now)
    assert client.items() == [events[0], Gap("v1/track/a/", "e1", 1, 1), events[2]]


def test_late_events_of_a_past_run_do_not_lead_back_to_it() -> None:
    client = Client(node := Node())
    client.settle()
    client.live(late := node.publish("a"))
    node.restart("e2")
    client.live(node.publish("a"))
    client.settle()
    client.live(late, node.publish("a"))
    client.settle()
    assert keys(client.items()) == [("e1", 0), ("e2", 0), ("e2", 1)]


def test_a_late_subscriber_gets_the_snapshot_and_no_gap() -> None:
    node = Node()
    for _ in range(3):
        node.publish("a")
    client = Client(node)
    client.live(node.publish("a"))
    assert client.items() == [], "the snapshot comes first"
    client.settle()
    assert keys(client.items()) == [("e1", 3)]
    node.publish("a")
    client.live(node.publish("a"))
    client.settle()
    assert keys(client.items()) == [("e1", 4), ("e1", 5)]


def test_replay_starts_with_every_stored_event() -> None:
    node = Node()
    node.publish("a"), node.publish("a")
    node.restart("e2")
    node.publish("a")
    client = Client(node, "replay")
    client.live(node.publish("a"))
    client.settle()
    assert keys(client.items()) == [("e1", 0), ("e1", 1), ("e2", 0), ("e2", 1)]


def test_live_starts_with_the_next_event() -> None:
    node = Node()
    node.publish("a")
    client = Client(node, "live")
    client.live(node.publish())
    node.publish("a")
    client.live(node.publish("a"))
    client.settle()
    assert keys(client.items()) == [("e1", 1), ("e1", 2)]


def test_a_restart_releases_the_rest_of_the_old_run_first() -> None:
    client = Client(node := Node())
    client.settle()
    client.live(node.publish("a"))
    node.publish("a"), node.publish("b")
    node.restart("e2")
    node.publish("a")
    node.restart("e3")
    node.publish("a")
    client.live(node.publish("a"))
    client.settle()
    items = client.items()
    assert keys(items) == [("e1", 0), ("e1", 1), ("e2", 0), ("e3", 0), ("e3", 1)]
    assert keys(items, "b") == [("e1", 0)], "also for a camera that was not seen before"


def test_a_position_is_resumed() -> None:
    node = Node()
    for _ in range(5):
        node.publish("a")
    stored = msgspec.json.decode(msgspec.json.encode(Position("e1", {"v1/track/a/": 1})), type=Position)
    client = Client(node, stored)
    client.live(node.publish())
    client.settle()
    assert keys(client.items()) == [("e1", 2), ("e1", 3), ("e1", 4)]


def test_other_topics_are_neither_released_nor_requested() -> None:
    client = Client(node := Node(), topics=("v1/track/b/",))
    client.settle()
    node.publish("a")
    client.live(node.publish("a"), node.publish())
    assert (client.items(), client.requests) == ([], [])


def test_overlapping_topics_release_no_event_twice() -> None:
    node = Node()
    node.publish("a")
    client = Client(node, topics=("v1/", "v1/track/"))
    client.settle()
    assert keys(client.items()) == [("e1", 0)]


steps = st.lists(
    st.tuples(st.sampled_from(["a", "b", "", "restart"]), st.booleans(), st.booleans()), min_size=1, max_size=40
)


def follow(plan: list[tuple[str, bool, bool]]) -> None:
    """Publish and lose events as planned; assert that every event is released once and in order."""
    client = Client(node := Node())
    client.settle()
    runs = 1
    for what, lost, settle in plan:
        if what == "restart":
            runs += 1
            node.restart(f"e{runs}")
            continue
        event = node.publish(what)
        if not lost:
            client.live(event)
        if settle:
            client.settle()
    client.live(node.publish())
    client.settle()
    items = client.items()
    for camera in ("a", "b"):
        sent = [(event.epoch, event.seq) for event in node.stored if topic(event) == f"v1/track/{camera}/"]
        assert keys(items, camera) == sent


# No explain phase: it traces every line and would exceed the time limit.
@settings(max_examples=100, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink))
@given(steps)
def test_every_event_is_released_once_and_in_order(plan: list[tuple[str, bool, bool]]) -> None:
    follow(plan)


def test_a_thousand_short_runs_with_many_restarts() -> None:
    draw = random.Random(2)
    for _ in range(1000):
        length = draw.randint(1, 12)
        kinds = draw.choices(["a", "b", "", "restart"], k=length)
        follow([(kind, draw.random() < 0.5, draw.random() < 0.4) for kind in kinds])


@pytest.mark.parametrize("limit", [3])
def test_the_number_of_held_events_is_limited(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.bus.catchup.MAX_HELD_EVENTS", limit)
    client = Client(node := Node(), "live")
    events = [node.publish("a") for _ in range(20)]
    client.live(events[0], *events[2:])
    assert Gap("v1/track/a/", "e1", 1, 1) in client.items()
    assert json.loads(encode(events[0]))["seq"] == 0
