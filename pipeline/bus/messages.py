"""The messages of snapshot and replay: a client's requests and the node's answers, as JSON."""

from typing import Annotated

import msgspec
from msgspec import Meta

from pipeline.events import SCHEMA_VERSION

ALL = f"v{SCHEMA_VERSION}/"

Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
ShortText = Annotated[str, Meta(max_length=256)]


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="request", forbid_unknown_fields=True):
    """A request. The answer repeats its `id`; `topic` is a prefix, as in a subscription."""

    id: Count = 0
    topic: ShortText = ALL


class SnapshotRequest(Request, frozen=True, kw_only=True, tag="snapshot"):
    """Asks for the current state."""


class ReplayRequest(Request, frozen=True, kw_only=True, tag="replay"):
    """Asks for stored events, in the order of publication. The fields select them as in pipeline.bus.outbox.Query."""

    epoch: ShortText = ""
    since: ShortText = ""
    before: ShortText = ""
    seen: dict[ShortText, Count] = {}
    first: Count = 0
    last: Count | None = None
    after: Count = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 500


class AcknowledgeRequest(Request, frozen=True, kw_only=True, tag="acknowledge"):
    """Says that `consumer` has everything of `topics` up to `seen` in the run `epoch`, and of all runs before it.

    What follows is kept for it, as long as `pipeline.bus.outbox.Retention` allows. An empty `epoch`: it has nothing.
    """

    consumer: Annotated[str, Meta(min_length=1, max_length=64)]
    topics: Annotated[tuple[ShortText, ...], Meta(min_length=1, max_length=64)] = (ALL,)
    epoch: ShortText = ""
    seen: dict[ShortText, Count] = {}


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer"):
    """An answer, with the node that sent it and its current run."""

    id: int
    node: str
    epoch: str


class SnapshotAnswer(Answer, frozen=True, kw_only=True, tag="snapshot"):
    """The last event of each camera, open track and its name, and the last seq of each topic at that moment."""

    events: list[msgspec.Raw]
    last_seq: dict[str, int]


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A stored event that is damaged and therefore not in the answer."""

    topic: str
    epoch: str
    seq: int


class ReplayAnswer(Answer, frozen=True, kw_only=True, tag="replay"):
    """One page of events; if `more`, request the next one with `after` set to `cursor`.

    lost: events of this page that are damaged.
    known: False if the run `since` was never stored here, so that its end cannot be told.
    ends: on the last page of a request without `epoch`, the last seq of each topic in each run that is over.
    """

    events: list[msgspec.Raw]
    more: bool
    cursor: int
    lost: list[Lost] = []
    known: bool = True
    ends: dict[str, dict[str, int]] = {}


class AcknowledgeAnswer(Answer, frozen=True, kw_only=True, tag="acknowledge"):
    """What follows the stored event of this number is kept for the consumer."""

    kept_after: int


class ErrorAnswer(Answer, frozen=True, kw_only=True, tag="error"):
    """Why the request failed. retry: the same request may succeed later."""

    error: str
    retry: bool = False


AnyAnswer = SnapshotAnswer | ReplayAnswer | AcknowledgeAnswer | ErrorAnswer
