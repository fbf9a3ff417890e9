"""A site with rules and a clock of its own: events go in, alerts come out, for the tests of alerts."""

from pathlib import Path
from typing import Any, Self

import msgspec

from pipeline.alerts.database import Database
from pipeline.alerts.reader import AlertReader, AlertRow
from pipeline.alerts.run import Alerts
from pipeline.bus.position import Item
from pipeline.events import (
    AlertEvent,
    CameraEvent,
    Event,
    Evidence,
    HealthEvent,
    PersonAction,
    PersonEvent,
    TrackAction,
)
from pipeline.settings.rooms.alerts import AlertRule, AlertSettings
from pipeline.types import CameraState
from tests.synthetic.events import EPOCH, NODE, camera, evidence, health, sample, track

STREAM = "bus"
START = 1_764_230_400.0  # 2025-11-27 08:00 UTC, a Thursday


def seen(person: str | None = None, **fields: Any) -> Evidence:
    """Evidence of a large face with many looks; a name makes it named."""
    values = {"false_alarm": 1e-5 if person else None, "median_px": 40.0, "effective": 6.0, **fields}
    return msgspec.structs.replace(evidence(person), **values)


class Site:
    """now: Unix seconds; tests move it.  steady: seconds that never jump; `tick` moves both.

    Each event gets the next seq of its topic.
    """

    def __init__(self, folder: Path, *rules: AlertRule, now: float = START, **settings: Any) -> None:
        self.now, self.steady = now, 0.0
        self.path = folder / "alerts.db"
        self._settings = AlertSettings(file=str(self.path), rules=rules, **settings)
        self._seqs: dict[str, int] = {}
        self.open()

    def open(self) -> None:
        """Start the process, again after a kill."""
        self.database = Database(self.path, create=True)
        self.alerts = Alerts(self._settings, self.database, clock=lambda: self.now, steady=lambda: self.steady)
        self.alerts.listen([STREAM])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def reopen(self) -> None:
        """Die and start again."""
        self.database.close()
        self.open()

    def give(self, *items: Item, tick: bool = True) -> None:
        """Items arrive now."""
        self.alerts.step({STREAM: items}, {}, current=[STREAM] if tick else None)

    def tick(self, seconds: float = 0.0) -> None:
        """Time passes, with a heartbeat."""
        self.now += seconds
        self.steady += seconds
        self.give(self.beat())

    def beat(self, **cameras: CameraState) -> Event:
        event = health(self._seq("health"))
        assert isinstance(event, HealthEvent)
        known = {name: msgspec.structs.replace(event.cameras["door"], state=state) for name, state in cameras.items()}
        return msgspec.structs.replace(event, wall_time=self.now, cameras=known or event.cameras)

    def track(self, number: int, *, camera: str = "door", **fields: Any) -> Event:
        """A track event of now."""
        values = {"wall_time": self.now, "age": 5.0, "face_px": 40.0, **fields}
        return track(self._seq(f"track/{camera}"), camera=camera, track=number, **values)

    def visit(self, number: int, person: str | None = None, *, seconds: float = 5.0, **fields: Any) -> None:
        """A track comes, stays and goes."""
        found = fields.pop("evidence", seen(person))
        self.give(self.track(number, action=TrackAction.NEW, age=0.0, **fields))
        self.now += seconds
        self.give(self.track(number, age=seconds, evidence=found, **fields))
        self.give(self.track(number, age=seconds, evidence=found, action=TrackAction.END, **fields))

    def camera(self, state: CameraState, name: str = "door") -> Event:
        event = camera(self._seq(f"camera/{name}"), state, camera=name)
        assert isinstance(event, CameraEvent)
        return msgspec.structs.replace(event, wall_time=self.now)

    def sample(self, number: int, crop: bytes, px: float = 30.0) -> Event:
        return sample(self._seq("sample/door"), track=number, crop=crop, crop_px=px, wall_time=self.now)

    def person(self, number: int, *, group: str | None = None, person: str | None = None, **fields: Any) -> Event:
        """What the history says of a track."""
        return PersonEvent(
            node=f"{NODE}.history",
            epoch="h1",
            camera="door",
            seq=self._seq("person/door"),
            wall_time=self.now,
            of_node=NODE,
            of_epoch=EPOCH,
            track=number,
            action=PersonAction.GROUPED,
            group=group,
            person=person,
            **fields,
        )

    @property
    def rows(self) -> list[AlertRow]:
        """All alerts, the oldest first."""
        with AlertReader(self.path) as reader:
            return reader.alerts(limit=10_000)[::-1]

    @property
    def texts(self) -> list[str]:
        return [row.text for row in self.rows]

    @property
    def told(self) -> list[AlertEvent]:
        """Everything that waits to be published."""
        return [event for _, event in self.alerts.store.outgoing(10_000)]

    @property
    def actions(self) -> list[str]:
        return [str(event.action) for event in self.told]

    def _seq(self, name: str) -> int:
        self._seqs[name] = self._seqs.get(name, -1) + 1
        return self._seqs[name]


def rule(name: str = "rule", **fields: Any) -> AlertRule:
    """A rule from plain data, as a file gives it."""
    return msgspec.convert({"name": name, **fields}, AlertRule)
