"""The messages of snapshot and replay: what a request may hold, and what tells the answers apart."""

import msgspec
import pytest

from pipeline.bus.messages import (
    ALL,
    AnyAnswer,
    ErrorAnswer,
    ReplayAnswer,
    ReplayRequest,
    SnapshotAnswer,
    SnapshotRequest,
)


def decode(request: str) -> SnapshotRequest | ReplayRequest:
    return msgspec.json.decode(request, type=SnapshotRequest | ReplayRequest)


def test_a_request_of_its_kind_alone_selects_everything() -> None:
    assert decode('{"request": "snapshot"}') == SnapshotRequest(id=0, topic=ALL)
    replay = decode('{"request": "replay"}')
    assert replay == ReplayRequest(id=0, topic=ALL, first=0, last=None, after=0, limit=500)


@pytest.mark.parametrize(
    "fields",
    [
        '"request": "replay", "limit": 1000',
        '"request": "replay", "limit": 1',
        '"request": "replay", "last": 9223372036854775807',
        f'"request": "replay", "seen": {{"{"t" * 256}": 0}}',
        f'"request": "snapshot", "topic": "{"t" * 256}"',
    ],
)
def test_the_largest_and_smallest_values_are_accepted(fields: str) -> None:
    request = decode(f"{{{fields}}}")
    assert msgspec.json.decode(msgspec.json.encode(request), type=type(request)) == request


@pytest.mark.parametrize(
    "fields",
    [
        "",
        '"request": "delete"',
        '"request": "snapshot", "limit": 5',  # a field of the other request
        '"request": "replay", "limit": 0',
        '"request": "replay", "limit": 1001',
        '"request": "replay", "first": -1',
        '"request": "replay", "last": 9223372036854775808',  # SQLite stores no larger integer
        '"request": "replay", "seen": {"topic": -1}',
        f'"request": "replay", "seen": {{"{"t" * 257}": 0}}',
        f'"request": "snapshot", "topic": "{"t" * 257}"',
    ],
)
def test_other_requests_are_refused(fields: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(f"{{{fields}}}")


@pytest.mark.parametrize(
    "answer",
    [
        SnapshotAnswer(id=1, node="n", epoch="e", events=[msgspec.Raw(b'{"a":1}')], last_seq={"t": 4}),
        ReplayAnswer(id=2, node="n", epoch="e", events=[], more=True, cursor=7),
        ErrorAnswer(id=3, node="n", epoch="e", error="no such run"),
    ],
)
def test_an_answer_is_decoded_as_its_own_kind(answer: AnyAnswer) -> None:
    decoded = msgspec.json.decode(msgspec.json.encode(answer), type=AnyAnswer)
    assert type(decoded) is type(answer)
    assert msgspec.json.encode(decoded) == msgspec.json.encode(answer)


def test_events_keep_their_bytes() -> None:
    body = b'{"score":0.50, "unknown":[1]}'  # decoding and encoding would change this
    answer = SnapshotAnswer(id=0, node="", epoch="", events=[msgspec.Raw(body)], last_seq={})
    decoded = msgspec.json.decode(msgspec.json.encode(answer), type=SnapshotAnswer)
    assert bytes(decoded.events[0]) == body
