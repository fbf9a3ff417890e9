"""The line that says how live cameras fare."""

import io
import logging

import pytest
from rich.console import Console

from pipeline.events import CameraHealth, HealthEvent
from pipeline.sinks.notebook_line import NotebookLine
from pipeline.sinks.status import LOG_SECONDS, StatusSink
from pipeline.types import CameraState
from tests.pipeline.sinks.report.samples import beat, identity_event, track_event


def health(uptime: float, frames: int, *, state: CameraState = CameraState.LIVE) -> HealthEvent:
    cameras = {
        "door": CameraHealth(state=CameraState.LIVE, frames=frames, dropped=3, tracks=2, frame_age=0.12),
        "hall": CameraHealth(state=state, frames=0, dropped=0, tracks=0, frame_age=None),
    }
    return beat(cameras, uptime)


def test_a_log_gets_a_line_every_half_minute(caplog: pytest.LogCaptureFixture) -> None:
    sink = StatusSink(Console(file=io.StringIO()))
    sink.on_event(identity_event(1, 0.5, "Ada"))
    with caplog.at_level(logging.INFO):
        for second in range(1, 2 * int(LOG_SECONDS) + 1):
            sink.on_event(health(float(second), 10 * second, state=CameraState.RECONNECTING))
    line = "1 of 2 cameras live, 10 fps, 3 dropped, newest frame 0.1 s old, 2 tracks, 1 named (Ada)"
    assert [record.getMessage() for record in caplog.records] == [line, line]
    sink.close()


def test_a_terminal_gets_one_line_that_is_redrawn_and_taken_away() -> None:
    out = io.StringIO()
    sink = StatusSink(Console(file=out, force_terminal=True, width=120))
    sink.on_event(health(1.0, 25))
    sink.on_event(health(2.0, 40))
    assert "25 fps" in out.getvalue()
    assert "2 of 2 cameras live, 15 fps" in out.getvalue()
    sink.close()
    sink.close()
    assert out.getvalue().endswith("\x1b[2K")


def test_who_has_left_or_lost_the_name_is_not_counted(caplog: pytest.LogCaptureFixture) -> None:
    sink = StatusSink(Console(file=io.StringIO()))
    for event in (identity_event(1, 0.5, "Ada"), identity_event(2, 0.5, "Bob"), track_event("end", 1, 1.0)):
        sink.on_event(event)
    sink.on_event(identity_event(2, 0.6, None, "Bob"))
    with caplog.at_level(logging.INFO):
        sink.on_event(health(LOG_SECONDS, 1))
    assert caplog.records[0].getMessage().endswith("0 named")


def test_recordings_beside_cameras_are_no_cameras(caplog: pytest.LogCaptureFixture) -> None:
    sink = StatusSink(Console(file=io.StringIO()), recordings=frozenset({"hall"}))
    with caplog.at_level(logging.INFO):
        sink.on_event(health(LOG_SECONDS, 1))
    assert caplog.records[0].getMessage().startswith("1 of 1 camera live")


def test_a_notebook_gets_one_line_that_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(NotebookLine, "__init__", lambda self: None)
    monkeypatch.setattr(NotebookLine, "show", lambda self, text: shown.append(text))
    sink = StatusSink(Console(force_jupyter=True))
    sink.on_event(health(1.0, 25))
    sink.close()
    assert shown[0].startswith("2 of 2 cameras live, 25 fps")
