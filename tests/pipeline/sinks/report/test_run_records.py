"""Figures of tracks: bounded where cameras are watched for months."""

import tracemalloc

import pytest

from pipeline.events import TrackAction, decode, encode
from pipeline.sinks.report.records import CameraRecord, ReportData
from pipeline.sinks.report.run_records import MAX_LIVE_TRACKS, RunRecords
from tests.pipeline.sinks.report.samples import frame_result
from tests.synthetic.events import evidence, identity, track


def watch(records: RunRecords, number: int, *, frames: int = 0) -> None:
    """A track that is named, seen in many sizes, and ends."""
    records.on_event(decode(encode(identity(number, camera="cam", person="Ada", number=number))))
    for index in range(frames):
        records.track("cam", number).add_frame(index / 10, 0.0, 20 + index / 7)
    end = track(number, camera="cam", track=number, action=TrackAction.END, evidence=evidence("Ada"))
    records.on_event(decode(encode(end)))


def test_the_tracks_that_ended_first_are_dropped_and_counted() -> None:
    records = RunRecords(3)
    records.on_frame(frame_result(0, 100))  # still seen, so never dropped
    for number in range(10):
        watch(records, number)
    assert sorted(record.track for record in records.tracks) == [7, 8, 9, 100]
    assert records.dropped == 7


def test_a_recording_keeps_all() -> None:
    records = RunRecords()
    for number in range(10):
        watch(records, number)
    assert (len(records.tracks), records.dropped) == (10, 0)


def test_a_track_that_has_ended_keeps_its_sizes_in_little_memory() -> None:
    records = RunRecords()
    for frames in (0, 1, 2, 300):
        watch(records, frames, frames=frames)
    record = records.track("cam", 300)
    assert (record.frames, record.max_px, record.median_px) == (300, 62.7, 41.3)
    assert len(record.size_counts) == 2
    assert [records.track("cam", frames).max_px for frames in (0, 1, 2)] == [0.0, 20.0, 20.1]
    assert [records.track("cam", frames).median_px for frames in (0, 1, 2)] == [0.0, 20.0, 20.0]


def test_months_of_a_camera_need_no_more_than_the_documented_memory() -> None:
    records = RunRecords(MAX_LIVE_TRACKS)
    watch(records, 0, frames=200)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(1, 101):
        watch(records, number, frames=200)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before) / 100 < 6000


@pytest.mark.parametrize("running", [False, True])
def test_the_page_says_how_many_tracks_it_does_not_show(running: bool) -> None:
    camera = CameraRecord("cam", final=True)
    report = ReportData("t", "", {}, True, running, (0.0, 1.0), [], [camera], dropped=7)
    expected = "Page and tracks.csv are of the newest 0 tracks; 7 earlier ones are in events.jsonl alone."
    assert expected in report.warnings
