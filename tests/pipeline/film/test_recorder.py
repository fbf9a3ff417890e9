"""Recording from packets: files by key frames, a disk that fails or is slow, and a killed process."""

import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from pipeline.film.recorder import FilmRecorder
from pipeline.film.retention import FilmLimits
from pipeline.film.segment_writer import SegmentWriter
from pipeline.film.segments import list_segments
from tests.synthetic.films import START, Camera, count_pictures, recording


def test_files_are_cut_at_key_frames_and_hold_every_picture(tmp_path: Path, camera: Camera) -> None:
    with recording(tmp_path, camera, minutes=1.5 / 60) as recorder:
        camera.send(recorder)
    found = list_segments(tmp_path, "door")
    assert [one.start - START for one in found] == [0.0, 2.0, 4.0]
    assert [count_pictures(one.path) for one in found] == [20, 20, 20]
    assert [round((one.end or 0) - one.start, 2) for one in found] == [1.9, 1.9, 1.9]


def test_only_the_owner_may_read(tmp_path: Path, camera: Camera) -> None:
    folder = tmp_path / "film"
    with recording(folder, camera) as recorder:
        camera.send(recorder)
    [one] = list_segments(folder, "door")
    assert stat.S_IMODE(one.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_recording_begins_with_a_key_frame_and_a_new_connection_with_a_new_file(
    tmp_path: Path, camera: Camera
) -> None:
    with recording(tmp_path, camera) as recorder:
        camera.send(recorder, packets=slice(5, 40))
        camera.now = START + 100
        camera.send(recorder, packets=slice(0, 20))
    found = list_segments(tmp_path, "door")
    assert [count_pictures(one.path) for one in found] == [30, 20]
    assert found[1].start == START + 100


def test_a_clock_that_was_set_back_overwrites_nothing(tmp_path: Path, camera: Camera) -> None:
    with recording(tmp_path, camera) as recorder:
        for _ in range(2):
            camera.now = START
            camera.send(recorder)
    assert [count_pictures(one.path) for one in list_segments(tmp_path, "door")] == [60, 60]


def test_a_slow_disk_loses_whole_groups_and_delays_nobody(
    tmp_path: Path, camera: Camera, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    may_go, original = threading.Event(), SegmentWriter.write

    def write(self: SegmentWriter, packet: Any) -> None:
        assert may_go.wait(15)
        original(self, packet)

    monkeypatch.setattr(SegmentWriter, "write", write)
    monkeypatch.setattr("pipeline.film.recorder.MAX_QUEUED_BYTES", 3000)
    with recording(tmp_path, camera) as recorder:
        for _ in range(3):
            camera.send(recorder)
        assert recorder.dropped > 0
        may_go.set()
    assert "the disk is too slow" in caplog.text
    assert all(count_pictures(one.path) for one in list_segments(tmp_path, "door"))


def test_a_disk_that_fails_is_said_once_and_tried_again(
    tmp_path: Path, camera: Camera, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with recording(tmp_path, camera) as recorder:
        with monkeypatch.context() as patch:
            patch.setattr("pipeline.film.segment_writer.make_private_file", refuse)
            camera.send(recorder)
            settle(recorder)
        camera.send(recorder)
    assert caplog.text.count("door: film cannot be written: No space left on device") == 1
    assert [count_pictures(one.path) for one in list_segments(tmp_path, "door")] == [60]


def settle(recorder: FilmRecorder) -> None:
    """Wait until the thread has taken everything."""
    done = threading.Event()
    original = recorder._take

    def take(item: Any) -> None:
        original(item)
        if item.camera == "last":
            done.set()

    recorder._take = take  # type: ignore[method-assign]
    recorder.tap("last").disconnected()
    assert done.wait(10)


def test_old_film_is_deleted_while_it_records_and_the_open_file_is_not(tmp_path: Path, camera: Camera) -> None:
    ticks = iter(range(0, 100_000, 100))
    limits = FilmLimits(keep_days=0, keep_gb=1e-9)
    with recording(tmp_path, camera, limits=limits, minutes=1.5 / 60, clock=lambda: next(ticks)) as recorder:
        camera.send(recorder)
        settle(recorder)
        camera.send(recorder, packets=slice(0, 5), stays=True)
    assert len(list_segments(tmp_path, "door")) == 1
