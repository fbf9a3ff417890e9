"""Log lines of camera states and names."""

import logging

import pytest

from pipeline.event_factory import EventFactory
from pipeline.events import CameraEvent
from pipeline.sinks.log import LogSink
from pipeline.types import CameraReport, CameraState
from tests.pipeline.sinks.report.samples import make_evidence, track_event


def camera_event(state: CameraState, reason: str) -> CameraEvent:
    report = CameraReport("door", state, 1.0, reason, width=640, height=360)
    return EventFactory("node", "epoch").camera(report, None)


def test_a_candidate_is_logged_as_one_when_its_track_ends(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        LogSink().on_event(track_event("end", 3, 1.0, evidence=make_evidence("candidate")))
        LogSink().on_event(track_event("end", 4, 1.0, evidence=make_evidence("ambiguous")))
    assert [record.getMessage() for record in caplog.records] == ["cam: track 3 ended as candidate: Ada (p 0.0042)"]


def test_only_camera_failures_are_warnings(caplog: pytest.LogCaptureFixture) -> None:
    sink = LogSink()
    with caplog.at_level(logging.INFO):
        sink.on_event(camera_event(CameraState.RECONNECTING, "connection refused"))
        sink.on_event(camera_event(CameraState.LIVE, ""))
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert lines == [
        ("WARNING", "door: reconnecting 640x360 (connection refused); trying again"),
        ("INFO", "door: live 640x360"),
    ]


def test_a_missing_webcam_lists_the_devices_once_until_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    sink = LogSink({"door"}, devices=lambda: {"/dev/video2": "HD Webcam"})
    with caplog.at_level(logging.INFO):
        for state in (CameraState.RECONNECTING, CameraState.RECONNECTING, CameraState.LIVE, CameraState.RECONNECTING):
            sink.on_event(camera_event(state, "no such device"))
    listed = ["video devices found: /dev/video2 (HD Webcam)" in record.getMessage() for record in caplog.records]
    assert listed == [True, False, False, True]
    assert "; trying again" in caplog.records[1].getMessage()
