"""What is counted of tracks and cameras."""

import pytest

from pipeline.sinks.report.records import CameraRecord, NameChange, ReportData, TrackRecord
from pipeline.types import CameraState
from tests.pipeline.sinks.report.samples import camera_event, frame_result, track_record


def test_face_sizes_are_counted_in_bounded_memory() -> None:
    made = TrackRecord("cam", 1, 0.0, 0.0)
    for index, size in enumerate([10.04, 12.0, 30.0, 11.0] * 100):
        made.add_frame(index / 25, 0.0, size)
    assert (made.frames, made.max_px, made.median_px, len(made.size_counts)) == (400, 30.0, 11.0, 4)
    assert TrackRecord("cam", 1, 0.0, 0.0).median_px == 0.0


def test_the_final_name_counts_only_while_it_holds() -> None:
    record = track_record(1, state="named", person="Bob")
    record.changes = [NameChange(1.0, "Ada", None, 0.7), NameChange(2.0, "Bob", "Ada", 0.7)]
    assert record.named_at == 2.0
    undecided = track_record(1, state="candidate", person="Bob")
    undecided.changes = [*record.changes, NameChange(3.0, None, "Bob", 0.2)]
    assert undecided.named_at is None


def test_a_camera_counts_frames_and_interruptions() -> None:
    record = CameraRecord("cam")
    for index in (3, 7, 5):
        record.add_frame(frame_result(index).frame)
    for state in (CameraState.STALLED, CameraState.LIVE, CameraState.RECONNECTING):
        record.add_event(camera_event(state, "", final=False))
    assert (record.frames, record.width, record.height, record.interruptions) == (3, 64, 48, 2)
    assert (record.first, record.last, record.seconds) == pytest.approx((0.3, 0.7, 0.4))


@pytest.mark.parametrize(
    ("state", "reason", "live", "expected"),
    [
        (CameraState.ENDED, "end of file", False, ""),
        (CameraState.ENDED, "stopped", False, "stopped"),
        (CameraState.ENDED, "stopped", True, ""),
        (CameraState.FAILED, "wrong password", True, "wrong password"),
        (CameraState.FAILED, "", False, "failed"),
    ],
)
def test_why_a_camera_is_incomplete(state: CameraState, reason: str, live: bool, expected: str) -> None:
    record = CameraRecord("cam")
    assert "last state: connecting" in record.why_incomplete(live=live)
    record.add_event(camera_event(state, reason))
    assert record.why_incomplete(live=live) == expected


def test_a_running_report_has_one_warning() -> None:
    report = ReportData("t", "", {}, False, True, (0.0, 1.0), [], [CameraRecord("cam")])
    assert report.warnings == ["The run was still in progress when this page was written."]
