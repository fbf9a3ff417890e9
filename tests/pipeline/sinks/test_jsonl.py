"""Whole lines in the file, also after a kill, on a full disk and when the reader leaves."""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.events import decode
from pipeline.sinks.jsonl import JsonlSink
from tests.synthetic.events import one_of_each, sample, track

ROOT = Path(__file__).parents[3]


def test_each_event_is_a_line_that_is_written_at_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with closing(JsonlSink(path)) as sink:
        for count, event in enumerate(one_of_each("Zoë\n李雷")[:4], 1):
            sink.on_event(event)
            assert len(path.read_text(encoding="utf-8").splitlines()) == count
        sink.on_frame(None)  # type: ignore[arg-type]
    assert decode(path.read_bytes().splitlines()[1]).person == "Zoë\n李雷"  # type: ignore[union-attr]


def test_samples_are_not_written_to_files(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with closing(JsonlSink(path)) as sink:
        sink.on_event(sample(0))
    assert path.read_bytes() == b""


def test_an_incomplete_line_is_not_joined_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for seq in range(2):
        with closing(JsonlSink(path)) as sink:
            sink.on_event(track(seq))
        with path.open("a") as file:
            file.write('{"kind": "tra')
    with closing(JsonlSink(path)) as sink:
        sink.on_event(track(2))
    lines = path.read_bytes().splitlines()
    assert lines[1::2] == [b'{"kind": "tra'] * 2
    assert [decode(line).seq for line in lines[::2]] == [0, 1, 2]


def test_events_after_close_are_ignored(tmp_path: Path) -> None:
    sink = JsonlSink(tmp_path / "e.jsonl")
    sink.close()
    sink.close()
    sink.on_event(track(0))
    assert (tmp_path / "e.jsonl").read_bytes() == b""


def test_a_missing_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        JsonlSink(tmp_path / "nowhere" / "e.jsonl")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs Linux's always-full device")
def test_a_full_disk_is_logged_once_and_events_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    sink = JsonlSink("/dev/full")
    for seq in range(3):
        sink.on_event(track(seq))
    assert sink.lost_events == 3
    with pytest.raises(OSError, match="events: cannot write to /dev/full: No space left on device; lost events: 3"):
        sink.close()
    sink.close()
    assert caplog.text.count("No space left") == 1


def test_a_line_cut_by_a_full_disk_is_not_joined_with_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "e.jsonl"
    write = os.write

    def cut(fd: int, data: bytes) -> int:
        write(fd, data[:20])
        raise OSError(28, "No space left on device")

    sink = JsonlSink(path)
    monkeypatch.setattr("pipeline.sinks.jsonl.os.write", cut)
    sink.on_event(track(0))
    monkeypatch.undo()
    sink.on_event(track(1))
    with pytest.raises(OSError, match="lost events: 1"):
        sink.close()
    cut_line, line = path.read_bytes().splitlines()
    assert len(cut_line) == 20
    assert decode(line).seq == 1


ENDLESS = """
from pipeline.sinks.jsonl import JsonlSink
from tests.synthetic.events import track
sink, seq = JsonlSink("-"), 0
while not sink.reader_closed:
    sink.on_event(track(seq))
    seq += 1
sink.on_event(track(seq))
sink.close()
"""


def test_a_reader_that_closes_the_pipe_is_not_an_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())["seq"] == 0
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(10) == 0
