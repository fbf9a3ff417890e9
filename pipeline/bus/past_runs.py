"""Which runs are over for a subscriber, and which of their events it still wants."""

from dataclasses import dataclass, field

from pipeline.bus.messages import ReplayRequest, Request

_MAX_PAST_RUNS = 1000
_START_CHARACTERS = len("20261127T120000Z")  # of a run's name: when it started


@dataclass(slots=True)
class PastRuns:
    """since: the run whose rest is requested, and the first seq of its new topics; None while none is."""

    since: tuple[str, int | None] | None = None
    _over: dict[str, None] = field(default_factory=dict)  # in the order of their ends

    def end(self, epoch: str) -> None:
        """Note that a run is over."""
        self._over[epoch] = None
        if len(self._over) > _MAX_PAST_RUNS:
            del self._over[next(iter(self._over))]

    def is_over(self, epoch: str) -> bool:
        """Whether live events of this run come too late: the answers about it cover them."""
        return epoch in self._over

    def is_wanted(self, epoch: str) -> bool:
        """Whether replayed events of a run are wanted: not of one that was completed earlier."""
        return epoch == self._since or epoch not in self._over

    def is_asked_for(self, epoch: str, request: Request) -> bool:
        """Whether a request covers a run, by the start in its name: not one received before, nor one to come later."""
        before = request.before if isinstance(request, ReplayRequest) else ""
        start = epoch[:_START_CHARACTERS]
        return self._since[:_START_CHARACTERS] <= start and (not before or start < before[:_START_CHARACTERS])

    def first_seq(self, epoch: str) -> int | None:
        """The first seq of a new topic in a past run; None if its beginning was not ours to receive."""
        if self.since is None:
            return None
        since, first_seq = self.since
        return first_seq if epoch == since else 0

    @property
    def _since(self) -> str:
        return self.since[0] if self.since else ""
