"""The state and tracks of one camera, and the events that report their changes."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from detectors.arrays import Float32
from detectors.base import Detections
from pipeline.event_factory import EventFactory
from pipeline.events import CameraEvent, Event, TrackAction
from pipeline.scan.roi import points_watched, zones_at
from pipeline.settings.types import CameraSettings, TrackingSettings
from pipeline.tracks.conflicts import resolve_conflicts
from pipeline.tracks.crops import Crop
from pipeline.tracks.flat.flatness import Flatness, with_warnings
from pipeline.tracks.matcher import Matcher
from pipeline.tracks.samples import SampleRule, encode_crop
from pipeline.tracks.static_things import READ_RARELY, STRICTER, StaticThings
from pipeline.tracks.track import TrackState
from pipeline.tracks.tracker import Tracker
from pipeline.types import CameraReport, CameraState, Frame, Track


class CameraTracks:
    """Owns one camera's tracks: nothing else changes a TrackState. For the engine's thread only.

    visible: tracks seen in the newest frame, in order of their ids; `faces` are those of them that are faces.
    """

    def __init__(
        self,
        settings: CameraSettings,
        tracker: Tracker,
        events: EventFactory,
        *,
        update_seconds: float,
        min_likeness: float = 0.0,
        min_score: float = 0.0,
        samples: SampleRule | None = None,
        flat_warning: bool = False,
    ) -> None:
        """min_likeness and min_score: of looks that count for a face (`Acceptance.look`); 0: every track is a face.

        samples: which tracks' templates and crops are published; None: none, and no crop is kept.
        flat_warning: whether decisions on new tracks warn of photographs.
        """
        self.settings = settings
        self.state = CameraState.CONNECTING
        self.reason = ""
        self.last_frame: Frame | None = None
        self.tracks: dict[int, TrackState] = {}
        self.visible: list[TrackState] = []
        self._lost: list[TrackState] = []
        self._frame_size = (0, 0)
        self._tracker = tracker
        self._events = events
        self._update_seconds = update_seconds
        self._min_likeness, self._min_score = min_likeness, min_score
        self._things = StaticThings()
        self._samples = samples
        self._flat_warning = flat_warning

    def configure(
        self,
        camera: CameraSettings,
        tracking: TrackingSettings,
        *,
        update_seconds: float,
        min_likeness: float,
        min_score: float,
        flat_warning: bool,
    ) -> None:
        """Take up other settings, between two frames; tracks go on."""
        self.settings = camera
        self._tracker.configure(tracking)
        self._update_seconds = update_seconds
        self._min_likeness, self._min_score = min_likeness, min_score
        self._flat_warning = flat_warning

    def reopen(self) -> None:
        """Begin again after `close`: numbers of tracks go on, since none is used twice in a run."""
        self.state, self.reason = CameraState.CONNECTING, ""
        self._frame_size = (0, 0)
        self._things.clear()

    @property
    def faces(self) -> list[TrackState]:
        """The visible tracks that are faces; nothing is published of the others."""
        return [track for track in self.visible if self._is_face(track)]

    def _is_face(self, track: TrackState) -> bool:
        return track.is_face or not self._min_likeness

    def follow(self, frame: Frame, found: Detections) -> None:
        """Match one frame's faces to tracks."""
        self.last_frame = frame.without_pixels()
        result = self._tracker.follow(self._relevant(found, frame), frame.media_time)
        self.visible = [self._see(track, self.last_frame) for track in result.seen]
        self._note_zones(*frame.size)
        self._lost = [self.tracks.pop(number) for number in result.ended]

    def defer_crop(self, track: TrackState, interval: float) -> None:
        """A crop of this track has been chosen; the next one is due `interval` seconds later."""
        time = track.frame.media_time
        rarely = not self._is_face(track) and self._things.knows(track.snapshot.box, time)
        track.usual_crop = time + interval
        track.next_crop = time + interval * (READ_RARELY if rarely else 1)

    def add_vector(self, crop: Crop, vector: Float32, matcher: Matcher, *, length: float = math.nan) -> None:
        """Pool one crop's vector, float32 (D,), by its weight and length, and decide again. Evidence does not take a
        zero vector.

        length: of its feature, NaN where the recogniser gives none.
        """
        track = crop.track
        face_px, time = crop.face_px, track.frame.media_time
        weight = crop.weight * matcher.length_weight(length, face_px)
        self._judge(crop, matcher.face_likeness(length, face_px))
        if track.flat:
            track.flat.look(crop.chip, crop.surroundings, face_px=face_px, box=track.snapshot.box)
        if track.evidence.add(vector, weight=weight, face_px=face_px, time=time):
            track.decision = with_warnings(matcher.decide(track.evidence, track.decision), track.flat)
            if self._samples:
                self._samples.keep(track, crop.chip, weight=weight, face_px=face_px, time=time)

    def _judge(self, crop: Crop, likeness: float) -> None:
        """See whether a track is a face; learn the place of one that stands still and is none."""
        track = crop.track
        box, time = track.snapshot.box, track.frame.media_time
        stricter = STRICTER if self._things.knows(box, time) else 1.0
        least = self._min_likeness * stricter
        track.acceptance.look(track.snapshot, likeness, min_likeness=least, min_score=self._min_score)
        track.stay.readings += 1
        if not self._is_face(track) and track.stay.is_long(time):
            self._things.learn(box, time)

    def frame_events(self) -> Iterator[Event]:
        """What the newest frame changed, once its crops have been compared."""
        faces = self.faces
        for number, decision in resolve_conflicts(faces).items():
            self.tracks[number].decision = decision
        for track in faces:
            yield from self._track_news(track)
            yield from self._identity_news(track)
        yield from self._better_sample(faces)
        yield from self._end_lost()

    def on_report(self, report: CameraReport) -> Iterator[Event]:
        """What a change of the source's state means: a broken stream or a new frame size ends all tracks."""
        if reason := self._break_reason(report):
            yield from self._end_all(reason)
        yield self._note(report)

    def close(self, reason: str, wall_time: float) -> Iterator[Event]:
        """End all tracks, and the camera where the source has not ended by itself."""
        yield from self._end_all(reason)
        if self.state not in (CameraState.ENDED, CameraState.FAILED):
            trouble = self.reason
            yield self._note(CameraReport(self.settings.name, CameraState.ENDED, wall_time, reason, final=True))
            self.reason = trouble or reason  # the camera's own error is more useful than "time is up"

    def _see(self, snapshot: Track, moment: Frame) -> TrackState:
        """Note a track's newest snapshot."""
        if (track := self.tracks.get(snapshot.id)) is None:
            flat = Flatness() if self._flat_warning else None
            track = self.tracks[snapshot.id] = TrackState(snapshot, moment, flat=flat)
        track.snapshot, track.frame = snapshot, moment
        if track.stay.move(snapshot.box, moment.media_time):
            track.next_crop = min(track.next_crop, track.usual_crop)
        return track

    def _note_zones(self, width: int, height: int) -> None:
        """Note in which zones the visible tracks are, of a frame of this size."""
        for track in self.visible:
            box = track.snapshot.box
            track.zones = zones_at(0.5 * (box[:2] + box[2:]), self.settings.zones, width=width, height=height)

    def _relevant(self, found: Detections, frame: Frame) -> Detections:
        """Faces that are large enough, with their centre inside the region of interest and outside of masks."""
        width, height = frame.size
        centres = 0.5 * (found.boxes[:, :2] + found.boxes[:, 2:])
        large = found.boxes[:, 3] - found.boxes[:, 1] >= self.settings.min_face_px
        return found[np.asarray(large & points_watched(centres, self.settings, width=width, height=height))]

    def _track_news(self, track: TrackState) -> Iterator[Event]:
        """The track is new, or its next update is due."""
        if track.published and track.frame.media_time < track.next_update:
            return
        action = TrackAction.UPDATE if track.published else TrackAction.NEW
        track.published = True
        track.next_update = track.frame.media_time + self._update_seconds
        yield self._events.track(track, action, track.frame.wall_time)

    def _identity_news(self, track: TrackState) -> Iterator[Event]:
        """The track's name has changed."""
        name = track.name
        if name != track.published_name:
            yield self._events.identity(track, name)
            track.published_name = name

    def _break_reason(self, report: CameraReport) -> str:
        """Why this report ends all tracks; empty where it does not."""
        before, size = self._frame_size, (report.width, report.height)
        self._frame_size = size if all(size) else before
        if self._frame_size != before:
            self._things.clear()
        if report.state not in (CameraState.LIVE, CameraState.CONNECTING):
            return f"stream {report.state.value}"
        return "resolution changed" if all(before) and self._frame_size != before else ""

    def _end_all(self, reason: str) -> Iterator[Event]:
        self._tracker.finish()
        yield from self._end_lost()  # where a step broke off before it told them
        ended, self.tracks, self.visible = list(self.tracks.values()), {}, []
        for track in ended:
            if track.published:
                yield from self._end(track, reason)

    def _end_lost(self) -> Iterator[Event]:
        """End the tracks that no box continues any more, each once, even if whoever takes the events fails at one."""
        while self._lost:
            track = self._lost.pop(0)
            if track.published:
                yield from self._end(track, "lost")

    def _end(self, track: TrackState, reason: str) -> Iterator[Event]:
        """The end happens now, at the newest frame, and not when the track was last seen."""
        wall_time = (self.last_frame or track.frame).wall_time
        end = self._events.track(track, TrackAction.END, wall_time, reason=reason)
        if self._samples and self._samples.takes(track):
            yield self._sample(track, self._samples, wall_time, final=True)
        yield end

    def _better_sample(self, faces: Sequence[TrackState]) -> Iterator[Event]:
        """A sample of the first track whose template is clearly better; the others follow with the next frames."""
        rule = self._samples
        track = next((track for track in faces if rule and rule.is_due(track, track.frame.media_time)), None)
        if rule and track:
            yield self._sample(track, rule, track.frame.wall_time, final=False)

    def _sample(self, track: TrackState, rule: SampleRule, wall_time: float, *, final: bool) -> Event:
        best = track.sample
        assert best.chip is not None
        rule.note_sent(track, track.frame.media_time)
        crop = encode_crop(best.chip)
        return self._events.sample(
            track, wall_time, model_id=rule.model_id, crop=crop, crop_px=best.chip_px, final=final
        )

    def _note(self, report: CameraReport) -> CameraEvent:
        self.state, self.reason = report.state, report.reason
        return self._events.camera(report, self.last_frame.media_time if self.last_frame else None)
