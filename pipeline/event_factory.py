"""Makes every event: the envelope with its sequence number, the rounding, and the fields of each kind."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pipeline.events import (
    CameraEvent,
    CameraHealth,
    Evidence,
    GalleryHealth,
    HealthEvent,
    IdentityAction,
    IdentityEvent,
    Message,
    NodeClock,
    NodeLoad,
    SampleEvent,
    SelfCheckHealth,
    TrackAction,
    TrackEvent,
    topic_of,
)
from pipeline.tracks.track import TrackState
from pipeline.types import CameraReport
from pipeline.version import VERSION
from recognizer.base import Decision

E = TypeVar("E", bound=Message)


@dataclass
class EventFactory:
    """One per process, used by the engine's thread only: it counts the events of each kind and camera."""

    node: str
    epoch: str
    _next: Counter[str] = field(default_factory=Counter)

    def track(self, track: TrackState, action: TrackAction, wall_time: float, *, reason: str = "") -> TrackEvent:
        """A track is new, goes on or ends. wall_time: Unix seconds of the frame that shows it."""
        score, age = round(track.snapshot.score, 4), round(track.snapshot.age, 3)
        fields = _shared_fields(track)
        return self._make(
            TrackEvent, track.camera, wall_time, action=action, score=score, age=age, reason=reason, **fields
        )

    def identity(self, track: TrackState, name: str | None) -> IdentityEvent:
        """A track's published name becomes `name`; None retracts it."""
        return self._make(
            IdentityEvent,
            track.camera,
            track.frame.wall_time,
            action=_identity_action(track.published_name, name),
            person=name,
            previous=track.published_name,
            **_shared_fields(track),
        )

    def sample(
        self, track: TrackState, wall_time: float, *, model_id: str, crop: bytes, crop_px: float, final: bool
    ) -> SampleEvent:
        """What a track looks like so far. crop: JPEG. Raises ValueError for a track without a pooled crop."""
        evidence = track.evidence
        agreement = evidence.agreement
        return self._make(
            SampleEvent,
            track.camera,
            wall_time,
            media_time=round(track.frame.media_time, 4),
            track=track.id,
            final=final,
            model_id=model_id,
            template=evidence.template().astype("<f2").tobytes(),
            looks=round(evidence.looks, 3),
            effective=round(evidence.effective, 2),
            weight=round(evidence.weight, 4),
            pooled_px=round(evidence.pooled_px, 1),
            crop=crop,
            crop_px=round(crop_px, 1),
            evidence=None if track.decision is None else _evidence(track.decision),
            agreement=None if agreement is None else round(agreement, 4),
        )

    def camera(self, report: CameraReport, media_time: float | None) -> CameraEvent:
        """A source changed its state. media_time: of its last frame, None before the first."""
        return self._make(
            CameraEvent,
            report.camera,
            report.wall_time,
            media_time=None if media_time is None else round(media_time, 4),
            state=report.state,
            reason=report.reason,
            final=report.final,
            width=report.width,
            height=report.height,
        )

    def health(
        self,
        wall_time: float,
        cameras: Mapping[str, CameraHealth],
        *,
        uptime: float,
        people: int,
        latency: tuple[float | None, float | None],
        load: NodeLoad | None = None,
        gallery: GalleryHealth | None = None,
        clock: NodeClock | None = None,
        selfcheck: SelfCheckHealth | None = None,
    ) -> HealthEvent:
        """The heartbeat. uptime: seconds. latency: median and 99th percentile, seconds; None without a frame."""
        return self._make(
            HealthEvent,
            "",
            wall_time,
            uptime=round(uptime, 3),
            version=VERSION,
            people=people,
            latency_p50=latency[0],
            latency_p99=latency[1],
            cameras=dict(cameras),
            last_seq=self._last_seq(),
            load=load,
            gallery=gallery,
            clock=clock,
            selfcheck=selfcheck,
        )

    def _make(self, kind: type[E], camera: str, wall_time: float, **fields: Any) -> E:
        """Fill in the envelope and count the event; `camera` is "" for an event of the node itself."""
        key = topic_of(str(kind.__struct_config__.tag), camera or self.node)
        seq = self._next[key]
        self._next[key] += 1
        return kind(node=self.node, epoch=self.epoch, camera=camera, seq=seq, wall_time=round(wall_time, 6), **fields)

    def _last_seq(self) -> dict[str, int]:
        """The last sequence number given out, per topic."""
        return {key: count - 1 for key, count in sorted(self._next.items())}


def _shared_fields(track: TrackState) -> dict[str, Any]:
    """The fields that track and identity events share: when, where, how large, and the evidence."""
    x1, y1, x2, y2 = (round(float(value), 1) for value in track.snapshot.box)
    capture = track.frame.capture_time
    return {
        "media_time": round(track.frame.media_time, 4),
        "track": track.id,
        "box": (x1, y1, x2, y2),
        "face_px": round(track.snapshot.face_px, 1),
        "capture_time": None if capture is None else round(capture, 6),
        "evidence": None if track.decision is None else _evidence(track.decision),
        "zones": track.zones,
    }


def _evidence(decision: Decision) -> Evidence:
    return Evidence(
        state=decision.state.value,
        person=decision.person,
        score=round(decision.score, 4),
        threshold=round(decision.threshold, 4),
        margin=round(decision.margin, 4),
        faces=decision.faces,
        effective=round(decision.effective, 2),
        median_px=round(decision.median_px, 1),
        reasons=decision.reasons,
        false_alarm=float(f"{decision.false_alarm:.3g}"),
        warnings=decision.warnings,
    )


def _identity_action(previous: str | None, name: str | None) -> IdentityAction:
    if previous is None:
        return IdentityAction.NAMED
    return IdentityAction.RETRACTED if name is None else IdentityAction.RENAMED
