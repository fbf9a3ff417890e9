"""Progress: figures, a bar on a terminal only, nothing on standard output."""

import io
import logging
import sys

import numpy as np
import pytest
from rich.console import Console

from detectors.base import Detections
from pipeline.events import Evidence, IdentityAction, IdentityEvent, TrackAction, TrackEvent
from pipeline.sink import FrameResult
from pipeline.sinks.progress import LOG_SECONDS, ProgressSink, format_duration
from pipeline.types import Frame

IMAGE = np.zeros((2, 2, 3), np.uint8)
COMMON = {"node": "n", "epoch": "e", "camera": "a", "seq": 0, "wall_time": 0.0, "box": (0.0, 0.0, 1.0, 1.0)}
FACTS = {"face_px": 1.0, "capture_time": None, "media_time": 0.0}


def view(camera: str, index: int, time: float) -> FrameResult:
    return FrameResult(Frame(camera, index, time, 0.0, 0.0, IMAGE), Detections.empty(), (), {})


def new_track(track: int) -> TrackEvent:
    return TrackEvent(**COMMON, **FACTS, action=TrackAction.NEW, track=track, score=0.9, age=0.0, evidence=None)


def identity(track: int, action: IdentityAction) -> IdentityEvent:
    evidence = Evidence(
        state="named", person="A", score=1, threshold=0, margin=1, faces=1, effective=1, median_px=9, reasons=()
    )
    return IdentityEvent(**COMMON, **FACTS, action=action, track=track, person="A", previous=None, evidence=evidence)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def sink(clock: Clock, totals: dict[str, float | None], *, terminal: bool = False) -> tuple[ProgressSink, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=160)
    return ProgressSink(totals, console=console, clock=clock), out


def test_the_summary_shows_all_figures() -> None:
    clock = Clock()
    progress, _ = sink(clock, {"a": 100.0, "b": 100.0})
    for index in range(101):
        progress.on_frame(view("a", index, 5.0 + index / 10))
        progress.on_frame(view("b", index, index / 10))
    for event in (new_track(1), new_track(2), identity(1, IdentityAction.NAMED), identity(2, IdentityAction.NAMED)):
        progress.on_event(event)
    progress.on_event(identity(2, IdentityAction.RETRACTED))
    clock.now += 5
    assert progress.summary(clock.now) == "202 frames, 40 fps, 4.0x real time, 2 tracks, 1 named, 0:45 left"


def test_a_fast_replay_does_not_affect_later_speed() -> None:
    clock = Clock()
    progress, _ = sink(clock, {"a": 10_000.0})
    for index in range(1000):
        clock.now += 0.001
        progress.on_frame(view("a", index, float(index)))
    progress.measure_speed(clock.now)
    for index in range(1000, 1120):
        clock.now += 1.0
        progress.on_frame(view("a", index, float(index)))
        progress.measure_speed(clock.now)
    speed = progress.measure_speed(clock.now)
    assert speed.realtime_factor == pytest.approx(1.0, abs=0.1)


def test_without_a_known_length_no_time_left_is_shown() -> None:
    clock = Clock()
    progress, _ = sink(clock, {"a": 10.0, "b": None})
    progress.on_frame(view("a", 0, 0.0))
    progress.on_frame(view("a", 1, 1.0))
    clock.now += 1
    assert "left" not in progress.summary(clock.now)
    assert progress.total_seconds is None


def test_a_run_without_frames() -> None:
    clock = Clock()
    progress, _ = sink(clock, {})
    assert progress.summary(clock.now) == "0 frames, 0 tracks, 0 named"
    progress.close()


def test_media_time_that_jumps_back_is_ignored() -> None:
    clock = Clock()
    progress, _ = sink(clock, {"a": 10.0})
    for time in (0.0, 4.0, 1.0):
        progress.on_frame(view("a", 0, time))
    clock.now += 1
    assert progress.measure_speed(clock.now).realtime_factor == pytest.approx(4.0)


def test_log_lines_without_a_terminal(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    progress, out = sink(clock, {"a": 100.0})
    with caplog.at_level(logging.INFO):
        for index in range(5):
            progress.on_frame(view("a", index, index * 25.0))
            clock.now += LOG_SECONDS / 2
        progress.close()
        progress.close()
    assert [record.message.split(":")[0].split(",")[0] for record in caplog.records] == ["50%", "100%", "5 frames"]
    assert out.getvalue() == ""
    assert capsys.readouterr().out == ""


def test_a_bar_on_a_terminal() -> None:
    clock = Clock()
    progress, out = sink(clock, {"a": 100.0}, terminal=True)
    for index in range(5):
        clock.now += 1
        progress.on_frame(view("a", index, index * 12.5))
    progress.close()
    assert "50%" in out.getvalue()
    assert "5 frames" in out.getvalue()


def test_a_bar_ends_at_100_percent_once_the_last_frame_is_seen() -> None:
    clock = Clock()
    progress, out = sink(clock, {"a": 2.0, "b": 2.0}, terminal=True)
    for index in range(20):
        for camera in ("a", "b"):
            progress.on_frame(view(camera, index, index / 10))
    progress.close()
    assert "100%" in out.getvalue()


def test_a_notebook_gets_one_line_that_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    class Display:
        """Stands for IPython.display: what it shows, and the handle that replaces it."""

        def display(self, data: dict[str, str], *, raw: bool, display_id: bool) -> "Display":
            assert raw
            assert display_id
            shown.append(data["text/plain"])
            return self

        def update(self, data: dict[str, str], *, raw: bool) -> None:
            shown.append(data["text/plain"])

    monkeypatch.setitem(sys.modules, "IPython.display", Display())  # type: ignore[arg-type]
    sink = ProgressSink({"a": 10.0}, console=Console(force_jupyter=True), clock=lambda: 0.0)
    sink.on_frame(view("a", 0, 0.0))
    sink.on_frame(view("a", 1, 5.0))
    sink.close()
    assert shown[0] == "starting"
    assert shown[-1].startswith(" 50%  2 frames")


def test_standard_output_is_never_used(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    progress = ProgressSink({"a": 1.0}, clock=clock)
    progress.on_frame(view("a", 0, 0.0))
    clock.now += 60
    progress.on_frame(view("a", 1, 1.0))
    progress.close()
    assert capsys.readouterr().out == ""


def test_durations() -> None:
    assert [format_duration(seconds) for seconds in (0, 59.6, 61, 3723)] == ["0:00", "1:00", "1:01", "1:02:03"]
