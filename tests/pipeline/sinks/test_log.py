"""What a node's log says."""

import logging

import pytest

from pipeline.event_factory import EventFactory
from pipeline.events import CameraEvent
from pipeline.sinks.log import LogSink
from pipeline.types import CameraReport, CameraState


def camera_event(state: CameraState, reason: str) -> CameraEvent:
    report = CameraReport("door", state, 1.0, reason, width=640, height=360)
    return EventFactory("node", "epoch").camera(report, None)


def test_a_camera_that_goes_down_is_a_warning_and_one_that_comes_up_is_not(caplog: pytest.LogCaptureFixture) -> None:
    book = LogSink()
    with caplog.at_level(logging.INFO):
        book.on_event(camera_event(CameraState.RECONNECTING, "connection refused"))
        book.on_event(camera_event(CameraState.LIVE, ""))
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert told == [
        ("WARNING", "door: reconnecting 640x360 (connection refused)"),
        ("INFO", "door: live 640x360"),
    ]
