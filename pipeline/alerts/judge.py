"""Takes events in, keeps track of tracks, cameras and nodes, and turns what rules find into alerts."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence

from pipeline.alerts.cause import Cause
from pipeline.alerts.cooldown import is_cooling, note_cause
from pipeline.alerts.late import RULE as LATE
from pipeline.alerts.memory import Memory
from pipeline.alerts.rules.rule import Rule
from pipeline.alerts.store import AlertStore, Terms
from pipeline.alerts.text import make_text
from pipeline.alerts.views import CameraView, NodeView, Raised, TrackView, looks_of, name_of_track
from pipeline.bus.position import Item
from pipeline.bus.reorder import Gap
from pipeline.events import (
    CameraEvent,
    Evidence,
    HealthEvent,
    IdentityEvent,
    PersonAction,
    PersonEvent,
    SampleEvent,
    TrackAction,
    TrackEvent,
    topic,
)
from pipeline.site.site_time import zone as site_zone
from pipeline.types import CameraState

log = logging.getLogger(__name__)

DOWN = (CameraState.CONNECTING, CameraState.STALLED, CameraState.RECONNECTING, CameraState.FAILED)
OPEN_SECONDS = 600.0  # without an event a track counts as ended: updates come every second


class Judge:
    """Belongs to one transaction after another: `add` and `tick` change the file and the memory together.

    clock: Unix seconds.  max_age: seconds after which something came too late to raise an alert.
    """

    def __init__(
        self, rules: Sequence[Rule], memory: Memory, store: AlertStore, *, max_age: float, clock: Callable[[], float]
    ) -> None:
        self._memory, self._store, self._clock = memory, store, clock
        self._started = clock()
        self._use(rules, max_age)

    def replace_rules(self, rules: Sequence[Rule], max_age: float) -> None:
        """Judge by other rules from now on. Alerts, cooldowns and what was told stay with the names of their rules."""
        now, before = self._clock(), {rule.name: rule.settings for rule in self._rules}
        for rule in rules:
            old = before.get(rule.name)
            if old is None or (old.kind, old.schedule) != (rule.settings.kind, rule.settings.schedule):
                rule.begin(now)
        self._use(rules, max_age)

    def _use(self, rules: Sequence[Rule], max_age: float) -> None:
        self._rules, self._max_age = rules, max_age
        self._terms = {rule.name: _terms(rule) for rule in rules}

    def add(self, stream: str, items: Sequence[Item]) -> None:
        """Judge items of one stream, each once however often it comes."""
        now = self._clock()
        for item in items:
            if isinstance(item, Gap):
                self._memory.is_new(item.epoch, item.topic, item.last)
            elif self._memory.is_new(item.epoch, topic(item), item.seq):
                self._take(item, now)
        if items and (node := self._memory.nodes.get(stream)) is not None:
            self._hear(node, items, now)

    def listen(self, stream: str) -> None:
        """Watch over the heartbeat of a node's stream."""
        if stream not in self._memory.nodes:
            self._memory.touch_node(NodeView(stream=stream))

    def tick(self, current: Collection[str]) -> None:
        """Once a second. current: names of the streams of which all that there was has arrived."""
        now = self._clock()
        self._forget_tracks(now)
        for rule in self._rules:
            if rule.schedule.is_active(now):
                self._check_places(rule, current, now)
            if set(current) >= self._memory.nodes.keys():
                for cause in rule.on_time(now):
                    self._tell(rule, cause, {}, now)
        if self._memory.late.counts:
            self._tell_late(now)
        self._store.escalate(now)

    def _take(self, event: object, now: float) -> None:
        match event:
            case TrackEvent():
                self._on_track(event, now)
            case IdentityEvent():
                track = self._see(event, event.evidence, now)
                self._check(track, now)
            case SampleEvent():
                self._on_sample(event, now)
            case CameraEvent():
                self._on_camera(event, now)
            case HealthEvent():
                self._on_health(event, now)
            case PersonEvent(track=int()):
                self._on_person(event, now)
            case PersonEvent(action=PersonAction.RENAMED | PersonAction.MERGED):
                self._on_name(event.previous_person, event.person)

    def _on_track(self, event: TrackEvent, now: float) -> None:
        track = self._see(event, event.evidence, now)
        track.age = max(track.age, event.age)
        track.first_at = track.at - track.age
        self._check(track, now)
        if event.action is TrackAction.END:
            track.ended = True
            self._end(track.raised, now)

    def _see(self, event: TrackEvent | IdentityEvent, evidence: Evidence | None, now: float) -> TrackView:
        """Note what an event says of its track. A clock of the node that is ahead does not count."""
        track = self._track(event.node, event.epoch, event.camera, event.track)
        track.at, track.heard, track.face_px = _moment(event.wall_time, now), now, event.face_px
        track.first_at = track.first_at or track.at
        track.fingerprint = f"{event.__struct_config__.tag}/{event.seq}/{event.media_time}"
        if evidence:
            before, track.looks = track.looks, looks_of(evidence)
            is_other = before is None or before.person != evidence.person
            if evidence.person and is_other and track.raised:
                self._store.note_person(track.key, evidence.person)
        self._memory.touch_track(track)
        return track

    def _track(self, node: str, epoch: str, camera: str, number: int) -> TrackView:
        found = self._memory.tracks.get(name_of_track((node, epoch, camera, number)))
        return found or TrackView(node=node, epoch=epoch, camera=camera, number=number)

    def _on_sample(self, event: SampleEvent, now: float) -> None:
        track = self._track(event.node, event.epoch, event.camera, event.track)
        track.heard = now
        self._memory.touch_track(track)
        if self._memory.put_crop(track, event.crop_px, event.crop) and track.raised:
            self._store.note_crop(track.key, event.crop)

    def _on_person(self, event: PersonEvent, now: float) -> None:
        """A track that is not open any more, or not yet, is kept with what the history says; it raises nothing then."""
        assert event.track is not None
        track = self._track(event.of_node, event.of_epoch, event.camera, event.track)
        track.group, track.group_since = event.group, event.first_seen
        track.told, track.chance = event.person, event.chance
        track.heard = now
        self._memory.touch_track(track)
        if event.person and track.raised:
            self._store.note_person(track.key, event.person)
        self._check(track, now)
        if track.ended:
            self._end(track.raised, now)

    def _on_name(self, previous: str | None, person: str | None) -> None:
        """Somebody is called otherwise: what was told of them counts under the new name; rules keep the old one."""
        if not previous or not person:
            return
        self._memory.rename(previous, person, [rule.name for rule in self._rules])
        self._store.note_name(previous, person)
        for rule in self._rules:
            if previous in rule.people:
                log.warning("rule %s: somebody on its list has another name now; change alerts.rules", rule.name)

    def _on_camera(self, event: CameraEvent, now: float) -> None:
        camera = self._camera(event.node, event.epoch, event.camera)
        if event.wall_time >= camera.at:
            self._set_camera(camera, event.state, event.reason, event.wall_time, now)

    def _on_health(self, event: HealthEvent, now: float) -> None:
        """The heartbeat knows all cameras: it mends what a gap has hidden, and tells which cameras are gone."""
        for name, health in event.cameras.items():
            camera = self._camera(event.node, event.epoch, name)
            if camera.state != health.state and event.wall_time >= camera.at:
                self._set_camera(camera, health.state, "", event.wall_time, now)
        for camera in list(self._memory.cameras.values()):
            if camera.node == event.node and camera.camera not in event.cameras and event.wall_time > camera.at:
                self._end_place(camera.raised, now)
                self._memory.drop_camera(camera)

    def _camera(self, node: str, epoch: str, name: str) -> CameraView:
        found = self._memory.cameras.get(f"{node}/{name}")
        return found or CameraView(node=node, epoch=epoch, camera=name)

    def _set_camera(self, camera: CameraView, state: str, reason: str, at: float, now: float) -> None:
        camera.state, camera.reason, camera.at = state, reason, at
        if state not in DOWN:
            camera.down_since = None
            self._end_place(camera.raised, now)
        elif camera.down_since is None:
            camera.down_since = _moment(at, now)
        self._memory.touch_camera(camera)

    def _hear(self, node: NodeView, items: Iterable[Item], now: float) -> None:
        for item in items:
            if not isinstance(item, Gap):
                node.node, node.epoch, node.heard = item.node, item.epoch, now
        self._end_place(node.raised, now)
        self._memory.touch_node(node)

    def _check(self, track: TrackView, now: float) -> None:
        if not track.at:
            return
        for rule in self._rules:
            if rule.watches(track.camera) and rule.schedule.is_active(track.at) and (cause := rule.on_track(track)):
                self._tell(rule, cause, track.raised, now)

    def _check_places(self, rule: Rule, current: Collection[str], now: float) -> None:
        for node in self._memory.nodes.values():
            if cause := rule.on_node(node, now, self._started):
                self._tell(rule, cause, node.raised, now)
                self._memory.touch_node(node)
        up_to_date = {node.node for node in self._memory.nodes.values() if node.stream in current}
        for camera in self._memory.cameras.values():
            if camera.down_since is not None and camera.node in up_to_date and rule.watches(camera.camera):
                camera.down_since = min(camera.down_since, now)  # the clock may have been put back
                if cause := rule.on_camera(camera, now):
                    self._tell(rule, cause, camera.raised, now)
                    self._memory.touch_camera(camera)

    def _tell(self, rule: Rule, cause: Cause, raised: Raised, now: float) -> None:
        """Raise an alert for a cause, unless that was done, it is too late, or its subject was told of just now.

        A rule that is paused finds causes, and so goes on counting who was there; it tells of none.
        """
        if not rule.settings.enabled:
            return
        sighting = self._memory.subjects.of(rule.name, cause.subject)
        keys = raised.setdefault(rule.name, [])
        if cause.key in keys:
            note_cause(sighting, cause.at, told=False)
            return
        if cause.at < now - self._max_age:
            self._note_late(rule, cause, keys, now)
            return
        keys.append(cause.key)
        is_quiet = is_cooling(sighting, cause.at, rule.settings.cooldown)
        note_cause(sighting, cause.at, told=not is_quiet)
        if not is_quiet:
            self._raise(rule, cause, now)

    def _raise(self, rule: Rule, cause: Cause, now: float) -> None:
        text = make_text(rule.settings.text, rule.name, cause, rule.schedule.zone)
        name = name_of_track((cause.node, cause.epoch, cause.camera, cause.track)) if cause.track is not None else ""
        track = self._memory.tracks.get(name)
        looks = track.looks if track else None
        known_as = {cause.person, looks.person if looks else None} - {None}
        self._store.raise_alert(
            self._terms[rule.name],
            cause,
            text,
            now,
            crop=self._memory.crop(name),
            known_as=sorted(filter(None, known_as)),
        )

    def _note_late(self, rule: Rule, cause: Cause, keys: list[str], now: float) -> None:
        """Count a cause once. Whoever is still there when the events are fresh again is told of then."""
        if (key := f"{LATE}/{cause.key}") not in keys:
            keys.append(key)
            self._memory.late.add(rule.name, cause.at, now)
            self._memory.touch_late()

    def _tell_late(self, now: float) -> None:
        zone = self._rules[0].schedule.zone if self._rules else site_zone()
        if cause := self._memory.late.take(now, zone):
            text = make_text("", LATE, cause, zone)
            self._store.raise_alert(Terms(rule=LATE, kind="late"), cause, text, now, crop=b"", known_as=[])
            log.warning("%s", text)
        self._memory.touch_late()

    def _end_place(self, raised: Raised, now: float) -> None:
        """End the alerts of a camera or node that is back."""
        self._end(raised, now)
        raised.clear()

    def _end(self, raised: Raised, now: float) -> None:
        """End the alerts of a track. What was told of it stays known, so that it is told once."""
        for rule, keys in raised.items():
            for key in keys:
                self._store.end_alert(rule, key, now)

    def _forget_tracks(self, now: float) -> None:
        """Forget tracks that ended too long ago to be told of, and those of which nothing is heard any more."""
        for track in list(self._memory.tracks.values()):
            if abs(now - track.heard) > (self._max_age if track.ended or not track.at else OPEN_SECONDS):
                self._end(track.raised, now)
                self._memory.drop_track(track)


def _moment(wall_time: float, now: float) -> float:
    """When something happened: not in the future, where a node's clock is ahead, and not before 1970."""
    return min(max(wall_time, 1.0), now)


def _terms(rule: Rule) -> Terms:
    return Terms(
        rule=rule.name,
        kind=rule.settings.kind,
        escalate_seconds=rule.settings.escalate_seconds,
        max_level=rule.settings.max_level,
    )
