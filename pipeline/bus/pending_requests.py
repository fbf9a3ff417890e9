"""Requests that were not answered yet: when to repeat each, and how much to ask for. No sockets."""

import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import msgspec

from pipeline.bus.messages import ReplayRequest, Request
from pipeline.bus.reorder import ReorderBuffer

log = logging.getLogger(__name__)

ANSWER_TIMEOUT_SECONDS = 3.0
MAX_ANSWER_TIMEOUT_SECONDS = 30.0
PAGE_EVENTS = 500
_WARN_AFTER_ATTEMPTS = 3


@dataclass(slots=True)
class PendingRequest:
    """A request that was not answered yet.

    buffer: where the missing events belong; None for requests at the start and after a restart.
    blocks_live: live events are held back until it is answered.
    deadline: when to send it again; None until the node is known to be up.
    attempts, invalid: how often it was sent again, and how many answers could not be read.
    lost: the node does not know the run that the request asks for, or did not answer at all.
    """

    request: Request
    buffer: ReorderBuffer | None
    blocks_live: bool
    deadline: float | None
    attempts: int = 0
    invalid: int = 0
    lost: bool = False


class PendingRequests:
    """The requests of one subscriber, by their ids.

    send: called with each request for the node, again for one that was not answered.
    answer_timeout: seconds after which a request is sent again; doubles with each further attempt.
    """

    def __init__(self, send: Callable[[Request], None], answer_timeout: float) -> None:
        self._send = send
        self._answer_timeout = self._timeout = answer_timeout
        self._page = PAGE_EVENTS
        self._pending: dict[int, PendingRequest] = {}
        self._last_id = 0

    @property
    def deadline(self) -> float | None:
        """When the first of them must be sent again; None for never."""
        deadlines = (pending.deadline for pending in self._pending.values())
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    @property
    def block_live(self) -> bool:
        """Whether live events must wait for an answer."""
        return any(pending.blocks_live for pending in self._pending.values())

    def find(self, key: int) -> PendingRequest | None:
        """The request of this id."""
        return self._pending.get(key)

    def oldest(self) -> int | None:
        """The id of the request that was made first."""
        return min(self._pending, default=None)

    def ids(self) -> list[int]:
        """All ids."""
        return list(self._pending)

    def overdue(self, now: float) -> Iterator[tuple[int, PendingRequest]]:
        """The requests whose answer is late, each only if it is still pending when its turn comes."""
        for key, pending in list(self._pending.items()):
            if pending.deadline is not None and pending.deadline <= now and key in self._pending:
                yield key, pending

    def is_missing_requested(self, buffer: ReorderBuffer) -> bool:
        """Whether events of this topic and run are requested."""
        return any(pending.buffer is buffer for pending in self._pending.values())

    def remove(self, key: int) -> PendingRequest:
        """Take a request out."""
        return self._pending.pop(key)

    def forget(self, buffers: Collection[ReorderBuffer]) -> None:
        """Take out what was requested for these topics and runs."""
        self._pending = {key: pending for key, pending in self._pending.items() if pending.buffer not in buffers}

    def start_timing(self, now: float) -> None:
        """The node is known to be up: requests that have waited for that may become overdue."""
        for pending in self._pending.values():
            if pending.deadline is None:
                pending.deadline = now + self._timeout

    def ask(self, request: Request, buffer: ReorderBuffer | None, *, blocks_live: bool, now: float | None) -> int:
        """Send a new request; return its id. now: None where the node is not known to be up."""
        self._last_id += 1
        request = msgspec.structs.replace(request, id=self._last_id)
        if isinstance(request, ReplayRequest):
            request = msgspec.structs.replace(request, limit=self._page)
        deadline = None if now is None else now + self._timeout
        self._pending[self._last_id] = PendingRequest(request, buffer, blocks_live, deadline)
        self._send(request)
        return self._last_id

    def ask_for_next_page(self, pending: PendingRequest, cursor: int, now: float) -> None:
        """Ask for what follows the page that was answered."""
        request = msgspec.structs.replace(pending.request, after=cursor)
        key = self.ask(request, pending.buffer, blocks_live=pending.blocks_live, now=now)
        self._pending[key].lost = pending.lost

    def ask_again(self, pending: PendingRequest, now: float) -> None:
        """Repeat a request under its old id, so that an answer to an earlier attempt still counts."""
        pending.attempts += 1
        if isinstance(pending.request, ReplayRequest):
            self._page = min(self._page, max(1, pending.request.limit // 2))
            pending.request = msgspec.structs.replace(pending.request, limit=self._page)
        if pending.attempts == _WARN_AFTER_ATTEMPTS:
            log.warning("the node does not answer requests for missing events; events that follow them wait")
        self.postpone(pending, now)
        self._send(pending.request)

    def postpone(self, pending: PendingRequest, now: float) -> None:
        """Give the node as long as for a new request."""
        pending.deadline = now + self._timeout

    def wait_longer(self) -> None:
        """After an answer that is late: wait twice as long."""
        self._timeout = min(2 * self._timeout, MAX_ANSWER_TIMEOUT_SECONDS)

    def note_answer(self, pending: PendingRequest) -> None:
        """After an answer in time, ask for more at once and wait for less."""
        if not pending.attempts:
            self._page = min(2 * self._page, PAGE_EVENTS)
            self._timeout = max(self._timeout / 2, self._answer_timeout)
