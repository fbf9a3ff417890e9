"""What was sent while nothing could be stored is noted in place, whole or not at all."""

import os
from pathlib import Path

import pytest

from pipeline.bus.outbox import SentRecord, SentRun
from pipeline.bus.outbox.sent_record import SLOT_BYTES, has_record
from tests.synthetic.events import track


def run(seq: int, tracks: int = 1) -> SentRun:
    open_tracks = [track(seq, track=number, wall_time=1.0) for number in range(tracks)]
    return SentRun(epoch="e1", wall_time=1.0, last_seq={"v1/track/door/": seq}, tracks=open_tracks)


def test_the_newest_note_is_read_after_a_restart(tmp_path: Path) -> None:
    record = SentRecord(tmp_path / "o.db")
    assert record.read() == []
    for seq in range(5):
        record.write([run(seq)])
    assert SentRecord(tmp_path / "o.db").read() == [run(4)]
    again = SentRecord(tmp_path / "o.db")
    again.write([run(5), run(6)])
    assert record.read() == [run(5), run(6)]
    again.write([])
    assert record.read() == []


@pytest.mark.parametrize("length", [0, 7, 24, 40, 300])
def test_a_note_that_is_half_written_leaves_the_one_before(tmp_path: Path, length: int) -> None:
    record = SentRecord(tmp_path / "o.db")
    record.write([run(1)])
    before = record.path.read_bytes()
    record.write([run(2)])
    after = record.path.read_bytes()
    [slot] = [place for place in (0, SLOT_BYTES) if before[place:][:SLOT_BYTES] != after[place:][:SLOT_BYTES]]
    record.path.write_bytes(before[:slot] + after[slot : slot + length] + before[slot + length :])
    assert SentRecord(tmp_path / "o.db").read() == [run(1)]


def test_the_file_is_private_keeps_its_size_and_is_made_anew_where_it_is_gone(tmp_path: Path) -> None:
    assert not has_record(tmp_path / "o.db")
    record = SentRecord(tmp_path / "o.db")
    assert has_record(tmp_path / "o.db")
    record.path.unlink()
    record.write([run(3)])
    assert record.read() == [run(3)]
    status = record.path.stat()
    assert (status.st_size, status.st_mode & 0o777) == (2 * SLOT_BYTES, 0o600)
    assert status.st_blocks * 512 >= 2 * SLOT_BYTES, "the room is not allocated"


def test_what_does_not_fit_leaves_the_numbers_and_the_newest_run(tmp_path: Path) -> None:
    record = SentRecord(tmp_path / "o.db")
    record.write([run(1), run(2, tracks=3000)])
    [kept] = record.read()
    assert kept.last_seq == {"v1/track/door/": 2}
    assert 100 < len(kept.tracks) < 3000
    assert record.path.stat().st_size == 2 * SLOT_BYTES


def test_a_failure_is_logged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    record = SentRecord(tmp_path / "o.db")
    record.write([run(1)])
    with monkeypatch.context() as broken:
        broken.setattr(os, "pwrite", fail)
        record.write([run(2)])
        record.write([run(3)])
    assert record.read() == [run(1)]
    assert caplog.text.count("cannot note") == 1


def fail(*_: object) -> int:
    raise OSError(28, "No space left on device")
