"""Which sinks a run opens."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.capture.sources import parse_source
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import CameraSettings, EventSettings, Settings
from pipeline.sinks import open as module
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.open import Cameras, open_sinks


@pytest.fixture
def clip(tmp_path: Path) -> str:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"")
    return str(path)


def cameras(location: str) -> Cameras:
    return [(source, CameraSettings(source=location)) for source in parse_source(location)]


def opened(location: str, outputs: Outputs, bind: str = "none") -> list[str]:
    """Names of the sinks' classes; the sinks are closed again."""
    settings = Settings(events=EventSettings(bind=bind))
    sinks = open_sinks(settings, outputs, cameras(location), epoch="e", stop=lambda reason: None)
    for sink in sinks:
        sink.close()
    return [type(sink).__name__ for sink in sinks]


def everything(folder: Path) -> Outputs:
    return Outputs(events=str(folder / "e.jsonl"), report=folder / "r", video="", console=Console(file=io.StringIO()))


def test_a_recording_has_a_report_and_a_progress_bar_and_no_log(
    clip: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "estimate_seconds", lambda source, camera: 1.0)
    names = ["Publisher", "JsonlSink", "ReportSink", "VideoSink", "ProgressSink"]
    assert opened(clip, everything(tmp_path), f"ipc://{tmp_path}/bus") == names


def test_on_live_cameras_report_and_video_are_guarded(tmp_path: Path) -> None:
    names = ["LogSink", "Publisher", "JsonlSink", "SinkGuard", "SinkGuard", "StatusSink"]
    assert opened("rtsp://127.0.0.1:1/x", everything(tmp_path), f"ipc://{tmp_path}/bus") == names


def test_by_default_a_recording_publishes_nothing_and_leaves_nothing(clip: str) -> None:
    assert opened(clip, Outputs(), "auto") == []


def test_a_sink_that_cannot_be_opened_closes_those_before_it(
    clip: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[JsonlSink] = []
    close = JsonlSink.close
    monkeypatch.setattr(JsonlSink, "close", lambda sink: (closed.append(sink), close(sink)))
    with pytest.raises(ValueError, match=r"\.mp4"):
        opened(clip, Outputs(events=str(tmp_path / "e.jsonl"), video="a.txt"))
    assert len(closed) == 1
