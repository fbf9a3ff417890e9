"""What came too late to raise an alert each: it is counted, and told in one."""

from datetime import tzinfo

import msgspec

from pipeline.alerts.cause import Cause
from pipeline.site.site_time import stamp

RULE = "late events"
"""The name that stands for a rule in such an alert."""
QUIET_SECONDS = 10.0  # without another one, all have come
MAX_WAIT_SECONDS = 60.0
BETWEEN_SECONDS = 3600.0  # two such alerts


class Late(msgspec.Struct, kw_only=True):
    """counts: rule to how many alerts it would have raised.  first_at, last_at: when that happened, Unix seconds.

    since, added: when the first and the last were found, by our own clock.  told: when the last alert was raised.
    """

    counts: dict[str, int] = {}
    first_at: float = 0.0
    last_at: float = 0.0
    since: float = 0.0
    added: float = 0.0
    told: float = 0.0

    def add(self, rule: str, at: float, now: float) -> None:
        """Count one."""
        if not self.counts:
            self.first_at, self.last_at, self.since = at, at, now
        self.counts[rule] = self.counts.get(rule, 0) + 1
        self.first_at, self.last_at = min(self.first_at, at), max(self.last_at, at)
        self.added = now

    def take(self, now: float, zone: tzinfo) -> Cause | None:
        """The one alert, once all have come; the count begins anew with it."""
        is_quiet = not 0 <= now - self.added < QUIET_SECONDS  # below 0: the clock was put back
        is_complete = is_quiet or now - self.since >= MAX_WAIT_SECONDS
        if not self.counts or not is_complete or 0 <= now - self.told < BETWEEN_SECONDS:
            return None
        first, last = stamp(self.first_at, zone), stamp(self.last_at, zone)
        each = ", ".join(f"{rule}: {count}" for rule, count in sorted(self.counts.items()))
        cause = Cause(
            key=f"{self.first_at:.3f}/{self.last_at:.3f}/{sum(self.counts.values())}",
            subject="late",
            at=now,
            who=f"{sum(self.counts.values())} events",
            what=f"of {first} to {last} came too late to be told one by one ({each})",
            node="",
            epoch="",
            camera="",
        )
        self.counts, self.told = {}, now
        return cause
