"""A report folder: complete at any time, the same bytes for the same run, nothing of earlier runs."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.events import Event, decode
from pipeline.sink import FrameResult
from pipeline.sinks.report.records import ReportData
from pipeline.sinks.report.sink import REFRESH_SECONDS, ReportInfo, ReportSink
from pipeline.types import CameraState, Track
from tests.pipeline.sinks.report.samples import (
    camera_event,
    frame_result,
    identity_event,
    make_evidence,
    read_table,
    strip_tags,
    track_event,
    write_report,
)


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([], "cam: the run ended before the camera did (last state: connecting)"),
        (
            [camera_event(CameraState.LIVE, "", final=False)],
            "cam: the run ended before the camera did (last state: live)",
        ),
        ([camera_event(CameraState.FAILED, "no such file")], "cam: no such file"),
        ([camera_event(CameraState.ENDED, "interrupted by SIGINT")], "cam: interrupted by SIGINT"),
        ([camera_event(CameraState.ENDED, "reading broke off at 3.0 s: bad data")], "cam: reading broke off at 3.0 s"),
    ],
)
def test_an_interrupted_run_says_it_is_partial(tmp_path: Path, events: list[Event], why: str) -> None:
    text = strip_tags(write_report(tmp_path, *events))
    assert "Partial report" in text
    assert why in text
    assert read_table(tmp_path)[0]["crop"] == "faces/cam-1.jpg"


def test_a_live_camera_may_be_stopped_at_any_time(tmp_path: Path) -> None:
    live = ReportInfo("gate", live=True)
    assert "Partial" not in write_report(tmp_path, camera_event(reason="interrupted by SIGINT"), info=live)
    assert "Partial" in write_report(tmp_path, camera_event(CameraState.FAILED, "wrong password"), info=live)


def test_a_killed_run_leaves_a_page_that_says_so(tmp_path: Path) -> None:
    write_report(tmp_path, track_event("end", 1, 0.9, evidence=make_evidence()), camera_event())
    killed = ReportSink(tmp_path, ReportInfo("second run"))
    text = strip_tags((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "second run" in text
    assert "Unfinished" in text
    assert "Ada" not in text
    assert list((tmp_path / "faces").iterdir()) == []
    assert (tmp_path / "events.jsonl").read_bytes() == b""
    killed.close()


def test_the_page_is_rewritten_once_a_minute(tmp_path: Path) -> None:
    now = [0.0]
    sink = ReportSink(tmp_path, ReportInfo("clip"), ticks=lambda: now[0])
    sink.on_event(track_event("new", 1, 0.0))
    sink.on_frame(frame_result(0, 1))
    assert read_table(tmp_path) == []
    now[0] = REFRESH_SECONDS
    sink.on_frame(frame_result(1, 1))
    assert [row["frames"] for row in read_table(tmp_path)] == ["2"]
    assert "Unfinished" in (tmp_path / "index.html").read_text(encoding="utf-8")
    sink.close()


def test_slow_pages_are_written_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, written = [0.0], []

    def slow(report: ReportData, faces: Path) -> bytes:
        now[0] += 5
        written.append(now[0])
        return b""

    monkeypatch.setattr("pipeline.sinks.report.sink.render", slow)
    sink = ReportSink(tmp_path, ReportInfo("crowd"), ticks=lambda: now[0])
    for minute in range(1, 21):
        now[0] = minute * 60.0
        sink.on_frame(frame_result(minute))
    assert written == [5, 545, 1085]
    sink.close()


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_report(
            tmp_path / name,
            identity_event(1, 0.4, "Ada"),
            track_event("end", 1, 0.9, evidence=make_evidence()),
            camera_event(),
        )
    for file in ("index.html", "tracks.csv", "events.jsonl", "faces/cam-1.jpg"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_no_unfinished_files_are_left(tmp_path: Path) -> None:
    write_report(tmp_path, track_event("end", 1, 0.9), camera_event())
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "cam-1.jpg",
        "events.jsonl",
        "faces",
        "index.html",
        "tracks.csv",
    ]


def test_an_empty_run(tmp_path: Path) -> None:
    ReportSink(tmp_path, ReportInfo("nothing")).close()
    text = strip_tags((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "The run ended before any camera reported" in text
    assert "No camera has reported yet" in text
    assert "No face was tracked" in text
    assert read_table(tmp_path) == []


def test_a_crowd_with_boxes_that_have_no_pixels(tmp_path: Path) -> None:
    sink = ReportSink(tmp_path, ReportInfo("crowd"), clock=lambda: 0.0)
    sink.on_frame(frame_result(0, *range(1, 101)))
    odd = Track("cam", 101, np.array([np.nan, 0, 5, 5], np.float32), 0.9, None, 0.0)
    outside = Track("cam", 102, np.array([-90, -90, -10, -10], np.float32), 0.9, None, 0.0)
    base = frame_result(1)
    sink.on_frame(FrameResult(base.frame, base.detections, (odd, outside), {}))
    sink.close()
    rows = read_table(tmp_path)
    assert len(rows) == 102
    assert [row["crop"] for row in rows if row["track"] in ("101", "102")] == ["", ""]


def test_only_events_of_this_run_are_kept(tmp_path: Path) -> None:
    ended = track_event("end", 1, 0.9, evidence=make_evidence())
    for _ in range(2):
        write_report(tmp_path, ended, camera_event())
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines()
    assert [decode(line) for line in lines] == [track_event("new", 1, 0.0), ended, camera_event()]


def test_other_images_in_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "holiday.jpg").write_bytes(b"x")
    (tmp_path / "faces" / "beach-1.jpg").write_bytes(b"x")
    ReportSink(tmp_path, ReportInfo("clip")).close()
    assert (tmp_path / "faces" / "holiday.jpg").is_file()
    assert (tmp_path / "faces" / "beach-1.jpg").is_file(), "no earlier report was here"
    ReportSink(tmp_path, ReportInfo("clip")).close()
    assert (tmp_path / "faces" / "holiday.jpg").is_file()
    assert not (tmp_path / "faces" / "beach-1.jpg").exists()


def test_what_an_earlier_run_left_is_gone(tmp_path: Path) -> None:
    ReportSink(tmp_path, ReportInfo("clip")).close()
    for name in ("annotated.mp4", "annotated-door.mp4", "annotated-2.part.mp4", "other.mp4"):
        (tmp_path / name).touch()
    ReportSink(tmp_path, ReportInfo("clip")).close()
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["other.mp4"]
