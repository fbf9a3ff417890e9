"""Events for programs: named by kind, without faces, and chosen by kind."""

import pytest

from pipeline.bus.client import Gap
from pipeline.events import decode
from pipeline.web.live.items import KINDS, as_message, chosen, kind_of
from tests.synthetic.events import camera, health, identity, renamed, sample, track


def test_an_event_is_two_lines_and_an_empty_one() -> None:
    message = as_message(event := identity(3))
    assert message is not None
    kind, data = message.removesuffix(b"\n\n").split(b"\n")
    assert kind == b"event: identity"
    assert decode(data.removeprefix(b"data: ")) == event


def test_faces_and_gaps_are_not_sent() -> None:
    assert as_message(sample(0)) is None
    assert as_message(Gap("node", "e1", "v1/track/door/", 1, 2)) is None


def test_every_kind_that_is_sent_is_known() -> None:
    events = (track(0), identity(0), camera(0), health(0), renamed("Ada", "Ben"))
    assert {kind_of(event) for event in events} < set(KINDS)


@pytest.mark.parametrize("kinds", [frozenset(), frozenset({"track"}), frozenset(KINDS)])
def test_events_are_chosen_by_kind_and_what_is_said_of_the_stream_stays(kinds: frozenset[str]) -> None:
    sent = [as_message(event) or b"" for event in (track(0), identity(0), camera(0))]
    found = chosen(b": ping\n\n" + b"".join(sent) + b"event: reset\ndata: {}\n\n", kinds)
    assert found.count(b": ping\n\n") == found.count(b"event: reset\ndata: {}\n\n") == 1
    words = [line.removeprefix(b"event: ").decode() for line in found.split(b"\n") if line.startswith(b"event: ")]
    assert words == [word for word in ("track", "identity", "camera") if word in kinds] + ["reset"]


def test_nothing_stays_nothing() -> None:
    assert chosen(b"", frozenset()) == b""
