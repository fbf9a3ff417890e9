"""Section `alerts`: who is to be told of, when, and how often."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from configs.fields import FilePath, Unit
from pipeline.settings.rooms.alert_times import AlertSchedule, Holidays
from pipeline.settings.section import Section

Length = Annotated[float, Meta(ge=0, le=31_536_000), Unit("s")]
Kind = Literal["person", "nobody_else", "unknown", "loitering", "camera", "missing"]
Chance = Annotated[float, Meta(gt=0, lt=1)]

_FACES: frozenset[Kind] = frozenset({"nobody_else", "unknown", "loitering"})
KINDS_OF: dict[str, frozenset[Kind]] = {
    "people": frozenset({"person", "nobody_else", "loitering", "missing"}),
    "false_alarm": frozenset({"person", "nobody_else", "missing"}),
    "min_px": _FACES,
    "min_looks": frozenset({"nobody_else", "unknown"}),
    "min_seconds": _FACES,
    "returning": frozenset({"unknown"}),
    "away_seconds": frozenset({"unknown"}),
    "within_seconds": frozenset({"loitering"}),
    "down_seconds": frozenset({"camera"}),
    "nodes": frozenset({"camera"}),
}
"""The keys that mean something for some kinds alone."""
_NEEDS_PEOPLE: frozenset[Kind] = frozenset({"missing"})


class AlertRule(Section, frozen=True, kw_only=True):
    """One watch-list or rule (docs/alerts.md). A key that its kind does not use is an error."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="name of the rule, in alerts and on the page")]
    kind: Annotated[
        Kind,
        Meta(
            description="person: somebody of `people` comes; nobody_else: anybody but `people` comes; unknown: "
            "somebody who is not enrolled comes; loitering: somebody stays; camera: a camera or the node is down; "
            "missing: somebody of `people` did not come within a time of the schedule"
        ),
    ] = "person"
    enabled: Annotated[bool, Meta(description="false: paused; it goes on counting, and tells nothing")] = True
    people: Annotated[tuple[str, ...], Meta(description="enrolled people that it is about; empty: everybody")] = ()
    cameras: Annotated[tuple[str, ...], Meta(description="cameras that it holds for; empty: all")] = ()
    schedule: Annotated[AlertSchedule, Meta(description="when it holds; by default always")] = AlertSchedule()
    false_alarm: Annotated[
        Chance | None,
        Meta(description="chance that a stranger's track counts as one of the people; none: that of the run"),
    ] = None
    min_px: Annotated[float, Meta(ge=0), Unit("px"), Meta(description="smallest median face height that counts")] = 16.0
    min_looks: Annotated[
        float, Meta(ge=0, description="independent looks at a face after which it would have been named")
    ] = 3.0
    min_seconds: Annotated[Length, Meta(description="how long somebody must be seen")] = 3.0
    returning: Annotated[
        int, Meta(ge=0, le=10_000, description="only somebody who comes for the Nth time or more; needs a history")
    ] = 0
    away_seconds: Annotated[Length, Meta(description="how long somebody must be gone to come again")] = 1800.0
    within_seconds: Annotated[Length, Meta(description="the time within which stays are added up; 0: one track")] = 0.0
    down_seconds: Annotated[Length, Meta(description="how long a camera or the node must be down")] = 30.0
    nodes: Annotated[bool, Meta(description="also tell that nothing is heard from the node")] = True
    cooldown: Annotated[
        Length, Meta(description="nothing more is told of the same person, group or camera until gone for so long")
    ] = 300.0
    escalate_seconds: Annotated[
        Length, Meta(description="without acknowledgement for so long, the level goes up by one; 0: never")
    ] = 0.0
    max_level: Annotated[int, Meta(ge=0, le=9, description="the highest level")] = 2
    text: Annotated[
        str,
        Meta(
            max_length=500,
            description="sentence of the alert, with {who}, {person}, {group}, {camera}, {node}, {rule}, {time}, "
            "{seconds}, {px}, {chance}, {visits}, {warning}; empty: the usual one",
        ),
    ] = ""

    def __post_init__(self) -> None:
        """Raises ValueError for keys that its kind does not use, or needs and lacks."""
        default = {field.name: field.default for field in msgspec.structs.fields(type(self))}
        for key, kinds in KINDS_OF.items():
            if self.kind not in kinds and getattr(self, key) != default[key]:
                raise ValueError(f"{key} is not for kind {self.kind}; expected kind {' or '.join(sorted(kinds))}")
        if self.kind in _NEEDS_PEOPLE and not self.people:
            raise ValueError(f"kind {self.kind}: expected people")
        if self.kind == "missing" and not self.schedule.times:
            raise ValueError("kind missing: expected schedule.times, whose ends are when people must have come")
        if self.kind == "loitering" and self.within_seconds and self.within_seconds < self.min_seconds:
            raise ValueError(f"within_seconds: expected at least min_seconds, got {self.within_seconds:g}")


class AlertSettings(Section, frozen=True, kw_only=True):
    """Rules that raise alerts (docs/alerts.md); read by `glimpse alerts run --config`."""

    file: Annotated[FilePath, Meta(description="SQLite file of alerts; empty: no alerts")] = ""
    buses: Annotated[
        tuple[str, ...], Meta(description="addresses of the nodes as reached from here; empty: that of `events.bind`")
    ] = ()
    curve: Annotated[FilePath, Meta(description="a client's folder of CURVE keys for them; empty: none")] = ""
    bind: Annotated[
        str, Meta(description="ZeroMQ address to publish `alert` events on, such as tcp://127.0.0.1:5560; none: none")
    ] = "none"
    bind_curve: Annotated[FilePath, Meta(description="folder of CURVE certificates of that address; empty: none")] = ""
    outbox: Annotated[FilePath, Meta(description="SQLite file that keeps `alert` events for replay; empty: none")] = ""
    holidays: Annotated[Holidays, Meta(description="which dates are holidays")] = Holidays()
    max_age_seconds: Annotated[
        Length, Meta(description="what is older when it arrives is counted, and told in one alert")
    ] = 300.0
    keep_days: Annotated[float, Meta(gt=0, le=36_500), Unit("d"), Meta(description="how long alerts are kept")] = 90.0
    rules: Annotated[tuple[AlertRule, ...], Meta(description="watch-lists and rules")] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for two rules of one name: cooldowns and alerts go by it."""
        names = [rule.name for rule in self.rules]
        if doubled := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"rules: the name {doubled!r} is used twice; names must differ")
