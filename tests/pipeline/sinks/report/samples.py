"""Events, frames and records for the tests of the report, and a short run that writes one."""

import csv
import io
import re
from pathlib import Path

import numpy as np

from detectors.base import Detections
from pipeline.events import (
    CameraEvent,
    CameraHealth,
    Event,
    Evidence,
    HealthEvent,
    IdentityAction,
    IdentityEvent,
    TrackAction,
    TrackEvent,
)
from pipeline.sink import FrameResult
from pipeline.sinks.report.records import TrackRecord
from pipeline.sinks.report.sink import ReportInfo, ReportSink
from pipeline.types import CameraState, Frame, Track


def make_evidence(state: str = "named", person: str | None = "Ada", score: float = 0.71, faces: int = 9) -> Evidence:
    return Evidence(
        state=state,
        person=person,
        score=score,
        threshold=0.55,
        margin=0.12,
        faces=faces,
        effective=4.2,
        median_px=14.0,
        reasons=("9 faces, median 14 px",),
        false_alarm=0.0042,
    )


def track_event(
    action: str, track: int, time: float, *, camera: str = "cam", age: float = 0.0, evidence: Evidence | None = None
) -> TrackEvent:
    return TrackEvent(
        node="n",
        epoch="e",
        camera=camera,
        seq=0,
        wall_time=1000 + time,
        media_time=time,
        action=TrackAction(action),
        track=track,
        box=(10, 10, 24, 24),
        face_px=14.0,
        score=0.9,
        age=age,
        capture_time=None,
        evidence=evidence,
        reason="lost" if action == "end" else "",
    )


def identity_event(track: int, time: float, person: str | None, previous: str | None = None) -> IdentityEvent:
    action = "retracted" if person is None else "renamed" if previous else "named"
    return IdentityEvent(
        node="n",
        epoch="e",
        camera="cam",
        seq=0,
        wall_time=1000 + time,
        media_time=time,
        action=IdentityAction(action),
        track=track,
        person=person,
        previous=previous,
        box=(10, 10, 24, 24),
        face_px=14.0,
        capture_time=None,
        evidence=make_evidence(person=person or "Ada"),
    )


def camera_event(
    state: CameraState = CameraState.ENDED, reason: str = "end of file", *, final: bool = True
) -> CameraEvent:
    return CameraEvent(
        node="n",
        epoch="e",
        camera="cam",
        seq=0,
        wall_time=1009,
        media_time=4.0,
        state=state,
        reason=reason,
        final=final,
        width=64,
        height=48,
    )


def frame_result(index: int, *tracks: int) -> FrameResult:
    image = np.random.default_rng(index).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    image.setflags(write=False)
    seen = tuple(
        Track("cam", track, np.array([10, 10, 24, 24 + track % 8], np.float32), 0.9, None, index / 10)
        for track in tracks
    )
    return FrameResult(Frame("cam", index, index / 10, 1000 + index / 10, 0.0, image), Detections.empty(), seen, {})


def write_report(folder: Path, *events: Event, info: ReportInfo | None = None) -> str:
    """Report a run of ten frames with track 1 in each; return the page."""
    sink = ReportSink(folder, info or ReportInfo("clip.mp4"), clock=lambda: 1_700_000_000.0)
    sink.on_event(track_event("new", 1, 0.0))
    for index in range(10):
        sink.on_frame(frame_result(index, 1))
    for event in events:
        sink.on_event(event)
    sink.close()
    return (folder / "index.html").read_text(encoding="utf-8")


def read_table(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "tracks.csv").read_text(encoding="utf-8-sig"))))


def strip_tags(page: str) -> str:
    body = re.sub(r"<(style|script)[^>]*>.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def track_record(
    track: int, first: float = 0.0, last: float = 1.0, state: str = "unknown", person: str | None = None, px: float = 14
) -> TrackRecord:
    """A track that was seen in one frame."""
    record = TrackRecord("cam", track, first, first, evidence=make_evidence(state, person))
    record.add_frame(last, last, px)
    return record


def beat(cameras: dict[str, CameraHealth], uptime: float = 1.0) -> HealthEvent:
    """A heartbeat of these cameras."""
    return HealthEvent(
        node="n",
        epoch="e",
        camera="",
        seq=0,
        wall_time=0.0,
        uptime=uptime,
        version="v",
        people=1,
        latency_p50=None,
        latency_p99=None,
        cameras=cameras,
        last_seq={},
    )
