"""A camera whose clock is wrong says so in its RTCP sender reports: heartbeat and log tell it, in a whole run."""

import json
import logging
from pathlib import Path

import pytest

from pipeline.build import build
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import CameraSettings, EventSettings, RecognizerSettings, Settings
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.video import numbered, write_clip

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]


def heartbeats(tmp_path: Path, **camera: object) -> list[dict[str, object]]:
    """What heartbeats say of a camera's clock, once it has told a time."""
    clip, told = tmp_path / "clip.mp4", tmp_path / f"events{len(list(tmp_path.iterdir()))}.jsonl"
    write_clip(clip, numbered(24), fps=24)
    with rtsp_server({"cam": clip}, **camera) as server:
        settings = Settings(
            cameras=(CameraSettings(source=server.url("cam"), name="door"),),
            recognizer=RecognizerSettings(model=""),
            events=EventSettings(bind="none", heartbeat_seconds=0.2),
        )
        job = build(settings, Outputs(events=str(told)))
        job.run(duration=6.0)
    events = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    beats = [event for event in events if event["kind"] == "health"]
    assert all(event["time"].endswith("+00:00") for event in events)
    return beats


@pytest.mark.parametrize("ahead", [-3600.0, 5.0])
def test_a_clock_that_is_off_is_in_the_heartbeat_and_once_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, ahead: float
) -> None:
    with caplog.at_level(logging.INFO):
        beats = heartbeats(tmp_path, camera_clock=ahead)
    offsets = [beat["cameras"]["door"]["clock_offset"] for beat in beats]  # type: ignore[index]
    known = [offset for offset in offsets if offset is not None]
    assert known
    assert abs(known[-1] - ahead) < 2.0
    said = [record for record in caplog.records if "its clock is" in record.getMessage()]
    assert [getattr(record, "camera", "") for record in said] == ["door"]
    assert ("behind" if ahead < 0 else "ahead") in said[0].getMessage()


def test_a_clock_that_is_right_and_one_that_is_not_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        right = heartbeats(tmp_path)
        untold = heartbeats(tmp_path, reports=False)
    offset = right[-1]["cameras"]["door"]["clock_offset"]  # type: ignore[index]
    assert offset is not None
    assert -2.0 < offset <= 0.05
    assert {beat["cameras"]["door"]["clock_offset"] for beat in untold} == {None}  # type: ignore[index]
    assert [record for record in caplog.records if "door: its clock is" in record.getMessage()] == []
