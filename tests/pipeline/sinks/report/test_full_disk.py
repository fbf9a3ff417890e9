"""A report on a disk that is full: live cameras go on and so does the report; a recording's run ends at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.secrets.private_files import replace_private
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.report.sink import REFRESH_SECONDS, ReportInfo, ReportSink
from tests.pipeline.sinks.report.samples import camera_event, frame_result, read_table, track_event
from tests.synthetic.events import track
from tests.synthetic.small_disk import SmallDisk, small_disk

LIVE = ReportInfo("gate", live=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def pictures(folder: Path) -> set[str]:
    return {path.name for path in (folder / "faces").iterdir()}


def test_a_live_report_goes_on_when_there_is_room(disk: SmallDisk, caplog: pytest.LogCaptureFixture) -> None:
    folder, now = disk.folder / "report", [0.0]
    sink = ReportSink(folder, LIVE, ticks=lambda: now[0])
    for index in range(4):
        sink.on_frame(frame_result(index, 1, 2))
    page = (folder / "index.html").read_bytes()
    disk.fill()
    sink.on_event(track_event("end", 1, 0.4))
    now[0] = REFRESH_SECONDS
    sink.on_frame(frame_result(4, 2))
    assert (folder / "index.html").read_bytes() == page, "the last whole page stays"
    assert not list(folder.rglob(".*.new"))
    disk.make_room()
    sink.on_event(track_event("end", 2, 0.5))
    assert pictures(folder) == {"cam-1.jpg", "cam-2.jpg"}, "the picture that waited is there, too"
    sink.on_event(camera_event())
    with pytest.raises(
        OSError, match=r"events: cannot write to .*events\.jsonl: No space left on device; lost events: 1"
    ):
        sink.close()
    assert [row["crop"] for row in read_table(folder)] == ["faces/cam-1.jpg", "faces/cam-2.jpg"]
    assert "Unfinished" not in (folder / "index.html").read_text(encoding="utf-8")
    assert caplog.text.count("cannot be written for now") == 1


def test_pictures_for_which_there_is_no_room_for_long_are_counted(
    disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sinks.report.sink.MAX_WAITING_CROPS", 3)
    sink = ReportSink(disk.folder / "report", LIVE)
    sink._events = JsonlSink("/dev/null")
    disk.fill()
    for number in range(1, 6):
        sink.on_frame(frame_result(number, number))
        sink.on_event(track_event("end", number, number / 10))
    disk.make_room()
    with pytest.raises(OSError, match=r"report .*: \[Errno 28\] No space left on device.*; lost pictures: 2"):
        sink.close()
    assert pictures(disk.folder / "report") == {"cam-3.jpg", "cam-4.jpg", "cam-5.jpg"}


def test_the_end_on_a_full_disk_is_an_error_and_the_last_page_stays(disk: SmallDisk) -> None:
    folder = disk.folder / "report"
    sink = ReportSink(folder, LIVE)
    page = (folder / "index.html").read_bytes()
    disk.fill()
    with pytest.raises(OSError, match="No space left on device"):
        sink.close()
    assert (folder / "index.html").read_bytes() == page


def test_the_report_of_a_recording_fails_at_once(disk: SmallDisk) -> None:
    sink = ReportSink(disk.folder / "report", ReportInfo("clip"))
    sink.on_frame(frame_result(0, 1))
    disk.fill()
    with pytest.raises(OSError, match="No space left on device"):
        sink.on_event(track_event("end", 1, 0.1))


def test_events_are_written_again_when_there_is_room(disk: SmallDisk) -> None:
    path = disk.folder / "events.jsonl"
    sink = JsonlSink(path)
    disk.fill()
    seq = 0
    while not sink.lost_events:  # the file's last page has room
        sink.on_event(track(seq))
        seq += 1
    disk.make_room()
    sink.on_event(track(seq))
    with pytest.raises(OSError, match="No space left on device; lost events: 1"):
        sink.close()
    lines = path.read_bytes().splitlines()
    assert f'"seq":{seq},'.encode() in lines[-1]
    assert lines[-1].endswith(b"}")


def test_nothing_is_left_of_a_file_that_could_not_be_replaced(disk: SmallDisk) -> None:
    path = disk.folder / "page"
    replace_private(path, b"old")
    disk.fill()
    with pytest.raises(OSError, match="No space left"):
        replace_private(path, bytes(100_000))
    assert path.read_bytes() == b"old"
    assert {found.name for found in disk.folder.iterdir()} == {"page", "ballast"}
