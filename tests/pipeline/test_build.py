"""A whole run, put together."""

from pathlib import Path

import cv2
import numpy as np

from pipeline.build import build
from pipeline.scan.live_schedule import LiveSchedule
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import (
    CameraSettings,
    DetectorSettings,
    EventSettings,
    RecognizerSettings,
    ScheduleSettings,
    Settings,
)


def test_live_cameras_share_an_allowance_and_threads_and_recordings_have_neither(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    recording = CameraSettings(source=str(tmp_path / "a.png"), name="file")
    live = [CameraSettings(source=f"rtsp://127.0.0.1:9/{name}", name=name) for name in ("door", "yard")]
    settings = Settings(
        cameras=(recording, *live),
        detector=DetectorSettings(workers=8),
        recognizer=RecognizerSettings(model=""),
        schedule=ScheduleSettings(scan_seconds=1.0),
        events=EventSettings(bind="none"),
    )
    job = build(settings, Outputs())
    with job.resources:
        finder = job.engine._find_faces.__self__  # type: ignore[attr-defined]
        schedules = finder._schedules
        assert len(finder._detects) == 2
    assert not isinstance(schedules["file"], LiveSchedule)
    assert schedules["door"]._allowance is schedules["yard"]._allowance
