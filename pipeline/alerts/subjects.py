"""What each rule knows of each person, group and camera: read on demand, written with what they caused."""

from collections.abc import Callable, Iterator

import msgspec

from pipeline.alerts.views import TrackView

MAX_CACHED = 10_000


class Sighting(msgspec.Struct, kw_only=True):
    """All times in Unix seconds. last_cause: when the last cause was found.  told: whether that, or one before it,
    raised an alert.  seen_at: when they were last seen.  visits: how often they came.  stays: track to when it was
    there, first and last.
    """

    last_cause: float | None = None
    told: bool = False
    seen_at: float | None = None
    visits: int = 0
    stays: dict[str, tuple[float, float]] = {}

    def see(self, track: TrackView) -> None:
        """Note that they are seen in a track. A time after now, from before the clock was put back, does not count."""
        before = self.seen_at or 0.0
        self.seen_at = max(before, track.at) if before <= track.heard else track.at


Load = Callable[[str, str], Sighting | None]


class Subjects:
    """load: reads what was kept of (rule, subject)."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._known: dict[tuple[str, str], Sighting] = {}
        self._changed: set[tuple[str, str]] = set()

    def of(self, rule: str, subject: str) -> Sighting:
        """What a rule knows of a subject, to be changed; it is kept with the next `take_changed`."""
        key = (rule, subject)
        self._changed.add(key)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._load(rule, subject) or Sighting()
        return found

    def move(self, rule: str, subject: str, to: str) -> None:
        """What a rule knows of one subject is what it knows of another, unless that was told of later."""
        old, new = self.of(rule, subject), self.of(rule, to)
        if (old.last_cause or 0.0, old.visits) > (new.last_cause or 0.0, new.visits):
            self._known[rule, to] = old
        self._known[rule, subject] = Sighting()

    def take_changed(self) -> Iterator[tuple[str, str, Sighting]]:
        """What may have changed since the last call. Forgets the others where too many are known."""
        for rule, subject in self._changed:
            yield rule, subject, self._known[rule, subject]
        self._changed.clear()
        if len(self._known) > MAX_CACHED:
            self._known.clear()

    def forget(self) -> None:
        """Read all anew, as the file has changed."""
        self._known.clear()
        self._changed.clear()
